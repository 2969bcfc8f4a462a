"""Addresses that open the questions of one operation for one person, without a login. Only their digests are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from linewright.domain.operation import OPEN_STATES, TaskKind
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.digest import digest_of, new_bearer
from linewright.store.engine import Database
from linewright.store.ids import new_id

__all__ = ["FOR_CUSTOMERS", "GOOD_FOR", "MOST_TRIES", "Link", "Links"]

GOOD_FOR = timedelta(days=7)
MOST_TRIES = 10
"""Codes and PINs that may be given through one link."""
FOR_CUSTOMERS = frozenset({TaskKind.OTP, TaskKind.PIN, TaskKind.FIX})
"""The questions that the owner of a number can answer; the others are for whoever runs Linewright."""
_OPEN = [state.value for state in OPEN_STATES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link; its moments are in real time. `reason` says why it ended: answered, withdrawn, too-many-tries."""

    id: str
    operation: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    tries: int
    opened_at: datetime | None
    ended_at: datetime | None
    reason: str | None

    def over(self, now: datetime) -> str | None:
        """Why it opens nothing any more; None while it does."""
        return self.reason or ("expired" if self.ended_at is not None or now >= self.ends_at else None)


class Links:
    """Every method is one transaction; `now` is real time, whatever the clock of a rehearsal says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, task: str, *, by: str, now: datetime) -> tuple[Secret, Link]:
        """A bearer that opens the operation of an open question, for seven days; earlier ones open nothing more.

        From now on no code is sent for the operation before somebody says that they are ready. Raises
        `UsageError`: `unknown-task`, `task-closed`, or `no-link` for a question that no customer can answer.
        """
        bearer = new_bearer("lwl")
        made: dict[str, Any] = {"id": new_id("link"), "made_by": by, "made_at": now, "ends_at": now + GOOD_FOR}
        with self._database.writing() as connection:
            operation = _asked_of(connection, task)
            others = update(t.links).where(t.links.c.operation == operation, t.links.c.ended_at.is_(None))
            connection.execute(others.values(ended_at=now, reason="withdrawn"))
            here = update(t.operations).where(t.operations.c.id == operation, t.operations.c.ask_first.is_(False))
            connection.execute(here.values(ask_first=True, version=t.operations.c.version + 1))
            values = {**made, "digest": digest_of(bearer), "operation": operation}
            row = connection.execute(insert(t.links).values(values).returning(t.links)).one()
        return bearer, _link(row)

    def find(self, bearer: Secret) -> Link | None:
        """The link of a bearer, ended or not; None for one that was never made."""
        query = select(t.links).where(t.links.c.digest == digest_of(bearer))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return _link(row) if row is not None else None

    def opened(self, link: str, now: datetime) -> None:
        """Notes when somebody first looked at it."""
        first = update(t.links).where(t.links.c.id == link, t.links.c.opened_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(first.values(opened_at=now))

    def spend_try(self, link: str) -> bool:
        """Counts one code or PIN before it is looked at; False when all tries are spent."""
        here = (t.links.c.id == link, t.links.c.ended_at.is_(None), t.links.c.tries < MOST_TRIES)
        with self._database.writing() as connection:
            return bool(connection.execute(update(t.links).where(*here).values(tries=t.links.c.tries + 1)).rowcount)

    def end(self, link: str, reason: str, now: datetime) -> None:
        """Opens nothing from now on. The first reason stays."""
        here = update(t.links).where(t.links.c.id == link, t.links.c.ended_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(here.values(ended_at=now, reason=reason))


def _asked_of(connection: Connection, task: str) -> str:
    """The open operation that an open question belongs to; locked until the transaction ends."""
    asked = connection.execute(select(t.tasks).where(t.tasks.c.id == task)).one_or_none()
    if asked is None:
        raise UsageError(f"There is no question {task[:80]}.", fix="See `linewright task list`.", reason="unknown-task")
    if asked.operation is None or TaskKind(asked.kind) not in FOR_CUSTOMERS:
        raise UsageError(
            "This question is not for the owner of a number.",
            fix="A link goes with a question for a code, a PIN or a change; answer this one yourself.",
            reason="no-link",
        )
    here = select(t.operations.c.state).where(t.operations.c.id == asked.operation).with_for_update()
    if asked.state != "open" or connection.execute(here).scalar_one() not in _OPEN:
        raise UsageError(
            f"The question {asked.id} is {asked.state} already.",
            fix="See `linewright task list` for what is open now.",
            reason="task-closed",
        )
    return str(asked.operation)


def _link(row: Row[Any]) -> Link:
    return Link(
        id=row.id,
        operation=row.operation,
        made_by=row.made_by,
        made_at=row.made_at,
        ends_at=row.ends_at,
        tries=row.tries,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        reason=row.reason,
    )
