"""Everything that can go wrong on the way, over real sockets: each becomes a typed answer, none an exception."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from graph_server import CUT, HANG, DrippingServer, ListeningServer, PlainServer, ScriptedServer, reply

from linewright.domain.journal import Answer, Outcome
from linewright.errors import UsageError
from linewright.graph import GraphClient
from linewright.secret import DOTS, Secret

TOKEN = "EAAGscripted0token0that0nobody0may0see0ZD"
PIN = "246810"
Call = Callable[[GraphClient], Awaitable[Answer]]


def register(client: GraphClient) -> Awaitable[Answer]:
    return client.register("300", Secret(PIN))


def read(client: GraphClient) -> Awaitable[Answer]:
    return client.read_number("300")


def played(call: Call, *script: bytes | None, **settings: Any) -> tuple[Answer, ScriptedServer]:
    async def play() -> tuple[Answer, ScriptedServer]:
        async with (
            ScriptedServer(*script) as server,
            GraphClient(Secret(TOKEN), base_url=server.url, **settings) as client,
        ):
            return await call(client), server

    return asyncio.run(play())


def error_body(message: str, code: int = 133005, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbcTrace", **more}}


HTML = b"<!DOCTYPE html><html><body>Service Unavailable</body></html>"


@pytest.mark.parametrize(
    ("script", "outcome", "words"),
    [
        pytest.param(CUT, Outcome.IN_DOUBT, "broke", id="cut before the answer"),
        pytest.param(reply({"success": True}, length=500), Outcome.IN_DOUBT, "broke", id="cut in the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", Outcome.IN_DOUBT, "broke", id="cut in the headers"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", Outcome.IN_DOUBT, "broke", id="another protocol"),
        pytest.param(
            reply(HTML, status="503 Service Unavailable"), Outcome.IN_DOUBT, "HTML answer, HTTP 503", id="503"
        ),
        pytest.param(reply(b""), Outcome.IN_DOUBT, "Empty answer, HTTP 200", id="empty"),
        pytest.param(reply(b"", status="204 No Content"), Outcome.IN_DOUBT, "Empty answer, HTTP 204", id="no content"),
        pytest.param(reply(b'{"success": tr'), Outcome.IN_DOUBT, "not JSON", id="truncated JSON"),
        pytest.param(reply({"success": False}), Outcome.IN_DOUBT, "does not say", id="success false"),
        pytest.param(reply({}), Outcome.IN_DOUBT, "does not say", id="an empty object"),
        pytest.param(reply(b'{"success": true}' + b" " * (5 << 20)), Outcome.IN_DOUBT, "HTTP 200", id="huge body"),
        pytest.param(
            reply(gzip.compress(b'{"success": true}' + b" " * (50 << 20)), headers=["Content-Encoding: gzip"]),
            Outcome.IN_DOUBT,
            "HTTP 200",
            id="huge once unpacked",
        ),
        pytest.param(
            reply(b"no gzip", headers=["Content-Encoding: gzip"]), Outcome.IN_DOUBT, "unpacked", id="broken packing"
        ),
        pytest.param(
            reply(HTML, status="404 Not Found"),
            Outcome.REFUSED,
            "HTML answer, HTTP 404: this does not look like the Graph API",
            id="HTML 404",
        ),
        pytest.param(
            reply(b"", status="302 Found", headers=["Location: http://127.0.0.1:1/elsewhere"]),
            Outcome.REFUSED,
            "redirect",
            id="redirect",
        ),
    ],
)
def test_a_write_that_ends_badly(script: bytes, outcome: Outcome, words: str) -> None:
    answer, server = played(register, script)
    assert (answer.outcome, answer.body) == (outcome, {})
    assert words in answer.failure
    assert (answer.error is not None) is (outcome is Outcome.REFUSED)
    assert answer.error is None or (answer.error.code is None and answer.error.message == answer.failure)
    assert len(server.heard) == 1, "a write is never repeated by the client"


@pytest.mark.parametrize("call", [register, read])
def test_no_answer_in_time_is_in_doubt(call: Call) -> None:
    answer, _ = played(call, HANG, timeout=0.2)
    assert answer.outcome is Outcome.IN_DOUBT
    assert answer.failure == "No answer within 0.2 s."


def test_an_answer_that_never_ends_is_in_doubt_once_the_whole_time_is_over() -> None:
    async def play() -> Answer:
        async with DrippingServer() as server:
            return await _once(server.url, timeout=0.2)

    answer = asyncio.run(play())
    assert (answer.outcome, answer.failure) == (Outcome.IN_DOUBT, "No answer within 0.2 s.")


def test_a_connection_that_died_while_it_was_kept_open() -> None:
    async def twice(client: GraphClient) -> Answer:
        assert (await client.register("300", Secret(PIN))).outcome is Outcome.OK
        return await client.register("300", Secret(PIN))

    answer, server = played(twice, reply({"success": True}, keep=True), CUT)
    assert answer.outcome is Outcome.IN_DOUBT
    assert len(server.heard) == 2


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Internal Server Error"])
def test_an_error_in_json_is_a_refusal_under_any_status(status: str) -> None:
    headers = [
        'X-App-Usage: {"call_count":28,"total_cputime":97,"total_time":25}',
        'X-Business-Use-Case-Usage: {"100":[{"type":"x","call_count":101,"estimated_time_to_regain_access":7}]}',
        "Date: Mon, 02 Mar 2026 09:00:00 GMT",
    ]
    answer, _ = played(register, reply(error_body("(#133005) PIN Mismatch"), status=status, headers=headers))
    assert answer.outcome is Outcome.REFUSED
    assert answer.error is not None
    assert (answer.error.code, answer.fbtrace_id, answer.usage) == (133005, "AbcTrace", 101)
    assert answer.error.told_by_header is not None
    assert answer.error.told_by_header.total_seconds() == 7 * 60
    assert answer.remote_time is not None
    assert answer.remote_time.isoformat() == "2026-03-02T09:00:00+00:00"


def test_what_is_sent() -> None:
    answer, server = played(register, reply({"success": True}, headers=["x-fb-trace-id: FromHeader"]))
    heard = server.heard[0]
    assert (answer.outcome, answer.fbtrace_id) == (Outcome.OK, "FromHeader")
    assert heard.line == "POST /v25.0/300/register HTTP/1.1"
    assert heard.headers["authorization"] == f"Bearer {TOKEN}"
    assert heard.json == {"messaging_product": "whatsapp", "pin": PIN}


def test_an_echoed_token_and_pin_are_dots_in_the_answer() -> None:
    said = f"Malformed access token {TOKEN}, pin {PIN} (246-810) of number 30024681077"
    body = error_body(said, error_user_msg=said, error_data={"details": said})
    headers = [f'WWW-Authenticate: OAuth "Facebook Platform" "invalid_token" "{said}"', f"x-fb-trace-id: {TOKEN}"]
    answer, _ = played(register, reply(body, status="400 Bad Request", headers=headers))
    assert answer.error is not None
    assert answer.error.message == f"Malformed access token {DOTS}, pin {DOTS} ({DOTS}) of number 30024681077"
    assert TOKEN not in repr(answer)
    assert f"pin {PIN}" not in repr(answer)


def test_no_log_line_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    said = f"token {TOKEN} pin {PIN}"
    headers = [f'WWW-Authenticate: OAuth "Facebook Platform" "invalid_token" "{said}"']
    answer = reply(error_body(said, code=190), status="401 Unauthorized", headers=headers)
    with caplog.at_level(logging.DEBUG):
        for call in (register, read, lambda client: client.verify_code("300", Secret(PIN)), GraphClient.debug_token):
            played(call, answer)
    assert "/v25.0/300/register" in caplog.text
    assert TOKEN not in caplog.text
    assert PIN not in caplog.text


def test_a_refused_connection_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = asyncio.run(_once(f"http://127.0.0.1:{port}"))
    assert answer.outcome is Outcome.UNREACHABLE
    assert answer.failure.startswith("The remote cannot be reached")


def test_a_failing_tls_handshake_is_unreachable() -> None:
    async def play() -> Answer:
        async with PlainServer() as server:
            return await _once(server.url.replace("http://", "https://"))

    assert asyncio.run(play()).outcome is Outcome.UNREACHABLE


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    assert asyncio.run(_once("https://graph.invalid")).outcome is Outcome.UNREACHABLE
    assert asyncio.run(_once(f"https://{'a' * 70}.invalid")).outcome is Outcome.UNREACHABLE


def test_a_connection_that_cannot_be_made_in_time_is_unreachable() -> None:
    async def play() -> Answer:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            address = full.getsockname()
            waiting = [socket.socket() for _ in range(4)]
            try:
                for each in waiting:
                    each.setblocking(False)
                    each.connect_ex(address)
                return await _once(f"http://127.0.0.1:{address[1]}", timeout=0.2)
            finally:
                for each in waiting:
                    each.close()

    answer = asyncio.run(play())
    assert answer.outcome is Outcome.UNREACHABLE
    assert "no connection in time" in answer.failure


async def _once(url: str, **settings: Any) -> Answer:
    async with GraphClient(Secret(TOKEN), base_url=url, **settings) as client:
        return await register(client)


def test_a_proxy_that_is_set_is_not_asked_for_a_loopback_url(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    answer, server = played(register, reply({"success": True}))
    assert answer.outcome is Outcome.OK
    assert len(server.heard) == 1


def test_a_proxy_that_refuses_the_tunnel_leaves_the_remote_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> tuple[Answer, str]:
        async with ScriptedServer(reply(b"", status="407 Proxy Authentication Required")) as server:
            monkeypatch.setenv("HTTPS_PROXY", server.url)
            return await _once("https://graph.invalid"), server.heard[0].line + str(server.heard[0].headers)

    answer, heard = asyncio.run(play())
    assert answer.outcome is Outcome.UNREACHABLE
    assert heard.startswith("CONNECT")
    assert TOKEN not in heard


def test_a_late_write_is_dropped_after_connecting_and_before_a_byte_is_written() -> None:
    async def play() -> tuple[Answer, list[int]]:
        async with (
            ListeningServer() as server,
            GraphClient(Secret(TOKEN), base_url=server.url, monotonic=lambda: 10.0) as client,
        ):
            answer = await client.register("300", Secret(PIN), send_by=9.9)
            await asyncio.wait_for(server.connected.wait(), 10)
        return answer, server.read

    answer, read_bytes = asyncio.run(play())
    assert (answer.outcome, answer.failure) == (Outcome.NOT_SENT, "Not sent: its time was over.")
    assert read_bytes == [0]


@pytest.mark.parametrize(("now", "outcome"), [(9.0, Outcome.OK), (9.9, Outcome.OK), (10.0, Outcome.NOT_SENT)])
def test_send_by_is_the_last_moment(now: float, outcome: Outcome) -> None:
    answer, server = played(
        lambda client: client.deregister("300", send_by=9.9), reply({"success": True}), monotonic=lambda: now
    )
    assert answer.outcome is outcome
    assert len(server.heard) == (outcome is Outcome.OK)


def test_a_write_that_is_no_longer_ours_is_dropped_and_a_read_is_not() -> None:
    answer, server = played(register, reply({"success": True}), before_write=lambda: False)
    assert (answer.outcome, server.heard) == (Outcome.NOT_SENT, [])
    answer, _ = played(read, reply({"id": "300", "status": "CONNECTED"}), before_write=lambda: False)
    assert answer.outcome is Outcome.OK


class Counting(httpx.AsyncBaseTransport):
    """Agrees to everything, and tells nothing of what happens on its way."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        return httpx.Response(200, json={"success": True})


