"""The releases: opened with the first key, approved with the second, and remembered until the number is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select, update

from linewright.domain.alerts import News
from linewright.domain.conditions import ConditionType, Status
from linewright.domain.journal import CallKind, Outcome
from linewright.domain.number import Standing, Wanted
from linewright.domain.release import deletable_at, news_of, over
from linewright.errors import UsageError
from linewright.store import tables as t
from linewright.store.deliveries import tell
from linewright.store.engine import Database
from linewright.store.rows import Row
from linewright.store.users import operators

__all__ = ["REMINDER", "Release", "Releases", "approve", "begin", "finish", "paid_until", "refuse_same_person"]

REMINDER = "release-reminder"
"""The kind of news that the reminder is."""
TERMINAL = "terminal"
_WAITS = (t.releases.c.closed_at.is_(None), t.releases.c.off_at.is_not(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release of a number. `off_at` is None before it is released, `closed_at` until nothing is left of it."""

    operation: str
    number: str
    account: str
    opened_at: datetime
    opened_by: str
    approved_at: datetime | None
    approved_by: str | None
    last_paid: date | None
    off_at: datetime | None
    due_at: datetime | None
    reminded_at: datetime | None
    closed_at: datetime | None
    closed_for: str | None


class Releases:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, number: str) -> Release | None:
        """The latest release of a number, whatever became of it."""
        query = select(t.releases).where(t.releases.c.number == number).order_by(t.releases.c.seq.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return _release(row) if row is not None else None

    def due(self, now: datetime) -> list[Release]:
        """Those whose number can be deleted by now and is not gone yet, the longest due first."""
        query = select(t.releases).where(*_WAITS, t.releases.c.due_at <= now).order_by(t.releases.c.due_at)
        with self._database.reading() as connection:
            return [_release(row) for row in connection.execute(query).mappings()]

    def last_paid(self, number: str, day: date) -> Release | None:
        """Notes the day of the last paid message, which moves the reminder; None where nothing waits for it."""
        with self._database.writing() as connection:
            here = (t.releases.c.number == number, *_WAITS)
            row = connection.execute(select(t.releases).where(*here).with_for_update()).mappings().one_or_none()
            if row is None:
                return None
            due = deletable_at(row["off_at"], day)
            reminded = row["reminded_at"] if due == row["due_at"] else None
            values = {"last_paid": day.isoformat(), "due_at": due, "reminded_at": reminded}
            changed = update(t.releases).where(t.releases.c.seq == row["seq"]).values(values).returning(t.releases)
            return _release(connection.execute(changed).mappings().one())

    def remind(self, now: datetime, *, footer: str = "") -> int:
        """Closes what is over, and tells what has come due, each once; how many were told."""
        with self._database.reading() as connection:
            rows = connection.execute(_looked_at()).mappings().all()
        news = 0
        for row in rows:
            if _over(row) is not None or (row["due_at"] <= now and row["reminded_at"] is None):
                with self._database.writing() as connection:
                    news += _one(connection, row["seq"], now, footer)
        return news


def _looked_at() -> Select[Any]:
    named = ("e164", "display", "standing", "wanted", "absent_since", "forgotten_at")
    joined = t.releases.join(t.numbers, t.numbers.c.id == t.releases.c.number)
    columns = [t.numbers.c[name].label(f"n_{name}") for name in named]
    return select(t.releases, *columns).select_from(joined).where(*_WAITS)


def _over(row: Row) -> str | None:
    if row["n_forgotten_at"] is not None:
        return "forgotten"
    back = row["n_wanted"] == Wanted.ONLINE.value
    return over(Standing(row["n_standing"]), back, absent=row["n_absent_since"] is not None)


def _one(connection: Connection, seq: int, now: datetime, footer: str) -> int:
    """Looks once more with the row locked: of several workers one tells."""
    query = _looked_at().where(t.releases.c.seq == seq).with_for_update(of=t.releases)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return 0
    here, why = update(t.releases).where(t.releases.c.seq == seq), _over(row)
    if why is not None:
        connection.execute(here.values(closed_at=now, closed_for=why))
        return 0
    if row["reminded_at"] is not None or row["due_at"] > now:
        return 0
    connection.execute(here.values(reminded_at=now))
    display = row["n_display"] or row["n_e164"]
    message, fix = news_of(display)
    news = News(
        kind="warning",
        account=row["account"],
        number=row["number"],
        display=display,
        type=REMINDER,
        reason=REMINDER,
        message=message,
        fix=fix,
    )
    return tell(connection, row["account"], now, [news], footer)


# Within an operation's transactions


def begin(
    connection: Connection, operation: str, number: str, account: str, now: datetime, who: str, day: date | None
) -> None:
    """The first key: its row, with the operation that it opens."""
    values = {"operation": operation, "number": number, "account": account, "opened_at": now, "opened_by": who}
    connection.execute(insert(t.releases).values(**values, last_paid=day.isoformat() if day else None))


def paid_until(connection: Connection, operation: str, day: date) -> None:
    """Notes the day of the last paid message, before the number is released."""
    here = t.releases.c.operation == operation
    connection.execute(update(t.releases).where(here).values(last_paid=day.isoformat()))


def refuse_same_person(connection: Connection, operation: str, who: str) -> None:
    """The second key is another person's where there is one. Raises `UsageError` (reason `second-key`).

    Whoever sits at the terminal holds the home itself: nobody could be kept out, so there it is a second act.
    """
    query = select(t.releases.c.opened_by).where(t.releases.c.operation == operation)
    opened_by = connection.execute(query).scalar()
    if who != opened_by or who == TERMINAL or operators(connection) < 2:
        return
    raise UsageError(
        "You turned the first key of this release yourself; the second is for somebody else.",
        fix="Ask another operator to answer it on the desk, or decline it. The question stays open.",
        reason="second-key",
    )


def approve(connection: Connection, operation: str, who: str, now: datetime) -> None:
    """The second key was turned."""
    here = t.releases.c.operation == operation
    connection.execute(update(t.releases).where(here).values(approved_at=now, approved_by=who))


def finish(connection: Connection, operation: Row, at: datetime) -> None:
    """It is released: since when it is off, and when it can be deleted; an earlier release of it is over."""
    here = t.releases.c.operation == operation["id"]
    row = connection.execute(select(t.releases).where(here)).mappings().one_or_none()
    if row is None:
        return
    off = _off_since(connection, operation, at)
    earlier = (t.releases.c.number == operation["number"], t.releases.c.seq < row["seq"], *_WAITS)
    connection.execute(update(t.releases).where(*earlier).values(closed_at=at, closed_for="again"))
    due = deletable_at(off, _day(row["last_paid"]))
    connection.execute(update(t.releases).where(here).values(off_at=off, due_at=due))


def _off_since(connection: Connection, operation: Row, at: datetime) -> datetime:
    """Since the deregister; of one that was off before, since when that was seen."""
    calls = t.attempts.c
    went = select(func.max(calls.answered_at, type_=calls.answered_at.type)).where(
        calls.operation == operation["id"],
        calls.call == CallKind.DEREGISTER.value,
        or_(calls.outcome == Outcome.OK.value, calls.outcome == Outcome.IN_DOUBT.value),
    )
    seen = select(t.conditions.c.since).where(
        t.conditions.c.number == operation["number"],
        t.conditions.c.type == ConditionType.REGISTERED.value,
        t.conditions.c.status == Status.FALSE.value,
    )
    found: Sequence[datetime | None] = [connection.execute(each).scalar() for each in (went, seen)]
    return next((moment for moment in found if moment is not None), at)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _release(row: Row) -> Release:
    named = {name: row[name] for name in Release.__slots__ if name != "last_paid"}
    return Release(**named, last_paid=_day(row["last_paid"]))
