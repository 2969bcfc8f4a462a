"""What the page asks: numbers, operations and questions, a page at a time, by indexes, however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_

from linewright.domain.number import Number, Standing
from linewright.domain.operation import OPEN_STATES, Goal, Operation, OperationState, ReplyKind
from linewright.domain.standing import Judged
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.rows import Row, number_of, operation_of, prefixed
from linewright.store.tasks import Task, task_of

__all__ = ["ANSWER", "OPEN", "PAGE", "Answered", "Counts", "Fleet", "Look", "Question", "Seen", "Told"]

PAGE = 100
"""Rows on one page."""
OPEN = "open"
"""Among the states: any of the three in which an operation is open."""
ANSWER = "task answer"
"""How the audit names the answer to a question."""
_IS_OPEN = t.operations.c.ended_at.is_(None)
_SPACING = frozenset(" +-.()/\u00a0\u2010\u2011")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is looked for among the numbers. `state` is that of the phone's open operation, or `open` for any;
    `search` finds a part of the phone, of the id, or of the display name."""

    account: str | None = None
    standing: Standing | None = None
    warned: bool = False
    state: str | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A number in the list. `warning` is what people are warned of, in words, and `warned_of` the type of that
    condition; `operation` is open on its phone, under this id or another."""

    number: Number
    name: str
    judged: Judged
    read_at: datetime | None
    warning: str | None
    warned_of: str | None
    operation: Operation | None
    task: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many numbers there are, with each standing, and with a warning."""

    total: int = 0
    warned: int = 0
    standings: Mapping[Standing, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An operation in the list, and the number as people write it."""

    operation: Operation
    display: str
    name: str
    task: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An open question. `held` counts the operations that an account's question holds up."""

    task: Task
    name: str
    goal: Goal | None
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a question: what was answered, and who did so where the page's audit knows it."""

    at: datetime
    answer: ReplyKind
    who: str | None


class Fleet:
    """Reads only. Numbers that were forgotten, or whose account was removed, are not listed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, look: Look, *, after: str | None = None, limit: int = PAGE) -> tuple[list[Seen], str | None]:
        """The numbers by account and phone, after the number of that id; and the id to go on after, None at the end.

        The standing is the one kept beside the last good reading (see `tables.numbers`).
        """
        with self._database.reading() as connection:
            query = _seen().where(*_sought(look), *_beyond(connection, after))
            rows = connection.execute(query.order_by(*_ORDER).limit(limit + 1)).mappings().all()
        found = [_seen_of(row) for row in rows[:limit]]
        return found, found[-1].number.id if len(rows) > limit else None

    def one(self, id: str) -> Seen:
        """Raises `KeyError` for a number that is not listed."""
        with self._database.reading() as connection:
            row = connection.execute(_seen().where(_LISTED, t.numbers.c.id == id)).mappings().one_or_none()
        if row is None:
            raise KeyError(id)
        return _seen_of(row)

    def counts(self, look: Look) -> Counts:
        """Within the account and the search of `look`, whatever else it looks for.

        A search looks at every number: SQLite does so in one go, if it is not led to take them by an index.
        """
        wide = _sought(Look(account=look.account, search=look.search))
        standing = t.numbers.c.standing if not look.search.strip() else t.numbers.c.standing + ""
        query = select(standing, func.count()).where(*wide).group_by(standing)
        warned = select(func.count()).where(*wide, t.numbers.c.warning.is_not(None))
        with self._database.reading() as connection:
            found = {Standing(standing): int(count) for standing, count in connection.execute(query)}
            signs = int(connection.execute(warned).scalar_one())
        return Counts(total=sum(found.values()), warned=signs, standings=found)

    def accounts(self, limit: int) -> list[str]:
        """The first names of living accounts."""
        query = select(t.accounts.c.name).where(t.accounts.c.removed_at.is_(None)).order_by(t.accounts.c.name)
        with self._database.reading() as connection:
            return [str(name) for name in connection.execute(query.limit(limit)).scalars()]

    def operations(
        self,
        *,
        state: str | None = None,
        number: str | None = None,
        account: str | None = None,
        after: str | None = None,
        limit: int = PAGE,
    ) -> tuple[list[Told], str | None]:
        """The newest first, and the id to go on after. `state` is one of the six, or `open` for the first three."""
        task = t.operations.c.task.label("task")
        columns = (*prefixed(t.operations, "o_"), t.numbers.c.display, t.numbers.c.name, task)
        query = select(*columns).select_from(t.operations.join(t.numbers, t.numbers.c.id == t.operations.c.number))
        query = query.where(*_in_state(state)).order_by(t.operations.c.seq.desc()).limit(limit + 1)
        if number is not None:
            query = query.where(or_(t.operations.c.number == number, t.operations.c.source == number))
        if account is not None:
            query = query.where(t.operations.c.account == account)
        if after is not None:
            last = select(t.operations.c.seq).where(t.operations.c.id == after).scalar_subquery()
            query = query.where(t.operations.c.seq < last)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        found = [_told_of(row) for row in rows[:limit]]
        return found, found[-1].operation.id if len(rows) > limit else None

    def states(self) -> dict[OperationState, int]:
        """How many operations there are in each state."""
        query = select(t.operations.c.state, func.count()).group_by(t.operations.c.state)
        with self._database.reading() as connection:
            return {OperationState(state): int(count) for state, count in connection.execute(query)}

    def questions(self, *, skip: int = 0, limit: int = PAGE) -> tuple[list[Question], int]:
        """The open questions, the most urgent first: what runs out soonest, then what waits longest; and how many
        there are in all."""
        held_up = t.operations.alias("held_up")
        held = select(func.count()).where(held_up.c.task == t.tasks.c.id, held_up.c.ended_at.is_(None))
        columns = (*prefixed(t.tasks, ""), *prefixed(t.numbers, "n_"), t.operations.c.goal.label("goal"))
        joined = t.tasks.outerjoin(t.operations, t.operations.c.id == t.tasks.c.operation)
        joined = joined.outerjoin(t.numbers, t.numbers.c.id == t.operations.c.number)
        is_open = t.tasks.c.state == "open"
        query = select(*columns, held.scalar_subquery().label("held")).select_from(joined).where(is_open)
        query = query.order_by(t.tasks.c.expires_at.is_(None), t.tasks.c.expires_at, t.tasks.c.seq)
        with self._database.reading() as connection:
            rows = connection.execute(query.offset(skip).limit(limit)).mappings().all()
            total = connection.execute(select(func.count()).select_from(t.tasks).where(is_open)).scalar_one()
        return [_question_of(row) for row in rows], int(total)

    def answered(self, task: str) -> Answered | None:
        """The answer that closed a question; None for one that is open, or closed because it no longer mattered."""
        reply = select(t.replies.c.at, t.replies.c.answer).where(t.replies.c.task == task)
        who = select(t.audit.c.who).where(t.audit.c.subject == task, t.audit.c.action == ANSWER)
        with self._database.reading() as connection:
            row = connection.execute(reply.order_by(t.replies.c.seq).limit(1)).one_or_none()
            name = connection.execute(who.order_by(t.audit.c.seq.desc()).limit(1)).scalar()
        return Answered(at=row.at, answer=ReplyKind(row.answer), who=name) if row is not None else None


_LISTED = and_(
    t.numbers.c.forgotten_at.is_(None),
    t.numbers.c.account.not_in(select(t.accounts.c.name).where(t.accounts.c.removed_at.is_not(None))),
)
_ORDER = (t.numbers.c.account, t.numbers.c.e164, t.numbers.c.id)


def _seen() -> Select[Any]:
    told = and_(t.conditions.c.number == t.numbers.c.id, t.conditions.c.type == t.numbers.c.warning)
    joined = t.numbers.outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good)
    joined = joined.outerjoin(t.operations, and_(t.operations.c.e164 == t.numbers.c.e164, _IS_OPEN))
    joined = joined.outerjoin(t.conditions, told)
    return select(
        *prefixed(t.numbers, "n_"),
        *prefixed(t.operations, "o_"),
        t.readings.c.at.label("read_at"),
        t.conditions.c.message.label("told"),
    ).select_from(joined)


def _sought(look: Look) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_LISTED]
    if look.account is not None:
        found.append(t.numbers.c.account == look.account)
    if look.standing is not None:
        found.append(t.numbers.c.standing == look.standing.value)
    if look.warned:
        found.append(t.numbers.c.warning.is_not(None))
    if look.state is not None:
        found.append(t.numbers.c.e164.in_(select(t.operations.c.e164).where(_IS_OPEN, *_in_state(look.state))))
    if look.search.strip():
        found.append(_found_by(look.search.strip()))
    return found


def _found_by(text: str) -> ColumnElement[bool]:
    """A phone is written in many ways: only its digits count, unless there is something else in the text."""
    digits = "".join(sign for sign in text if sign in "0123456789")
    named = t.numbers.c.name.icontains(text, autoescape=True)
    if digits and all(sign in _SPACING or sign in digits for sign in text):
        return or_(t.numbers.c.e164.contains(digits), t.numbers.c.id.contains(digits), named)
    return named


def _in_state(state: str | None) -> list[ColumnElement[bool]]:
    if state is None:
        return []
    states = [each.value for each in OPEN_STATES] if state == OPEN else [state]
    return [t.operations.c.state.in_(states)]


def _beyond(connection: Connection, after: str | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    last = connection.execute(select(*_ORDER).where(t.numbers.c.id == after)).one_or_none()
    return [] if last is None else [tuple_(*_ORDER) > tuple_(*last)]


def _seen_of(row: Row) -> Seen:
    return Seen(
        number=number_of(row, "n_"),
        name=row["n_name"],
        judged=Judged(Standing(row["n_standing"]), row["n_standing_reason"]),
        read_at=row["read_at"],
        warning=(row["told"] or row["n_warning"]) if row["n_warning"] else None,
        warned_of=row["n_warning"],
        operation=operation_of(row, "o_") if row["o_id"] is not None else None,
        task=row["o_task"],
    )


def _told_of(row: Row) -> Told:
    operation = operation_of(row, "o_")
    return Told(operation=operation, display=row["display"] or operation.e164, name=row["name"], task=row["task"])


def _question_of(row: Row) -> Question:
    goal = Goal(row["goal"]) if row["goal"] is not None else None
    return Question(task=task_of(row), name=row["n_name"] or "", goal=goal, held=int(row["held"]))
