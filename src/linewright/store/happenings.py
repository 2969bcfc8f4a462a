"""What webhooks told, one row each: written by the intake, read by whoever acts on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select

from linewright.domain.happenings import Happening, HappeningKind
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.rows import Row

__all__ = ["Happenings", "happening_of", "values_of"]


class Happenings:
    """Every reading method is one statement, the oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, connection: Connection, happenings: Iterable[Happening]) -> None:
        """Keeps these within the caller's transaction; the `seq` they bring is not looked at."""
        rows = [values_of(each) for each in happenings]
        if rows:
            connection.execute(insert(t.happenings), rows)

    def of_number(self, number: str, since: datetime) -> list[Happening]:
        """What happened to one number at `since` or later, by Meta's time."""
        return self._by_time(t.happenings.c.number == number, t.happenings.c.at >= since)

    def of_account(self, account: str, since: datetime) -> list[Happening]:
        """The same of an account and all of its numbers."""
        return self._by_time(t.happenings.c.account == account, t.happenings.c.at >= since)

    def after(self, seq: int, limit: int) -> list[Happening]:
        """What was kept after the one numbered `seq`, in the order in which it was kept; 0 is before the first.

        On PostgreSQL numbers are given before their transactions end: one may appear behind a later one.
        """
        query = select(t.happenings).where(t.happenings.c.seq > seq).order_by(t.happenings.c.seq).limit(limit)
        with self._database.reading() as connection:
            return [happening_of(row) for row in connection.execute(query).mappings()]

    def _by_time(self, *conditions: ColumnElement[bool]) -> list[Happening]:
        query = select(t.happenings).where(*conditions).order_by(t.happenings.c.at, t.happenings.c.seq)
        with self._database.reading() as connection:
            return [happening_of(row) for row in connection.execute(query).mappings()]


def values_of(happening: Happening) -> dict[str, Any]:
    """The columns of one."""
    return {
        "account": happening.account,
        "number": happening.number,
        "kind": happening.kind.value,
        "at": happening.at,
        "heard_at": happening.heard_at,
        "detail": dict(happening.detail) or None,
        "event": happening.event,
    }


def happening_of(row: Row) -> Happening:
    return Happening(
        seq=row["seq"],
        account=row["account"],
        number=row["number"],
        kind=HappeningKind(row["kind"]),
        at=row["at"],
        heard_at=row["heard_at"],
        detail=row["detail"] or {},
        event=row["event"],
    )
