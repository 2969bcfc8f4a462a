"""The questions to people, and their answers: looked at first, taken whole or turned away whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from linewright.domain.number import Number
from linewright.domain.operation import Goal, Reply, ReplyKind, TaskKind, Topic
from linewright.domain.pins import ChangeKind, Pin
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.ids import new_id
from linewright.store.keep import after_attempts, change_pin
from linewright.store.people import Brought, PinDesk, file_reply
from linewright.store.releases import approve, refuse_same_person
from linewright.store.rows import Row, number_of, prefixed
from linewright.store.sealing import Vault, bound, seal

__all__ = ["Task", "Tasks", "task_of"]

METHODS = {"sms": "SMS", "voice": "VOICE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A question to a person. Without `operation` it is the account's, and `number` is None."""

    id: str
    kind: TaskKind
    topic: Topic
    reason: str
    question: str
    answers: tuple[ReplyKind, ...]
    account: str
    number: Number | None
    operation: str | None
    opened_at: datetime
    expires_at: datetime | None
    state: str
    """open · answered · closed"""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that was looked at: a PIN to keep, or a code to seal."""

    pin: tuple[Pin, Secret] | None = None
    code: Secret | None = None


class Tasks:
    """Every method is one transaction. An unknown id raises `UsageError` (reason `unknown-task`)."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._desk = PinDesk(database, vault)

    def get(self, task: str) -> Task:
        with self._database.reading() as connection:
            return task_of(_find(connection, task))

    def shown_by(self, operation: str) -> Task | None:
        """The open question that an operation shows: its own, or its account's."""
        shown = select(t.operations.c.task).where(t.operations.c.id == operation).scalar_subquery()
        query = _whole().where(t.tasks.c.id == shown, t.tasks.c.state == "open")
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return task_of(row) if row is not None else None

    def listing(
        self, *, account: str | None = None, state: str = "open", after: str | None = None, limit: int = 100
    ) -> tuple[list[Task], str | None]:
        """The oldest first, and the cursor of the next page (None at the end)."""
        query = _whole().where(t.tasks.c.state == state).order_by(t.tasks.c.seq).limit(limit + 1)
        if account is not None:
            query = query.where(t.tasks.c.account == account)
        if after is not None:
            last = select(t.tasks.c.seq).where(t.tasks.c.id == after).scalar_subquery()
            query = query.where(t.tasks.c.seq > last)
        with self._database.reading() as connection:
            found = [task_of(row) for row in connection.execute(query).mappings()]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def count_open(self) -> int:
        query = select(func.count()).select_from(t.tasks).where(t.tasks.c.state == "open")
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def answer(
        self,
        task: str,
        answer: ReplyKind,
        *,
        now: datetime,
        value: Secret | None = None,
        pin_changed: bool = False,
        method: str | None = None,
        who: str = "terminal",
    ) -> Reply:
        """Takes an answer: journalled, its PIN or code sealed, the operation due now.

        `value` goes with VALUE (a code may stand in a whole message), `pin_changed` with a PIN, `method`
        (sms or voice) with RESEND; `who` is the person who answers. Raises `UsageError`, with nothing changed and the
        question still open: `task-closed`, `answer-refused` (a kind that is not taken, not six digits),
        `pin-refused`, `second-key` (whoever turned the first key of a release).
        """
        asked = self.get(task)
        _refuse_closed(asked)
        _refuse_kind(asked, answer, value, pin_changed=pin_changed)
        looked_at = self._look_at(asked, value, now)
        brought = Brought(pin_changed=pin_changed, method=_method(answer, method))
        with self._database.writing() as connection:
            return self._take(connection, task, answer, now, looked_at, brought, who)

    def _look_at(self, asked: Task, value: Secret | None, now: datetime) -> _Value:
        if value is None:
            return _Value()
        if asked.kind is TaskKind.PIN and asked.number is not None:
            return _Value(pin=self._desk.look_at(value, asked.number, self._goal(asked), now))
        code = self._vault.code_in(value)
        if code is None:
            raise UsageError(
                "There is no single code of six digits in that answer.",
                fix="Give the six digits, or the whole message that holds them. The question stays open.",
                reason="answer-refused",
            )
        return _Value(code=code)

    def _goal(self, asked: Task) -> Goal:
        query = select(t.operations.c.goal).where(t.operations.c.id == asked.operation)
        with self._database.reading() as connection:
            return Goal(connection.execute(query).scalar_one())

    def _take(
        self,
        connection: Connection,
        task: str,
        answer: ReplyKind,
        now: datetime,
        value: _Value,
        brought: Brought,
        who: str,
    ) -> Reply:
        row = _locked(connection, task)
        asked = task_of(row)
        _refuse_closed(asked)
        reply, pin, code = new_id("reply"), None, None
        if asked.topic is Topic.RELEASE and asked.operation is not None and answer is ReplyKind.APPROVE:
            refuse_same_person(connection, asked.operation, who)
            approve(connection, asked.operation, who, now)
        if asked.number is not None and value.pin:
            pin = self._desk.keep(connection, asked.number, *value.pin, changed=brought.pin_changed)
        if value.code:
            code = seal(connection, self._vault, value.code, bound("code", reply))
        switched_off = (asked.kind is TaskKind.PIN and answer is ReplyKind.DONE) or (
            asked.topic is Topic.TWO_STEP and answer is ReplyKind.APPROVE
        )
        if asked.number is not None and switched_off:
            off = after_attempts(connection, asked.number.e164, now)
            change_pin(connection, asked.number.e164, ChangeKind.OFF, off)
        whole = Brought(pin=pin, code=code, pin_changed=brought.pin_changed, method=brought.method)
        return file_reply(connection, row, answer, now, whole, id=reply)


