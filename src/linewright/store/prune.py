"""Empties what was kept long enough: the words of answers and readings. Times and codes stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from linewright.domain.waits import LONGEST_KEPT
from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = ["prune"]

SHORTEST = LONGEST_KEPT + timedelta(days=1)
"""A wait told in the remote's words must outlive itself."""


def prune(database: Database, now: datetime, keep_days: int) -> int:
    """Empties the words of answers and readings older than `keep_days` (eight at least); how many."""
    before = now - max(timedelta(days=keep_days), SHORTEST)
    count = 0
    with database.writing() as connection:
        for table in (t.attempts, t.readings):
            old = update(table).where(table.c.at < before, table.c.words.is_not(None))
            count += connection.execute(old.values(words=None)).rowcount
    return count
