"""Plugs the parts together: the only module that knows them all."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from linewright.catalogue import loader
from linewright.clock import HomeClock, SystemClock, monotonic, open_clock
from linewright.config import Settings, traces_wanted
from linewright.domain import remedies
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer
from linewright.engine.crash import CrashPoint, go_on
from linewright.engine.local import LocalEngine
from linewright.engine.ports import Clock, PhoneLocks, Ports
from linewright.errors import StoreUnavailable, UsageError
from linewright.graph.client import GraphClient
from linewright.graph.purchase import buy_token
from linewright.graph.remote import GraphRemote
from linewright.graph.wire import is_loopback
from linewright.latency import Latency
from linewright.logs import quiet_the_wire
from linewright.secret import Secret
from linewright.store.engine import Database, open_store
from linewright.store.facts import PUBLIC_URL
from linewright.store.ids import new_id
from linewright.store.jobs import QueueJobs
from linewright.store.locks import FileLocks
from linewright.store.sealing import holds_secrets
from linewright.store.store import Store
from linewright.vault import open_vault
from linewright.witness import Traced, Watch

if TYPE_CHECKING:
    import httpx

__all__ = ["Installation", "assemble", "make_home", "make_pin"]


def make_pin() -> Secret:
    """Six digits from the system's randomness; never one that the remote takes for weak: no run up or
    down, no digit more than three times, at least three different ones (DESIGN 5.5)."""
    while True:
        digits = f"{secrets.randbelow(1_000_000):06d}"
        steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
        common = max(digits.count(digit) for digit in digits)
        if len(steps) > 1 and common <= 3 and len(set(digits)) >= 3:
            return Secret(digits)


@dataclass(slots=True)
class Clients:
    """One Graph client for each account, made when first needed."""

    settings: Settings
    store: Store
    transport: httpx.AsyncBaseTransport | None = None
    monotonic: Callable[[], float] = monotonic
    latency: Latency = field(default_factory=Latency)
    open: dict[str, tuple[bytes, GraphClient]] = field(default_factory=dict)
    """Each with the seal of the token it was made for."""
    outdated: list[GraphClient] = field(default_factory=list)
    """Those of tokens that another process changed; a turn may still wait for an answer to one."""

    def of(self, account: str) -> GraphClient:
        """The account's client, made anew when its token was changed, by whatever process."""
        seal = self.store.accounts.token_seal(account)
        known, client = self.open.get(account, (b"", None))
        if client is None or known != seal:
            if client is not None:
                self.outdated.append(client)
            client = self.with_token(self.store.accounts.open_token(account))
            self.open[account] = seal, client
        return client

    def with_token(self, token: Secret) -> GraphClient:
        """A client for a token that is not kept yet; whoever asked for it closes it."""
        return GraphClient(
            token,
            base_url=self.settings.graph_url,
            version=self.settings.graph_version,
            transport=self.transport,
            unsupported_fields=self.store.facts.unsupported_fields(self.settings.graph_version),
            monotonic=self.monotonic,
            heard=self.latency.add,
        )

    async def buy_token(self, app: str, app_secret: Secret, code: Secret) -> tuple[Answer, Secret | None]:
        """Exchanges the code of an Embedded Signup: the answer, and the token where it brought one."""
        base_url, version = self.settings.graph_url, self.settings.graph_version
        return await buy_token(app, app_secret, code, base_url=base_url, version=version, transport=self.transport)

    @asynccontextmanager
    async def once(self, account: str) -> AsyncIterator[GraphClient]:
        """A client for one look, with the token as it is now, and closed after it: thousands of accounts keep no
        connection between two looks."""
        client = self.with_token(self.store.accounts.open_token(account))
        try:
            yield client
        finally:
            await self._end(client)

    def app_of(self, account: str) -> str | None:
        """The app that the account's token belongs to, where the remote told."""
        return self.store.accounts.app_of(account)

    async def forget(self, account: str) -> None:
        """Closes the client of an account whose token changed, and keeps what it learned."""
        _, client = self.open.pop(account, (b"", None))
        if client is not None:
            await self._end(client)

    async def _end(self, client: GraphClient) -> None:
        version = self.settings.graph_version
        for missing in client.unsupported_fields - self.store.facts.unsupported_fields(version):
            self.store.facts.leave_out(version, missing)
        await client.aclose()

    async def close(self) -> None:
        for account in list(self.open):
            await self.forget(account)
        while self.outdated:
            await self._end(self.outdated.pop())


