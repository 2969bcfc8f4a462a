"""The bench's time: virtual, moved by whoever waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from linewright.simulator.time import VirtualClock

__all__ = ["BenchClock"]

TICK = timedelta(microseconds=1)


class BenchClock(VirtualClock):
    """Each look at it is a microsecond later than the last, so that what happened later is dated later."""

    def now(self) -> datetime:
        self._now += TICK
        return self._now

    def jump_to(self, moment: datetime) -> None:
        """Moves forward to `moment`; never back."""
        self._now = max(self._now, moment)

    def seconds_until(self, moment: datetime) -> float:
        return max((moment - self._now).total_seconds(), 0.0)

    async def until(self, moment: datetime) -> None:
        self.jump_to(moment)
