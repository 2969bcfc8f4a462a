"""Numbers that an import makes: each call an intent first and an answer after, none made twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update

from linewright.domain.imports import Created, RowState
from linewright.domain.journal import Answer
from linewright.engine.ports import SEND_SECONDS
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.fence import real_time
from linewright.store.import_cancel import unless_cancelled
from linewright.store.leases import IN_FLIGHT_SECONDS
from linewright.store.pins import append
from linewright.store.rows import Row

__all__ = ["Create", "ImportCreates"]

_R = t.import_rows
_QUEUED, _CREATING = _R.c.state == RowState.QUEUED.value, _R.c.state == RowState.CREATING.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A number that is to be made; `tries` calls were sent for it before."""

    of: str
    line: int
    e164: str
    account: str
    verified_name: str
    tries: int


class ImportCreates:
    """Every method is one transaction. `real` stands in for the database's clock, in epoch seconds."""

    def __init__(self, database: Database, *, real: Callable[[], float] | None = None) -> None:
        self._database = database
        self._real = real_time(database, real)

    def row(self, of: str, line: int) -> Create | None:
        """A row that waits for its number to be made; None where it does not any more."""
        query = select(_R).where(_here(of, line), _QUEUED, _R.c.number.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return _create(row) if row is not None else None

    def intend(self, create: Create, now: datetime) -> bool:
        """Commits that the call is about to be sent; False where somebody else has the row."""
        here = and_(_here(create.of, create.line), _QUEUED, _R.c.number.is_(None))
        values = {
            "state": RowState.CREATING.value,
            "tries": create.tries + 1,
            "sent_at": now,
            "send_by": self._real + SEND_SECONDS,
            "answered_at": None,
            "answer": None,
        }
        with self._database.writing() as connection:
            if not connection.execute(update(_R).where(here).values(values)).rowcount:
                return False
            append(connection, now, f"import {create.of}", "number add: sent", create.e164, {"account": create.account})
            return True

    def answered(self, create: Create, answer: Answer, created: Created, now: datetime) -> None:
        """Journals what came back, and what follows from it."""
        error = answer.error
        told = {
            "outcome": answer.outcome.value,
            "code": error.code if error else None,
            "subcode": error.subcode if error else None,
            "fbtrace_id": answer.fbtrace_id or (error.fbtrace_id if error else None),
        }
        values: dict[str, Any] = {
            "answered_at": now,
            "answer": told,
            "reason": created.reason,
            "message": created.message,
        }
        with self._database.writing() as connection:
            append(connection, now, f"import {create.of}", "number add: answered", create.e164, told)
            mine = and_(_here(create.of, create.line), _CREATING, _R.c.tries == create.tries + 1)
            then = unless_cancelled(connection, create.of, values | _next(created, now))
            connection.execute(update(_R).where(mine).values(then))

    def put_off(self, create: Create, until: datetime, reason: str, message: str) -> None:
        """Nothing is sent before `until`."""
        with self._database.writing() as connection:
            _follow(connection, create, {"due_at": until, "reason": reason, "message": message})

    def refuse(self, create: Create, reason: str, message: str) -> None:
        """Ends a row whose number cannot be made."""
        values = {"state": RowState.GAVE_UP.value, "reason": reason, "message": message, "due_at": None}
        with self._database.writing() as connection:
            _follow(connection, create, values)

    def doubtful(self, now: datetime) -> list[Create]:
        """The rows of whose call nobody knows what became: answered without saying so, or never answered, and by now
        not under way any more."""
        lost = and_(_R.c.answered_at.is_(None), _R.c.send_by + IN_FLIGHT_SECONDS < self._real)
        told = and_(_R.c.answered_at.is_not(None), or_(_R.c.due_at.is_(None), _R.c.due_at <= now))
        query = select(_R).where(_CREATING, or_(lost, told)).order_by(_R.c.account, _R.c.of, _R.c.line)
        with self._database.reading() as connection:
            return [_create(row) for row in connection.execute(query).mappings()]

    def settled(self, create: Create, found: Created, now: datetime) -> None:
        """What the account's listing showed: the number's id, or that it is not there and what follows from that."""
        values = {"reason": found.reason, "message": found.message, **_next(found, now)}
        with self._database.writing() as connection:
            then = unless_cancelled(connection, create.of, values)
            connection.execute(update(_R).where(_here(create.of, create.line), _CREATING).values(then))


def _here(of: str, line: int) -> Any:
    return and_(_R.c.of == of, _R.c.line == line)


def _follow(connection: Connection, create: Create, values: dict[str, Any]) -> None:
    connection.execute(update(_R).where(_here(create.of, create.line), or_(_QUEUED, _CREATING)).values(values))


def _next(created: Created, now: datetime) -> dict[str, Any]:
    if created.number is not None:
        return {"state": RowState.QUEUED.value, "number": created.number, "due_at": None}
    if created.doubt:
        return {"due_at": now}
    if created.again_at is not None:
        return {"state": RowState.QUEUED.value, "due_at": created.again_at}
    return {"state": RowState.GAVE_UP.value, "due_at": None}


def _create(row: Row) -> Create:
    return Create(
        of=row["of"],
        line=row["line"],
        e164=row["e164"],
        account=row["account"],
        verified_name=row["verified_name"],
        tries=row["tries"],
    )
