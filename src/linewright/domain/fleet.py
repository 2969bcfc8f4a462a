"""When each account is looked at, what a listing leaves in doubt, and which readings are kept for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from linewright.domain.journal import Answer, Outcome
from linewright.domain.number import Reading, Standing
from linewright.domain.operation import Hold
from linewright.domain.standing import Judged, contradictory

__all__ = [
    "BACKOFF",
    "CHECK_EVERY",
    "KEPT_WHOLE",
    "LOOK_EVERY",
    "SAID_AGAIN_EVERY",
    "YOUNG_EVERY",
    "Kept",
    "is_gone",
    "leaves_doubt",
    "looks_today",
    "next_check",
    "thinned",
]

CHECK_EVERY = timedelta(minutes=15)
YOUNG_EVERY = timedelta(hours=1)
"""Of an account none of whose numbers was seen online: the remote allows it 200 calls an hour (facts, 1.13)."""
LOOK_EVERY = timedelta(hours=24)
"""How often the token and the subscription are looked at, and numbers that are gone are asked for again."""
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))
"""After a listing that failed, the first, the second, … time in a row."""
SPREAD = 0.1
SAID_AGAIN_EVERY = timedelta(hours=6)
"""A reading that says what the last one said moves its time; after so long it is kept as one more."""
DAY = timedelta(days=1)
KEPT_WHOLE = 2 * DAY
THINNING = ((KEPT_WHOLE, timedelta(0)), (14 * DAY, DAY), (timedelta.max, 7 * DAY))
"""Up to which age repeated readings are kept, and how far apart: all of two days, one a day, one a week."""


def next_check(account: str, now: datetime, *, hold: Hold | None, grown: bool, failures: int = 0) -> datetime:
    """When the account comes next. `grown`: one of its numbers was seen online; `failures`: listings that failed
    in a row. Spread by the account's name, not by chance, so that not all come at once."""
    if hold is not None and hold.probe_at > now:
        return hold.probe_at
    if failures:
        return now + BACKOFF[min(failures, len(BACKOFF)) - 1]
    every = CHECK_EVERY if grown else YOUNG_EVERY
    return now + every * (1 - SPREAD * (crc32(account.encode()) % 1000) / 1000)


def looks_today(looked_at: datetime | None, now: datetime) -> bool:
    """Whether the daily look is due; one dated in the future (a clock set back) was made just now."""
    return looked_at is None or now - looked_at >= LOOK_EVERY


def leaves_doubt(reading: Reading, judged: Judged) -> bool:
    """Whether a row of a listing must be read again by itself: it has no `status`, or contradicts itself."""
    return not reading.good or (contradictory(reading) and judged.standing is Standing.UNKNOWN)


def is_gone(answer: Answer) -> bool:
    """Whether a read of one number says that there is none. It counts beside a whole listing without it only: a
    token that lost the account is answered alike (DESIGN 5.2, row 100/33)."""
    error = answer.error
    if answer.outcome is not Outcome.REFUSED or error is None:
        return False
    return error.code == 33 or (error.code, error.subcode) == (100, 33)


@dataclass(frozen=True, slots=True)
class Kept:
    """A reading that may go when it is old enough: it failed, or says what the one before it said."""

    key: int
    at: datetime


def thinned(readings: Sequence[Kept], now: datetime) -> list[int]:
    """Which of one number's readings go, by key. Those of the last two days stay; then one a day, then one a week;
    the newest of each span stays. One dated in the future stays."""
    stays: set[tuple[timedelta, int]] = set()
    goes: list[int] = []
    for reading in sorted(readings, key=lambda each: each.at, reverse=True):
        apart = next(apart for age, apart in THINNING if now - reading.at < age)
        if not apart:
            continue
        span = (apart, int(reading.at.timestamp() // apart.total_seconds()))
        if span in stays:
            goes.append(reading.key)
        stays.add(span)
    return goes
