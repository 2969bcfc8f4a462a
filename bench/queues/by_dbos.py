"""The same by DBOS: a delayed workflow for each wake. Needs `dbos`, which Linewright does not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence

from dbos import DBOS, DBOSClient, DBOSConfig

TOGETHER = 20


def _url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def prepare(url: str) -> None:
    import subprocess

    subprocess.run([sys.executable, "-m", "bench.queues.by_dbos", url, "prepare"], check=True)


def fill(url: str, count: int, seconds: float) -> None:
    client = DBOSClient(system_database_url=_url(url))
    for one in range(1, count + 1):
        client.enqueue(
            {"queue_name": "turns", "workflow_name": "turn", "workflow_id": f"op-{one}", "delay_seconds": seconds}
            if seconds > 0
            else {"queue_name": "turns", "workflow_name": "turn", "workflow_id": f"op-{one}"},
            one,
        )
    client.destroy()


def wake(url: str, one: int) -> None:
    client = DBOSClient(system_database_url=_url(url))
    client.set_workflow_delay(f"op-{one}", delay_seconds=0)
    client.destroy()


def main(arguments: Sequence[str]) -> None:
    import psycopg_pool

    url = arguments[0]
    config: DBOSConfig = {"name": "bench", "system_database_url": _url(url), "log_level": "ERROR"}
    DBOS(config=config)
    pool = psycopg_pool.ConnectionPool(url, min_size=2, max_size=TOGETHER, open=True)

    @DBOS.workflow(name="turn")
    def turn(one: int) -> None:
        step(one)

    @DBOS.step()
    def step(one: int) -> None:
        with pool.connection() as connection:
            connection.execute("UPDATE turns SET ran_at = clock_timestamp() WHERE id = %s", (one,))

    DBOS.launch()
    DBOS.register_queue("turns", worker_concurrency=TOGETHER, polling_interval_sec=0.2)
    if arguments[1:] != ["prepare"]:
        threading.Event().wait()
    DBOS.destroy()


if __name__ == "__main__":
    main(sys.argv[1:])
