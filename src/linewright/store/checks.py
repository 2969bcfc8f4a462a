"""The fleet check's schedule: one row for each account, claimed by whoever looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.domain.conditions import AccountFacts
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.facts_of import facts_from, facts_value
from linewright.store.rows import Row

__all__ = ["Check", "Checks", "hasten"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is known when an account's turn has come. `until` is the claim: whoever finds it there still may write."""

    account: str
    until: datetime
    facts: AccountFacts
    grown: bool
    """Whether one of its numbers was seen online."""
    failures: int = 0
    looked_at: datetime | None = None
    """The last daily look."""


_LIVING = select(t.accounts.c.name).where(t.accounts.c.removed_at.is_(None))
_GROWN = select(t.numbers.c.id).where(
    t.numbers.c.account == t.checks.c.account, t.numbers.c.seen_online_at.is_not(None)
)
_ROWS: Select[Any] = select(t.checks, _GROWN.exists().label("grown")).where(t.checks.c.account.in_(_LIVING))
_DUE = _ROWS.where(t.checks.c.next_at <= bindparam("now")).order_by(t.checks.c.next_at).limit(bindparam("most"))
_NEXT = select(func.min(t.checks.c.next_at)).where(t.checks.c.account.in_(_LIVING))
_WITHOUT = _LIVING.where(t.accounts.c.name.not_in(select(t.checks.c.account)))
_NEW = _WITHOUT.with_only_columns(func.min(t.accounts.c.added_at))
_CLAIM = (
    update(t.checks)
    .where(t.checks.c.account == bindparam("of"), t.checks.c.next_at == bindparam("seen"))
    .values(next_at=bindparam("until"))
)


class Checks:
    """Every method is one transaction. Of several processes that claim, each account goes to one: what claims is an
    update of the `next_at` that was seen. A claim that is not finished runs out at its `until`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, now: datetime, until: datetime, limit: int) -> list[Check]:
        """The accounts whose time has come, the longest due first; now nobody else has them before `until`."""
        self._add_missing(now)
        with self._database.reading() as connection:
            due = connection.execute(_DUE, {"now": now, "most": limit}).mappings().all()
        if not due:
            return []
        with self._database.writing() as connection:
            return [
                _check(row, until)
                for row in due
                if connection.execute(_CLAIM, {"of": row["account"], "seen": row["next_at"], "until": until}).rowcount
            ]

    def take(self, account: str, now: datetime, until: datetime) -> Check:
        """One account out of its turn; whoever had it writes nothing of it any more."""
        self._add_missing(now)
        with self._database.writing() as connection:
            here = t.checks.c.account == account
            connection.execute(update(t.checks).where(here).values(next_at=until))
            return _check(connection.execute(_ROWS.where(here)).mappings().one(), until)

    def prolong(self, check: Check, until: datetime) -> Check | None:
        """The same claim for longer; None when it is somebody else's by now."""
        with self._database.writing() as connection:
            claim = {"of": check.account, "seen": check.until, "until": until}
            mine = connection.execute(_CLAIM, claim).rowcount
            row = connection.execute(_ROWS.where(t.checks.c.account == check.account)).mappings().one_or_none()
        return _check(row, until) if mine and row is not None else None

    def finish(self, check: Check, next_at: datetime, **values: Any) -> bool:
        """Gives the account back until `next_at`, with what was learned: `facts`, `failures`, `failed_at`,
        `daily_at`. False, and nothing written, when the claim is somebody else's by now."""
        facts: AccountFacts | None = values.pop("facts", None)
        if facts is not None:
            values |= {"facts": facts_value(facts), "listed_at": facts.listed_at}
        mine = (t.checks.c.account == check.account, t.checks.c.next_at == check.until)
        with self._database.writing() as connection:
            done = connection.execute(update(t.checks).where(*mine).values(next_at=next_at, **values))
            return bool(done.rowcount)

    def soon(self, accounts: Iterable[str], now: datetime, *, new_token: bool = False) -> None:
        """Has these accounts looked at now; after a new token what is known of the old one is forgotten."""
        forget = {"facts": None, "listed_at": None, "daily_at": None} if new_token else {}
        with self._database.writing() as connection:
            here = t.checks.c.account.in_(sorted(set(accounts)))
            connection.execute(update(t.checks).where(here).values(next_at=now, **forget))

    def look_anew(self, account: str, now: datetime) -> None:
        """Has an account looked at now, with its token and subscription."""
        with self._database.writing() as connection:
            hasten(connection, account, now, anew=True)

    def facts(self, account: str) -> AccountFacts:
        """What is known of an account; nothing of one that was never looked at."""
        with self._database.reading() as connection:
            row = connection.execute(select(t.checks).where(t.checks.c.account == account)).mappings().one_or_none()
        return facts_from(row) if row is not None else AccountFacts()

    def next_at(self) -> datetime | None:
        """When the next account comes; None without accounts. An account that has no row yet comes at once."""
        with self._database.reading() as connection:
            new: datetime | None = connection.execute(_NEW).scalar()
            known: datetime | None = connection.execute(_NEXT).scalar()
        return min((moment for moment in (new, known) if moment is not None), default=None)

    def _add_missing(self, now: datetime) -> None:
        with self._database.reading() as connection:
            missing = [str(name) for name in connection.execute(_WITHOUT).scalars()]
        if not missing:
            return
        try:
            with self._database.writing() as connection:
                self._add(connection, missing, now)
        except IntegrityError:
            return  # somebody else added them meanwhile

    def _add(self, connection: Connection, accounts: Iterable[str], now: datetime) -> None:
        connection.execute(insert(t.checks), [{"account": account, "next_at": now} for account in accounts])


def hasten(connection: Connection, account: str, at: datetime, *, anew: bool = False) -> None:
    """Has an account looked at by `at`, within the caller's transaction; with `anew` the daily look too."""
    here = t.checks.c.account == account
    if anew:
        connection.execute(update(t.checks).where(here).values(daily_at=None))
    connection.execute(update(t.checks).where(here, t.checks.c.next_at > at).values(next_at=at))


def _check(row: Row, until: datetime) -> Check:
    return Check(
        account=row["account"],
        until=until,
        facts=facts_from(row),
        grown=row["grown"],
        failures=row["failures"],
        looked_at=row["daily_at"],
    )
