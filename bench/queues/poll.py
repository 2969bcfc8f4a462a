"""The barest queue: a table polled with SKIP LOCKED, woken by NOTIFY. What any library must be better than."""

from __future__ import annotations

import asyncio
import sys

import psycopg

TOGETHER = 20
POLL_SECONDS = 0.5


def prepare(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE wakes (id bigint PRIMARY KEY, at timestamptz NOT NULL)")
        connection.execute("CREATE INDEX ON wakes (at)")


def fill(url: str, count: int, seconds: float) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO wakes SELECT each, clock_timestamp() + %s * interval '1 second' "
            "FROM generate_series(1, %s) each",
            (seconds, count),
        )
        connection.execute("NOTIFY wakes")


def wake(url: str, one: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE wakes SET at = clock_timestamp() WHERE id = %s", (one,))
        connection.execute("NOTIFY wakes")


async def work(url: str) -> None:
    listener = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await listener.execute("LISTEN wakes")
    woken = asyncio.Condition()
    workers = [asyncio.create_task(_turns(url, woken)) for _ in range(TOGETHER)]
    while True:
        async for _ in listener.notifies(timeout=POLL_SECONDS, stop_after=1):
            pass
        async with woken:
            woken.notify_all()
        if any(each.done() for each in workers):
            raise SystemExit(1)


async def _turns(url: str, woken: asyncio.Condition) -> None:
    connection = await psycopg.AsyncConnection.connect(url)
    while True:
        async with connection.transaction():
            taken = await connection.execute(
                "DELETE FROM wakes WHERE id = (SELECT id FROM wakes WHERE at <= clock_timestamp() "
                "ORDER BY at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
            )
            row = await taken.fetchone()
            if row is not None:
                await connection.execute("UPDATE turns SET ran_at = clock_timestamp() WHERE id = %s", row)
        if row is None:
            async with woken:
                await woken.wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
