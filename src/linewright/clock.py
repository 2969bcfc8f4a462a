"""The only place that asks the time. Everything else is handed a clock."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from linewright.errors import UsageError

__all__ = ["FILE", "HomeClock", "JumpingClock", "SystemClock", "monotonic", "open_clock"]

FILE = "clock.json"
"""Where a home keeps the origin and the rate of its rehearsal clock."""
TICK = timedelta(microseconds=1)
LONGEST_SLEEP = 0.5
"""Seconds; a sleeper looks again at least this often, since answers come from other processes."""

monotonic: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)
"""Seconds that never run back. Where the system can, they count on while the machine is suspended: a call that was
about to be sent before must be late after."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until `moment`; 0 when it has come."""
        return max((moment - self.now()).total_seconds(), 0.0)

    async def until(self, moment: datetime) -> None:
        """Sleeps toward `moment`, half a second at most; the caller looks again."""
        await _doze((moment - self.now()).total_seconds())


class JumpingClock:
    """Virtual time in one process: it moves when it is told to, and `until` jumps at once.

    Each look at it is a microsecond later than the last, so that what happened later is dated later.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        self._now += TICK
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def jump_to(self, moment: datetime) -> None:
        """Moves forward to `moment`; never back."""
        self._now = max(self._now, moment)

    def seconds_until(self, moment: datetime) -> float:
        """As if nobody made it jump: virtual seconds."""
        return max((moment - self._now).total_seconds(), 0.0)

    async def until(self, moment: datetime) -> None:
        self.jump_to(moment)
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class _Course:
    """At real time `real` (epoch seconds) the virtual time is `virtual`, running `rate` times as fast."""

    real: float
    virtual: float
    rate: float

    def at(self, real: float) -> float:
        return self.virtual + (real - self.real) * self.rate


class HomeClock:
    """Virtual time that several processes share: its course lies in a file of the home.

    Raises `UsageError` when the file cannot be read, or when `rate` differs from the one kept there.
    """

    def __init__(self, home: Path, rate: float | None = None) -> None:
        self._path = home / FILE
        if not self._path.exists():
            real = time.time()
            self._write(_Course(real=real, virtual=real, rate=rate or 1.0))
        self._read_at = -1
        self._course = self._read()
        if rate is not None and rate != self._course.rate:
            raise UsageError(
                f"This home's rehearsal clock runs at {self._course.rate:g}, not at {rate:g}.",
                fix=f"Set LINEWRIGHT_CLOCK_RATE={self._course.rate:g}, or use another home.",
                reason="clock-rate",
            )

    @property
    def rate(self) -> float:
        return self._read().rate

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._read().at(time.time()), UTC)

    def advance(self, seconds: float) -> None:
        """Moves the home's clock for every process."""
        course, real = self._read(), time.time()
        self._write(_Course(real=real, virtual=course.at(real) + seconds, rate=course.rate))

    def run_at(self, rate: float) -> None:
        """From now on it runs that fast, for every process; nothing is skipped."""
        course, real = self._read(), time.time()
        if course.rate != rate:
            self._write(_Course(real=real, virtual=course.at(real), rate=rate))

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until `moment` as the clock runs now; moving it moves that."""
        return max((moment - self.now()).total_seconds() / self.rate, 0.0)

    async def until(self, moment: datetime) -> None:
        await _doze((moment - self.now()).total_seconds() / self.rate)

    def _read(self) -> _Course:
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._read_at:
                kept = json.loads(self._path.read_text())
                self._course = _Course(
                    real=float(kept["real"]), virtual=float(kept["virtual"]), rate=float(kept["rate"])
                )
                self._read_at = stamp
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"The home's rehearsal clock cannot be read: {self._path.name} is damaged or missing.",
                fix="Use a fresh home for the rehearsal.",
                reason="clock",
            ) from error
        return self._course

    def _write(self, course: _Course) -> None:
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps({"real": course.real, "virtual": course.virtual, "rate": course.rate}))
        draft.replace(self._path)


async def _doze(seconds: float) -> None:
    await asyncio.sleep(min(max(seconds, 0.0), LONGEST_SLEEP))


def open_clock(home: Path, rate: float | None) -> SystemClock | HomeClock:
    """The clock of a home: the machine's own, unless the home is a rehearsal."""
    rehearsal = (rate is not None and rate != 1) or (home / FILE).exists()
    return HomeClock(home, rate) if rehearsal else SystemClock()
