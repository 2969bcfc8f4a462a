"""A home put back from a copy: what was spent since is not known, and ten are never passed all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.cases import NOW, ago, case, kept, refused

from linewright.domain.action import Action, Ask, Call, Reason, Wait
from linewright.domain.budget import AUTOMATIC_LIMIT, LIMIT, WINDOW, automatic_limit, budget_of
from linewright.domain.case import Restored
from linewright.domain.decide import decide
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.operation import Account

PIN = kept()
COPIED, RESTORED = ago(hours=30), ago(hours=20)
BACK = Restored(copied_at=COPIED, at=RESTORED)


def spent(count: int, *, hours: float) -> list[Attempt]:
    """So many registrations of an earlier operation, a minute apart, the latest so many hours ago."""
    moments = [ago(hours=hours) - timedelta(minutes=place) for place in reversed(range(count))]
    return [refused("register", at, 133_016_00, operation="earlier") for at in moments]


def decision(*attempts: Attempt, restored: Restored | None = BACK, reserve: bool = False) -> Action:
    return decide(case(*attempts, pins=(PIN,), restored=restored, operation={"use_reserve": reserve}))


@pytest.mark.parametrize(("known", "since", "goes_on"), [
    (0, 0, True), (0, 1, True), (0, 2, False), (5, 1, True), (5, 2, False), (6, 2, False), (7, 0, True),
    (7, 1, False), (8, 0, False),
])  # fmt: skip
def test_what_the_former_home_may_have_spent_counts(known: int, since: int, goes_on: bool) -> None:
    action = decision(*spent(known, hours=40), *spent(since, hours=1))
    assert goes_on == isinstance(action, Call)
    if isinstance(action, Wait):
        assert (action.reason, action.until) == (Reason.AUTOMATIC_CAP, RESTORED + WINDOW if known < 6 else action.until)
        assert "use-reserve" in action.message


@pytest.mark.parametrize("known", range(AUTOMATIC_LIMIT + 1))
def test_with_the_eight_that_the_former_home_made_at_most_it_stays_within_ten(known: int) -> None:
    """It had spent some before the copy and made the rest of its eight after; this one knows of the former alone."""
    left = 0
    while isinstance(decision(*spent(known, hours=40), *spent(left, hours=1)), Call):
        left += 1
    assert AUTOMATIC_LIMIT + left <= LIMIT


def test_a_person_may_go_on() -> None:
    assert isinstance(decision(*spent(2, hours=1), reserve=True), Call)


def test_after_72_hours_everything_is_known_again() -> None:
    long_ago = Restored(copied_at=ago(hours=90), at=ago(hours=72))
    assert isinstance(decision(*spent(7, hours=1), restored=long_ago), Call)
    assert automatic_limit(case(restored=long_ago), CallKind.REGISTER) == AUTOMATIC_LIMIT


def test_the_budget_says_so() -> None:
    budget = budget_of(case(*spent(2, hours=1), restored=BACK), CallKind.REGISTER)
    assert (budget.used, budget.automatic_limit, budget.next_free_at) == (2, 2, RESTORED + WINDOW)
    assert budget_of(case(restored=BACK), CallKind.REQUEST_CODE).automatic_limit == 6


@pytest.mark.parametrize(("seconds", "held"), [(0, True), (59, True), (60, False)])
def test_nothing_is_written_in_the_first_minute(seconds: int, held: bool) -> None:
    """A call of the former home may have been answered a moment before."""
    action = decision(restored=Restored(copied_at=COPIED, at=ago(seconds)))
    assert held == (isinstance(action, Wait) and action.reason is Reason.SPACING)


def test_a_paused_account_says_why_it_rests() -> None:
    from dataclasses import replace

    paused = replace(case(restored=BACK), account=Account(name="shop", waba="7", paused=True))
    action = decide(paused)
    assert isinstance(action, Ask)
    assert "put back from a copy of 2026-03-01" in action.message
    assert "is stopped for good" in action.question
    later = decide(replace(paused, restored=None))
    assert isinstance(later, Ask)
    assert "copy" not in later.message + later.question
    assert paused.now == NOW
