"""Wrong guesses, counted in a window that all processes share: nobody tries passwords or codes by the thousand."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.fence import real_time

__all__ = ["Guesses"]

LONGEST_WINDOW_SECONDS = 8 * 86_400.0
"""What was tried before that is forgotten, whoever tried it."""


class Guesses:
    """By the database's own clock. A key names who tries or what is tried, never a secret."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._now = real_time(database)

    def left(self, key: str, most: int, window_seconds: float) -> int:
        """How many wrong guesses the key has left in its window."""
        query = select(t.guesses.c.count).where(t.guesses.c.key == key, t.guesses.c.since > self._now - window_seconds)
        with self._database.reading() as connection:
            return max(most - (connection.execute(query).scalar() or 0), 0)

    def wrong(self, key: str, window_seconds: float) -> None:
        """Counts one; the first of a new window begins it."""
        for _ in range(2):
            try:
                self._count(key, window_seconds)
            except IntegrityError:
                continue  # two began the window together
            return

    def _count(self, key: str, window_seconds: float) -> None:
        here = t.guesses.c.key == key
        with self._database.writing() as connection:
            over = here & (t.guesses.c.since <= self._now - window_seconds)
            connection.execute(
                delete(t.guesses).where(over | (t.guesses.c.since <= self._now - LONGEST_WINDOW_SECONDS))
            )
            more = update(t.guesses).where(here).values(count=t.guesses.c.count + 1)
            if not connection.execute(more).rowcount:
                connection.execute(insert(t.guesses).values(key=key, count=1, since=self._now))

    def forget(self, key: str) -> None:
        """After a right one."""
        with self._database.writing() as connection:
            connection.execute(delete(t.guesses).where(t.guesses.c.key == key))
