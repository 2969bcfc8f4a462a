"""The same by Procrastinate: a job for each wake, its queueing lock the operation."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import procrastinate
import psycopg

TOGETHER = 20


def application(url: str) -> procrastinate.App:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="turn")
    async def turn(one: int) -> None:
        await app.connector.execute_query_async(
            "UPDATE turns SET ran_at = clock_timestamp() WHERE id = %(one)s", one=one
        )

    return app


def prepare(url: str) -> None:
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    with app.open():
        app.schema_manager.apply_schema()


def fill(url: str, count: int, seconds: float) -> None:
    asyncio.run(_fill(url, count, seconds))


async def _fill(url: str, count: int, seconds: float) -> None:
    app = application(url)
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    async with app.open_async():
        for first in range(1, count + 1, 1_000):
            jobs = [
                app.tasks["turn"].configure(queueing_lock=str(one), schedule_at=at).job.evolve(task_kwargs={"one": one})
                for one in range(first, min(first + 1_000, count + 1))
            ]
            await app.job_manager.batch_defer_jobs_async(jobs=jobs)


def wake(url: str, one: int) -> None:
    """As Linewright does it: in the transaction that changes the truth."""
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'", (str(one),))
        connection.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'turn', 0, NULL, %s, %s, "
            "clock_timestamp())::procrastinate_job_to_defer_v1])",
            (str(one), f'{{"one": {one}}}'),
        )


async def work(url: str) -> None:
    app = application(url)
    async with app.open_async():
        await app.run_worker_async(concurrency=TOGETHER, delete_jobs="always", fetch_job_polling_interval=0.5)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
