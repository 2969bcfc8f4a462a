"""The history of readings, thinned with age. What told something new, or belongs to an operation, always stays."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import delete, or_, select

from linewright.domain.fleet import KEPT_WHOLE, Kept, thinned
from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = ["thin"]

AT_ONCE = 500
_IS_LAST = select(t.numbers.c.id).where(
    t.numbers.c.id == t.readings.c.number, t.numbers.c.last_good == t.readings.c.seq
)


def thin(database: Database, account: str, now: datetime) -> int:
    """Removes from an account's history what `domain.fleet.thinned` lets go; how many readings. Those that failed or
    repeat may go; never one that changed something, one of an operation, or the one that a standing rests on."""
    mine = select(t.numbers.c.id).where(t.numbers.c.account == account)
    old = select(t.readings.c.number, t.readings.c.seq, t.readings.c.at).where(
        t.readings.c.number.in_(mine),
        t.readings.c.at < now - KEPT_WHOLE,
        t.readings.c.operation.is_(None),
        or_(t.readings.c.repeats, ~t.readings.c.good),
        ~_IS_LAST.exists(),
    )
    by_number: defaultdict[str, list[Kept]] = defaultdict(list)
    with database.reading() as connection:
        for number, seq, at in connection.execute(old):
            by_number[number].append(Kept(seq, at))
    goes = [seq for readings in by_number.values() for seq in thinned(readings, now)]
    for start in range(0, len(goes), AT_ONCE):
        with database.writing() as connection:
            some = t.readings.c.seq.in_(goes[start : start + AT_ONCE])
            connection.execute(delete(t.readings).where(some, ~_IS_LAST.exists()))
    return len(goes)
