"""100,000 waiting operations at rest: CPU and memory of a worker beside one with nothing to do, in the same minute.

python -m bench.rest [--waiting N] [--seconds S]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from bench.fleet import COMMAND
from bench.servers import databases, sample
from linewright.domain.operation import Goal, OperationState
from linewright.store import tables as t
from linewright.store.engine import open_store

ACCOUNTS = 100
AT_ONCE = 5_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with databases() as fresh, tempfile.TemporaryDirectory() as folder:
        for name in ("SQLite", "PostgreSQL"):
            homes = [Path(folder) / f"{name}-{kind}" for kind in ("empty", "full")]
            urls = [fresh() if name == "PostgreSQL" else f"sqlite:///{home}/linewright.db" for home in homes]
            open_store(urls[0]).close()
            wait_for_tomorrow(urls[1], asked.waiting)
            workers = [_worker(home, url) for home, url in zip(homes, urls, strict=True)]
            time.sleep(10)
            idle, held = sample([worker.pid for worker in workers], asked.seconds)
            for worker in workers:
                worker.terminate()
                worker.wait()
            print(
                f"{name}: {asked.waiting} waiting, {held.cpu:.2f} % CPU and {held.megabytes:.0f} MB; nothing waiting, "
                f"{idle.cpu:.2f} % CPU and {idle.megabytes:.0f} MB: {held.cpu - idle.cpu:+.2f} % and "
                f"{held.megabytes - idle.megabytes:+.0f} MB",
                flush=True,
            )


def wait_for_tomorrow(url: str, count: int) -> None:
    """Rows as they lie there when so many operations wait: a day for the first, a second more for each. On
    PostgreSQL none of them has a job yet: only what comes due within a minute has one."""
    database, now = open_store(url), datetime.now(UTC)
    later = now + timedelta(days=1)
    with database.writing() as connection:
        names = [f"a{place}" for place in range(ACCOUNTS)]
        accounts = [{"name": name, "waba": str(1_000 + at), "added_at": now} for at, name in enumerate(names)]
        connection.execute(insert(t.accounts), accounts)
        for first in range(0, count, AT_ONCE):
            serials = range(first, min(first + AT_ONCE, count))
            phones = {at: (str(10**14 + at), f"+1{2_000_000_000 + at}", names[at % ACCOUNTS]) for at in serials}
            numbers = [{"id": i, "e164": e, "account": a, "added_at": now} for i, e, a in phones.values()]
            connection.execute(insert(t.numbers), numbers)
            operations = [
                {
                    "id": f"op-{at}",
                    "goal": Goal.REGISTER.value,
                    "number": number,
                    "e164": e164,
                    "account": account,
                    "opened_at": now,
                    "state": OperationState.WAITING.value,
                    "reason": "blocked",
                    "wake_at": later + timedelta(seconds=at),
                    "code_method": "SMS",
                    "code_language": "en_US",
                }
                for at, (number, e164, account) in phones.items()
            ]
            connection.execute(insert(t.operations), operations)
    database.close()


def _worker(home: Path, url: str) -> subprocess.Popen[bytes]:
    home.mkdir(mode=0o700, exist_ok=True)
    environment = {
        **os.environ,
        "LINEWRIGHT_HOME": str(home),
        "LINEWRIGHT_DATABASE_URL": url,
        "LINEWRIGHT_GRAPH_URL": "http://127.0.0.1:9",
    }
    return subprocess.Popen([COMMAND, "worker"], env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
