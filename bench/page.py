"""The fleet page with 100, 10,000 and 100,000 numbers: time to first byte, whole time, and bytes, over loopback.

python -m bench.page [--numbers N...] [--times T]
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn
from sqlalchemy import insert

from bench.servers import databases
from linewright.config import Settings
from linewright.domain.number import Standing
from linewright.face import Linewright
from linewright.service.app import create_app
from linewright.service.desk import Desk
from linewright.service.who import COOKIE
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.users import Role

ACCOUNTS = 100
AT_ONCE = 5_000
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
STANDINGS = (Standing.ONLINE,) * 16 + (Standing.OFFLINE, Standing.OFFLINE, Standing.UNVERIFIED, Standing.RESTRICTED)
LOOKS = {
    "first page": "/fleet",
    "online only": "/fleet?standing=online",
    "warnings only": "/fleet?warned=1",
    "one account": "/fleet?account=a7",
    "waiting only": "/fleet?state=waiting",
    "last digits": "/fleet?q=00099",
    "a name": "/fleet?q=shop+99",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--numbers", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--times", type=int, default=15)
    asked = parser.parse_args()
    with databases() as fresh, tempfile.TemporaryDirectory() as folder:
        for name in ("SQLite", "PostgreSQL"):
            base: dict[str, float] = {}
            for count in asked.numbers:
                url = fresh() if name == "PostgreSQL" else ""
                with served(Path(folder) / f"{name}-{count}", url, count) as client:
                    measure(client, f"{name}, {count:,} numbers", asked.times, base)


def measure(client: httpx.Client, title: str, times: int, base: dict[str, float]) -> None:
    """One line for each look; the first title measured is what the others are compared with."""
    middle = re.search(r'href="(/fleet\?[^"]+)" rel="next"', client.get("/fleet").text)
    looks = {**LOOKS, **({"second page": middle[1].replace("&amp;", "&")} if middle else {})}
    rows = re.search(r'hx-get="(/fleet/rows[^"]+)"', client.get("/fleet").text)
    looks |= {"nothing changed": rows[1].replace("&amp;", "&")} if rows else {}
    for look, path in looks.items():
        first, whole, size = zip(*(timed(client, path) for _ in range(times)), strict=True)
        at = statistics.median(first) * 1_000
        than = f" ({at / base[look]:.1f} of the smallest)" if look in base else ""
        base.setdefault(look, at)
        print(
            f"{title}, {look}: {at:.1f} ms to the first byte{than}, {statistics.median(whole) * 1_000:.1f} ms whole, "
            f"{size[-1] / 1_000:.1f} kB",
            flush=True,
        )


def timed(client: httpx.Client, path: str) -> tuple[float, float, int]:
    """Seconds to the first byte, seconds to the last, bytes."""
    began = time.perf_counter()
    with client.stream("GET", path) as answer:
        first = time.perf_counter() - began
        body = answer.read()
    assert answer.status_code in (200, 204), path
    return first, time.perf_counter() - began, len(body)


@contextmanager
def served(home: Path, database: str, count: int) -> Iterator[httpx.Client]:
    """The service on a home with so many numbers, and somebody who is logged in."""
    settings = Settings(home=home, database_url=database, graph_url="http://127.0.0.1:9", log="error")
    lw = Linewright(settings=settings)
    app = create_app(lw, public_url="http://127.0.0.1")
    fill(lw.office.store.database, count)
    desk: Desk = app.state.desk
    users, now = desk.store.users, desk.now()
    user = users.accept(users.invite(Role.VIEWER, "bench", now), "viewer", "no hash", now)
    cookie = desk.cookies.closed(users.begin(user.id, now))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={COOKIE: cookie}, trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join()
    desk.store.database.close()


def fill(database: Database, count: int) -> None:
    """Numbers in a hundred accounts, each read once; one in twenty with a warning, one in fifty waiting."""
    with database.writing() as connection:
        accounts = [{"name": f"a{at}", "waba": str(1_000 + at), "added_at": NOW} for at in range(ACCOUNTS)]
        connection.execute(insert(t.accounts), accounts)
        for first in range(0, count, AT_ONCE):
            places = range(first, min(first + AT_ONCE, count))
            connection.execute(insert(t.numbers), [_number(at) for at in places])
            reading = {"at": NOW, "good": True, "facts": {"status": "CONNECTED"}}
            connection.execute(insert(t.readings), [{"seq": at + 1, "number": _id(at), **reading} for at in places])
            told = {"type": "Registered", "status": "false", "reason": "offline", "message": "It is not registered."}
            warned = [{"number": _id(at), "since": NOW, **told} for at in places if at % 20 == 0]
            connection.execute(insert(t.conditions), warned)
            connection.execute(insert(t.operations), [_waiting(at) for at in places if at % 50 == 0])
        connection.exec_driver_sql("ANALYZE")


def _id(at: int) -> str:
    return str(10**14 + at)


def _number(at: int) -> dict[str, object]:
    return {
        "id": _id(at),
        "e164": f"+1{2_000_000_000 + at}",
        "account": f"a{at % ACCOUNTS}",
        "display": f"+1 {200 + at // 10**7}-{at // 10**4 % 1_000:03}-{at % 10**4:04}",
        "name": f"Shop {at}",
        "added_at": NOW,
        "last_good": at + 1,
        "standing": STANDINGS[at % len(STANDINGS)].value,
        "standing_reason": None,
        "warning": "Registered" if at % 20 == 0 else None,
    }


def _waiting(at: int) -> dict[str, object]:
    return {
        "id": f"op-{at}",
        "goal": "register",
        "number": _id(at),
        "e164": f"+1{2_000_000_000 + at}",
        "account": f"a{at % ACCOUNTS}",
        "opened_at": NOW,
        "state": "waiting",
        "reason": "blocked",
        "message": "All ten attempts of 72 hours are used up (133016).",
        "next_step": "Registers again by itself.",
        "wake_at": datetime.now(UTC) + timedelta(days=1),
        "code_method": "SMS",
        "code_language": "en_US",
    }


if __name__ == "__main__":
    main()
