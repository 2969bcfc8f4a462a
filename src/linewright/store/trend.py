"""How many numbers had each standing, hour by hour; older hours are thinned to one a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = ["EVERY_HOUR_FOR", "WARNED", "Point", "Trends"]

WARNED = "warned"
"""Beside the standings: how many numbers people are warned of."""
EVERY_HOUR_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Point:
    """One hour: how many numbers there were of each standing, and `warned`; zero where a name is missing."""

    at: datetime
    counts: Mapping[str, int]


class Trends:
    """Times are virtual, in UTC, and lie on the hour. Raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_at(self) -> datetime | None:
        """The latest hour that is kept."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(t.trend.c.at))).scalar()

    def add(self, at: datetime, counts: Mapping[str, int]) -> bool:
        """Keeps an hour. False where it is kept already, perhaps by another worker at this moment."""
        rows = [{"at": at, "name": name, "count": count} for name, count in sorted(counts.items())]
        try:
            with self._database.writing() as connection:
                # One statement: of several in a pipeline psycopg would log that the rest was dropped.
                connection.execute(insert(t.trend).values(rows))
        except IntegrityError:
            return False
        return True

    def since(self, moment: datetime) -> list[Point]:
        """The hours from `moment` on, the oldest first."""
        query = select(t.trend).where(t.trend.c.at >= moment).order_by(t.trend.c.at, t.trend.c.name)
        found: dict[datetime, dict[str, int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["at"], {})[row["name"]] = row["count"]
        return [Point(at, counts) for at, counts in found.items()]

    def thin(self, now: datetime) -> int:
        """Leaves the first hour of each day (UTC) of what is older than `EVERY_HOUR_FOR`; how many hours went."""
        before = (now - EVERY_HOUR_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
        query = select(t.trend.c.at).where(t.trend.c.at < before).distinct().order_by(t.trend.c.at)
        with self._database.reading() as connection:
            hours = list(connection.execute(query).scalars())
        firsts = {hour.date(): hour for hour in reversed(hours)}
        later = [hour for hour in hours if firsts[hour.date()] != hour]
        if later:
            with self._database.writing() as connection:
                connection.execute(delete(t.trend).where(t.trend.c.at.in_(later)))
        return len(later)
