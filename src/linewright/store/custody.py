"""PINs on their way to another keeper, or from one: what is handed over, and what is taken in, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from linewright.domain.number import Number
from linewright.domain.pins import Pin, PinBook, PinOrigin
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.gather import book_of_phone, last_good_of
from linewright.store.keep import after_attempts, wake
from linewright.store.pin_safe import PinSafe
from linewright.store.pins import append, best_of
from linewright.store.rows import number_of
from linewright.store.sealing import Vault, bound

__all__ = ["Custody", "Given", "Handed", "Taken"]

REFUSED = "The remote has refused this PIN already (133005)."
UNKNOWN = "Its phone is not known here: run `linewright sync` first, or remove the row."
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Handed:
    """A number's PIN, as it is handed over."""

    number: Number
    book: PinBook
    pin: Pin
    digits: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A row of a list: the line it stood in, a phone and its PIN."""

    line: int
    e164: str
    digits: Secret


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a row: `new` is kept, unproven; a known one is kept already, and nothing was done."""

    line: int
    number: Number
    new: bool


class Custody:
    """Every method is one transaction."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._safe = PinSafe(database, vault)

    def hand_over(self, numbers: Iterable[Number], *, now: datetime, who: str) -> list[Handed]:
        """The PINs that Linewright would send for these phones, one each; phones without one are left out. Leaves an
        audit event for each, before anything leaves."""
        phones = {number.e164: number for number in numbers}
        found: list[Handed] = []
        with self._database.writing() as connection:
            for number in phones.values():
                book = book_of_phone(connection, number.e164, last_good_of(connection, number.id))
                best = best_of(book)
                if best is None:
                    continue
                query = select(t.pins.c.digits).where(t.pins.c.id == best.id)
                sealed = bytes(connection.execute(query).scalar_one())
                digits = self._vault.open(sealed, bound("digits", best.id, number.e164))
                append(connection, now, who, "pin export", number.e164, {"pin": best.id})
                found.append(Handed(number, book, best, digits))
        return found

    def take(self, given: Sequence[Given], *, now: datetime, who: str) -> tuple[list[Taken], list[tuple[int, str]]]:
        """Keeps the PINs of a list as given and unproven, each with its audit event, and has open operations of these
        phones look again. Where a row cannot be taken nothing is: then the second list names each with its reason."""
        fresh = {row.line: self._safe.fresh(row.e164, row.digits, PinOrigin.GIVEN, now) for row in given}
        with self._database.writing() as connection:
            known = _known(connection, {row.e164 for row in given})
            books = {e164: _book(connection, number) for e164, number in known.items()}
            bad = [(row.line, why) for row in given if (why := _refused(row, fresh[row.line], books))]
            if bad:
                return [], bad
            taken = []
            for row in given:
                number, pin = known[row.e164], fresh[row.line]
                new = pin.fingerprint not in {each.fingerprint for each in books[row.e164].candidates}
                taken.append(Taken(row.line, number, new))
                if new:
                    pin = replace(pin, at=after_attempts(connection, row.e164, now))
                    self._safe.keep(connection, pin, row.e164, row.digits)
                    append(connection, pin.at, who, "pin import", row.e164, {"pin": pin.id})
                    wake(connection, t.operations.c.e164 == row.e164, at=now)
            return taken, []


def _refused(row: Given, pin: Pin, books: dict[str, PinBook]) -> str | None:
    book = books.get(row.e164)
    if book is None:
        return UNKNOWN
    return REFUSED if pin.fingerprint in book.refused else None


def _book(connection: Connection, number: Number) -> PinBook:
    return book_of_phone(connection, number.e164, last_good_of(connection, number.id))


def _known(connection: Connection, phones: set[str]) -> dict[str, Number]:
    """A number of each phone, in an account that is here; of several ids any: the PIN is the phone's."""
    here = (t.numbers.c.forgotten_at.is_(None), t.accounts.c.removed_at.is_(None))
    ordered = sorted(phones)
    found: dict[str, Number] = {}
    for start in range(0, len(ordered), AT_ONCE):
        some = t.numbers.c.e164.in_(ordered[start : start + AT_ONCE])
        query = select(t.numbers).join(t.accounts).where(some, *here).order_by(t.numbers.c.id)
        found |= {row["e164"]: number_of(row) for row in connection.execute(query).mappings()}
    return found
