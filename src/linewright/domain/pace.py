"""How many calls an account may make in an hour, and when the next turn may begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

__all__ = ["A_TURN", "GROWN", "YOUNG", "Pace"]

YOUNG, GROWN = 200, 5_000
"""Calls an hour: of an account none of whose numbers was seen online, and of one with such a number (facts, 8)."""
A_TURN = 5
"""Calls that are booked for a turn before it begins: a reading, a registration, its proof, the subscription."""
FOR_ALL = 0.9
"""The share that any turn may use; the rest is for turns that a person waits for."""
FULL = 90
"""Per cent of usage, as the remote tells it, from which on nothing more begins."""
FRESH = timedelta(minutes=10)
"""For so long a usage header counts more than what we counted ourselves."""
PAUSE = timedelta(minutes=5)
"""After a header that says *full*: the next look."""
MINUTE = timedelta(minutes=1)
HOUR = 60
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _minute(moment: datetime) -> int:
    return (moment - BEGINNING) // MINUTE


def _moment(minute: int) -> datetime:
    return BEGINNING + minute * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The calls of one account by the minute (since 1970), made and booked ahead; and the last usage header.

    Never more than `limit` in any 60 minutes, as counted here; a fresh header counts more than that.
    """

    minutes: Mapping[int, int] = field(default_factory=dict)
    usage: int | None = None
    usage_at: datetime | None = None
    since_usage: int = 0
    """Calls booked since the header came."""

    def admitted(
        self, now: datetime, limit: int, *, booked: datetime | None = None, urgent: bool = False
    ) -> tuple[Pace, datetime]:
        """Books the calls of one turn, and when it may begin: `now`, or a later minute that is kept for it.

        `booked` is the minute that was kept for it before. The same pace comes back where nothing was booked:
        the turn asks again then.
        """
        if booked is not None:
            return self._without(booked)._admitted(now, limit, first=True, urgent=urgent)
        return self._admitted(now, limit, first=False, urgent=urgent)

    def _admitted(self, now: datetime, limit: int, *, first: bool, urgent: bool) -> tuple[Pace, datetime]:
        told = self._told(now, limit)
        if told is True:
            return self._booked(_minute(now)), now
        if told is False and self.usage_at is not None:
            return self, max(self.usage_at + PAUSE, now + MINUTE)
        room = limit if urgent else int(limit * FOR_ALL)
        here = _minute(now)
        minute = here if first or urgent else max([here, *self._ahead(here)])
        while self._window(minute) + A_TURN > room:
            minute = self._next(minute)
        if minute == here:
            return self._booked(here), now
        return self._booked(minute), _moment(minute)

    def settled(self, admitted: datetime, calls: int, usage: int | None, now: datetime) -> Pace:
        """Replaces what was booked for a turn by the calls that it made."""
        minute = _minute(admitted)
        counted = max(self.minutes.get(minute, 0) + calls - A_TURN, 0)
        minutes = {m: n for m, n in {**self.minutes, minute: counted}.items() if n and m > _minute(now) - HOUR}
        if usage is None:
            return replace(self, minutes=minutes, since_usage=max(self.since_usage + calls - A_TURN, 0))
        return replace(self, minutes=minutes, usage=usage, usage_at=now, since_usage=0)

    def _without(self, booked: datetime) -> Pace:
        minute = _minute(booked)
        left = max(self.minutes.get(minute, 0) - A_TURN, 0)
        return replace(self, minutes={at: n for at, n in {**self.minutes, minute: left}.items() if n})

    def _told(self, now: datetime, limit: int) -> bool | None:
        """What the last header says of a turn now: yes, no, or nothing."""
        if self.usage is None or self.usage_at is None or not timedelta(0) <= now - self.usage_at < FRESH:
            return None
        if self.usage >= FULL:
            return False
        return True if self.since_usage + A_TURN <= limit * (FULL - self.usage) / 100 else None

    def _window(self, minute: int) -> int:
        """Calls in the 60 minutes that end with this one; a turn booked at its end was counted whole."""
        return sum(calls for at, calls in self.minutes.items() if minute - HOUR <= at <= minute)

    def _ahead(self, here: int) -> list[int]:
        """The minutes booked ahead: whoever comes later queues behind them."""
        return [at for at in self.minutes if at > here]

    def _next(self, minute: int) -> int:
        """The next minute in which the window holds fewer calls."""
        return min((at + HOUR + 1 for at in self.minutes if at >= minute - HOUR), default=minute + 1)

    def _booked(self, minute: int) -> Pace:
        minutes = {**self.minutes, minute: self.minutes.get(minute, 0) + A_TURN}
        return replace(self, minutes=minutes, since_usage=self.since_usage + A_TURN)
