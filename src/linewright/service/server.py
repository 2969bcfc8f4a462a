"""The service on a port: the page, REST and a worker in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn

from linewright.engine.ports import Clock
from linewright.errors import UsageError
from linewright.face import Linewright
from linewright.graph.wire import is_loopback
from linewright.service.app import create_app
from linewright.service.desk import Desk
from linewright.service.people import ensure_first_admin, welcome_path
from linewright.service.wrapper import Wrapper
from linewright.store.facts import PUBLIC_URL
from linewright.worker import Worker

__all__ = ["Manner", "Served", "serve"]

GRACE_SECONDS = 6
"""Real: so long may answers under way go on after a stop; a worker's turns have their own ten seconds."""
QUEUED = 256
"""Connections that may wait to be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the service runs. Port 0 takes a free one. `behind_proxy`: `X-Forwarded-For` and `-Proto` tell the truth."""

    host: str = "127.0.0.1"
    port: int = 8080
    worker: bool = True
    behind_proxy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A service that runs."""

    url: str
    """Where it listens."""
    public_url: str
    """How people reach it."""
    first_admin: str | None
    """The one-time address that makes the first admin, where nobody can log in yet. For the terminal only."""

    @property
    def in_clear(self) -> bool:
        """Whether passwords cross a network unsealed."""
        return self.public_url.startswith("http://") and not is_loopback(self.public_url)


async def serve(
    linewright: Linewright,
    manner: Manner,
    *,
    stopping: asyncio.Event,
    ready: Callable[[Served], None] = lambda served: None,
    say: Callable[[str], None] = lambda line: None,
    clock: Clock | None = None,
) -> None:
    """Serves until `stopping` is set; then everything ends within ten seconds of real time.

    `ready` is told once it listens; `say` hears what the worker tells. `clock` stands in for real time in tests.
    Raises `UsageError` (reason `port-taken`) where it cannot listen, and what the worker raises, such as
    `StoreUnavailable` when a newer Linewright has changed the tables.
    """
    with _listening(manner) as bound:
        url = _url(manner.host, bound.getsockname()[1])
        public_url = linewright.settings.public_url or url
        app = create_app(linewright, public_url=public_url, clock=clock)
        app.state.stopping = stopping
        linewright.office.store.facts.set(PUBLIC_URL, public_url)
        wrapper = Wrapper(app)
        server = _Server(_config(wrapper, manner))
        served = Served(url=url, public_url=public_url, first_admin=_first_admin(app.state.desk))
        server.on_ready = lambda: ready(served)
        await _until_stopped(server, bound, wrapper, stopping, _worker(linewright, manner, say))


async def _until_stopped(
    server: _Server, bound: socket.socket, wrapper: Wrapper, stopping: asyncio.Event, worker: Worker | None
) -> None:
    """Whichever ends first ends the others."""
    told = asyncio.ensure_future(stopping.wait())
    running = [asyncio.ensure_future(server.serve(sockets=[bound]))]
    if worker is not None:
        running.append(asyncio.ensure_future(worker.run()))
    try:
        await asyncio.wait([told, *running], return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        stopping.set()
        server.should_exit = True
        wrapper.hang_up()
        if worker is not None:
            worker.stopping.set()
        await asyncio.wait(running)
    for each in running:
        each.result()


def _worker(linewright: Linewright, manner: Manner, say: Callable[[str], None]) -> Worker | None:
    return Worker(linewright.office, say=say) if manner.worker else None


def _first_admin(desk: Desk) -> str | None:
    invitation = ensure_first_admin(desk.store, desk.now())
    return None if invitation is None else desk.public_url + welcome_path(invitation)


def _config(wrapper: Wrapper, manner: Manner) -> uvicorn.Config:
    return uvicorn.Config(
        wrapper,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=manner.behind_proxy,
        forwarded_allow_ips="*" if manner.behind_proxy else "",
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=QUEUED,
    )


class _Server(uvicorn.Server):
    """Says when it is ready; signals are the business of whoever runs it."""

    on_ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def _listening(manner: Manner) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in manner.host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((manner.host, manner.port))
            bound.listen(QUEUED)
        except OSError as error:
            raise UsageError(
                f"The service cannot listen at {manner.host} port {manner.port}: "
                f"{error.strerror or type(error).__name__}.",
                fix="Choose another port with --port (0 takes a free one), or another address with --host.",
                reason="port-taken",
            ) from None
        bound.setblocking(False)
        yield bound


def _url(host: str, port: int) -> str:
    """How this machine itself reaches it."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reached}:{port}"
