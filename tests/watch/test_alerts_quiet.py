"""Quiet hours, by the clocks of a place."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.quiet import Quiet, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = Quiet(time(22), time(7), BERLIN)
NOON = Quiet(time(12), time(13, 30), BERLIN)


@pytest.mark.parametrize(
    ("quiet", "now", "ends"),
    [
        (None, "2026-01-10T23:00", None),
        (NIGHT, "2026-01-10T20:59", None),
        (NIGHT, "2026-01-10T21:00", "2026-01-11T06:00"),
        (NIGHT, "2026-01-10T23:30", "2026-01-11T06:00"),
        (NIGHT, "2026-01-11T05:59", "2026-01-11T06:00"),
        (NIGHT, "2026-01-11T06:00", None),
        (NIGHT, "2026-07-10T21:30", "2026-07-11T05:00"),
        (NIGHT, "2026-03-28T23:00", "2026-03-29T05:00"),  # the clocks go forward in this night
        (NIGHT, "2026-10-24T23:00", "2026-10-25T06:00"),  # and back in this one
        (NOON, "2026-01-10T11:00", "2026-01-10T12:30"),
        (NOON, "2026-01-10T12:30", None),
        (NOON, "2026-01-10T10:59", None),
    ],
)
def test_when_the_quiet_ends(quiet: Quiet | None, now: str, ends: str | None) -> None:
    assert quiet_until(moment(now), quiet) == (moment(ends) if ends else None)


TIMES = st.times().map(lambda t: t.replace(microsecond=0))


@given(TIMES, TIMES, st.datetimes(timezones=st.just(UTC)).filter(lambda each: 1 < each.year < 9_999))
def test_the_end_is_near_and_not_quiet_itself(begins: time, ends: time, now: datetime) -> None:
    quiet = Quiet(begins, ends, UTC)
    until = quiet_until(now, quiet)
    if until is not None and begins != ends:
        assert timedelta(0) < until - now <= timedelta(days=1)
        assert quiet_until(until, quiet) is None
