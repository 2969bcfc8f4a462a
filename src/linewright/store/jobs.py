"""The queue's jobs on PostgreSQL, written by Procrastinate's own functions in the transaction that needs them.

Plain SQL: a command that only wakes an operation loads no queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from linewright.store.engine import Database

__all__ = ["QUEUE", "TASK", "QueueJobs"]

QUEUE = "linewright"
TASK = "linewright.turn"
AT_ONCE = 1000
"""Operations that one sweep wakes; the next finds the rest."""
HORIZON_SECONDS = 60.0
"""Real: what comes due later has no job yet. Several sweeps long."""
FARTHEST = 200
"""Who has that many of its account before it, or more, has the last place."""
TINY = 1e-6

_DROP = text(
    """
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs WHERE queueing_lock = ANY(:operations) AND status = 'todo'
        FOR UPDATE SKIP LOCKED
    )
    """
)
"""A job that is being fetched at this moment is let go: its turn finds what is true, and `again` times the next. To
wait for that fetch would be to wait for ourselves: it is committed by the loop that we would hold up."""
_DEFER = text(
    """
    WITH woken AS (
        SELECT o.id, o.account, w.seconds,
               row_number() OVER (PARTITION BY o.account ORDER BY w.seconds, o.seq) AS place,
               count(*) FILTER (WHERE o.wake_at <= :at) OVER (PARTITION BY o.account) AS counted
        FROM unnest(CAST(:operations AS text[]), CAST(:seconds AS float8[])) AS w (id, seconds)
        JOIN operations AS o ON o.id = w.id
        WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS j WHERE j.queueing_lock = o.id AND j.status = 'todo')
    ), before AS (
        SELECT accounts.account, count(waiting.found) AS waits
        FROM (SELECT DISTINCT account FROM woken) AS accounts
        LEFT JOIN LATERAL (
            SELECT 1 AS found FROM operations AS o
            WHERE o.account = accounts.account AND o.ended_at IS NULL AND o.wake_at <= :at
            LIMIT :farthest
        ) AS waiting ON true
        GROUP BY accounts.account
    )
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(:queue, :task, -least(greatest(waits - counted, 0) + place, :farthest)::integer,
            NULL, id, jsonb_build_object('operation', id),
            clock_timestamp() + make_interval(secs => seconds))::procrastinate_job_to_defer_v1
        ORDER BY place
    ))
    FROM woken JOIN before USING (account)
    HAVING count(*) > 0
    """
)
"""A job's priority is its place among those of its account that are due before it: so accounts take turns."""
_UNTIMED = text(
    """
    SELECT wake_at FROM operations AS o
    WHERE id = :operation AND ended_at IS NULL AND wake_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS j WHERE j.queueing_lock = o.id AND j.status = 'todo')
    """
)
_UNTIMED_LOCKED = text(f"{_UNTIMED.text} FOR UPDATE")
_SOON = text(
    """
    SELECT id, wake_at FROM operations AS o
    WHERE ended_at IS NULL AND wake_at <= :soon
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS j WHERE j.queueing_lock = o.id AND j.status = 'todo'
                      AND (o.wake_at > :now OR j.scheduled_at <= clock_timestamp()))
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

    Only what comes due within `HORIZON_SECONDS` has a job; the sweep adds what comes nearer. So the queue stays
    small while 100,000 operations wait, and to fetch a job never means to pass over them.

    `seconds_until` turns a virtual moment into real seconds from now; only those go to the database, whose own
    clock times the jobs: clocks of several machines need not agree.
    """

    def __init__(self, database: Database, seconds_until: Callable[[datetime], float]) -> None:
        self._database = database
        self._seconds_until = seconds_until

    def wake(self, connection: Connection, operations: Sequence[str], at: datetime | None) -> None:
        """See `Waker.wake`."""
        connection.execute(_DROP, {"operations": list(operations)})
        seconds = self._seconds_until(at) if at is not None else None
        if at is not None and seconds is not None and seconds <= HORIZON_SECONDS:
            _defer(connection, dict.fromkeys(operations, seconds), at)

    def again(self, operation: str, now: datetime, least_seconds: float) -> None:
        """Sees to it that an open operation has a job after its turn: at its `wake_at`, `least_seconds` of real
        time from now at the earliest. One that has a job keeps it."""
        asked = {"operation": operation}
        with self._database.reading() as connection:
            if connection.execute(_UNTIMED, asked).one_or_none() is None:
                return  # mostly: the rest wrote its job
        with self._database.writing() as connection:
            found = connection.execute(_UNTIMED_LOCKED, asked).one_or_none()
            if found is not None:
                at = max(found.wake_at, now)
                seconds = max(self._seconds_until(at), least_seconds)
                if seconds <= HORIZON_SECONDS:
                    _defer(connection, {operation: seconds}, at)

    def sweep(self, now: datetime) -> int:
        """Gives a job to what comes due soon and has none, and to what is due and has neither a job that is due
        nor a live lease; how many, `AT_ONCE` at most. Also after the clock of a rehearsal was moved, and after
        a worker died."""
        hour = timedelta(hours=1)
        soon = now + hour * (HORIZON_SECONDS / max(self._seconds_until(now + hour), TINY))
        with self._database.writing() as connection:
            connection.execute(_BURY)
            found = connection.execute(_SOON, {"now": now, "soon": soon, "limit": AT_ONCE}).all()
            if found:
                seconds = {str(row.id): self._seconds_until(row.wake_at) for row in found}
                connection.execute(_DROP, {"operations": list(seconds)})
                _defer(connection, seconds, now)
            return len(found)


def _defer(connection: Connection, seconds: Mapping[str, float], at: datetime) -> None:
    """A job for each operation in so many real seconds; `at` is the virtual moment before which others count."""
    values: dict[str, Any] = {"operations": list(seconds), "seconds": list(seconds.values())}
    connection.execute(_DEFER, {**values, "at": at, "queue": QUEUE, "task": TASK, "farthest": FARTHEST})
