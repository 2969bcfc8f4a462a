"""One phone at a time across machines: leases with fencing tokens, which run out when their holder is gone."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from linewright.engine.ports import TIMEOUT_SECONDS, Lease
from linewright.errors import StoreUnavailable
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.fence import real_time, stand
from linewright.store.ids import new_id

__all__ = ["IN_FLIGHT_SECONDS", "MOST_OF_ACCOUNT", "Leases"]

log = logging.getLogger(__name__)

IN_FLIGHT_SECONDS = TIMEOUT_SECONDS + 5.0
"""So long after its `send_by` a call may still be under way (DESIGN 6)."""
MOST_OF_ACCOUNT = 20
NOBODYS = 0
"""A token that no lease ever has: nothing can be written under it."""
OURS = 0x11EA5E
"""Keeps our locks of accounts apart from those that others take in the same database."""

_PHONE, _ACCOUNT = bindparam("phone", type_=t.leases.c.e164.type), bindparam("whose", type_=t.leases.c.account.type)
_ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(OURS, func.hashtext(_ACCOUNT)))
"""Of two who count an account's leases at the same moment, both would find room."""


class Leases:
    """`engine.ports.PhoneLocks` on the table `leases`, for PostgreSQL; it works on SQLite too.

    A lease lasts `seconds` from the latest write or renewal. At most `most_of_account` leases of one account
    are alive at once, None for any number. `in_flight_seconds` after its `send_by` an intent whose answer never
    came is not under way any more. `real` stands in for the database's clock, in epoch seconds.
    """

    def __init__(
        self,
        database: Database,
        seconds: float,
        *,
        most_of_account: int | None = MOST_OF_ACCOUNT,
        in_flight_seconds: float = IN_FLIGHT_SECONDS,
        real: Callable[[], float] | None = None,
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._now = real_time(database, real)
        self._counts = most_of_account is not None and not database.is_sqlite
        holder = f"{platform.node()} {os.getpid()} {new_id('holder')}"
        insert = sqlite.insert if database.is_sqlite else postgresql.insert
        self._quiet = _quiet(self._now, in_flight_seconds)
        self._taking = _taking(insert(t.leases), self._now, seconds, holder, self._quiet, most_of_account)

    @contextmanager
    def hold(self, e164: str, account: str) -> Iterator[Lease | None]:
        """The lease, or None when somebody else has the phone, or the account as many leases as it may.

        While an intent that somebody left open may still be sent or answered, nobody takes the phone: the lease
        says for how long, and allows no write; whoever wrote the intent may still come back and journal its
        answer. Raises `StoreUnavailable`.
        """
        lease = self._take(e164, account)
        if lease is None or lease.quiet_seconds > 0:
            yield lease
            return
        try:
            yield replace(lease, renew=lambda: self._renew(lease))
        finally:
            self._give_back(lease)

    def _take(self, e164: str, account: str) -> Lease | None:
        asked = {"phone": e164, "whose": account}
        with self._database.writing() as connection:
            if self._counts:
                connection.execute(_ONE_AT_A_TIME, asked)
            token = connection.execute(self._taking, asked).scalar()
            if token is not None:
                return Lease(e164=e164, token=token, seconds=self._seconds, renew_seconds=self._seconds / 3)
            left = connection.execute(self._quiet, asked).scalar()
            return Lease(e164=e164, token=NOBODYS, quiet_seconds=left) if left is not None else None

    def _renew(self, lease: Lease) -> None:
        with self._database.one_write() as connection:
            stand(connection, lease, self._now)

    def _give_back(self, lease: Lease) -> None:
        ours = (t.leases.c.e164 == lease.e164, t.leases.c.token == lease.token)
        try:
            with self._database.one_write() as connection:
                connection.execute(update(t.leases).where(*ours).values(until=0.0))
        except StoreUnavailable as why:
            log.info("a lease is not given back and runs out by itself: %s", why)


def _quiet(now: ColumnElement[float], in_flight_seconds: float) -> Select[float]:
    """For how long an open intent of a phone that nobody holds may still be under way; no row when there is none."""
    left: ColumnElement[float] = t.attempts.c.send_by + in_flight_seconds - now
    held = select(t.leases.c.e164).where(t.leases.c.e164 == _PHONE, t.leases.c.until > now)
    return select(left).where(t.attempts.c.e164 == _PHONE, t.attempts.c.outcome.is_(None), left > 0, ~exists(held))


def _taking(
    insert: postgresql.Insert | sqlite.Insert,
    now: ColumnElement[float],
    seconds: float,
    holder: str,
    quiet: Select[float],
    most: int | None,
) -> ReturningInsert[int]:
    """Takes the phone if all of this is so at one moment, and gives its token; else no row.

    It waits for nobody's transaction on the phone: a process may be stopped in the middle of one.
    """
    leases = t.leases
    here = select(leases.c.e164).where(leases.c.e164 == _PHONE)
    free = here.where(leases.c.until <= now).with_for_update(skip_locked=True).cte("free")
    allowed = [or_(~exists(here), exists(select(free.c.e164))), ~exists(quiet)]
    if most is not None:
        alive = select(func.count()).where(leases.c.account == _ACCOUNT, leases.c.until > now)
        allowed.append(alive.scalar_subquery() < most)
    offered = select(_PHONE, literal(NOBODYS + 1), literal(holder), _ACCOUNT, now + seconds).where(*allowed)
    offer = insert.from_select([column.name for column in leases.c], offered)
    return offer.on_conflict_do_update(
        index_elements=[leases.c.e164],
        set_={
            "token": leases.c.token + 1,
            "holder": offer.excluded.holder,
            "account": offer.excluded.account,
            "until": offer.excluded.until,
        },
        where=leases.c.until <= now,
    ).returning(leases.c.token)
