"""The queue's jobs on PostgreSQL, written by Procrastinate's own functions in the transaction that needs them.

Plain SQL: a command that only wakes an operation loads no queue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from linewright.store.engine import Database

__all__ = ["QUEUE", "TASK", "QueueJobs"]

QUEUE = "linewright"
TASK = "linewright.turn"
AT_ONCE = 1000
"""Operations that one sweep wakes; the next finds the rest."""

_DROP = text("DELETE FROM procrastinate_jobs WHERE queueing_lock = ANY(:operations) AND status = 'todo'")
_DEFER = text(
    """
    WITH due AS (
        SELECT id, account, row_number() OVER (PARTITION BY account ORDER BY seq) AS place,
               count(*) OVER (PARTITION BY account) AS together
        FROM operations WHERE id = ANY(:operations)
    ), before AS (
        SELECT accounts.account, count(waiting.found) AS waits
        FROM (SELECT DISTINCT account FROM due) AS accounts
        LEFT JOIN LATERAL (
            SELECT 1 AS found FROM operations AS o
            WHERE o.account = accounts.account AND o.ended_at IS NULL AND o.wake_at <= :at
            LIMIT 1000
        ) AS waiting ON true
        GROUP BY accounts.account
    )
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(:queue, :task, -least(greatest(before.waits - due.together, 0) + due.place, 1000)::integer,
            NULL, due.id, jsonb_build_object('operation', due.id),
            clock_timestamp() + make_interval(secs => :seconds))::procrastinate_job_to_defer_v1
        ORDER BY due.place
    ))
    FROM due JOIN before USING (account)
    """
)
"""A job's priority is its place among those of its account that are due before it: so accounts take turns."""
_UNTIMED = text(
    """
    SELECT wake_at FROM operations AS o
    WHERE id = :operation AND ended_at IS NULL AND wake_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS j WHERE j.queueing_lock = o.id AND j.status = 'todo')
    FOR UPDATE
    """
)
_FORGOTTEN = text(
    """
    SELECT id FROM operations AS o
    WHERE ended_at IS NULL AND wake_at <= :now
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS j WHERE j.queueing_lock = o.id AND j.status = 'todo'
                      AND j.scheduled_at <= clock_timestamp())
      AND NOT EXISTS (SELECT 1 FROM leases AS l WHERE l.e164 = o.e164
                      AND l.until > extract(epoch FROM clock_timestamp()))
    ORDER BY wake_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_BURY = text(
    """
    DELETE FROM procrastinate_jobs AS j
    WHERE status = 'doing' AND worker_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM procrastinate_events AS e WHERE e.job_id = j.id
                      AND e.at > clock_timestamp() - interval '1 hour')
    """
)
"""A job whose worker is gone blocks nothing; it stays for the eye for an hour."""


class QueueJobs:
    """At most one job waits for each operation: its id is the job's queueing lock. A job that is being worked on
    does not count, so a wake during a turn has a job of its own.

    `seconds_until` turns a virtual moment into real seconds from now; only those go to the database, whose own
    clock times the jobs: clocks of several machines need not agree.
    """

    def __init__(self, database: Database, seconds_until: Callable[[datetime], float]) -> None:
        self._database = database
        self._seconds_until = seconds_until

    def wake(self, connection: Connection, operations: Sequence[str], at: datetime | None) -> None:
        """See `Waker.wake`."""
        connection.execute(_DROP, {"operations": list(operations)})
        if at is not None:
            _defer(connection, operations, at, self._seconds_until(at))

    def again(self, operation: str, now: datetime, least_seconds: float) -> None:
        """Sees to it that an open operation has a job after its turn: at its `wake_at`, `least_seconds` of real
        time from now at the earliest. One that has a job keeps it."""
        with self._database.writing() as connection:
            found = connection.execute(_UNTIMED, {"operation": operation}).one_or_none()
            if found is not None:
                at = max(found.wake_at, now)
                _defer(connection, [operation], at, max(self._seconds_until(at), least_seconds))

    def sweep(self, now: datetime) -> int:
        """Wakes what is due and has neither a job that is due nor a live lease; how many. Also after the clock
        of a rehearsal was moved, and after a worker died."""
        with self._database.writing() as connection:
            connection.execute(_BURY)
            found = connection.execute(_FORGOTTEN, {"now": now, "limit": AT_ONCE}).scalars().all()
            if found:
                self.wake(connection, [str(each) for each in found], now)
            return len(found)


def _defer(connection: Connection, operations: Sequence[str], at: datetime, seconds: float) -> None:
    values: dict[str, Any] = {"operations": list(operations), "queue": QUEUE, "task": TASK}
    connection.execute(_DEFER, {**values, "at": at, "seconds": seconds})
