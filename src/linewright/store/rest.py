"""How an operation comes to rest: in one commit with the question it asks, if any."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from linewright.domain.action import Ask
from linewright.domain.number import Wanted
from linewright.domain.operation import OPEN_STATES, Goal, OperationState, TaskKind
from linewright.engine.ports import Rested
from linewright.store import tables as t
from linewright.store.ids import new_id
from linewright.store.keep import note, set_timers
from linewright.store.releases import finish
from linewright.store.rows import Row

__all__ = ["rest"]

WANTED_AFTER = {Goal.REGISTER: Wanted.ONLINE, Goal.DEREGISTER: Wanted.RELEASED, Goal.MIGRATE: Wanted.ONLINE}
"""What the owner wants of a number once such an operation ended well (DESIGN, section 2); a migration's source is
released."""


def rest(connection: Connection, operation: str, rested: Rested, at: datetime, version: int) -> bool:
    """See `Ledger.rest`. Locks account, then operation, then questions, like every writer here."""
    found = _lock(connection, operation, rested)
    if found["version"] != version:
        return False
    over = rested.state not in OPEN_STATES
    task = _ask(connection, found, rested.ask, rested.reason, at) if rested.ask and not over else None
    values: dict[str, Any] = {
        "state": rested.state.value,
        "reason": rested.reason,
        "message": rested.message,
        "next_step": rested.next_step,
        "wake_at": rested.wake_at,
        "ended_at": at if over else None,
        "task": task,
    }
    connection.execute(update(t.operations).where(t.operations.c.id == operation).values(values))
    set_timers(connection, [operation], rested.wake_at)
    if found["task"] is not None and found["task"] != task:
        _close(connection, found["task"], at)
    if (found["state"], found["reason"], found["message"]) != (rested.state.value, rested.reason, rested.message):
        note(
            connection,
            operation,
            at,
            rested.state,
            reason=rested.reason,
            message=rested.message,
            wake_at=rested.wake_at,
        )
    if rested.state is OperationState.DONE:
        _want(connection, found)
        if found["release"]:
            finish(connection, found, at)
    return True


def _want(connection: Connection, ended: Row) -> None:
    wanted = WANTED_AFTER.get(Goal(ended["goal"]))
    if wanted is not None:
        connection.execute(update(t.numbers).where(t.numbers.c.id == ended["number"]).values(wanted=wanted.value))
    if ended["source"] is not None:
        left = update(t.numbers).where(t.numbers.c.id == ended["source"])
        connection.execute(left.values(wanted=Wanted.RELEASED.value))


def _lock(connection: Connection, operation: str, rested: Rested) -> Row:
    query = select(t.operations).where(t.operations.c.id == operation)
    if not (rested.ask and rested.ask.of_account):
        alone = query.where(t.operations.c.task.is_(None)).with_for_update()
        found = connection.execute(alone).mappings().one_or_none()
        if found is not None:
            return found
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise KeyError(operation)
    if (rested.ask and rested.ask.of_account) or _is_of_account(connection, found["task"]):
        account = select(t.accounts.c.name).where(t.accounts.c.name == found["account"])
        connection.execute(account.with_for_update())
    return connection.execute(query.with_for_update()).mappings().one()


def _is_of_account(connection: Connection, task: str | None) -> bool:
    if task is None:
        return False
    return connection.execute(select(t.tasks.c.operation).where(t.tasks.c.id == task)).scalar() is None


def _ask(connection: Connection, operation: Row, ask: Ask, reason: str, at: datetime) -> str:
    """The question's id: the open one of the same kind and topic, its text brought up to date, or a new one."""
    here = (
        t.tasks.c.operation.is_(None) & (t.tasks.c.account == operation["account"])
        if ask.of_account
        else t.tasks.c.operation == operation["id"]
    )
    values = {
        "reason": ask.reason,
        "question": ask.question,
        "answers": [answer.value for answer in ask.taken],
        "expires_at": ask.wake_at if ask.kind is TaskKind.OTP else None,
    }
    query = select(t.tasks.c.id, t.tasks.c.kind, t.tasks.c.topic).where(here, t.tasks.c.state == "open")
    found = connection.execute(query).one_or_none()
    if found is not None and (found.kind, found.topic) == (ask.kind.value, ask.topic.value):
        connection.execute(update(t.tasks).where(t.tasks.c.id == found.id).values(values))
        return str(found.id)
    if found is not None:
        _end(connection, found.id, at)
    task = new_id("task")
    connection.execute(
        insert(t.tasks).values(
            id=task,
            account=operation["account"],
            operation=None if ask.of_account else operation["id"],
            kind=ask.kind.value,
            topic=ask.topic.value,
            opened_at=at,
            state="open",
            **values,
        )
    )
    return task


def _close(connection: Connection, task: str, at: datetime) -> None:
    """Closes a question that this operation no longer shows, unless another one shows it."""
    shown = select(t.operations.c.id).where(t.operations.c.task == task, t.operations.c.ended_at.is_(None)).limit(1)
    if connection.execute(shown).scalar() is None:
        _end(connection, task, at)


def _end(connection: Connection, task: str, at: datetime) -> None:
    query = update(t.tasks).where(t.tasks.c.id == task, t.tasks.c.state == "open")
    connection.execute(query.values(state="closed", closed_at=at))
