"""PINs as people see them: what is known of them, and one shown on request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from linewright.domain.happenings import HappeningKind
from linewright.domain.number import Number
from linewright.domain.pin_history import TOLD, Noted, PinEvent, Told, pin_history
from linewright.domain.pins import Change, ChangeKind, Pin, PinBook
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.gather import book_of_phone, last_good_of, pins_sent, unused_at
from linewright.store.rows import Row, pin_of
from linewright.store.sealing import Vault, bound

__all__ = ["Audit", "Pins", "append", "best_of"]

_DID = {f"pin {what}": what for what in ("show", "export", "import")}
_KEPT = select(t.pins).where(t.pins.c.e164 == bindparam("e164")).order_by(t.pins.c.seq)
_CHANGES = select(t.pin_changes).where(t.pin_changes.c.e164 == bindparam("e164"))
_TOLD = (
    select(t.happenings.c.at, t.happenings.c.kind)
    .join(t.numbers, t.numbers.c.id == t.happenings.c.number)
    .where(t.numbers.c.e164 == bindparam("e164"), t.happenings.c.kind.in_([kind.value for kind in TOLD]))
    .distinct()
    .order_by(t.happenings.c.at)
)
_NOTED = (
    select(t.audit).where(t.audit.c.subject == bindparam("subject"), t.audit.c.action.in_(_DID)).order_by(t.audit.c.seq)
)


class Pins:
    """What is known of a number's PINs."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def book(self, number: Number) -> PinBook:
        with self._database.reading() as connection:
            return book_of_phone(connection, number.e164, last_good_of(connection, number.id))

    def history(self, number: Number) -> tuple[PinEvent, ...]:
        """What became of the phone's PINs, the oldest first, without their digits."""
        here = {"e164": number.e164}
        with self._database.reading() as connection:
            sent = pins_sent(connection, number.e164)
            pins = [pin_of(row) for row in connection.execute(_KEPT, here).mappings()]
            changes = connection.execute(_CHANGES, here).mappings().all()
            told = connection.execute(_TOLD, here).mappings().all()
            noted = connection.execute(_NOTED, {"subject": number.e164}).mappings().all()
            unused = unused_at(connection, sent)
        return pin_history(
            pins,
            sent,
            [Change(at=row["at"], kind=ChangeKind(row["kind"])) for row in changes],
            [Told(at=row["at"], kind=HappeningKind(row["kind"])) for row in told],
            [_noted(row) for row in noted],
            unused_at=unused,
        )

    def show(self, number: Number, *, now: datetime, who: str) -> Secret:
        """The PIN that Linewright would send: the accepted one, else the best candidate, else one being set.

        Leaves an audit event first. Raises `UsageError` (reason `no-pin`) when none is kept.
        """
        with self._database.writing() as connection:
            known = book_of_phone(connection, number.e164, last_good_of(connection, number.id))
            best = best_of(known)
            if best is None:
                raise UsageError(
                    f"No PIN of {number.display or number.e164} is kept here.",
                    fix="Give one with `linewright register N --pin-stdin`, or set one with `linewright set-pin N`.",
                    reason="no-pin",
                )
            append(connection, now, who, "pin show", number.e164, {"pin": best.id})
            sealed = connection.execute(select(t.pins.c.digits).where(t.pins.c.id == best.id)).scalar_one()
        return self._vault.open(bytes(sealed), bound("digits", best.id, number.e164))


class Audit:
    """Who did what that leaves no trace in an operation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self, at: datetime, who: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        with self._database.writing() as connection:
            append(connection, at, who, action, subject, detail)

    def listing(self, *, limit: int = 100, who: str | None = None, before: int | None = None) -> list[Row]:
        """The newest first: rows of `seq`, `at`, `who`, `action`, `subject`, `detail`; of one actor with `who`,
        older than the row numbered `before`."""
        query = select(t.audit).order_by(t.audit.c.seq.desc()).limit(limit)
        if who is not None:
            query = query.where(t.audit.c.who == who)
        if before is not None:
            query = query.where(t.audit.c.seq < before)
        with self._database.reading() as connection:
            return list(connection.execute(query).mappings())

    def actors(self) -> list[str]:
        """Everybody who did something, by name."""
        with self._database.reading() as connection:
            return list(connection.execute(select(t.audit.c.who).distinct().order_by(t.audit.c.who)).scalars())


def best_of(book: PinBook) -> Pin | None:
    """The PIN that Linewright would send: the accepted one, else the best candidate, else one being set."""
    unsent = [pin for pin in reversed(book.pins) if pin.fingerprint not in book.refused]
    return book.accepted or next(iter(book.candidates), None) or next(iter(unsent), None)


def append(
    connection: Connection, at: datetime, who: str, action: str, subject: str, detail: Mapping[str, Any] | None
) -> None:
    """Writes a line of the audit within the caller's transaction."""
    values = {"at": at, "who": who, "action": action, "subject": subject, "detail": dict(detail) if detail else None}
    connection.execute(insert(t.audit).values(values))


def _noted(row: Row) -> Noted:
    return Noted(at=row["at"], who=row["who"], action=_DID[row["action"]], pin=(row["detail"] or {}).get("pin"))
