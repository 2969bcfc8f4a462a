"""The pace of the accounts, kept in the store: however many machines there are, one account has one pace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from linewright.domain.pace import GROWN, YOUNG, Pace
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.rows import Row

__all__ = ["AccountPace"]


class AccountPace:
    """`engine.ports.Pace` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def admit(self, account: str, operation: str, now: datetime, *, urgent: bool = False) -> datetime | None:
        with self._database.writing() as connection:
            pace, row = _locked(connection, account, operation)
            booked: datetime | None = row["booked"]
            if booked is not None and booked > now and not urgent:
                return booked
            limit = GROWN if row["grown"] else YOUNG
            after, begins = pace.admitted(now, limit, booked=booked, urgent=urgent)
            if after is not pace:
                _keep(connection, account, after)
            kept = begins if begins > now and after is not pace else None
            if kept != booked:
                connection.execute(update(t.operations).where(t.operations.c.id == operation).values(turn_at=kept))
            return begins if begins > now else None

    def admit_check(self, account: str, now: datetime) -> datetime | None:
        """None when a look at the whole account may begin now; else when to ask again. Nothing is kept for it:
        turns go before it."""
        with self._database.writing() as connection:
            pace, row = _locked(connection, account)
            after, begins = pace.admitted(now, GROWN if row["grown"] else YOUNG)
            if begins > now:
                return begins
            _keep(connection, account, after)
            return None

    def settle(self, account: str, admitted: datetime, calls: int, usage: int | None, now: datetime) -> None:
        with self._database.writing() as connection:
            pace, _ = _locked(connection, account)
            _keep(connection, account, pace.settled(admitted, calls, usage, now))


_ONLINE = exists().where(t.numbers.c.account == t.paces.c.account, t.numbers.c.seen_online_at.is_not(None))
"""The remote allows more calls an hour once a number of the account is online."""
_BOOKED = select(t.operations.c.turn_at).where(t.operations.c.id == bindparam("operation")).scalar_subquery()
_PACE = (
    select(t.paces, _ONLINE.label("grown"), _BOOKED.label("booked"))
    .where(t.paces.c.account == bindparam("account"))
    .with_for_update(of=t.paces)
)


def _locked(connection: Connection, account: str, operation: str | None = None) -> tuple[Pace, Row]:
    """The account's pace, its row locked, and what it is judged by; an account's first turn makes it."""
    asked = {"account": account, "operation": operation}
    row = connection.execute(_PACE, asked).mappings().one_or_none()
    if row is None:
        # Two that make it together wait here for one another: the account's row is locked first.
        connection.execute(select(t.accounts.c.name).where(t.accounts.c.name == account).with_for_update())
        row = connection.execute(_PACE, asked).mappings().one_or_none()
    if row is None:
        connection.execute(insert(t.paces).values(account=account, **_values(Pace())))
        row = connection.execute(_PACE, asked).mappings().one()
    minutes = {int(minute): int(calls) for minute, calls in row["minutes"].items()}
    return Pace(minutes=minutes, usage=row["usage"], usage_at=row["usage_at"], since_usage=row["since_usage"]), row


def _keep(connection: Connection, account: str, pace: Pace) -> None:
    connection.execute(update(t.paces).where(t.paces.c.account == account).values(_values(pace)))


def _values(pace: Pace) -> dict[str, Any]:
    return {
        "minutes": {str(minute): calls for minute, calls in sorted(pace.minutes.items())},
        "usage": pace.usage,
        "usage_at": pace.usage_at,
        "since_usage": pace.since_usage,
    }
