"""The machine of changes: told once when it is real, never for a flap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.changes import (
    ACCOUNT_TYPES,
    AT_ONCE,
    STANDS_CHECKS,
    STANDS_FOR,
    Change,
    Seen,
    account_sights,
    is_watched,
    number_sights,
    step,
)
from linewright.domain.conditions import Condition, ConditionType, Status
from linewright.domain.number import Standing, Wanted

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def told(*checks: tuple[float, str | None]) -> list[tuple[float, str | None]]:
    """What is told of these checks, and when, in minutes."""
    change: Change | None = None
    said = []
    for minutes, reason in checks:
        change, tells = step(change, Seen(reason), check=at(minutes), now=at(minutes))
        if tells:
            said.append((minutes, change.told))
        change = None if change.at_rest else change
    return said


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([(0, None), (15, None)], []),
        ([(0, "offline")], []),
        ([(0, "offline"), (15, "offline"), (30, "offline")], [(15, "offline")]),
        ([(0, "offline"), (9, "offline"), (10, "offline")], [(10, "offline")]),
        ([(0, "offline"), (1, "offline"), (2, "offline")], []),
        ([(0, "offline"), (15, None), (30, "offline"), (45, None)], []),
        ([(0, "offline"), (15, "offline"), (30, None), (45, "offline")], [(15, "offline")]),
        ([(0, "offline"), (15, "offline"), (30, None), (45, None)], [(15, "offline"), (45, None)]),
        ([(0, "red"), (15, "red"), (30, "flagged"), (45, "flagged")], [(15, "red"), (45, "flagged")]),
        ([(0, "red"), (15, "red"), (30, "flagged"), (45, "red"), (60, "red")], [(15, "red")]),
        ([(0, "banned"), (15, "banned")], [(0, "banned")]),
        ([(0, "heard-131031"), (1, None), (15, None)], [(0, "heard-131031"), (15, None)]),
        ([(0, "banned"), (15, None), (30, "banned")], [(0, "banned")]),
        ([(0, "offline"), (2, "banned")], [(2, "banned")]),
        ([(0, "offline"), (24 * 60, "offline")], [(24 * 60, "offline")]),
    ],
)
def test_what_is_told_and_when(
    checks: list[tuple[float, str | None]], expected: list[tuple[float, str | None]]
) -> None:
    assert told(*checks) == expected


def test_a_sight_between_checks_counts_as_none() -> None:
    change, tells = step(None, Seen("offline"), check=at(0), now=at(5))
    assert (change.count, tells) == (1, False)
    change, _ = step(change, Seen(None), check=at(0), now=at(6))
    change, tells = step(change, Seen("offline"), check=at(0), now=at(7))
    assert (change.count, change.since, tells) == (0, at(7), False)
    change, tells = step(change, Seen("offline"), check=at(15), now=at(15))
    assert (change.count, tells) == (1, False)
    change, tells = step(change, Seen("offline"), check=at(30), now=at(30))
    assert (change.told, tells) == ("offline", True)


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    change, _ = step(None, Seen("offline"), check=at(600), now=at(600))
    said = []
    for minutes in (0, 15, 30):
        change, tells = step(change, Seen("offline"), check=at(minutes), now=at(minutes))
        said.append(tells)
    assert said == [False, True, False]


@dataclass
class Debounced:
    """The same said in another way: at a check, what has been seen at every check for long enough is told."""

    told: str | None = None
    trail: list[tuple[datetime, str | None]] | None = None

    def check(self, moment: datetime, reason: str | None) -> str | None:
        self.trail = [*(self.trail or []), (moment, reason)]
        run = [when for when, seen in reversed(self.trail) if seen == reason]
        same = 0
        for _, seen in reversed(self.trail):
            if seen != reason:
                break
            same += 1
        first = sorted(run, reverse=True)[same - 1]
        stands = reason in AT_ONCE or (same >= STANDS_CHECKS and moment - first >= STANDS_FOR)
        if reason == self.told or not stands:
            return "nothing"
        self.told = reason
        return reason


REASONS = st.sampled_from([None, None, "offline", "red", "banned", "heard-131031"])
SERIES = st.lists(
    st.tuples(st.integers(min_value=1, max_value=25), REASONS, st.integers(min_value=1, max_value=3)), max_size=40
)


@given(SERIES)
def test_every_real_change_is_told_once_however_often_it_is_looked_at(
    series: list[tuple[int, str | None, int]],
) -> None:
    change: Change | None = None
    plain, minutes = Debounced(), 0
    last_told: str | None = None
    for gap, reason, looks in series:
        minutes += gap
        said = []
        for look in range(looks):
            change, tells = step(change, Seen(reason), check=at(minutes), now=at(minutes + look / 10))
            if tells:
                said.append(change.told)
            change = None if change.at_rest else change
        expected = plain.check(at(minutes), reason)
        assert said == ([] if expected == "nothing" else [expected])
        for each in said:
            assert each != last_told
            last_told = each


def condition(type_: ConditionType, reason: str, status: Status = Status.FALSE) -> Condition:
    return Condition(type=type_, status=status, reason=reason, message=f"{reason}.", fix=None, since=START)


def reasons(*conditions: Condition, standing: Standing = Standing.OFFLINE) -> dict[str, str | None]:
    """What is seen, by type; `-` is no sight."""
    sights = number_sights(conditions, standing, Wanted.ONLINE)
    return {type_.value: seen.reason if seen else "-" for type_, seen in sights.items() if not seen or seen.reason}


def test_what_follows_from_something_else_is_no_change_of_its_own() -> None:
    off = condition(ConditionType.REGISTERED, "offline")
    assert reasons(off, condition(ConditionType.CAN_SEND, "not-registered")) == {
        "Registered": "offline",
        "CanSend": "-",
    }
    assert reasons(off, condition(ConditionType.CAN_SEND, "heard-133010")) == {"Registered": "offline", "CanSend": "-"}
    heard = condition(ConditionType.CAN_SEND, "heard-133010")
    assert reasons(heard, standing=Standing.ONLINE) == {"CanSend": "heard-133010"}
    banned = (condition(type_, "banned") for type_ in (ConditionType.REGISTERED, ConditionType.NOT_RESTRICTED))
    assert reasons(*banned, standing=Standing.BANNED) == {"Registered": "banned", "NotRestricted": "-"}


def test_unknown_is_neither_a_warning_nor_a_recovery() -> None:
    unknown = condition(ConditionType.REGISTERED, "contradictory", Status.UNKNOWN)
    assert reasons(unknown, standing=Standing.UNKNOWN) == {"Registered": "-"}
    assert reasons(condition(ConditionType.REGISTERED, "unrecognised", Status.UNKNOWN)) == {
        "Registered": "unrecognised"
    }
    assert reasons(condition(ConditionType.CAN_SEND, "not-said", Status.UNKNOWN), standing=Standing.ONLINE) == {}


def test_what_all_numbers_share_is_of_the_account() -> None:
    soon = condition(ConditionType.TOKEN_VALID, "expires-soon", Status.TRUE)
    lines = [((soon,), Standing.ONLINE, Wanted.UNMANAGED), ((soon,), Standing.ONLINE, Wanted.ONLINE)]
    found = account_sights(lines)
    assert found[ConditionType.TOKEN_VALID] == Seen("expires-soon", "expires-soon.", None)
    assert found[ConditionType.WEBHOOK_SUBSCRIBED] == Seen(None)
    assert account_sights([]) == dict.fromkeys(ACCOUNT_TYPES)


@pytest.mark.parametrize(
    ("standing", "wanted", "watched"),
    [
        (Standing.OFFLINE, Wanted.UNMANAGED, True),
        (Standing.OFFLINE, Wanted.RELEASED, False),
        (Standing.COEXISTENCE, Wanted.UNMANAGED, False),
        (Standing.MIGRATED, Wanted.ONLINE, True),
    ],
)
def test_a_number_that_is_let_go_is_not_watched(standing: Standing, wanted: Wanted, watched: bool) -> None:
    assert is_watched(standing, wanted) is watched
