"""`Idempotency-Key`: what is sent again is answered again, and not done again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from tests.service.api_client import Stage, stage_in

from linewright.service.api import idempotency
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


class Slow(httpx.AsyncBaseTransport):
    """A remote that answers when it is let."""

    def __init__(self, stage: Stage) -> None:
        self._way = stage.simulator.transport
        self.calls = 0
        self.asked, self.let = asyncio.Event(), asyncio.Event()
        stage.lw.office.clients.transport = self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.asked.set()
        await self.let.wait()
        return await self._way.handle_async_request(request)


async def renewed(stage: Stage) -> None:
    """Once the request under way is known to be so now."""
    now = stage.real.now()
    async with asyncio.timeout(30):
        while rows(stage)[0]["at"] < now:  # noqa: ASYNC110 - a database tells nobody
            await asyncio.sleep(0.001)


def test_a_request_that_takes_long_is_not_done_twice(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with stage_in(tmp_path, database_url=url)() as stage:
            slow = Slow(stage)
            first = asyncio.ensure_future(stage.api.post("/check", headers=KEY))
            await slow.asked.wait()
            for _ in range(3):
                stage.real.advance(61)
                await renewed(stage)
                again = await stage.api.post("/check", headers=KEY)
                assert (again.status_code, again.json()["reason"]) == (409, "request-under-way")
            assert slow.calls == 1
            slow.let.set()
            done, calls = await first, slow.calls
            again = await stage.api.post("/check", headers=KEY)
            assert (done.status_code, again.headers["idempotency-replayed"]) == (200, "true")
            assert again.json() == done.json()
            assert slow.calls == calls

    monkeypatch.setattr(idempotency, "RENEW_SECONDS", 0.001)
    asyncio.run(story())


def test_a_request_that_is_given_up_frees_its_key(
    play: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(stage: Stage) -> None:
        slow = Slow(stage)
        first = asyncio.ensure_future(stage.api.post("/check", headers=KEY))
        await slow.asked.wait()
        stage.real.advance(61)
        await renewed(stage)
        first.cancel()
        await asyncio.wait([first])
        assert rows(stage) == []

    monkeypatch.setattr(idempotency, "RENEW_SECONDS", 0.001)
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
