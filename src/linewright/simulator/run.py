"""The simulator on real ports: the Graph face and the control door in one server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from linewright.simulator.app import graph_app
from linewright.simulator.control import control_app
from linewright.simulator.door import Door
from linewright.simulator.face import Face
from linewright.simulator.remote import Remote

__all__ = ["Ready", "ready_lines", "run"]


LOOK_SECONDS = 0.05
"""Real: so often it is looked whether a webhook has come due."""
TOGETHER = 8
"""Webhooks that are sent side by side."""


@dataclass(frozen=True)
class Ready:
    """A running simulator. `stop()` ends it, from any thread."""

    graph_url: str
    control_url: str
    face: Face
    stop: Callable[[], None] = field(repr=False)


async def run(
    remote: Remote | Face,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    on_ready: Callable[[Ready], None] | None = None,
) -> None:
    """Serve until stopped or signalled. Port 0 takes a free one; `on_ready` is told which.

    Raises `OSError` when a port is taken.
    """
    face = remote if isinstance(remote, Face) else Face(remote)
    with contextlib.closing(_bind(host, port)) as graph, contextlib.closing(_bind(host, control_port)) as door:
        graph_port, door_port = graph.getsockname()[1], door.getsockname()[1]
        apps: dict[int, ASGIApp] = {graph_port: graph_app(face), door_port: control_app(Door(face))}
        config = uvicorn.Config(
            _by_port(apps),
            http=_OpenConnections,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)

        def stop() -> None:
            server.should_exit = True

        def ready() -> None:
            if on_ready is not None:
                on_ready(Ready(f"http://{host}:{graph_port}", f"http://{host}:{door_port}", face, stop))

        server.ready = ready
        carrying = asyncio.create_task(_carry(face))
        try:
            await server.serve(sockets=[graph, door])
        finally:
            carrying.cancel()
            await asyncio.wait([carrying])


def ready_lines(ready: Ready) -> list[str]:
    """What to print once the simulator runs: where it is, its seed, and how to point Linewright at it."""
    remote = ready.face.remote
    lines = [
        f"The simulator answers as the Graph API at {ready.graph_url}",
        f"Its control door is {ready.control_url}",
        f"Seed {remote.seed}",
    ]
    for token in remote.tokens.values():
        for account in sorted(token.accounts):
            lines += [
                f"Account {account}, token {token.text}",
                f"  export LINEWRIGHT_GRAPH_URL={ready.graph_url}",
                f"  echo {token.text} | linewright account add demo --waba {account}",
            ]
    for app in remote.apps.values():
        if app.callback:
            lines += [f"Webhooks go to {app.callback}", f"  signed with the app secret {app.secret}"]
    return lines


async def _carry(face: Face) -> None:
    """Takes the webhooks and the text messages to their receivers as they come due."""
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            await face.webhooks.deliver_due(client, together=TOGETHER)
            await face.couriers.deliver_due(client)
            await asyncio.sleep(LOOK_SECONDS)


class _OpenConnections(H11Protocol):
    """Leaves each open connection in the scope's state, so that a fault can cut it for real."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows the parameter
        self.app_state.setdefault("connections", {})[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.app_state.get("connections", {}).pop(self.client, None)
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    """Says when it is ready."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()


def _by_port(apps: dict[int, ASGIApp]) -> ASGIApp:
    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[scope["server"][1]](scope, receive, send)

    return dispatch


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
