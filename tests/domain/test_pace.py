from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.pace import A_TURN, GROWN, YOUNG, Pace

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def flood(turns: int, limit: int) -> tuple[Pace, list[datetime]]:
    """That many turns that ask at the same second, and when each may begin."""
    pace, begins = Pace(), []
    for _ in range(turns):
        pace, at = pace.admitted(NOW, limit)
        begins.append(at)
    return pace, begins


def most_in_an_hour(made: Counter[datetime]) -> int:
    return max(sum(calls for at, calls in made.items() if end - HOUR < at <= end) for end in made)


@pytest.mark.parametrize("limit", [YOUNG, GROWN])
def test_a_flood_is_spread_and_nobody_comes_twice(limit: int) -> None:
    turns = 3 * limit // A_TURN
    _, begins = flood(turns, limit)
    assert begins == sorted(begins)
    assert begins.count(NOW) == int(limit * 0.9) // A_TURN
    made = Counter({at: begins.count(at) * A_TURN for at in set(begins)})
    assert most_in_an_hour(made) <= limit
    assert begins[-1] - NOW < timedelta(hours=4)


def test_whoever_waited_is_let_in_when_its_minute_has_come() -> None:
    pace, begins = flood(60, YOUNG)
    later = next(at for at in begins if at > NOW)
    _, again = pace.admitted(later, YOUNG, booked=later)
    assert again == later
    _, newcomer = pace.admitted(NOW + MINUTE, YOUNG)
    assert newcomer >= later


def test_a_person_who_waits_goes_before_the_others() -> None:
    pace, begins = flood(100, YOUNG)
    assert pace.admitted(NOW, YOUNG)[1] > NOW
    for _ in range(int(YOUNG * 0.1) // A_TURN):
        pace, at = pace.admitted(NOW, YOUNG, urgent=True)
        assert at == NOW
    assert pace.admitted(NOW, YOUNG, urgent=True)[1] > NOW
    assert max(begins) > NOW


def test_calls_that_were_not_made_are_given_back() -> None:
    pace = Pace()
    for _ in range(1_000):
        pace, at = pace.admitted(NOW, YOUNG)
        assert at == NOW
        pace = pace.settled(at, 0, None, NOW)
    assert pace.minutes == {}


def test_calls_beyond_those_booked_are_counted() -> None:
    pace, _ = Pace().admitted(NOW, YOUNG)
    pace = pace.settled(NOW, 60, None, NOW)
    assert sum(pace.minutes.values()) == 60


def test_a_header_that_says_full_stops_everything_for_five_minutes() -> None:
    pace = Pace().settled(NOW, 5, 97, NOW)
    after, at = pace.admitted(NOW, GROWN)
    assert (after, at) == (pace, NOW + 5 * MINUTE)
    assert pace.admitted(NOW + 5 * MINUTE, GROWN, urgent=True)[1] > NOW + 5 * MINUTE
    assert pace.admitted(NOW + 11 * MINUTE, GROWN)[1] == NOW + 11 * MINUTE


def test_a_header_that_shows_room_counts_more_than_our_count() -> None:
    pace, _ = flood(100, YOUNG)
    assert pace.admitted(NOW, YOUNG)[1] > NOW
    told = pace.settled(NOW, A_TURN, 10, NOW)
    begun = 0
    while (step := told.admitted(NOW, YOUNG))[1] == NOW:
        told, begun = step[0], begun + 1
    assert begun == YOUNG * 80 // 100 // A_TURN
    assert pace.settled(NOW, A_TURN, 10, NOW).admitted(NOW + 11 * MINUTE, YOUNG)[1] > NOW + 11 * MINUTE


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 8), st.booleans()), min_size=1, max_size=200),
    st.sampled_from([20, 50, YOUNG]),
)
def test_never_more_than_the_limit_in_an_hour(asked: list[tuple[int, int, bool]], limit: int) -> None:
    """Whatever comes when: turns that make at most what was booked stay below the limit in any hour."""
    pace, now, made = Pace(), NOW, Counter[datetime]()
    waiting: list[datetime] = []
    for seconds, calls, urgent in asked:
        now += timedelta(seconds=seconds)
        come = [at for at in sorted(waiting) if at <= now]
        waiting = [at for at in waiting if at > now]
        for booked in [*come, None]:
            pace, at = pace.admitted(now, limit, booked=booked, urgent=urgent and booked is None)
            if at > now:
                waiting.append(at)
                continue
            pace = pace.settled(now, min(calls, A_TURN), None, now)
            made[now] += min(calls, A_TURN)
    if made:
        assert most_in_an_hour(made) <= limit
