"""Sees an operation through: by its turns in this process, or by watching a worker make them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from linewright.clock import monotonic
from linewright.domain.operation import OPEN_STATES, Operation
from linewright.engine.shift import is_due
from linewright.wiring import Installation

__all__ = ["Driver"]

WATCH_SECONDS = 0.25
"""Real: so often an operation is looked at while a worker goes on with it."""
SETTLE_SECONDS = 10.0
"""Real: so long a command that wants to tell what became of it waits for a worker's turn."""


class Driver:
    """Where a worker is ready it makes every turn, and this process only looks; it takes over when the last
    worker is gone. Two that drive one operation do no harm: one of them has the phone."""

    def __init__(self, office: Installation) -> None:
        self._office = office

    @property
    def worked(self) -> bool:
        """Whether a ready worker is alive."""
        return bool(self._office.store.workers.alive())

    async def push(self, operation: str) -> Operation:
        """Makes every call that is due now, unless a worker does; where the operation is then."""
        if self.worked:
            return self._office.store.operations.get(operation)
        return await self._office.local.push(operation)

    async def settle(self, operation: str) -> Operation:
        """`push`, but also a worker's turn is waited for, for ten seconds at most."""
        ends = monotonic() + SETTLE_SECONDS
        current = await self.push(operation)
        while self._waits_for_a_worker(current) and monotonic() < ends:
            await asyncio.sleep(WATCH_SECONDS)
            current = await self.push(operation)
        return current

    async def drive(
        self,
        operation: str,
        *,
        stop: Callable[[Operation], bool],
        late: Callable[[], bool],
        on_change: Callable[[Operation], None],
    ) -> Operation:
        """Goes on until `stop` says so, the operation ends, or it is `late` (real time).

        A question does not stop it by itself: somebody else may answer, and the wait goes on.
        """
        while True:
            current = await self.push(operation)
            on_change(current)
            over = current.state not in OPEN_STATES or (stop(current) and not self._waits_for_a_worker(current))
            if over or late():
                return current
            await self.rest(current)

    async def rest(self, current: Operation) -> None:
        """Lets time pass toward the operation's next turn; less of it where others work on it."""
        if self.worked:
            await asyncio.sleep(WATCH_SECONDS)
        else:
            await self._office.local.rest(current)

    def _waits_for_a_worker(self, current: Operation) -> bool:
        """Whether something was said to the operation that no turn has heard yet."""
        return is_due(current, self._office.clock.now()) and self.worked
