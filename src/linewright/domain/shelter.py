"""Waiting out a shared outage: the same wait for every number, whether it met 133004 itself or not."""

from __future__ import annotations

from linewright.domain.action import Reason, Wait
from linewright.domain.case import Case
from linewright.domain.operation import Goal, OperationState
from linewright.domain.weather import is_shared, may_register_at, spent_on, words

__all__ = ["outage_wait", "still_sheltered"]


def outage_wait(case: Case) -> Wait | None:
    """The wait for this phone's turn as the probe; None when it may register, or nothing is shared."""
    weather = case.weather
    if weather is None or not is_shared(weather, case.now):
        return None
    until = may_register_at(weather, case.number.e164, spent_on(weather, case.attempts))
    if until <= case.now:
        return None
    return Wait(
        until=until,
        reason=Reason.SERVER_DOWN,
        message=words(weather),
        next_step="Registers when its turn to try has come, or as soon as another number got through.",
    )


def still_sheltered(case: Case) -> Wait | None:
    """The same wait again for an operation that rests for it: of thousands that wait, nobody reads for nothing."""
    rests = case.operation.state is OperationState.WAITING and case.operation.reason == Reason.SERVER_DOWN
    if not rests or case.read_this_turn or case.operation.goal is not Goal.REGISTER:
        return None
    return outage_wait(case)
