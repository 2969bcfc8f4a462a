"""Processes that are stopped (SIGSTOP) in the middle of a write on PostgreSQL, and woken after others went on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from tests.support.processes import PATIENCE, Child, Ran, SharedClock, begin

from linewright.blocking import BlockingLinewright
from linewright.config import Settings
from linewright.domain.operation import OPEN_STATES
from linewright.engine.crash import CrashPoint, go_on
from linewright.engine.turn import Turned, turn
from linewright.secret import Secret
from linewright.simulator.calls import LoggedCall
from linewright.simulator.simulator import RunningSimulator
from linewright.store import tables as t
from linewright.store.engine import Database, open_store
from linewright.wiring import Installation, assemble

__all__ = ["AFTER_THE_INTENT", "BEFORE_THE_SOCKET", "Crew"]

AFTER_THE_INTENT, BEFORE_THE_SOCKET = "after the intent", "before the socket"
"""Where a process stops itself: once its first intent is committed; or after the sender's last look at the time,
before anything of its first register is written. No client can close that last window."""


@dataclass(frozen=True)
class _Job:
    """What a process is told. `real` is the file of the real time that all of them share."""

    home: Path
    database_url: str
    graph_url: str
    lease_seconds: int
    clock: Path
    real: Path
    operation: str
    stops: str | None = None

    def office(self, **given: Any) -> Installation:
        settings = Settings(
            home=self.home,
            database_url=self.database_url,
            graph_url=self.graph_url,
            lease_seconds=self.lease_seconds,
        )
        real = SharedClock(self.real)
        return assemble(settings, clock=SharedClock(self.clock), real=lambda: real.now().timestamp(), **given)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


class _StopsBeforeTheSocket(httpx.AsyncHTTPTransport):
    """The sender hands a call over after its last look; from here on it is written."""

    stopped = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/register") and not self.stopped:
            self.stopped = True
            _stop()
        return await super().handle_async_request(request)


def _stops_after_the_intent() -> Callable[[CrashPoint], None]:
    passed: list[CrashPoint] = []

    def reached(point: CrashPoint) -> None:
        passed.append(point)
        if point is CrashPoint.INTENT_SAVED and passed.count(point) == 1:
            _stop()

    return reached


def _work(job: _Job) -> int:
    """In the child: drives the operation to its end."""
    office = job.office(
        transport=_StopsBeforeTheSocket() if job.stops == BEFORE_THE_SOCKET else None,
        reached=_stops_after_the_intent() if job.stops == AFTER_THE_INTENT else go_on,
    )

    async def drive() -> None:
        try:
            while (current := await office.local.push(job.operation)).state in OPEN_STATES:
                await office.local.rest(current)
        finally:
            await office.close()

    asyncio.run(drive())
    return 0


@dataclass
class Crew:
    """Processes on one PostgreSQL and one simulator, and one open register of one phone."""

    job: _Job
    simulator: RunningSimulator
    number: str
    folder: Path
    database: Database

    @classmethod
    def open(
        cls, folder: Path, database_url: str, simulator: RunningSimulator, clock: Path, lease_seconds: int
    ) -> Crew:
        """A phone that one register brings online, in an account of its own; its operation is open."""
        control = simulator.control
        waba = control.add_account("Stopped").id
        number = control.add_number(waba, f"+1312{waba[-1]}100003")
        job = _Job(folder / "home", database_url, simulator.graph_url, lease_seconds, clock, folder / "real", "")
        settings = Settings(home=job.home, database_url=database_url, graph_url=simulator.graph_url)
        with BlockingLinewright(settings=settings, clock=SharedClock(clock)) as lw:
            lw.add_account("acme", waba, Secret(control.add_token([waba]).text))
            operation = lw.open("register", number.id)["id"]
        return cls(replace(job, operation=operation), simulator, number.id, folder, open_store(database_url))

    def move(self, seconds: float) -> None:
        """Lets real time pass for all of them."""
        SharedClock(self.job.real).advance(seconds)

    def begin(self, stops: str | None = None) -> Child:
        return begin(partial(_work, replace(self.job, stops=stops)), self.folder)

    def begin_and_see_it_stop(self, stops: str) -> Child:
        child = self.begin(stops)
        late = time.monotonic() + PATIENCE
        while (state := _state(child)) != "T":
            assert state not in "XZ", child.finish().err
            assert time.monotonic() < late, "it never stopped"
            time.sleep(0.005)
        return child

    def wake(self, child: Child) -> Ran:
        """To its end."""
        assert child.process.pid is not None
        os.kill(child.process.pid, signal.SIGCONT)
        return child.finish()

    def turn(self) -> Turned:
        """One turn in this process."""

        async def once() -> Turned:
            office = self.job.office()
            try:
                return await turn(self.job.operation, office.ports)
            finally:
                await office.close()

        return asyncio.run(once())

    def heard(self) -> list[LoggedCall]:
        """Every call that the simulator has heard of this phone."""
        return [call for call in self.simulator.control.calls() if call.target == self.number]

    def registers(self) -> int:
        return sum(call.kind == "register" for call in self.heard())

    def rows(self) -> dict[str, list[Any]]:
        """Everything that is kept, but for the account's pace, which counts without a lease."""
        with self.database.reading() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for table in t.metadata.sorted_tables
                if table is not t.paces
            }

    def ended(self) -> tuple[str, list[str | None]]:
        """The operation's state, and what came of its registers in the order of their intents."""
        with self.database.reading() as connection:
            state = connection.execute(select(t.operations.c.state)).scalar_one()
            query = select(t.attempts.c.outcome).where(t.attempts.c.call == "register").order_by(t.attempts.c.seq)
            return state, list(connection.execute(query).scalars())


def _state(child: Child) -> str:
    """How the kernel calls what the process does: R, S, T (stopped) …; X when there is none any more."""
    try:
        stat = Path(f"/proc/{child.process.pid}/stat").read_text()
    except FileNotFoundError:
        return "X"
    return stat.rsplit(")", 1)[1].split()[0]
