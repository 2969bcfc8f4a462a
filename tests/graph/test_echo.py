"""A remote that repeats what it was told, and one that never comes to an end."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from typing import Any

import httpx
import pytest
from graph_server import ScriptedServer, reply
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.journal import Answer, Outcome
from linewright.graph import GraphClient, judge, wire
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator

PIN, CODE = "246810", "123830"
TOKEN = "EAAGechoed0token0that0nobody0may0see0ZD"
WHOLE_PIN = re.compile(r"(?<![0-9])246[-\s]?810(?![0-9])")
TEXTS = ("message", "error_user_title", "error_user_msg", "type")


@given(
    before=st.text(st.characters(exclude_characters="0123456789")),
    after=st.text(st.characters(exclude_characters="0123456789")),
    form=st.sampled_from([PIN, "246-810", "246 810", TOKEN]),
    place=st.sampled_from([*TEXTS, "details", "header", "failure"]),
    status=st.sampled_from([200, 400, 401, 500, 503]),
)
def test_an_echo_anywhere_in_an_error_is_dots(before: str, after: str, form: str, place: str, status: int) -> None:
    said = before + form + after
    error: dict[str, Any] = {"code": 133005} | ({place: said} if place in TEXTS else {})
    if place == "details":
        error["error_data"] = {"details": said}
    headers = {"WWW-Authenticate": f'OAuth "Facebook Platform" "invalid_request" "{said}"'} if place == "header" else {}
    content = (said if place in ("header", "failure") else json.dumps({"error": error})).encode("utf-8", "replace")
    answer = judge.answer(wire.register("300", Secret(PIN)), status, headers, content, (Secret(TOKEN),))
    assert WHOLE_PIN.search(repr(answer)) is None
    assert TOKEN not in repr(answer)


def test_a_simulator_that_echoes_every_secret_shows_none(
    linewright_simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    control, world = linewright_simulator.control, linewright_simulator.world
    control.change_temper(echo_secrets=True)
    number, token = world.numbers["133005"].id, world.token.text
    fresh = control.add_number(world.account.id, "+15550100888", verified=False).id

    async def play() -> list[Answer]:
        async with (
            GraphClient(Secret(token), transport=linewright_simulator.transport) as client,
            GraphClient(Secret(TOKEN), transport=linewright_simulator.transport) as stranger,
        ):
            return [
                await client.register(number, Secret("111222")),
                await client.set_pin(number, Secret("000000")),
                await client.set_pin(number, Secret("12345")),
                await client.verify_code(fresh, Secret(CODE)),
                await client.deregister(number),
                await client.request_code(number),
                await client.read_number("77"),
                await stranger.read_account(world.account.id),
                await stranger.debug_token(),
            ]

    with caplog.at_level(logging.DEBUG):
        answers = asyncio.run(play())
    echoing = [answer for answer in answers if "••••" in repr(answer)]
    assert len(echoing) >= 5, "the simulator did echo"
    shown = re.sub(r"'[0-9]{9,}'", "", repr(answers)) + caplog.text
    for secret in (token, TOKEN, "111222", "12345", CODE):
        assert re.search(rf"(?<!\w){secret}(?!\w)", shown) is None


def test_the_next_page_is_asked_for_by_its_cursor_and_its_url_never_seen() -> None:
    async def play() -> tuple[Answer, list[str], list[str]]:
        async with ScriptedServer(reply({"data": []})) as trap:
            paging = {"cursors": {"before": "B", "after": "A"}, "next": f"{trap.url}/?access_token={TOKEN}&after=A"}
            script = (reply({"data": [{"id": "1"}], "paging": paging}), reply({"data": []}))
            async with ScriptedServer(*script) as server, GraphClient(Secret(TOKEN), base_url=server.url) as client:
                answer = await client.list_numbers("100")
            return answer, [heard.line for heard in server.heard], [heard.line for heard in trap.heard]

    answer, lines, trapped = asyncio.run(play())
    assert answer.body == {"data": [{"id": "1"}]}
    assert ["after=A" in line for line in lines] == [False, True]
    assert trapped == []
    assert "access_token" not in repr(lines)


class Endless(httpx.AsyncBaseTransport):
    """Each page has another cursor, and each says that one more follows."""

    def __init__(self) -> None:
        self.pages = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.pages += 1
        paging = {"cursors": {"after": f"C{self.pages}"}, "next": "https://graph.facebook.com/next"}
        return httpx.Response(200, json={"data": [{"id": str(self.pages)}], "paging": paging})


def test_a_listing_without_end_ends_in_doubt() -> None:
    endless = Endless()

    async def play() -> Answer:
        async with GraphClient(Secret(TOKEN), transport=endless) as client:
            return await client.list_numbers("100")

    answer = asyncio.run(play())
    assert (answer.outcome, answer.body) == (Outcome.IN_DOUBT, {})
    assert endless.pages == 1000
