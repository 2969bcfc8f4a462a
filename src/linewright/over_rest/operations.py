"""Operations, asked of a service: opened, driven, followed and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

from linewright import asked
from linewright.clock import monotonic
from linewright.over_rest.base import LOOK_SECONDS, Remote, Shape, named
from linewright.rest_client import segment

__all__ = ["Operations"]

OPEN = ("running", "waiting", "asking")
SETTLE_SECONDS = 10.0
SECOND = timedelta(seconds=1)


class Operations(Remote):
    """What is asked of operations."""

    async def open(self, goal: str, n: str, **options: Any) -> Shape:
        """See `Linewright.open_or_join`. Where no worker runs, the service makes what is due before it answers."""
        asked.destination(asked.goal_of(goal), options.get("to"))
        asked.method(options.get("code_method"))
        path, account = named(n)
        return await self._shape(f"{path}/operations", {"goal": goal, **options}, account=account)

    async def register(self, n: str, **options: Any) -> Shape:
        return await self._do("register", n, options)

    async def verify(self, n: str, **options: Any) -> Shape:
        return await self._do("verify", n, options)

    async def set_pin(self, n: str, **options: Any) -> Shape:
        return await self._do("set-pin", n, options)

    async def deregister(self, n: str, **options: Any) -> Shape:
        return await self._do("deregister", n, options)

    async def migrate(self, n: str, to: str, **options: Any) -> Shape:
        return await self._do("migrate", n, {"to": to, **options})

    async def _do(self, goal: str, n: str, options: dict[str, Any]) -> Shape:
        return await self.drive((await self.open(goal, n, **options))["id"])

    async def drive(
        self,
        operation: str,
        *,
        follow: bool = False,
        timeout_seconds: float | None = None,
        on_change: Callable[[Shape], None] | None = None,
    ) -> Shape:
        """See `Linewright.drive`. Where no worker runs, this asks the service to make what is due."""
        ends = None if timeout_seconds is None else monotonic() + timeout_seconds
        told: Shape | None = None
        while True:
            current = await self.push(operation)
            if on_change is not None and current != told:
                told = current
                on_change(current)
            over = current["state"] not in OPEN
            asks = current["state"] == "asking" and not follow and not self._waits_for_a_worker(current)
            if over or asks or (ends is not None and monotonic() >= ends):
                return current
            await self._rest_until_the_next(current)

    async def push(self, operation: str) -> Shape:
        if self.worked:
            return await self.operation(operation)
        return await self._shape(f"/operations/{segment(operation)}/push")

    async def settle(self, operation: str) -> Shape:
        ends = monotonic() + SETTLE_SECONDS
        current = await self.push(operation)
        while self._waits_for_a_worker(current) and monotonic() < ends:
            await asyncio.sleep(LOOK_SECONDS)
            current = await self.push(operation)
        return current

    async def follow(self, operation: str) -> AsyncIterator[Shape]:
        last: Shape | None = None
        while True:
            current = await self.push(operation)
            if current != last:
                last = current
                yield current
            if current["state"] not in OPEN:
                return
            await self._rest_until_the_next(current)

    async def _rest_until_the_next(self, current: Shape) -> None:
        wake = current["wake_at"]
        left = 0.0 if wake is None else self.clock.seconds_until(datetime.fromisoformat(wake))
        await asyncio.sleep(LOOK_SECONDS if self.worked or not left else min(left, LOOK_SECONDS))
        await self._look_around()

    def _waits_for_a_worker(self, current: Shape) -> bool:
        """Whether something was said to the operation that no turn has heard yet."""
        wake = current["wake_at"]
        due = wake is not None and datetime.fromisoformat(wake) <= self.clock.now() + SECOND
        return self.worked and current["state"] in OPEN and due

    async def operations(self, state: str | None = None) -> list[Shape]:
        asked.states(state)
        return await self._rest.items("/operations", state=state)

    async def operation(self, operation: str) -> Shape:
        found: Shape = await self._rest.get(f"/operations/{segment(operation)}")
        return found

    async def cancel(self, operation: str) -> Shape:
        return await self._shape(f"/operations/{segment(operation)}/cancel")

    async def retry(self, operation: str) -> Shape:
        return await self._shape(f"/operations/{segment(operation)}/retry")
