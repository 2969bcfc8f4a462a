"""A stage for the engine: a home, a simulator, both on one clock that moves only when it is told to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from linewright.clock import JumpingClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator
from linewright.worker import Engine, engine_of

__all__ = ["EngineStage", "Gate", "StillClock", "open_stage"]

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENCE = 30
"""Real seconds after which a condition counts as never fulfilled."""


class StillClock(JumpingClock):
    """Whoever waits on it waits for the test to move it."""

    async def until(self, moment: datetime) -> None:
        await _holds(lambda: self.now() >= moment)


@dataclass
class Gate(httpx.AsyncBaseTransport):
    """Lets calls through to the remote, or holds them until it is opened."""

    inner: httpx.AsyncBaseTransport
    shut: bool = False
    waiting: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.shut:
            self.waiting += 1
            try:
                await self.opened.wait()
            finally:
                self.waiting -= 1
        return await self.inner.handle_async_request(request)

    def open(self) -> None:
        self.shut = False
        self.opened.set()


@dataclass
class EngineStage:
    lw: Linewright
    clock: StillClock
    simulator: Simulator
    gate: Gate

    @asynccontextmanager
    async def working(self, *, concurrency: int = 20, grace: float = 10.0) -> AsyncIterator[Engine]:
        """An engine at work; at the end it is stopped gracefully."""
        engine = engine_of(self.lw.office, concurrency, grace)
        stopping, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.ensure_future(engine.serve(stopping, ready.set))
        await self.holds(lambda: ready.is_set() or serving.done())
        try:
            yield engine
        finally:
            stopping.set()
            await serving

    async def holds(self, condition: Callable[[], Any]) -> None:
        """Waits until the condition holds; time stands still meanwhile."""
        async with asyncio.timeout(PATIENCE):
            await _holds(condition)

    async def opened(self, number: str, goal: str = "register", **options: Any) -> str:
        return str((await self.lw.open(goal, number, **options))["id"])

    def state(self, operation: str) -> str:
        return self.lw.office.store.operations.get(operation).state.value

    def version(self, operation: str) -> int:
        return self.lw.office.store.operations.get(operation).version

    def wake_at(self, operation: str) -> datetime | None:
        return self.lw.office.store.operations.get(operation).wake_at

    def pass_time(self, seconds: float) -> None:
        """Moves the clock; on PostgreSQL a sweep then finds what the queue's timers do not know."""
        self.clock.advance(seconds)
        if self.lw.office.jobs is not None:
            self.lw.office.jobs.sweep(self.clock.now())

    async def lived_through(self, operation: str, *states: str) -> None:
        """Moves the clock from wake to wake until the operation is in one of the states."""
        async with asyncio.timeout(PATIENCE):
            while self.state(operation) not in states:
                wake = self.wake_at(operation)
                if wake is not None and wake > self.clock.now():
                    self.pass_time((wake - self.clock.now()).total_seconds())
                await asyncio.sleep(0.01)

    def calls(self, number: str) -> Counter[str]:
        """The calls of a phone that the remote has seen, by kind."""
        e164 = self.lw.office.store.numbers.find(number).e164
        return Counter(call.kind for call in self.simulator.control.calls() if call.e164 == e164)

    def order(self, kind: str) -> list[str]:
        """The phones of the calls of a kind, in their order."""
        return [str(call.e164) for call in self.simulator.control.calls() if call.kind == kind]

    async def account(self, name: str, numbers: list[str]) -> None:
        """Another account with these numbers, never registered."""
        door = self.simulator.control
        waba = door.add_account(name).id
        for e164 in numbers:
            door.add_number(waba, e164)
        await self.lw.add_account(name, waba, Secret(door.add_token([waba]).text))


async def _holds(condition: Callable[[], Any]) -> None:
    while not condition():  # noqa: ASYNC110 - what is looked at lies in a database, which tells nobody
        await asyncio.sleep(0.01)


@asynccontextmanager
async def open_stage(home: Path, database_url: str) -> AsyncIterator[EngineStage]:
    """The simulator's default world as the account `shop`."""
    clock = StillClock(START)
    simulator = Simulator(clock, seed=3)
    gate = Gate(simulator.transport)
    settings = Settings(home=home, graph_url="http://127.0.0.1:1", database_url=database_url)
    async with Linewright(settings=settings, clock=clock, transport=gate) as lw:
        await lw.add_account("shop", simulator.world.account.id, Secret(simulator.world.token.text))
        yield EngineStage(lw, clock, simulator, gate)
