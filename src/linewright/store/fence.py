"""What every write under a lease checks first, and the real time that leases run by."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, bindparam, cast, extract, func, update

from linewright.engine.ports import Lease, LeaseLost
from linewright.store import tables as t
from linewright.store.columns import Real
from linewright.store.engine import Database

__all__ = ["real_time", "stand"]

EPOCH_IN_DAYS = 2_440_587.5
"""1970 in SQLite's count of days."""


def real_time(database: Database, real: Callable[[], float] | None = None) -> ColumnElement[float]:
    """Seconds since 1970 in SQL: by the database's own clock, which all machines share, or by `real` where a
    test moves time.

    PostgreSQL's is the time at which the statement began: an index can be searched by it, and who had to wait
    takes it for earlier, which takes no lease too soon.
    """
    if real is not None:
        return bindparam("real", callable_=real, type_=Real)
    if database.is_sqlite:
        return cast((func.julianday("now") - EPOCH_IN_DAYS) * 86_400, Real)
    return cast(extract("epoch", func.statement_timestamp()), Real)


_PROLONG = update(t.leases).where(t.leases.c.e164 == bindparam("phone"), t.leases.c.token == bindparam("ours"))


def stand(connection: Connection, lease: Lease, now: ColumnElement[float]) -> None:
    """Checks that the lease is still ours, keeps its row locked to the end of the transaction, and prolongs it.

    A lease that ran out and that nobody took since is ours still. Raises `LeaseLost`.
    """
    prolong = _PROLONG.values(until=now + lease.seconds)
    kept = connection.execute(prolong, {"phone": lease.e164, "ours": lease.token})
    if not kept.rowcount:
        raise LeaseLost(f"the lease {lease.token} of this phone is somebody else's by now")
