"""The pace of the accounts, kept in the store: however many machines there are, one account has one pace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from linewright.domain.pace import GROWN, YOUNG, Pace
from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = ["AccountPace"]


class AccountPace:
    """`engine.ports.Pace` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def admit(self, account: str, operation: str, now: datetime, *, urgent: bool = False) -> datetime | None:
        with self._database.writing() as connection:
            pace = _locked(connection, account)
            here = t.operations.c.id == operation
            booked: datetime | None = connection.execute(select(t.operations.c.turn_at).where(here)).scalar()
            if booked is not None and booked > now and not urgent:
                return booked
            after, begins = pace.admitted(now, _limit(connection, account), booked=booked, urgent=urgent)
            if after is not pace:
                _keep(connection, account, after)
            kept = begins if begins > now and after is not pace else None
            if kept != booked:
                connection.execute(update(t.operations).where(here).values(turn_at=kept))
            return begins if begins > now else None

    def settle(self, account: str, admitted: datetime, calls: int, usage: int | None, now: datetime) -> None:
        with self._database.writing() as connection:
            _keep(connection, account, _locked(connection, account).settled(admitted, calls, usage, now))


def _locked(connection: Connection, account: str) -> Pace:
    """The account's pace, its row locked; an account's first turn makes it."""
    query = select(t.paces).where(t.paces.c.account == account).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        # Two that make it together wait here for one another: the account's row is locked first.
        connection.execute(select(t.accounts.c.name).where(t.accounts.c.name == account).with_for_update())
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        connection.execute(insert(t.paces).values(account=account, **_values(Pace())))
        return Pace()
    minutes = {int(minute): int(calls) for minute, calls in row["minutes"].items()}
    return Pace(minutes=minutes, usage=row["usage"], usage_at=row["usage_at"], since_usage=row["since_usage"])


def _keep(connection: Connection, account: str, pace: Pace) -> None:
    connection.execute(update(t.paces).where(t.paces.c.account == account).values(_values(pace)))


def _values(pace: Pace) -> dict[str, Any]:
    return {
        "minutes": {str(minute): calls for minute, calls in sorted(pace.minutes.items())},
        "usage": pace.usage,
        "usage_at": pace.usage_at,
        "since_usage": pace.since_usage,
    }


def _limit(connection: Connection, account: str) -> int:
    """Calls an hour; the remote allows more once a number of the account is online."""
    online = exists().where(t.numbers.c.account == account, t.numbers.c.seen_online_at.is_not(None))
    return GROWN if connection.execute(select(online)).scalar() else YOUNG
