"""When accounts come, what a listing leaves in doubt, and which readings are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.fleet import (
    CHECK_EVERY,
    Kept,
    is_gone,
    leaves_doubt,
    looks_today,
    next_check,
    thinned,
)
from linewright.domain.journal import Answer, CallKind, Outcome, RemoteError
from linewright.domain.number import Number, Reading
from linewright.domain.operation import Hold
from linewright.domain.standing import judge

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NUMBER = Number(id="1", e164="+15550100001", account="shop")


@given(st.text(max_size=20))
def test_accounts_are_spread_and_none_is_late(account: str) -> None:
    grown = next_check(account, NOW, hold=None, grown=True) - NOW
    young = next_check(account, NOW, hold=None, grown=False) - NOW
    assert 0.9 * CHECK_EVERY <= grown <= CHECK_EVERY
    assert 0.9 * HOUR <= young <= HOUR


def test_failures_are_put_off_longer_each_time() -> None:
    waits = [(next_check("shop", NOW, hold=None, grown=True, failures=n) - NOW) / MINUTE for n in range(1, 9)]
    assert waits == [1, 2, 5, 15, 30, 60, 60, 60]


def test_a_held_account_comes_with_its_probe() -> None:
    hold = Hold(usage=False, since=NOW, probe_at=NOW + 11 * MINUTE)
    assert next_check("shop", NOW, hold=hold, grown=True) == NOW + 11 * MINUTE
    over = replace(hold, probe_at=NOW - MINUTE)
    assert next_check("shop", NOW, hold=over, grown=True, failures=1) == NOW + MINUTE


def test_the_daily_look() -> None:
    assert looks_today(None, NOW)
    assert looks_today(NOW - DAY, NOW)
    assert not looks_today(NOW - DAY + MINUTE, NOW)
    assert not looks_today(NOW + HOUR, NOW)


@pytest.mark.parametrize(
    ("status", "platform", "health", "doubt"),
    [
        ("CONNECTED", "CLOUD_API", (), False),
        ("DISCONNECTED", "NOT_APPLICABLE", (), False),
        ("SOMETHING_NEW", "CLOUD_API", (), False),
        ("CONNECTED", "NOT_APPLICABLE", (), True),
        ("CONNECTED", "NOT_APPLICABLE", (141000,), False),
        (None, "CLOUD_API", (), True),
    ],
)
def test_what_leaves_doubt(status: str | None, platform: str, health: tuple[int, ...], doubt: bool) -> None:
    reading = Reading(
        at=NOW, good=status is not None, status=status, platform_type=platform, health_codes=frozenset(health)
    )
    assert leaves_doubt(reading, judge(reading, NUMBER)) is doubt


@pytest.mark.parametrize(
    ("outcome", "code", "subcode", "gone"),
    [
        (Outcome.REFUSED, 100, 33, True),
        (Outcome.REFUSED, 33, None, True),
        (Outcome.REFUSED, 100, None, False),
        (Outcome.REFUSED, 190, 33, False),
        (Outcome.REFUSED, 200, None, False),
        (Outcome.IN_DOUBT, 100, 33, False),
    ],
)
def test_what_says_that_there_is_none(outcome: Outcome, code: int, subcode: int | None, gone: bool) -> None:
    error = RemoteError(code=code, subcode=subcode)
    assert is_gone(Answer(call=CallKind.READ, outcome=outcome, error=error)) is gone


def test_no_error_says_nothing() -> None:
    assert not is_gone(Answer(call=CallKind.READ, outcome=Outcome.UNREACHABLE))
    assert not is_gone(Answer(call=CallKind.READ, outcome=Outcome.OK))


AGES = st.lists(st.timedeltas(timedelta(hours=-1), timedelta(days=400)), max_size=80)


@given(AGES)
def test_the_history_is_thinned_with_age(ages: list[timedelta]) -> None:
    readings = [Kept(key, NOW - age) for key, age in enumerate(ages)]
    gone = set(thinned(readings, NOW))
    stays = [each for each in readings if each.key not in gone]
    assert all(NOW - readings[key].at >= 2 * DAY for key in gone)
    older = [each for each in stays if NOW - each.at >= 14 * DAY]
    assert len({each.at.timestamp() // (7 * 86400) for each in older}) == len(older)
    between = [each for each in stays if 2 * DAY <= NOW - each.at < 14 * DAY]
    assert len({each.at.timestamp() // 86400 for each in between}) == len(between)
    assert thinned(stays, NOW) == []


@given(AGES, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_each_span_of_the_history_keeps_a_reading(ages: list[timedelta], later: timedelta) -> None:
    """Thinned now and again later, no week is left empty in which something was read."""
    readings = [Kept(key, NOW - age) for key, age in enumerate(ages)]
    weeks = {each.at.timestamp() // (7 * 86400) for each in readings}
    for moment in (NOW, NOW + later):
        gone = set(thinned(readings, moment))
        readings = [each for each in readings if each.key not in gone]
    assert {each.at.timestamp() // (7 * 86400) for each in readings} == weeks
