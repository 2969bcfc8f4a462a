"""The engine's side on SQLite: one machine, no queue; `wake_at` in the ledger is polled."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from linewright.engine.ports import Ports
from linewright.engine.shift import CONCURRENCY, GRACE_SECONDS, Outage, Rota, Shift, let_finish
from linewright.errors import LinewrightError

__all__ = ["POLL_SECONDS", "PollEngine"]

POLL_SECONDS = 0.25
"""Real: other processes wake operations too, and nobody tells."""
LINE = 10
"""How many times as many operations as turns at once are read in one go."""


class PollEngine:
    """Runs whatever comes due in a database of this machine, `concurrency` turns at once, accounts in turns.
    `grace`: real seconds for which turns under way may go on after a stop."""

    def __init__(
        self, ports: Ports, rota: Rota, *, concurrency: int = CONCURRENCY, grace: float = GRACE_SECONDS
    ) -> None:
        self._ports = ports
        self._rota = rota
        self._concurrency = concurrency
        self._grace = grace
        self._outage = Outage()
        self._shift = Shift(ports, rota, self._outage)
        self._line: deque[str] = deque()
        self._fresh = self._more = False
        self._resting: set[str] = set()
        self._turns: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    @property
    def under_way(self) -> int:
        """How many turns run now."""
        return len(self._turns)

    async def serve(self, stopping: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Works until `stopping` is set, then finishes what is under way, or hands it over. `ready` is called
        once, when the store was seen to answer. A store that goes away is waited for."""
        told = False
        try:
            while not stopping.is_set():
                answers = self._look()
                if answers and not told:
                    told = True
                    ready()
                while self._line and len(self._turns) < self._concurrency:
                    self._begin(self._line.popleft())
                await self._until_something(stopping, answers)
        finally:
            await let_finish(self._turns, self._grace)

    def _look(self) -> bool:
        """Reads who is due: at each poll, and when a line that did not hold all was worked off. False when it
        cannot."""
        if (self._fresh and (self._line or not self._more)) or len(self._turns) >= self._concurrency:
            return True
        busy = self._shift.under_way | self._resting
        most = self._concurrency * LINE
        try:
            now = self._ports.clock.now()
            wake = self._rota.next_wake()
            due = self._rota.due_in_turns(now, most + len(busy)) if wake is not None and wake <= now else []
        except LinewrightError as error:
            self._outage.failed(error)
            return False
        self._outage.over()
        self._line = deque(operation for operation in due if operation not in busy)
        self._more = len(due) >= most
        if not self._fresh:
            self._fresh = True
            asyncio.get_running_loop().call_later(POLL_SECONDS, self._look_again)
        return True

    def _look_again(self) -> None:
        self._fresh = False

    def _begin(self, operation: str) -> None:
        turning = asyncio.ensure_future(self._run(operation))
        self._turns.add(turning)
        turning.add_done_callback(self._over)

    async def _run(self, operation: str) -> None:
        again = await self._shift.run(operation)
        if again:
            self._resting.add(operation)
            asyncio.get_running_loop().call_later(again, self._resting.discard, operation)

    def _over(self, turning: asyncio.Task[None]) -> None:
        self._turns.discard(turning)
        self._ended.set()

    async def _until_something(self, stopping: asyncio.Event, answers: bool) -> None:
        """Until a turn ends while others stand in line, a wake comes due, or the next poll."""
        self._ended.clear()
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(stopping.wait())]
        if self._line:
            waits.append(asyncio.ensure_future(self._ended.wait()))
        comes = self._next_wake() if answers and not self._turns and not self._line else None
        if comes is not None:
            waits.append(asyncio.ensure_future(self._ports.clock.until(comes)))
        done, _ = await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if comes is not None and waits[-1] in done:
            self._look_again()
        for wait in waits:
            wait.cancel()

    def _next_wake(self) -> datetime | None:
        """When the next operation comes due; None for one that is due already: others work on it."""
        try:
            wake = self._rota.next_wake()
        except LinewrightError:
            return None
        return wake if wake is not None and wake > self._ports.clock.now() else None
