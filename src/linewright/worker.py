"""The worker: an engine that runs until it is told to stop, and shows that it lives."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Protocol

from linewright.alerts import Alerts
from linewright.engine.poll import PollEngine
from linewright.engine.shift import CONCURRENCY, GRACE_SECONDS, until_any
from linewright.errors import LinewrightError
from linewright.fleet import FleetCheck
from linewright.importer import Importer
from linewright.recovery import Recovery
from linewright.store.ids import new_id
from linewright.store.jobs import QUEUE, TASK
from linewright.store.upgrade import refuse_newer
from linewright.store.workers import BEAT_SECONDS
from linewright.trend import Trend
from linewright.webhooks import Intake
from linewright.wiring import Installation

__all__ = ["CONCURRENCY", "Engine", "Worker", "engine_of"]

log = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""Real: so long after a stop the process is gone, whatever still hangs."""


class Round(Protocol):
    """What a worker does again and again beside its turns. Several workers share it; a store that goes away is waited
    for, and never ends it."""

    async def serve(self, stopping: asyncio.Event) -> None: ...


class Engine(Protocol):
    """Either side of the engine."""

    @property
    def under_way(self) -> int: ...

    async def serve(self, stopping: asyncio.Event, ready: Callable[[], None] = ...) -> None: ...


def engine_of(office: Installation, concurrency: int = CONCURRENCY, grace: float = GRACE_SECONDS) -> Engine:
    """The side of the engine that the home's database needs. `grace` is in real seconds."""
    rota = office.store.operations
    if office.jobs is None:
        return PollEngine(office.ports, rota, concurrency=concurrency, grace=grace)
    # Procrastinate takes a sixth of a second to load, and only a worker on PostgreSQL needs it.
    from linewright.engine.queue import QueueEngine

    url = office.store.database.engine.url.set(drivername="postgresql")
    return QueueEngine(
        office.ports,
        rota,
        office.jobs,
        conninfo=url.render_as_string(hide_password=False),
        queue=QUEUE,
        task=TASK,
        concurrency=concurrency,
        grace=grace,
    )


class Worker:
    """One worker of a home. `say` hears, in one line each, that it is ready, is stopping, and has stopped."""

    def __init__(self, office: Installation, *, concurrency: int = CONCURRENCY, say: Callable[[str], None]) -> None:
        self.id = f"{platform.node()}-{os.getpid()}-{new_id('worker')}"
        self.stopping = asyncio.Event()
        self._office = office
        self._workers = office.store.workers
        self._engine = engine_of(office, concurrency)
        self._rounds: list[Round] = [
            FleetCheck(office),
            Intake(office),
            Recovery(office),
            Trend(office),
            Alerts(office),
            Importer(office),
        ]
        self._version = version("linewright")
        self._ready = False
        self._say = say

    async def run(self) -> None:
        """Works until `stopping` is set, or the tables are those of a newer Linewright: then raises
        `StoreUnavailable` (reason `newer-version`), having finished or handed over its turns."""
        beating = asyncio.ensure_future(self._beat())
        serving = asyncio.ensure_future(self._engine.serve(self.stopping, self._now_ready))
        told = asyncio.ensure_future(self.stopping.wait())
        rounds = [asyncio.ensure_future(each.serve(self.stopping)) for each in self._rounds]
        try:
            await asyncio.wait([serving, told], return_when=asyncio.FIRST_COMPLETED)
            self.stopping.set()
            self._stop()
            await asyncio.wait([serving, *rounds], timeout=STOP_SECONDS)
        finally:
            self.stopping.set()
            await asyncio.wait([beating, *rounds])
            self._leave()
        if serving.done():
            serving.result()
        beating.result()
        for each in rounds:
            each.result()
        self._say(f"Stopped. {self._open()}; whoever works here next goes on with them.")

    def _now_ready(self) -> None:
        self._ready = True
        self._show()
        self._say(f"Linewright {self._version} works here. {self._open()}.")

    def _stop(self) -> None:
        self._ready = False
        self._show()
        self._say(f"Stopping: takes no more; {_turns(self._engine.under_way)} under way may end.")

    async def _beat(self) -> None:
        """Shows that this worker lives, and looks whether the tables are still its own. A database that is away is
        told of by the engine."""
        while not self.stopping.is_set():
            try:
                refuse_newer(self._office.store.database)
            except LinewrightError as error:
                if error.reason == "newer-version":
                    self.stopping.set()
                    raise
            else:
                self._show()
            await until_any(self.stopping, seconds=BEAT_SECONDS)

    def _show(self) -> None:
        try:
            self._workers.beat(self.id, self._version, ready=self._ready)
        except LinewrightError as error:
            log.info("no heartbeat: %s", error)

    def _leave(self) -> None:
        try:
            self._workers.leave(self.id)
        except LinewrightError as error:
            log.info("the heartbeat stays until it is too old: %s", error)

    def _open(self) -> str:
        try:
            count = self._office.store.operations.count_open()
        except LinewrightError:
            return "The open operations cannot be counted now"
        return f"{count} operation{' is' if count == 1 else 's are'} open"


def _turns(count: int) -> str:
    return f"{count} turn{'' if count == 1 else 's'}"
