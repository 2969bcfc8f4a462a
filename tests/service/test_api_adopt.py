"""`POST /adopt` over HTTP: statuses, problems, scopes, keys, and no secret anywhere."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.api_client import START, Stage, stage_in
from tests.support.search import Search, files_below
from tests.support.signups import app_kept, customer

from linewright.secret import Secret

Story = Callable[[Stage], Coroutine[Any, Any, None]]
Play = Callable[[Story], None]
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def play(tmp_path: Path) -> Play:
    def played(story: Story) -> None:
        async def whole() -> None:
            async with stage_in(tmp_path)() as stage:
                await app_kept(stage.lw, stage.simulator)
                await story(stage)

        asyncio.run(whole())

    return played


def bought(stage: Stage) -> int:
    return sum(call.kind == "buy_token" for call in stage.simulator.control.calls())


def test_made_then_known(play: Play) -> None:
    async def story(stage: Stage) -> None:
        came = customer(stage.simulator)
        first = await stage.api.post("/adopt", json=came.body)
        again = await stage.api.post("/adopt", json=came.body)
        assert (first.status_code, again.status_code) == (201, 200)
        made = first.json()
        assert set(made) == {"account", "number", "operation", "last_day", "message", "next_step"}
        assert made["operation"]["id"] == again.json()["operation"]["id"]
        ended = await stage.until_it_rests(made["operation"])
        assert (ended["state"], ended["reason"]) == ("done", "registered")
        assert bought(stage) == 1
        lines = {line["action"]: line for line in stage.audit()}
        assert lines["adopt"]["who"] == "token root"
        assert lines["adopt: code sent"]["detail"]["fbtrace_id"]

    play(story)


def test_the_event_as_the_page_heard_it(play: Play) -> None:
    async def story(stage: Stage) -> None:
        came = customer(stage.simulator)
        body = {"code": came.code, "app": came.app, "event": came.event}
        assert (await stage.api.post("/adopt", json=body)).json()["operation"]["goal"] == "register"
        gone = stage.simulator.control.sign_up(event="CANCEL", step="PHONE_NUMBER_SETUP")["event"]
        left = await stage.api.post("/adopt", json={"event": gone})
        assert (left.status_code, left.json()["reason"]) == (422, "signup-cancelled")
        assert "PHONE_NUMBER_SETUP" in left.json()["title"]
        both = customer(stage.simulator, event="FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING", e164="+5511987650002")
        told = (await stage.api.post("/adopt", json=both.body | {"event": both.event["event"]})).json()
        assert (told["operation"], told["number"]["standing"]) == (None, "coexistence")

    play(story)


def test_each_refusal_has_its_type(play: Play) -> None:
    async def story(stage: Stage) -> None:
        came, used = customer(stage.simulator), customer(stage.simulator, e164="+5511987650002")
        await stage.api.post("/adopt", json=used.body)
        cases: list[tuple[int, str, dict[str, Any]]] = [
            (422, "unknown-app", came.body | {"app": "99"}),
            (422, "usage", came.body | {"token": "EAAG" + "x" * 40}),
            (422, "code-refused", came.body | {"code": "AQnobody"}),
            (409, "code-used", used.body | {"waba": came.waba}),
            (422, "event", came.body | {"event": used.event}),
            (422, "invalid", came.body | {"waba": "shop"}),
            (422, "invalid", came.body | {"pin": "123456"}),
            (422, "not-in-account", came.body | {"number": "1"}),
        ]
        for status, reason, body in cases:
            answer = await stage.api.post("/adopt", json=body)
            assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{reason}"), answer.text
            assert answer.json()["detail"]
        half = json.dumps(came.body | {"event": {"data": {"waba_id": "\ud800"}}})
        answer = await stage.api.post("/adopt", content=half, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["detail"] != "") == (422, True), answer.text
        stage.simulator.control.add_fault("buy_token", "html503")
        lost = await stage.api.post("/adopt", json=customer(stage.simulator, e164="+5511987650003").body)
        assert (lost.status_code, lost.json()["reason"], "Retry-After" in lost.headers) == (503, "in-doubt", True)

    play(story)


def test_only_an_admin_adopts(play: Play) -> None:
    async def story(stage: Stage) -> None:
        came = customer(stage.simulator)
        for scopes, status in (([], 401), (["read"], 403), (["operate"], 403), (["admin"], 201)):
            async with stage.client(*scopes, name="-".join(scopes)) as program:
                assert (await program.post("/adopt", json=came.body)).status_code == status

    play(story)


def test_a_key_and_a_double_click(play: Play) -> None:
    async def story(stage: Stage) -> None:
        came = customer(stage.simulator)
        first = await stage.api.post("/adopt", json=came.body, headers=KEY)
        stage.clock.jump_to(START + timedelta(hours=1))
        again = await stage.api.post("/adopt", json=came.body, headers=KEY)
        assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
        other = customer(stage.simulator, e164="+5511987650002")
        both = await asyncio.gather(*(stage.api.post("/adopt", json=other.body) for _ in range(2)))
        assert len({each.json()["operation"]["id"] for each in both}) == 1
        assert sorted(each.status_code for each in both)[-1] == 201
        assert bought(stage) == 2

    play(story)


# No secret anywhere


@dataclass
class Watched(httpx.AsyncBaseTransport):
    """Notes the address of every request, and whether a token came with it."""

    inner: httpx.AsyncBaseTransport
    seen: list[httpx.Request]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return await self.inner.handle_async_request(request)


@asynccontextmanager
async def watched(stage: Stage) -> AsyncIterator[list[httpx.Request]]:
    seen: list[httpx.Request] = []
    clients, inner = stage.lw.office.clients, stage.simulator.transport
    clients.transport = Watched(inner, seen)
    yield seen
    clients.transport = inner


def test_no_secret_is_in_an_address_a_log_an_answer_or_on_disk(
    tmp_path: Path, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def story(stage: Stage) -> None:
        stage.simulator.control.change_temper(echo_secrets=True)
        came = customer(stage.simulator)
        app = stage.simulator.remote.apps[came.app]
        search = Search({came.code, app.secret, wrong := "9f" * 16})
        answers = []
        async with watched(stage) as seen:
            for body in (came.body | {"code": came.code + "x"}, came.body | {"number": "1"}, came.body, came.body):
                answers.append(
                    await stage.api.post("/adopt", json=body, headers={"Idempotency-Key": str(len(answers))})
                )
            await stage.lw.add_app(app.id, Secret(wrong))
            late = customer(stage.simulator, e164="+5511987650002")
            answers.append(await stage.api.post("/adopt", json=late.body))
            await app_kept(stage.lw, stage.simulator)
            stage.simulator.control.add_fault("buy_token", "error_after", error={"code": 190, "message": app.secret})
            answers.append(await stage.api.post("/adopt", json=late.body))
        assert [each.status_code for each in answers] == [422, 422, 201, 200, 422, 422]
        search.words.update({late.code, *stage.simulator.remote.tokens})
        exchanges = [each for each in seen if each.url.path.endswith("/oauth/access_token")]
        assert len(exchanges) == 4
        for request in seen:
            search.look("an address", str(request.url).encode())
        for request in exchanges:
            assert (request.method, request.url.query, "authorization" in request.headers) == ("POST", b"", False)
            assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        for answer in answers:
            search.look("an answer", answer.content)
        search.look("the audit", repr(stage.audit()).encode())
        search.look("the log", caplog.text.encode())
        search.look_at(files_below(tmp_path / "home"), except_=[tmp_path / "home" / "key"])
        assert search.found == set()
        assert search.looked_at > 100_000
        assert any("••••" in answer.text for answer in answers), "the remote did repeat them"

    play(story)
