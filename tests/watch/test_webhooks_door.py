"""The address that Meta posts to: what is taken, what is turned away, and that nothing else changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from tests.service.api_client import START, Stage, stage_in
from tests.watch.posts import APP_SECRET, body_of, change, failed, post_of, security, signature_of, signed

from linewright.secret import Secret
from linewright.service.webhooks import LARGEST_POST
from linewright.store import tables as t

Story = Callable[[Stage, httpx.AsyncClient], Awaitable[None]]
PATH = "/webhooks/whatsapp/shop"


def play(folder: Path, story: Story, url: str = "") -> None:
    async def played() -> None:
        async with stage_in(folder, database_url=url)() as stage:
            await stage.lw.update_account(["shop"], app_secret=Secret(APP_SECRET))
            async with visitor(stage) as meta:
                await story(stage, meta)

    asyncio.run(played())


@asynccontextmanager
async def visitor(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(stage.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        yield client


def counted(stage: Stage, account: str = "shop") -> dict[str, int]:
    return {name: tally.count for name, tally in stage.lw.office.store.webhooks.tallies(account).items()}


def rows(stage: Stage) -> list[Any]:
    with stage.lw.office.store.database.reading() as connection:
        return list(connection.execute(select(t.webhook_events).order_by(t.webhook_events.c.seq)).mappings())


def waba(stage: Stage) -> str:
    return stage.lw.office.store.accounts.get("shop").waba


def a_post(stage: Stage, *changes: dict[str, Any]) -> bytes:
    return body_of(post_of(waba(stage), START, changes or [security("12025550001")]))


def test_a_signed_post_is_kept_and_the_same_again_is_one_row(tmp_path: Path, url: str) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        body = a_post(stage)
        for _ in range(3):
            answer = await meta.post(PATH, content=body, headers=signed(body))
            assert (answer.status_code, answer.content) == (200, b"")
        (row,) = rows(stage)
        assert (row["repeats"], row["done_at"]) == (2, None)
        assert counted(stage) == {"taken": 1, "repeated": 2}

    play(tmp_path, story, url)


def test_posts_at_the_same_time_are_all_kept(tmp_path: Path, url: str) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        bodies = [a_post(stage, security(f"1202555{place:04d}")) for place in range(60)] * 2
        answers = await asyncio.gather(*(meta.post(PATH, content=body, headers=signed(body)) for body in bodies))
        assert {answer.status_code for answer in answers} == {200}
        assert len(rows(stage)) == 60
        assert counted(stage) == {"taken": 60, "repeated": 60}

    play(tmp_path, story, url)


@pytest.mark.parametrize(
    ("headers", "status", "outcome"),
    [
        ({}, 401, "unsigned"),
        ({"X-Hub-Signature-256": ""}, 401, "unsigned"),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, 403, "forged"),
        ({"X-Hub-Signature-256": "sha1=abc"}, 403, "forged"),
        ({"X-Hub-Signature-256": "\xe9" * 71}, 403, "forged"),
        ({"X-Hub-Signature-256": "x" * 5_000}, 403, "forged"),
    ],
)
def test_what_is_not_signed_right_changes_nothing(
    tmp_path: Path, headers: dict[str, str], status: int, outcome: str
) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        sent = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = await meta.post(PATH, content=a_post(stage), headers=sent)
        assert (answer.status_code, answer.json()["reason"]) == (status, outcome)
        assert rows(stage) == []
        assert counted(stage) == {outcome: 1}

    play(tmp_path, story)


def test_another_secret_a_cut_body_and_a_changed_one_are_forged(tmp_path: Path) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        body = a_post(stage)
        for sent, headers in (
            (body, signed(body, "f" * 32)),
            (body[:-5], signed(body)),
            (body.replace(b"PIN_CHANGED", b"PIN_CHANGEE"), signed(body)),
            (body + b" ", signed(body)),
        ):
            assert (await meta.post(PATH, content=sent, headers=headers)).status_code == 403
        assert rows(stage) == []
        assert counted(stage) == {"forged": 4}

    play(tmp_path, story)


def test_a_new_app_secret_counts_at_once(tmp_path: Path) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        body, other = a_post(stage), a_post(stage, security("12025550002"))
        assert (await meta.post(PATH, content=body, headers=signed(body))).status_code == 200
        await stage.lw.update_account(["shop"], app_secret=Secret("f" * 32))
        assert (await meta.post(PATH, content=other, headers=signed(other, "f" * 32))).status_code == 200

    play(tmp_path, story)


def test_what_is_too_large_is_counted_and_three_megabytes_are_not(tmp_path: Path) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        body = b" " * (LARGEST_POST + 1)

        async def piecemeal() -> AsyncIterator[bytes]:
            for _ in range(65):
                yield body[: LARGEST_POST // 64]

        assert (await meta.post(PATH, content=body, headers=signed(body))).status_code == 413
        assert (await meta.post(PATH, content=piecemeal())).status_code == 413
        whole = a_post(stage)
        whole += b" " * (3 * 1024 * 1024 - len(whole))
        assert (await meta.post(PATH, content=whole, headers=signed(whole))).status_code == 200
        assert counted(stage) == {"too-large": 2, "taken": 1}
        assert (await meta.post("/api/v1/accounts", content=body)).status_code == 413

    play(tmp_path, story)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 200_000, b"9" * 5_000, b'"' + b"a" * 100])
def test_what_is_signed_and_no_post_is_counted(tmp_path: Path, body: bytes) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        answer = await meta.post(PATH, content=body, headers=signed(body))
        assert (answer.status_code, answer.json()["reason"]) == (400, "unreadable")
        assert rows(stage) == []
        assert counted(stage) == {"unreadable": 1}

    play(tmp_path, story)


def test_an_unknown_account_one_without_a_secret_and_another_waba(tmp_path: Path) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        body = a_post(stage)
        answer = await meta.post("/webhooks/whatsapp/nobody", content=body, headers=signed(body))
        assert (answer.status_code, answer.json()["reason"]) == (404, "unknown-account")
        assert counted(stage, "") == {"unknown-account": 1}
        foreign = body_of(post_of("4711", START, [security("12025550001")]))
        assert (await meta.post(PATH, content=foreign, headers=signed(foreign))).status_code == 200
        assert counted(stage) == {"foreign": 1}
        with stage.lw.office.store.database.writing() as connection:
            connection.execute(t.accounts.update().values(app_secret=None))
        app_side = {"X-Hub-Signature-256": signature_of(b"", "")}
        stage.app.state.letterbox._known.clear()
        assert (await meta.post(PATH, content=b"", headers=app_side)).json()["reason"] == "no-secret"
        assert rows(stage) == []

    play(tmp_path, story)


def test_a_post_with_nothing_of_ours_is_counted_only(tmp_path: Path) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        body = a_post(stage, change("messages", messages=[{"text": {"body": "hello"}}], contacts=[{"wa_id": "49"}]))
        assert (await meta.post(PATH, content=body, headers=signed(body))).status_code == 200
        assert rows(stage) == []
        assert counted(stage) == {"taken": 1}

    play(tmp_path, story)


def test_no_secret_and_no_person_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    token = "EAAG" + "x9" * 30

    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        alert = {"alert_info": {"alert_description": f"The token {token} \0 is old.\ud800"}}
        body = a_post(
            stage, failed("77", 131031, START, times=5), security("12025550001"), change("account_alerts", **alert)
        )
        with caplog.at_level("DEBUG"):
            assert (await meta.post(PATH, content=body, headers=signed(body))).status_code == 200
        (row,) = rows(stage)
        text = json.dumps(row["body"], ensure_ascii=False) + caplog.text
        for gone in (token, "Ada", "49151", "wamid", "secret words", "1234567890", APP_SECRET, "\0", "\ud800"):
            assert gone not in text

    play(tmp_path, story)


# The handshake


def test_the_handshake_answers_the_challenge(tmp_path: Path, url: str) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        token = stage.lw.office.store.webhooks.verify_token("shop").open_secret()
        asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": token}
        answer = await meta.get(PATH, params=asked)
        assert (answer.status_code, answer.text) == (200, "1158201444")
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert counted(stage) == {"handshake": 1}
        assert stage.lw.office.store.webhooks.hears("shop")
        with stage.lw.office.store.database.reading() as connection:
            for table in t.metadata.sorted_tables:
                assert token not in str(connection.execute(select(table)).all())

    play(tmp_path, story, url)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"hub.verify_token": "wrong"}, 403),
        ({"hub.verify_token": ""}, 403),
        ({"hub.verify_token": "\u00e9\ufffd"}, 403),
        ({"hub.mode": "unsubscribe"}, 400),
        ({"hub.challenge": "<script>alert(1)</script>"}, 400),
        ({"hub.challenge": "1" * 201}, 400),
        ({"hub.challenge": "1\r\nSet-Cookie: a=b"}, 400),
        ({"hub.challenge": ""}, 400),
    ],
)
def test_a_handshake_that_is_not_right_is_refused(tmp_path: Path, changed: dict[str, str], status: int) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        token = stage.lw.office.store.webhooks.verify_token("shop").open_secret()
        asked = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": token} | changed
        answer = await meta.get(PATH, params=asked)
        assert answer.status_code == status
        assert "script" not in answer.text
        assert "handshake" not in counted(stage)

    play(tmp_path, story)


def test_verify_tokens_differ_by_account_and_stay(tmp_path: Path) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        webhooks = stage.lw.office.store.webhooks
        assert webhooks.verify_token("shop") == webhooks.verify_token("shop")
        assert webhooks.verify_token("shop") != webhooks.verify_token("shop2")
        before = webhooks.verify_token("shop")
        await stage.lw.rotate_key()
        async with stage_again(stage) as lw:
            assert lw.office.store.webhooks.verify_token("shop") == before

    play(tmp_path, story)


@asynccontextmanager
async def stage_again(stage: Stage) -> AsyncIterator[Any]:
    from linewright.face import Linewright

    async with Linewright(settings=stage.lw.settings, clock=stage.clock) as lw:
        yield lw


def test_the_store_away_is_told_so_that_meta_sends_it_again(tmp_path: Path) -> None:
    async def story(stage: Stage, meta: httpx.AsyncClient) -> None:
        body = a_post(stage)
        assert (await meta.post(PATH, content=body, headers=signed(body))).status_code == 200
        other = a_post(stage, security("12025550002"))
        with stage.lw.office.store.database.writing() as connection:
            connection.execute(t.webhook_events.delete())
            connection.exec_driver_sql("ALTER TABLE webhook_events RENAME TO gone")
        assert (await meta.post(PATH, content=other, headers=signed(other))).status_code == 503
        with stage.lw.office.store.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE gone RENAME TO webhook_events")
        assert (await meta.post(PATH, content=other, headers=signed(other))).status_code == 200
        with stage.lw.office.store.database.reading() as connection:
            assert connection.execute(select(func.count()).select_from(t.webhook_events)).scalar_one() == 1

    play(tmp_path, story)
