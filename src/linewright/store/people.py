"""What people say: a reply and what follows from it, within its caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from linewright.domain.number import Number
from linewright.domain.operation import Goal, Reply, ReplyKind, TaskKind, Topic
from linewright.domain.pins import ChangeKind, Pin, PinOrigin
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.gather import book_of_phone, last_good_of
from linewright.store.ids import new_id
from linewright.store.keep import after_attempts, change_pin, wake
from linewright.store.pin_safe import PinSafe
from linewright.store.rows import Row
from linewright.store.sealing import Vault

__all__ = ["Brought", "PinDesk", "file_reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What an answer brings beside its kind: a PIN that was kept, or a sealed code."""

    pin: str | None = None
    code: bytes | None = None
    pin_changed: bool = False
    method: str | None = None


class PinDesk:
    """Takes PINs from people: turns away what the remote is known to refuse, keeps the rest."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._safe = PinSafe(database, vault)
        self._vault = vault

    def look_at(self, given: Secret, number: Number, goal: Goal, now: datetime) -> tuple[Pin, Secret]:
        """The PIN to be kept. Raises `UsageError` (reason `answer-refused`) unless it is six digits."""
        digits = self._vault.pin_in(given)
        if digits is None:
            raise UsageError(
                "A two-step verification PIN is exactly six digits, 0 to 9.",
                fix="Give the six digits, leading zeros too. Nothing was changed.",
                reason="answer-refused",
            )
        origin = PinOrigin.CHOSEN if goal is Goal.SET_PIN else PinOrigin.GIVEN
        return self._safe.fresh(number.e164, digits, origin, now), digits

    def keep(self, connection: Connection, number: Number, pin: Pin, digits: Secret, *, changed: bool) -> str:
        """Keeps it; its id. Raises `UsageError` (reason `pin-refused`) for one that the remote refused, unless
        the number's PIN is said to have changed since."""
        pin = replace(pin, at=after_attempts(connection, number.e164, pin.at))
        if changed:
            change_pin(connection, number.e164, ChangeKind.CHANGED, pin.at)
        elif pin.origin is PinOrigin.GIVEN:
            known = book_of_phone(connection, number.e164, last_good_of(connection, number.id))
            if pin.fingerprint in known.refused:
                raise UsageError(
                    "The remote has refused this PIN already; a few wrong guesses lock the number.",
                    fix="Give another PIN; if it was changed to this one since, answer with --pin-changed.",
                    reason="pin-refused",
                )
        return self._safe.keep(connection, pin, number.e164, digits).id


def file_reply(
    connection: Connection, task: Row, answer: ReplyKind, now: datetime, brought: Brought, *, id: str | None = None
) -> Reply:
    """Journals a reply, closes its question and makes what it held due now.

    A reply to an account's question counts for every operation that showed it.
    """
    operation = task["operation"]
    reply = Reply(
        id=id or new_id("reply"),
        kind=TaskKind(task["kind"]),
        topic=Topic(task["topic"]),
        answer=answer,
        at=now if operation is None else _moment(connection, operation, now),
        pin=brought.pin,
        has_code=brought.code is not None,
        pin_changed=brought.pin_changed,
        method=brought.method,
    )
    _insert(connection, task, reply, brought.code, reply.id, operation)
    closed = {"state": "answered", "closed_at": now}
    connection.execute(update(t.tasks).where(t.tasks.c.id == task["id"]).values(closed))
    if operation is None:
        _of_account(connection, task, reply)
    else:
        wake(connection, t.operations.c.id == operation, at=now)
    return reply


def _moment(connection: Connection, operation: str, now: datetime) -> datetime:
    e164 = connection.execute(select(t.operations.c.e164).where(t.operations.c.id == operation)).scalar_one()
    return after_attempts(connection, e164, now)


def _insert(
    connection: Connection, task: Row, reply: Reply, code: bytes | None, id: str, operation: str | None
) -> None:
    connection.execute(
        insert(t.replies).values(
            id=id,
            task=task["id"],
            operation=operation,
            kind=reply.kind.value,
            topic=reply.topic.value,
            answer=reply.answer.value,
            at=reply.at,
            pin=reply.pin,
            code=code,
            pin_changed=reply.pin_changed,
            method=reply.method,
        )
    )


def _of_account(connection: Connection, task: Row, reply: Reply) -> None:
    for operation in wake(connection, t.operations.c.task == task["id"], at=reply.at):
        mine = replace(reply, at=_moment(connection, operation, reply.at))
        _insert(connection, task, mine, None, new_id("reply"), operation)
    if reply.answer is not ReplyKind.DONE:
        return
    here = t.accounts.c.name == task["account"]
    hold = connection.execute(select(t.accounts.c.hold).where(here)).scalar()
    if hold is not None:
        probe = {**hold, "probe_at": reply.at.isoformat()}
        connection.execute(update(t.accounts).where(here).values(hold=probe))
