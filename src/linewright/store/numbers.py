"""The numbers: found by any of their names, read outside operations, listed by standing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, insert, or_, select, update

from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.number import Number, Reading, Standing, Wanted
from linewright.domain.standing import Judged, judge
from linewright.errors import UsageError
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.gather import gather_number
from linewright.store.keep import keep_reading, wake
from linewright.store.pages import Told, add_number, digits_of, e164_of, keep_absent, keep_page
from linewright.store.rows import Row, number_of, prefixed, reading_from

__all__ = ["NumberLine", "Numbers", "e164_of"]

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLine:
    """A number as it is listed: its last good reading, the standing that this shows, its open operation."""

    number: Number
    reading: Reading | None
    judged: Judged
    operation: str | None


class Numbers:
    """Every method is one transaction. Numbers that were forgotten, or whose account was removed, are not
    listed; what was kept of them stays."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, account: str, id: str, display: str, *, now: datetime) -> Number:
        """Adds a number, or brings its account and display up to date."""
        with self._database.writing() as connection:
            return _upsert(connection, account, id, display, now)

    def take_listing(self, account: str, bodies: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Number]:
        """Takes over the numbers of a listing, each a body as the remote said it (`id`,
        `display_phone_number`, and what was asked for); a body with `status` is kept as a reading. `now` is when
        the listing was asked for: a newer reading stays."""
        with self._database.writing() as connection:
            told = keep_page(connection, account, bodies, now)
            return [_get(connection, id) for id in told.numbers]

    def keep_page(self, account: str, bodies: Iterable[Mapping[str, Any]], *, at: datetime) -> Told:
        """`take_listing` for one page, asked for at `at`: the ids that it named, and those to be read again."""
        with self._database.writing() as connection:
            return keep_page(connection, account, bodies, at)

    def keep_absent(self, id: str, *, at: datetime) -> bool:
        """Notes that a number is gone from its account (see `pages.keep_absent`)."""
        with self._database.writing() as connection:
            return keep_absent(connection, id, at)

    def standings(self, account: str) -> dict[str, Standing]:
        """The account's numbers that are listed, each with the standing kept beside its last good reading."""
        here = (t.numbers.c.account == account, t.numbers.c.forgotten_at.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(select(t.numbers.c.id, t.numbers.c.standing).where(*here)).all()
        return {str(id): Standing(standing) for id, standing in rows}

    def save_reading(self, id: str, reading: Reading) -> None:
        """Keeps a reading made outside an operation; one that changes the standing wakes the number's
        operation. Raises `KeyError` for an unknown number."""
        with self._database.writing() as connection:
            _take(connection, id, reading)

    def get(self, id: str) -> Number:
        """By `phone_number_id`. Raises `KeyError`."""
        with self._database.reading() as connection:
            return _get(connection, id)

    def find(self, text: str) -> Number:
        """By `phone_number_id`, E.164 or display form, tried in that order; `ACCOUNT/N` looks in one account.

        Raises `UsageError`: reason `unknown-number`, or `several-numbers` naming each.
        """
        account, _, name = text.strip().rpartition("/")
        with self._database.reading() as connection:
            found = _found(connection, name.strip(), account)
        if len(found) == 1:
            return found[0]
        if not found:
            where = f" in the account {account}" if account else ""
            raise UsageError(
                f"The number {name.strip()[:40]} is not known{where}.",
                fix="Run `linewright sync` to fetch the accounts' numbers, or see `linewright number list`.",
                reason="unknown-number",
            )
        names = ", ".join(f"{each.account}/{each.id}" for each in found)
        raise UsageError(
            f"The number {name.strip()[:40]} is known several times: {names}.",
            fix="Name one of these.",
            reason="several-numbers",
        )

    def line(self, id: str) -> NumberLine:
        """The number as `listing` shows it. Raises `KeyError`."""
        with self._database.reading() as connection:
            row = connection.execute(_lines().where(t.numbers.c.id == id)).mappings().one_or_none()
        if row is None:
            raise KeyError(id)
        return _line(row)

    def listing(
        self,
        *,
        account: str | None = None,
        standing: Standing | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[list[NumberLine], str | None]:
        """The numbers by id, and the cursor of the next page (None at the end).

        The standing is computed at reading time, so a filter may look through several pages.
        """
        found: list[NumberLine] = []
        with self._database.reading() as connection:
            while True:
                page = _page(connection, account, after)
                for line in page:
                    after = line.number.id
                    if standing is None or line.judged.standing is standing:
                        found.append(line)
                    if len(found) == limit:
                        more = line is not page[-1] or len(page) == PAGE
                        return found, after if more else None
                if len(page) < PAGE:
                    return found, None

    def latest(self, id: str) -> Reading | None:
        """The latest reading, failed or good."""
        query = select(t.readings).where(t.readings.c.number == id).order_by(t.readings.c.seq.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return reading_from(row) if row is not None else None

    def case(self, id: str, now: datetime, catalogue: Catalogue) -> Case:
        """What is known of a number and its phone without an operation (budgets, PINs); its `operation` is
        a stand-in that ended. Raises `KeyError`."""
        with self._database.reading() as connection:
            return gather_number(connection, id, now, catalogue)

    def candidates(self, text: str) -> list[tuple[Number, Standing]]:
        """Every number that this may name (see `find`), with the standing kept beside its last good reading."""
        account, _, name = text.strip().rpartition("/")
        with self._database.reading() as connection:
            found = _found(connection, name.strip(), account)
            kept = select(t.numbers.c.id, t.numbers.c.standing).where(t.numbers.c.id.in_([each.id for each in found]))
            standings = {str(row.id): Standing(row.standing) for row in connection.execute(kept)}
        return [(each, standings[each.id]) for each in found]

    def elsewhere(self, e164: str, account: str, *, now: datetime) -> Number:
        """Stands for the id that another provider has of this phone: its id here is the phone, and it is never
        listed. `account` is where the phone is to move to."""
        values = {"account": account, "e164": e164, "display": e164, "forgotten_at": now}
        with self._database.writing() as connection:
            if not connection.execute(update(t.numbers).where(t.numbers.c.id == e164).values(values)).rowcount:
                connection.execute(insert(t.numbers).values(id=e164, added_at=now, **values))
            return _get(connection, e164)

    def set_wanted(self, id: str, wanted: Wanted) -> None:
        """Raises `KeyError` for an unknown number."""
        with self._database.writing() as connection:
            _get(connection, id)
            connection.execute(update(t.numbers).where(t.numbers.c.id == id).values(wanted=wanted.value))

    def signed_up(self, id: str, at: datetime, *, now: datetime) -> None:
        """Notes that its owner finished Embedded Signup; a newer signup stays. What waited for one goes on."""
        known = t.numbers.c.signed_up_at
        here = (t.numbers.c.id == id, known.is_(None) | (known < at))
        with self._database.writing() as connection:
            if connection.execute(update(t.numbers).where(*here).values(signed_up_at=at)).rowcount:
                wake(connection, t.operations.c.number == id, at=now)

    def forget(self, id: str, *, now: datetime) -> None:
        """Lists the number no more, until a sync finds it again; the phone's attempts and PINs stay.

        Raises `UsageError` (reason `operation-open`) while an operation of it is open, `KeyError` if unknown.
        """
        with self._database.writing() as connection:
            _get(connection, id)
            its = or_(t.operations.c.number == id, t.operations.c.source == id)
            is_open = and_(its, t.operations.c.ended_at.is_(None))
            still = connection.execute(select(t.operations.c.id).where(is_open)).scalar()
            if still is not None:
                raise UsageError(
                    f"The operation {still} of this number is open.",
                    fix=f"Let it end, or cancel it (`linewright operation cancel {still}`).",
                    reason="operation-open",
                )
            values = {"forgotten_at": now, "wanted": Wanted.UNMANAGED.value}
            connection.execute(update(t.numbers).where(t.numbers.c.id == id).values(values))


def _upsert(connection: Connection, account: str, id: str, display: str, now: datetime) -> Number:
    add_number(connection, account, id, display, now)
    return _get(connection, id)


def _take(connection: Connection, id: str, reading: Reading) -> None:
    seen = keep_reading(connection, id, None, reading)
    if seen is not None and seen[0] is not seen[1]:
        wake(connection, t.operations.c.number == id, at=reading.at)


def _get(connection: Connection, id: str) -> Number:
    row = connection.execute(select(t.numbers).where(t.numbers.c.id == id)).mappings().one_or_none()
    if row is None:
        raise KeyError(id)
    return number_of(row)


def _found(connection: Connection, name: str, account: str) -> list[Number]:
    """By id, else by the digits of the phone; numbers of living accounts before those of removed ones."""
    looks = [t.numbers.c.id == name]
    digits = digits_of(name)
    if digits and all(each in "+0123456789 ().-\u2010\u2011\u2013\u00a0\u202f\u200e" for each in name):
        looks.append(t.numbers.c.e164 == "+" + digits)
    query = select(t.numbers, t.accounts.c.removed_at).join(t.accounts).where(t.numbers.c.forgotten_at.is_(None))
    if account:
        query = query.where(t.numbers.c.account == account)
    for look in looks:
        rows = connection.execute(query.where(look).order_by(t.numbers.c.account, t.numbers.c.id)).mappings().all()
        if rows:
            living = [row for row in rows if row["removed_at"] is None]
            return [number_of(row) for row in living or rows]
    return []


def _lines() -> Select[Any]:
    is_open: ColumnElement[bool] = and_(
        t.operations.c.e164 == t.numbers.c.e164,
        t.operations.c.ended_at.is_(None),
    )
    operation = select(t.operations.c.id).where(is_open).scalar_subquery()
    return select(*prefixed(t.numbers, "n_"), *prefixed(t.readings, "r_"), operation.label("operation")).select_from(
        t.numbers.outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good)
    )


def _page(connection: Connection, account: str | None, after: str | None) -> list[NumberLine]:
    living = select(t.accounts.c.name).where(t.accounts.c.removed_at.is_(None))
    query = _lines().where(t.numbers.c.forgotten_at.is_(None), t.numbers.c.account.in_(living))
    if account is not None:
        query = query.where(t.numbers.c.account == account)
    if after is not None:
        query = query.where(t.numbers.c.id > after)
    return [_line(row) for row in connection.execute(query.order_by(t.numbers.c.id).limit(PAGE)).mappings()]


def _line(row: Row) -> NumberLine:
    number = number_of(row, "n_")
    reading = reading_from(row, "r_") if row["r_seq"] is not None else None
    return NumberLine(number=number, reading=reading, judged=judge(reading, number), operation=row["operation"])
