"""Whether anything changed that is shown of an operation: one small query, for those who follow it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from linewright.domain.operation import OperationState
from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = ["Sight", "sight_of"]

_MINE = t.attempts.c.operation == t.operations.c.id
_SIGHT = (
    select(
        t.operations.c.state,
        t.operations.c.version,
        t.operations.c.wake_at,
        t.operations.c.task,
        select(func.max(t.events.c.seq)).where(t.events.c.operation == t.operations.c.id).scalar_subquery(),
        select(func.count(t.attempts.c.seq)).where(_MINE).scalar_subquery(),
        select(func.count(t.attempts.c.answered_at)).where(_MINE).scalar_subquery(),
        t.numbers.c.last_good,
    )
    .select_from(t.operations.join(t.numbers, t.numbers.c.id == t.operations.c.number))
    .where(t.operations.c.id == bindparam("operation"))
)


@dataclass(frozen=True, slots=True)
class Sight:
    """Differs from an earlier one when the operation's shape may."""

    state: OperationState
    marks: tuple[object, ...]

    @property
    def id(self) -> str:
        """A name for this moment of the operation; nobody needs to send it back."""
        return "-".join(str(mark or 0) for mark in self.marks if mark is None or isinstance(mark, int))


def sight_of(database: Database, operation: str) -> Sight:
    """Raises `KeyError` for an unknown operation."""
    with database.reading() as connection:
        row = connection.execute(_SIGHT, {"operation": operation}).one_or_none()
    if row is None:
        raise KeyError(operation)
    state, *marks = row
    return Sight(OperationState(state), tuple(marks))
