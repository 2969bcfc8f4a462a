"""`Idempotency-Key`: what is sent again is answered again, and not done again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.service.api_client import Stage, stage_in

from linewright.store import tables as t

Story = Callable[[Stage], Coroutine[Any, Any, None]]
PATH = "/numbers/+15550133005/operations"
BODY = {"goal": "register", "pin": "246810"}
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Story], None]:
    def played(story: Story) -> None:
        async def whole() -> None:
            async with stage_in(tmp_path)() as stage:
                await story(stage)

        asyncio.run(whole())

    return played


def rows(stage: Stage) -> list[dict[str, Any]]:
    with stage.lw.office.store.database.reading() as connection:
        return [dict(row) for row in connection.execute(select(t.requests)).mappings()]


def test_the_same_request_is_answered_as_before(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        first = await stage.api.post(PATH, json=BODY, headers=KEY)
        again = await stage.api.post(PATH, json=BODY, headers=KEY)
        assert (first.status_code, again.status_code) == (201, 201)
        assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
        assert first.json() == again.json()
        assert [line["action"] for line in stage.audit()].count("register opened") == 1
        another = await stage.api.post(PATH, json=BODY | {"use_reserve": True}, headers=KEY)
        assert (another.status_code, another.json()["reason"]) == (422, "idempotency-key-reused")
        elsewhere = await stage.api.post("/check", headers=KEY)
        assert elsewhere.json()["reason"] == "idempotency-key-reused"
        (kept,) = rows(stage)
        assert "246810" not in str(kept)
        async with stage.client("operate", name="root") as other:
            assert (await other.post(PATH, json=BODY, headers=KEY)).status_code == 200

    play(story)


def test_a_refusal_is_kept_too(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        wrong = await stage.api.post("/numbers/+15550133010/operations", json={"goal": "deregister"}, headers=KEY)
        again = await stage.api.post("/numbers/+15550133010/operations", json={"goal": "deregister"}, headers=KEY)
        assert wrong.json() == again.json()
        assert again.json()["reason"] == "confirm"
        assert again.headers["content-type"] == "application/problem+json"
        assert again.headers["idempotency-replayed"] == "true"

    play(story)


def test_a_request_under_way_is_not_done_twice(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        both = await asyncio.gather(*(stage.api.post(PATH, json=BODY, headers=KEY) for _ in range(4)))
        statuses = sorted(answer.status_code for answer in both)
        assert set(statuses) <= {201, 409}
        assert 201 in statuses
        for answer in both:
            if answer.status_code == 409:
                assert answer.json()["reason"] == "request-under-way"
                assert answer.headers["retry-after"] == "2"
        assert [line["action"] for line in stage.audit()].count("register opened") == 1

    play(story)


def test_one_left_behind_by_a_dead_process_is_taken_over(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        await stage.api.post(PATH, json=BODY, headers=KEY)
        with stage.lw.office.store.database.writing() as connection:
            connection.execute(update(t.requests).values(status=None, answer=None))
        assert (await stage.api.post(PATH, json=BODY, headers=KEY)).json()["reason"] == "request-under-way"
        stage.real.advance(61)
        taken = await stage.api.post(PATH, json=BODY, headers=KEY)
        assert (taken.status_code, "idempotency-replayed" in taken.headers) == (200, False)

    play(story)


def test_a_key_is_kept_for_a_day(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        await stage.api.post("/check", headers=KEY)
        stage.real.advance(24 * 3600 - 60)
        assert "idempotency-replayed" in (await stage.api.post("/check", headers=KEY)).headers
        stage.real.advance(61)
        assert "idempotency-replayed" not in (await stage.api.post("/check", headers=KEY)).headers
        stage.real.advance(24 * 3600)
        await stage.api.post("/check", headers={"Idempotency-Key": "two"})
        assert [row["key"] for row in rows(stage)] == ["two"]

    play(story)


def test_what_could_not_be_tried_may_be_sent_again(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        async with stage.client("read") as reader:
            assert (await reader.post("/check", headers=KEY)).status_code == 403
        assert (await stage.api.post(PATH, json={"goal": "sideways"}, headers=KEY)).json()["reason"] == "invalid"
        async with stage.client() as nobody:
            assert (await nobody.post("/check", headers=KEY)).status_code == 401
        assert rows(stage) == []
        assert (await stage.api.post(PATH, json=BODY, headers=KEY)).status_code == 201
        for key in ("", "x" * 256):
            refused = await stage.api.post("/check", headers={"Idempotency-Key": key})
            assert refused.json()["reason"] == "idempotency-key"

    play(story)
