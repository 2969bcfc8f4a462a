"""The heartbeats of the workers: who works here, and whether anybody does."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, delete, insert, select, update

from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.fence import real_time

__all__ = ["ALIVE_SECONDS", "BEAT_SECONDS", "WorkerRow", "Workers"]

BEAT_SECONDS = 5.0
"""Real: a worker shows itself so often."""
ALIVE_SECONDS = 20.0
"""Real: one that was not seen for so long counts as gone."""
FORGOTTEN_SECONDS = 3_600.0
"""Real: then its row goes too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """A worker: its version, whether it takes work, and for how many real seconds it was not seen."""

    id: str
    version: str
    ready: bool
    unseen_seconds: float


class Workers:
    """All times are the database's own, so that machines need not agree on theirs. Raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._now = real_time(database)

    def beat(self, worker: str, version: str, *, ready: bool) -> None:
        """Shows that a worker lives, and forgets those that were gone for an hour."""
        here = t.workers.c.id == worker
        with self._database.writing() as connection:
            seen = update(t.workers).where(here).values(seen_at=self._now, ready=ready)
            if not connection.execute(seen).rowcount:
                values = {"id": worker, "version": version, "ready": ready}
                connection.execute(insert(t.workers).values(**values, started_at=self._now, seen_at=self._now))
            connection.execute(delete(t.workers).where(t.workers.c.seen_at < self._now - FORGOTTEN_SECONDS))

    def leave(self, worker: str) -> None:
        """A worker that ends by itself is forgotten at once."""
        with self._database.writing() as connection:
            connection.execute(delete(t.workers).where(t.workers.c.id == worker))

    def all(self) -> list[WorkerRow]:
        """Every worker that is remembered, the longest at work first."""
        unseen = case((t.workers.c.seen_at > self._now, 0.0), else_=self._now - t.workers.c.seen_at)
        query = select(t.workers.c.id, t.workers.c.version, t.workers.c.ready, unseen.label("unseen"))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(t.workers.c.started_at, t.workers.c.id)).all()
        return [
            WorkerRow(id=row.id, version=row.version, ready=bool(row.ready), unseen_seconds=row.unseen) for row in found
        ]

    def alive(self, within: float = ALIVE_SECONDS) -> list[WorkerRow]:
        """Those that take work and were seen within so many real seconds."""
        return [worker for worker in self.all() if worker.ready and worker.unseen_seconds <= within]
