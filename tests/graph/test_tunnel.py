"""A proxy on the way to the remote: asking it for a tunnel is not yet a call."""

from __future__ import annotations

import asyncio

import pytest
from graph_server import HANG, ScriptedServer, reply

from linewright.domain.journal import Answer, Outcome
from linewright.graph import GraphClient
from linewright.secret import Secret

TOKEN = "EAAGtunnel0token0that0nobody0may0see0ZD"
PIN = "246810"


class Asked:
    """The last question before a write, and how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> bool:
        self.times += 1
        return True


@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param(HANG, id="a proxy that never answers"),
        pytest.param(reply(b""), id="a tunnel that leads nowhere"),
        pytest.param(reply(b"", status="502 Bad Gateway"), id="a proxy that finds nobody"),
        pytest.param(b"", id="a proxy that hangs up"),
    ],
)
def test_nothing_is_in_doubt_before_the_tunnel_stands(proxy: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()

    async def play() -> tuple[Answer, ScriptedServer]:
        async with ScriptedServer(proxy) as server:
            monkeypatch.setenv("HTTPS_PROXY", server.url)
            limit = 1.0 if proxy is HANG else 30.0
            client = GraphClient(Secret(TOKEN), base_url="https://graph.invalid", timeout=limit, before_write=asked)
            async with client:
                return await client.register("300", Secret(PIN)), server

    answer, server = asyncio.run(play())
    assert answer.outcome is Outcome.UNREACHABLE
    assert asked.times == 0, "the last moment of a write comes after the tunnel and TLS, not before them"
    assert [heard.line for heard in server.heard] == ["CONNECT graph.invalid:443 HTTP/1.1"]
    assert TOKEN not in repr(server.heard)
