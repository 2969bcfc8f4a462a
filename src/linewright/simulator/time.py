"""The simulator's idea of time: something that says when it is and can be moved forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "VirtualClock"]


class Clock(Protocol):
    """What the simulator needs of a clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        ...


class VirtualClock:
    """A clock that stands still until it is moved; it starts at 2 March 2026, 09:00 UTC."""

    START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __init__(self, start: datetime = START) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def jump_to(self, moment: datetime) -> None:
        """Be at `moment`; also backwards, which is how a clock that was set back is played."""
        self._now = moment.astimezone(UTC)
