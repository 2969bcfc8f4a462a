"""The local engine: `wake_at` in the ledger is the timer, this process is the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Protocol

from linewright.domain.operation import Operation
from linewright.engine.ports import Ports
from linewright.engine.shift import is_due
from linewright.engine.turn import Turned, turn

__all__ = ["Alarm", "LocalEngine"]

BUSY = timedelta(seconds=1)
"""When somebody else has the phone: look again after this."""


class Alarm(Protocol):
    """What the local engine asks of the store."""

    def get(self, operation: str) -> Operation: ...

    def due(self, now: datetime) -> list[str]:
        """Open operations whose `wake_at` has come; the longest due first."""
        ...

    def next_wake(self) -> datetime | None:
        """The earliest `wake_at` of an open operation."""
        ...


async def _whole(turning: Coroutine[Any, Any, Turned]) -> Turned:
    """A turn to its end, though whoever waits for it is cancelled: a call cut off would be in doubt."""
    task = asyncio.ensure_future(turning)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class LocalEngine:
    """Runs turns one after the other in this process. Time passes only through the clock it is given."""

    def __init__(self, ports: Ports, alarm: Alarm) -> None:
        self._ports = ports
        self._alarm = alarm

    def _is_due(self, operation: Operation) -> bool:
        return is_due(operation, self._ports.clock.now())

    async def push(self, operation: str) -> Operation:
        """Makes every call that is due now, and returns where the operation rests."""
        current = self._alarm.get(operation)
        while self._is_due(current):
            turned = await _whole(turn(operation, self._ports))
            current = self._alarm.get(operation)
            if turned.rested is None:
                break
        return current

    async def rest(self, current: Operation) -> None:
        """Lets time pass toward the operation's next turn; less of it where others may wake it."""
        now = self._ports.clock.now()
        await self._ports.clock.until(self._rest_until(current, now))

    def _rest_until(self, current: Operation, now: datetime) -> datetime:
        if self._is_due(current):
            return now + BUSY
        return current.wake_at or now + timedelta(hours=1)

    async def run_due(self, on_change: Callable[[str], Awaitable[None]] | None = None) -> int:
        """One turn for each operation that is due; how many there were."""
        due = self._alarm.due(self._ports.clock.now())
        for operation in due:
            await turn(operation, self._ports)
            if on_change is not None:
                await on_change(operation)
        return len(due)

    async def run_all(
        self,
        *,
        idle: Callable[[], Awaitable[bool]] | None = None,
        on_change: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """Runs everything that is open until nothing waits for a time any more.

        With a jumping clock 72 hours pass at once. `idle` is asked when nothing is due: it may answer
        questions, and says whether it did; `on_change` hears of each operation that had a turn.
        """
        while True:
            if await self.run_due(on_change) or (idle is not None and await idle()):
                continue
            wake = self._alarm.next_wake()
            if wake is None:
                return
            await self._ports.clock.until(wake)
