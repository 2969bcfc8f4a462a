"""Quiet hours of a channel: when what is not urgent has to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

__all__ = ["Quiet", "quiet_until"]


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `begins` to `ends` each day, by the clocks of `zone`; over midnight where it ends before it begins."""

    begins: time
    ends: time
    zone: tzinfo


def quiet_until(now: datetime, quiet: Quiet | None) -> datetime | None:
    """When the quiet hours end that hold now, in UTC; None outside of them. Where clocks are put forward over the
    end, it is as much later as they are."""
    if quiet is None:
        return None
    local = now.astimezone(quiet.zone)
    at, over_midnight = local.time(), quiet.ends <= quiet.begins
    holds = at >= quiet.begins or at < quiet.ends if over_midnight else quiet.begins <= at < quiet.ends
    if not holds:
        return None
    day = local.date() + timedelta(days=int(over_midnight and at >= quiet.begins))
    return datetime.combine(day, quiet.ends, tzinfo=quiet.zone).astimezone(UTC)
