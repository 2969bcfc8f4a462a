"""Bytes that few would send: none of them reaches a journal, a log or another address."""

from __future__ import annotations

import asyncio
import logging

import pytest
from graph_server import ScriptedServer

from linewright.domain.journal import Answer, Outcome
from linewright.errors import UsageError
from linewright.graph import GraphClient, judge, wire
from linewright.graph.redact import redact_text
from linewright.secret import DOTS, Secret

TOKEN = "EAAGstrange0token0that0nobody0may0see0ZD"
PIN = "246810"


@pytest.mark.parametrize("figure", ["1e999", "-1e999", "NaN", "Infinity", "9" * 5000])
def test_a_figure_that_no_database_keeps_is_no_json(figure: str) -> None:
    content = f'{{"success": true, "x": {figure}}}'.encode()
    answer = judge.answer(wire.register("300", Secret(PIN)), 200, {}, content)
    assert (answer.outcome, answer.body) == (Outcome.IN_DOUBT, {})


@pytest.mark.parametrize(
    "joint", ["", " ", "-", " - ", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "\u00a0", "."]
)
def test_a_code_is_found_however_it_is_set(joint: str) -> None:
    assert redact_text(f"code 123{joint}830 is old", (Secret("123830"),)) == f"code {DOTS} is old"


@pytest.mark.parametrize("text", ["123--830", "123, 830", "0123-830", "123-8301", "123x830"])
def test_what_is_another_number_is_kept(text: str) -> None:
    assert redact_text(text, (Secret("123830"),)) == text


def test_bytes_that_are_no_http_do_not_reach_the_debug_log(caplog: pytest.LogCaptureFixture) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    async def play() -> Answer:
        async with (
            ScriptedServer(head + f"token {TOKEN} pin {PIN}\r\nx\r\n".encode()) as server,
            GraphClient(Secret(TOKEN), base_url=server.url) as client,
        ):
            return await client.register("300", Secret(PIN))

    with caplog.at_level(logging.DEBUG):
        answer = asyncio.run(play())
    assert answer.outcome is Outcome.IN_DOUBT
    assert "receive_response_body.started" in caplog.text
    assert TOKEN not in caplog.text + repr(answer)
    assert PIN not in caplog.text + repr(answer)


@pytest.mark.parametrize("url", ["https://graph.facebook.com?x=1", "https://graph.facebook.com/#x", "http://[::1]?x"])
def test_a_url_that_would_swallow_the_path_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        GraphClient(Secret(TOKEN), base_url=url)
    assert caught.value.reason == "graph-url"
    assert caught.value.message.count("\n") == caught.value.fix.count("\n") == 0