def _whole() -> Select[Any]:
    return select(t.tasks, *prefixed(t.numbers, "n_")).select_from(
        t.tasks.outerjoin(t.operations, t.operations.c.id == t.tasks.c.operation).outerjoin(
            t.numbers, t.numbers.c.id == t.operations.c.number
        )
    )


def _find(connection: Connection, task: str) -> Row:
    row = connection.execute(_whole().where(t.tasks.c.id == task)).mappings().one_or_none()
    if row is None:
        raise UsageError(f"There is no question {task[:80]}.", fix="See `linewright task list`.", reason="unknown-task")
    return row


def _locked(connection: Connection, task: str) -> Row:
    """Account or operation first, then the question: the order of every writer here."""
    row = _find(connection, task)
    holder = (
        select(t.accounts.c.name).where(t.accounts.c.name == row["account"])
        if row["operation"] is None
        else select(t.operations.c.id).where(t.operations.c.id == row["operation"])
    )
    connection.execute(holder.with_for_update())
    return _find(connection, task)


def task_of(row: Row) -> Task:
    """From the columns of `tasks`, and of its number under `n_`."""
    return Task(
        id=row["id"],
        kind=TaskKind(row["kind"]),
        topic=Topic(row["topic"]),
        reason=row["reason"],
        question=row["question"],
        answers=tuple(ReplyKind(each) for each in row["answers"]),
        account=row["account"],
        number=number_of(row, "n_") if row["n_id"] is not None else None,
        operation=row["operation"],
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
        state=row["state"],
    )


def _refuse_closed(asked: Task) -> None:
    if asked.state == "open":
        return
    raise UsageError(
        f"The question {asked.id} is {asked.state} already.",
        fix="See `linewright task list` for what is open now.",
        reason="task-closed",
    )


def _refuse_kind(asked: Task, answer: ReplyKind, value: Secret | None, *, pin_changed: bool) -> None:
    taken = ", ".join(kind.value for kind in asked.answers)
    if answer not in asked.answers or (answer is ReplyKind.VALUE) is not (value is not None):
        raise UsageError(
            f"The question {asked.id} does not take this answer ({answer.value}).",
            fix=f"It takes: {taken}. It stays open.",
            reason="answer-refused",
        )
    if pin_changed and not (asked.kind is TaskKind.PIN and value is not None):
        raise UsageError(
            "Only a PIN can be said to have changed.",
            fix=f"The question {asked.id} takes: {taken}. It stays open.",
            reason="answer-refused",
        )


def _method(answer: ReplyKind, method: str | None) -> str | None:
    if answer is not ReplyKind.RESEND or method is None:
        return None
    try:
        return METHODS[method.lower()]
    except KeyError:
        raise UsageError(
            f"A code comes by sms or voice, not by {method[:20]}.", fix="Name one of the two.", reason="answer-refused"
        ) from None