@dataclass(slots=True, kw_only=True)
class Installation:
    """Linewright, put together for one home."""

    settings: Settings
    clock: Clock
    catalogue: Catalogue
    store: Store
    clients: Clients
    ports: Ports
    local: LocalEngine
    jobs: QueueJobs | None
    """The queue's jobs; None on SQLite, where `wake_at` itself is polled."""
    watch: Watch

    @property
    def public_url(self) -> str | None:
        """How people reach the service: as the settings say, or as it was served last."""
        return self.settings.public_url or self.store.facts.get(PUBLIC_URL)

    def webhook_of(self, account: str) -> str | None:
        """Where the account's webhooks are looked for; None where nobody does: no address is set, no app secret
        known, or nothing ever came. Others may have a receiver of their own (decision 9)."""
        base = self.settings.public_url
        return f"{base}/webhooks/whatsapp/{account}" if base and self.store.webhooks.is_used(account) else None

    async def close(self) -> None:
        await self.clients.close()
        await self.watch.close()
        self.store.database.close()


def assemble(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    reached: Callable[[CrashPoint], None] = go_on,
    real: Callable[[], float] | None = None,
    watch: Watch | None = None,
) -> Installation:
    """Opens the home and puts Linewright together. Raises `UsageError`, `StoreUnavailable`, `KeyMismatch`.

    `clock` and `transport` stand in for the home's own in rehearsals; `reached` hears of crash points; `real`
    (epoch seconds) stands in for the database's clock and this machine's monotonic one; `watch` for the one that
    traces where the environment asks for it.
    """
    quiet_the_wire(settings.log)
    make_home(settings.home)
    database = open_store(settings.database)
    try:
        return _put_together(settings, database, _clock_of(settings, clock), transport, reached, real, watch)
    except BaseException:
        database.close()
        raise


def _clock_of(settings: Settings, given: Clock | None) -> Clock:
    """The home's clock, or the one that stands in for it."""
    clock = given or open_clock(settings.home, settings.clock_rate)
    if isinstance(clock, HomeClock) and not is_loopback(settings.graph_url):
        raise UsageError(
            "This home is a rehearsal with a clock of its own; it must not meet the real remote.",
            fix="Use another home (LINEWRIGHT_HOME) for real numbers.",
            reason="clock-rate",
        )
    return clock


def _put_together(
    settings: Settings,
    database: Database,
    own_clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
    reached: Callable[[CrashPoint], None],
    real: Callable[[], float] | None,
    watch: Watch | None,
) -> Installation:
    jobs = None if database.is_sqlite else QueueJobs(database, own_clock.seconds_until)
    database.waker = jobs
    vault = open_vault(settings.vault_key, settings.home, may_create=lambda: not holds_secrets(database))
    store = Store(database, vault, real=real)
    store.copies.taken_up(own_clock.now())
    clients = Clients(settings, store, transport, real or monotonic)
    catalogue = loader.load(remedies.NAMES)
    watch = watch or Watch(own_clock, traced=traces_wanted())
    ports = Ports(
        ledger=store.ledger,
        remote=Traced(GraphRemote(clients.of, clients.app_of), watch),
        locks=_locks(settings, database, real),
        clock=own_clock,
        catalogue=catalogue,
        make_pin=make_pin,
        new_id=lambda: new_id("att"),
        reached=reached,
        pace=store.pace,
        witness=watch,
        monotonic=real or monotonic,
        compare_clocks=isinstance(own_clock, SystemClock) and not is_loopback(settings.graph_url),
    )
    return Installation(
        settings=settings,
        clock=own_clock,
        catalogue=catalogue,
        store=store,
        clients=clients,
        ports=ports,
        local=LocalEngine(ports, store.operations),
        jobs=jobs,
        watch=watch,
    )


def _locks(settings: Settings, database: Database, real: Callable[[], float] | None) -> PhoneLocks:
    """On one machine locks that die with their process; on PostgreSQL leases, which other machines see too."""
    if database.is_sqlite:
        return FileLocks(settings.home)
    from linewright.store.leases import Leases  # spares commands on SQLite the other dialect

    return Leases(database, settings.lease_seconds, real=real)


def make_home(home: Path) -> None:
    """Makes the home's folder, for its owner alone. Raises `StoreUnavailable`."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The home {home} cannot be made: {error.strerror}.",
            fix="Set LINEWRIGHT_HOME to a folder that this user can write.",
            reason="home",
        ) from None
