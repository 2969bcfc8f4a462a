"""The service on a port: the page, REST and a worker in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

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

__all__ = ["LastProxy", "Manner", "Served", "serve"]

GRACE_SECONDS = 6
"""Real: so long may answers under way go on after a stop; a worker's turns have their own ten seconds."""
QUEUED = 256
"""Connections that may wait to be taken."""
NEAR = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""Where a proxy of one's own stands: this machine and private networks (RFC 1918, 3927, 4193, 6598)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the service runs. Port 0 takes a free one. `behind_proxy`: the last entry of `X-Forwarded-For` is the
    person's address, where the proxy is near."""

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
        LastProxy(wrapper) if manner.behind_proxy else wrapper,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=QUEUED,
    )


class LastProxy:
    """ASGI. Takes the person's address from the proxy that connects: the last entry of `X-Forwarded-For`, which
    that proxy wrote. What stands before it the client may have written, so nobody's limits go by it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client") and _is_near(scope["client"][0]):
            address, scheme = _last(scope, b"x-forwarded-for"), _last(scope, b"x-forwarded-proto")
            if (person := _address(address)) is not None:
                scope = {**scope, "client": (str(person), 0)}
            if scheme in ("http", "https"):
                scope = {**scope, "scheme": scheme}
        await self._app(scope, receive, send)


def _is_near(address: str) -> bool:
    peer = _address(address)
    return peer is not None and any(peer in network for network in NEAR)


def _last(scope: Scope, header: bytes) -> str:
    """The last entry of a header that may come several times, each with several entries."""
    lines = [value for name, value in scope["headers"] if name == header]
    return lines[-1].decode("latin-1").rpartition(",")[2].strip() if lines else ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Also with a port, as some proxies write it; one of IPv4 within IPv6 as what it is."""
    plain = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


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
