"""Moments and spans in words for people, in local time."""

from __future__ import annotations

from datetime import datetime, timedelta

from linewright.catalogue.render import duration

__all__ = ["ahead", "clock_time", "moment", "stamp"]

SOON = timedelta(minutes=2)


def moment(text: str | None) -> datetime | None:
    """A moment of the JSON (RFC 3339, `Z`)."""
    return datetime.fromisoformat(text) if text else None


def ahead(until: datetime, now: datetime) -> str:
    """How long it is until then: `4 min 12 s`, `6 h 59 min`; `now` when it is over."""
    left = round((until - now).total_seconds())
    if left <= 0:
        return "now"
    if left >= 3_600:
        left = -(-left // 60) * 60
    return f"in {duration(left)}"


def clock_time(then: datetime, now: datetime, *, not_before: bool = False) -> str:
    """`14:05`, `14:05:20` when it is near, `Thu 26 Nov, 14:05` on another day.

    `not_before` rounds up, for a time after which something may be done.
    """
    near = abs(then - now) < SOON
    if not_before:
        step = timedelta(seconds=1) if near else timedelta(minutes=1)
        then = datetime.fromtimestamp(-(-then.timestamp() // step.total_seconds()) * step.total_seconds(), then.tzinfo)
    local = then.astimezone()
    time = f"{local:%H:%M:%S}" if near else f"{local:%H:%M}"
    return time if local.date() == now.astimezone().date() else f"{local:%a} {local.day} {local:%b}, {time}"


def stamp(then: datetime) -> str:
    """Local day and time to the second, for logs and tables."""
    return f"{then.astimezone():%Y-%m-%d %H:%M:%S}"
