"""The trend of the fleet, drawn: for each standing that tells something a small line of its own, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from linewright.domain.number import Standing
from linewright.service.page.words import STANDINGS
from linewright.store.trend import WARNED, Point

__all__ = ["DAYS", "HEIGHT", "WIDTH", "Line", "Trend", "trend_of"]

DAYS = 7
HOUR = timedelta(hours=1)
GAP = 3 * HOUR
"""After so long without a note a line is broken: nobody knows what was in between."""
WIDTH, HEIGHT, EDGE = DAYS * 24, 32, 2
MOST_LINES = 6
ALWAYS = (Standing.ONLINE.value, WARNED)
SENSE = {Standing.ONLINE.value: "good", WARNED: "warn", Standing.BANNED.value: "bad", Standing.OFFLINE.value: "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One standing, or the warnings: `path` is an SVG path in `WIDTH` times `HEIGHT`, with a scale of its own."""

    name: str
    words: str
    sense: str
    path: str
    now: int
    least: int
    most: int

    @property
    def told(self) -> str:
        """The same as a sentence."""
        if self.least == self.most:
            return f"{self.words}: {self.now:,} all the time."
        return f"{self.words}: {self.now:,} now; between {self.least:,} and {self.most:,}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What is drawn. `days` are the table: each day's last count of every line, the latest day first. Without
    `lines` there is too little yet."""

    lines: tuple[Line, ...]
    days: tuple[tuple[date, tuple[int, ...]], ...]


def trend_of(points: Sequence[Point], now: datetime) -> Trend:
    """Of the hours since `now` less `DAYS`, the oldest first; the lines that moved most come after those that are
    always there."""
    if len(points) < 2:
        return Trend(lines=(), days=())
    names = _worth_a_line(points)
    last_of_day = {point.at.date(): point for point in points}
    days = tuple(
        (day, tuple(point.counts.get(name, 0) for name in names)) for day, point in sorted(last_of_day.items())
    )
    return Trend(lines=tuple(_line(name, points, now) for name in names), days=days[::-1])


def _worth_a_line(points: Sequence[Point]) -> list[str]:
    moved = {each.value: _spread(each.value, points) for each in Standing if each.value not in ALWAYS}
    moving = sorted((name for name in moved if moved[name]), key=lambda name: -moved[name])
    return [*ALWAYS, *moving][:MOST_LINES]


def _spread(name: str, points: Sequence[Point]) -> int:
    counts = [point.counts.get(name, 0) for point in points]
    return max(counts) - min(counts)


def _line(name: str, points: Sequence[Point], now: datetime) -> Line:
    counts = [point.counts.get(name, 0) for point in points]
    least, most = min(counts), max(counts)
    words = "warnings" if name == WARNED else STANDINGS[name]
    return Line(
        name=name,
        words=words[0].upper() + words[1:],
        sense=SENSE.get(name, "still"),
        path=_path(points, counts, now),
        now=counts[-1],
        least=least,
        most=most,
    )


def _path(points: Sequence[Point], counts: Sequence[int], now: datetime) -> str:
    """From the left edge, `DAYS` ago, to the right one, now. A count holds until the next: the line goes in steps."""
    least, most = min(counts), max(counts)
    begun, steps, before = now - timedelta(days=DAYS), [], None
    for point, count in zip(points, counts, strict=True):
        x = max((point.at - begun) / HOUR, 0.0)
        share = (count - least) / (most - least) if most > least else 0.5
        y = HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE)
        joined = before is not None and point.at - before <= GAP
        steps.append(f"H{x:.1f}V{y:.1f}" if joined else f"M{x:.1f} {y:.1f}h.5")
        before = point.at
    return "".join(steps)