def test_somebody_elses_transport_is_not_called_when_it_is_late() -> None:
    async def play(now: float) -> tuple[Answer, list[str]]:
        transport = Counting()
        async with GraphClient(Secret(TOKEN), transport=transport, monotonic=lambda: now) as client:
            return await client.set_pin("300", Secret(PIN), send_by=1.0), transport.paths

    late, paths = asyncio.run(play(2.0))
    assert (late.outcome, paths) == (Outcome.NOT_SENT, [])
    sent, paths = asyncio.run(play(0.5))
    assert (sent.outcome, paths) == (Outcome.OK, ["/v25.0/300"])


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.facebook.com",
        "http://10.0.0.1:8080",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "http://[::1",
        "ftp://localhost",
        "graph.facebook.com",
        "https://",
        "https://name:word@graph.facebook.com",
        "https://graph.facebook.com:99999",
        "",
    ],
)
def test_a_url_that_would_give_the_token_away_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        GraphClient(Secret(TOKEN), base_url=url)
    assert (caught.value.reason, caught.value.status) == ("graph-url", 2)


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1/", "http://[::1]:9", "HTTPS://example.com"])
def test_a_url_that_keeps_the_token_is_taken(url: str) -> None:
    asyncio.run(GraphClient(Secret(TOKEN), base_url=url).aclose())


@pytest.mark.parametrize("token", ["", "EAAG with spaces", "EAAGline\nbreak", "EAAGümlaut"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        GraphClient(Secret(token))
    assert caught.value.reason == "token-form"
    assert not token or token not in str(caught.value)


def test_broken_proxy_settings_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://127.0.0.1:1")
    with pytest.raises(UsageError) as caught:
        GraphClient(Secret(TOKEN))
    assert caught.value.reason == "connection-settings"
