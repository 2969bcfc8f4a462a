"""What every write under a lease checks first, and the real time that leases run by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, cast, extract, func, literal, update

from linewright.engine.ports import Lease, LeaseLost
from linewright.store import tables as t
from linewright.store.columns import Real
from linewright.store.engine import Database

__all__ = ["RealTime", "real_time", "stand"]

RealTime: TypeAlias = Callable[[], ColumnElement[float]]
"""Seconds since 1970 as an expression of SQL."""

EPOCH_IN_DAYS = 2_440_587.5
"""1970 in SQLite's count of days."""


def real_time(database: Database, real: Callable[[], float] | None = None) -> RealTime:
    """The database's own clock, the one that all machines share; `real` (epoch seconds) stands in for it where
    a test moves time."""
    if real is not None:
        return lambda: literal(real(), Real)
    if database.is_sqlite:
        return lambda: cast((func.julianday("now") - EPOCH_IN_DAYS) * 86_400, Real)
    return lambda: cast(extract("epoch", func.clock_timestamp()), Real)


def stand(connection: Connection, lease: Lease, now: RealTime) -> None:
    """Checks that the lease is still ours, keeps its row locked to the end of the transaction, and prolongs it.

    A lease that ran out and that nobody took since is ours still. Raises `LeaseLost`.
    """
    ours = (t.leases.c.e164 == lease.e164, t.leases.c.token == lease.token)
    kept = connection.execute(update(t.leases).where(*ours).values(until=now() + lease.seconds))
    if not kept.rowcount:
        raise LeaseLost(f"the lease {lease.token} of this phone is somebody else's by now")
