"""Which case a plan is made for: the phone's open operation as it is, or a goal as if it were asked for now."""

from __future__ import annotations

from linewright.domain.case import Case
from linewright.domain.foresight import supposed
from linewright.domain.number import Number
from linewright.domain.operation import OPEN_STATES, Goal, Operation
from linewright.errors import UsageError
from linewright.wiring import Installation

__all__ = ["case_of"]


def case_of(office: Installation, number: Number, goal: Goal | None) -> Case:
    """The case; `goal` None is the open operation's, else register. Raises `UsageError` (reason `operation-open`)
    where the phone's open operation is another."""
    now, store = office.clock.now(), office.store
    opened = store.operations.open_of(number.e164)
    if opened is not None:
        case = _of_operation(office, opened, number, goal)
        if case.operation.state in OPEN_STATES:
            return case  # else it has ended this moment
    return supposed(store.numbers.case(number.id, now, office.catalogue), goal or Goal.REGISTER)


def _of_operation(office: Installation, opened: Operation, number: Number, goal: Goal | None) -> Case:
    if opened.number != number.id or (goal is not None and goal is not opened.goal):
        what = opened.goal if opened.number == number.id else f"{opened.goal} of its id {opened.number}"
        raise UsageError(
            f"The operation {opened.id} ({what}) is open on this phone.",
            fix="Leave --goal away to see what that one would do; another goal waits until it has ended.",
            reason="operation-open",
        )
    return office.store.ledger.case(opened.id, office.clock.now(), office.catalogue)
