"""REST reads a second beside a bare FastAPI + SQLAlchemy handler on the same database, each in a process of its own.

python -m bench.api [--numbers N] [--seconds S]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.servers import cpu_seconds
from linewright.config import Settings
from linewright.secret import Secret
from linewright.wiring import assemble

TOGETHER = 4
"""Connections that ask at the same time."""
PAGE = 100
ROUNDS = 3
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Rate:
    """Answers a second, CPU milliseconds of the server for each, bytes of one."""

    a_second: float
    cpu: float
    size: int


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--numbers", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--bare", metavar="DATABASE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        serve_bare(given.bare)
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        token = furnished(home, given.numbers)
        one, page = f"/numbers/{100_000 + given.numbers // 2}", f"/numbers?limit={PAGE}"
        with bare(home) as least, service(home) as ours:
            for what, path in (("one number", one), (f"a page of {PAGE}", page)):
                asked = (least, path, ""), (ours, f"/api/v1{path}", token)
                rounds = [[measured(*each, given.seconds) for each in asked] for _ in range(ROUNDS)]
                other, mine = (together(each) for each in zip(*rounds, strict=True))
                say("bare FastAPI + SQLAlchemy", what, other, other)
                say("Linewright", what, mine, other)


def together(rates: Sequence[Rate]) -> Rate:
    """The middle of several rounds, in which the two took turns: the machine's mood hits both."""
    speeds, costs = sorted(rate.a_second for rate in rates), sorted(rate.cpu for rate in rates)
    return Rate(speeds[len(rates) // 2], costs[len(rates) // 2], rates[0].size)


def say(name: str, what: str, rate: Rate, beside: Rate) -> None:
    print(
        f"{name}, {what}: {rate.a_second:.0f} a second ({rate.a_second / beside.a_second:.2f} of bare), "
        f"{rate.cpu:.2f} ms CPU each ({rate.cpu / beside.cpu:.1f}x), {rate.size} bytes",
        flush=True,
    )


def furnished(home: Path, numbers: int) -> str:
    """A home with so many numbers, each read once; a token for its service."""
    office = assemble(Settings(home=home, graph_url="http://127.0.0.1:1"))
    try:
        office.store.accounts.add("bench", "200000000000001", Secret("EAA" + "b" * 40), now=NOW)
        bodies = [
            {
                "id": str(100_000 + place),
                "display_phone_number": f"+1 555-{place:07d}",
                "verified_name": f"Shop {place}",
                "status": "CONNECTED" if place % 10 else "DISCONNECTED",
                "platform_type": "CLOUD_API",
                "code_verification_status": "VERIFIED",
                "is_pin_enabled": True,
            }
            for place in range(numbers)
        ]
        office.store.numbers.take_listing("bench", bodies, now=NOW)
        return office.store.api_tokens.make("bench", ["read"], "bench", NOW)[1].open_secret()
    finally:
        office.store.database.close()


@contextmanager
def service(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    words = ["-m", "linewright.cli", "serve", "--port", "0", "--no-worker", "--json"]
    settings = {"LINEWRIGHT_HOME": str(home), "LINEWRIGHT_GRAPH_URL": "http://127.0.0.1:1"}
    with started(words, settings) as (process, said):
        yield process, json.loads(said)["url"]


@contextmanager
def bare(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with started(["-m", "bench.api", "--bare", str(home / "linewright.db")], {}) as (process, said):
        yield process, said.strip()


@contextmanager
def started(words: list[str], settings: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python process, and the first document or line that it prints."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True, env=os.environ | settings)
    assert process.stdout is not None
    said = ""
    try:
        while not said.endswith("}\n") and not said.startswith("http"):
            said += process.stdout.readline()
        yield process, said
    finally:
        process.terminate()
        process.wait()


def measured(there: tuple[subprocess.Popen[str], str], path: str, token: str, seconds: float) -> Rate:
    """What one address gives, asked by several connections for so long, after a moment to warm up."""
    return asyncio.run(_measured(*there, path, token, seconds))


async def _measured(process: subprocess.Popen[str], url: str, path: str, token: str, seconds: float) -> Rate:
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    await _asked(host, int(port), request, time.perf_counter() + 0.3)
    before, began = cpu_seconds(process.pid), time.perf_counter()
    asking = (_asked(host, int(port), request, began + seconds) for _ in range(TOGETHER))
    counts = await asyncio.gather(*asking)
    took, cpu = time.perf_counter() - began, cpu_seconds(process.pid) - before
    answers = sum(count for count, _ in counts)
    return Rate(answers / took, 1000 * cpu / answers, counts[0][1])


async def _asked(host: str, port: int, request: bytes, until: float) -> tuple[int, int]:
    """How many answers came on one connection, and the bytes of one; bare sockets, so that the client costs little."""
    reader, writer = await asyncio.open_connection(host, port)
    count = size = 0
    try:
        while time.perf_counter() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            size = next(int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            await reader.readexactly(size)
            count += 1
    finally:
        writer.close()
    return count, size


def serve_bare(database: str) -> None:
    """What a developer writes first: two handlers that select rows of numbers and readings and give them out."""
    import socket

    import uvicorn
    from fastapi import FastAPI
    from sqlalchemy import create_engine, select

    from linewright.store import tables as t

    app, engine = FastAPI(), create_engine(f"sqlite:///{database}")
    rows = select(t.numbers, t.readings.c.at, t.readings.c.words).outerjoin(
        t.readings, t.readings.c.seq == t.numbers.c.last_good
    )

    @app.get("/numbers/{id}")
    def one(id: str) -> dict[str, Any]:
        with engine.connect() as connection:
            return dict(connection.execute(rows.where(t.numbers.c.id == id)).mappings().one())

    @app.get("/numbers")
    def page(limit: int = PAGE) -> dict[str, Any]:
        with engine.connect() as connection:
            found = connection.execute(rows.order_by(t.numbers.c.id).limit(limit)).mappings()
            return {"items": [dict(row) for row in found], "next": None}

    # The protocol named, since asyncio turns off Nagle's delay only for sockets that say they are TCP.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    asyncio.run(server.serve(sockets=[listening]))


if __name__ == "__main__":
    main()
