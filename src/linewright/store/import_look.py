"""What is known of the phones and accounts that a file names, asked for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.number import Standing, Wanted
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.gather import book_of_phone, last_good_of
from linewright.store.happenings import happening_of
from linewright.store.pin_safe import PinSafe
from linewright.store.sealing import Vault

__all__ = ["ImportLook", "KnownNumber", "latest_attempts"]

AT_ONCE = 500
"""Phones in one statement."""
GONE = frozenset({Standing.DELETED, Standing.MIGRATED})
"""They leave room in their account."""
_HERE = t.numbers.c.forgotten_at.is_(None)


@dataclass(frozen=True, slots=True)
class KnownNumber:
    id: str
    account: str
    gone: bool
    released: bool
    """Given up on purpose."""


class ImportLook:
    """Reads only; never more statements than there are hundreds of phones, or accounts."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._safe = PinSafe(database, vault)

    def numbers(self, phones: Collection[str]) -> dict[str, list[KnownNumber]]:
        """The numbers of living accounts that have these phones."""
        found: dict[str, list[KnownNumber]] = defaultdict(list)
        columns = (t.numbers.c.e164, t.numbers.c.id, t.numbers.c.account, t.numbers.c.standing, t.numbers.c.wanted)
        query = select(*columns).join(t.accounts).where(_HERE, t.accounts.c.removed_at.is_(None))
        with self._database.reading() as connection:
            for some in _some(phones):
                for e164, id, account, standing, wanted in connection.execute(query.where(t.numbers.c.e164.in_(some))):
                    released = wanted == Wanted.RELEASED.value
                    found[e164].append(KnownNumber(id, account, Standing(standing) in GONE, released))
        return found

    def accounts(self) -> dict[str, str]:
        """Every account that was not removed, by its name and by its WABA."""
        query = select(t.accounts.c.name, t.accounts.c.waba).where(t.accounts.c.removed_at.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {waba: name for name, waba in rows} | {name: name for name, _ in rows}

    def held(self, accounts: Collection[str]) -> dict[str, int]:
        """How many numbers each of these accounts has at the remote, as far as is known here."""
        query = select(t.numbers.c.account, func.count()).where(
            _HERE, t.numbers.c.standing.not_in([each.value for each in GONE])
        )
        return self._counted(query.group_by(t.numbers.c.account), accounts)

    def promised(self, accounts: Collection[str]) -> dict[str, int]:
        """How many rows of open imports will still create a number in each."""
        rows = t.import_rows
        query = select(rows.c.account, func.count()).where(
            rows.c.state.in_(("queued", "creating")), rows.c.number.is_(None)
        )
        return self._counted(query.group_by(rows.c.account), accounts)

    def limits(self, accounts: Collection[str]) -> dict[str, Happening]:
        """The latest word of what each may do, by a webhook."""
        mine = t.happenings.c.kind == HappeningKind.CAPABILITY.value
        found = {}
        with self._database.reading() as connection:
            for account in accounts:
                query = select(t.happenings).where(mine, t.happenings.c.account == account)
                latest = query.order_by(t.happenings.c.at.desc(), t.happenings.c.seq.desc()).limit(1)
                row = connection.execute(latest).mappings().one_or_none()
                if row is not None:
                    found[account] = happening_of(row)
        return found

    def refused(self, pins: Mapping[str, Secret]) -> set[str]:
        """The phones whose PIN the remote is known to have refused, and not to have changed since."""
        tried = {e164 for e164, given in self._tried(pins).items() if self._safe.fingerprint(e164, pins[e164]) in given}
        if not tried:
            return set()
        with self._database.reading() as connection:
            return {each for each in tried if self._safe.fingerprint(each, pins[each]) in _refused(connection, each)}

    def _tried(self, phones: Collection[str]) -> dict[str, set[str]]:
        """The fingerprints of PINs that were sent to these phones."""
        found: dict[str, set[str]] = defaultdict(set)
        columns = (t.attempts.c.e164, t.attempts.c.fingerprint)
        query = select(*columns).where(t.attempts.c.fingerprint.is_not(None)).distinct()
        with self._database.reading() as connection:
            for some in _some(phones):
                for e164, fingerprint in connection.execute(query.where(t.attempts.c.e164.in_(some))):
                    found[e164].add(fingerprint)
        return found

    def _counted(self, query: Select[str, int], accounts: Collection[str]) -> dict[str, int]:
        with self._database.reading() as connection:
            return {name: count for name, count in connection.execute(query) if name in accounts}


def _refused(connection: Connection, e164: str) -> frozenset[str]:
    number = connection.execute(select(t.numbers.c.id).where(t.numbers.c.e164 == e164, _HERE).limit(1)).scalar()
    reading = last_good_of(connection, number) if number is not None else None
    return frozenset(book_of_phone(connection, e164, reading).refused)


def latest_attempts(connection: Connection, phones: Collection[str]) -> dict[str, datetime]:
    """The latest moment that the journal of each phone holds."""
    columns = (t.attempts.c.e164, func.max(t.attempts.c.at), func.max(t.attempts.c.answered_at))
    query = select(*columns).group_by(t.attempts.c.e164)
    found = {}
    for some in _some(phones):
        for e164, at, answered_at in connection.execute(query.where(t.attempts.c.e164.in_(some))):
            found[e164] = max(at, answered_at or at)
    return found


def _some(phones: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(phones)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
