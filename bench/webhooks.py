"""Webhooks taken a second by a running `linewright serve`, with its fleet checks under way, beside a bare FastAPI
handler that only verifies the signature; each in a process of its own, in one run, on SQLite and PostgreSQL.

python -m bench.webhooks [--numbers N] [--posts N] [--connections N] [--rate R]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import multiprocessing
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy import func, select

from bench.api import started
from bench.servers import cpu_seconds, databases
from linewright.config import Settings
from linewright.secret import Secret
from linewright.simulator.simulator import RunningSimulator
from linewright.store import tables as t
from linewright.store.engine import open_store
from linewright.wiring import assemble

ACCOUNTS = 20
ROUNDS = 3


@dataclass(frozen=True)
class Remote:
    """A simulator: the accounts as WABA and token, their numbers by id, and the secret of the app."""

    graph_url: str
    control_url: str
    accounts: list[tuple[str, str, list[str]]]
    secret: str

    def calls(self) -> int:
        return int(httpx.get(f"{self.control_url}/state", timeout=600, trust_env=False).json()["calls"])


@dataclass(frozen=True)
class Rate:
    """Answers a second, CPU milliseconds of the server for each, and how long the slowest of a hundred takes."""

    a_second: float
    cpu: float
    slowest: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--numbers", type=int, default=4_000)
    parser.add_argument("--posts", type=int, default=3_000, help="of one round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float, default=30, help="how fast the clock of the fleet checks runs")
    parser.add_argument("--bare", metavar="SECRET", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        serve_bare(given.bare)
        return
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    simulator = context.Process(target=_simulate, args=(theirs, given.numbers), daemon=True)
    simulator.start()
    remote: Remote = ours.recv()
    with databases() as fresh, tempfile.TemporaryDirectory() as folder, bare(remote) as least:
        for name in ("SQLite", "PostgreSQL"):
            home = Path(folder) / name.lower()
            url = fresh() if name == "PostgreSQL" else f"sqlite:///{home}/linewright.db"
            _compare(name, remote, home, url, least, given)
    ours.send("stop")
    simulator.join()


def _compare(name: str, remote: Remote, home: Path, url: str, least: Any, given: argparse.Namespace) -> None:
    settings = Settings(home=home, database_url=url, graph_url=remote.graph_url, clock_rate=given.rate)
    furnished(settings, remote)
    words = ["-m", "linewright.cli", "serve", "--port", "0", "--json"]
    environment = {
        "LINEWRIGHT_HOME": str(home),
        "LINEWRIGHT_DATABASE_URL": url,
        "LINEWRIGHT_GRAPH_URL": remote.graph_url,
        "LINEWRIGHT_CLOCK_RATE": str(given.rate),
        "LINEWRIGHT_LOG": "error",
    }
    with started(words, environment) as (process, said):
        here = process, json.loads(said)["url"]
        mine, other, behind, rows = [], [], [], 0
        began, calls = time.perf_counter(), remote.calls()
        for place in range(ROUNDS):
            other.append(measured(least, posts(remote, given.posts, 2 * place, least[1]), given.connections))
            mine.append(measured(here, posts(remote, given.posts, 2 * place + 1, here[1]), given.connections))
            behind.append(worked_off(url))
        listings = remote.calls() - calls
        took = time.perf_counter() - began
        rows = counted(url)
    assert rows == ROUNDS * given.posts, rows
    theirs, ours = middle(other), middle(mine)
    for who, rate in (("bare FastAPI", theirs), (f"Linewright, {name}", ours)):
        print(
            f"{who}: {rate.a_second:.0f} webhooks a second ({rate.a_second / theirs.a_second:.2f} of bare), "
            f"{rate.cpu:.2f} ms CPU each ({rate.cpu / theirs.cpu:.1f}x), one in a hundred over {rate.slowest:.0f} ms",
            flush=True,
        )
    print(
        f"{name}: all {rows:,} kept; worked through {statistics.median(behind):.1f} s after the last answer; meanwhile "
        f"{listings:,} pages and reads of the fleet check in {took:.0f} s",
        flush=True,
    )


def furnished(settings: Settings, remote: Remote) -> None:
    """A home with the accounts, their numbers known by a listing."""
    office = assemble(settings)
    try:
        store, now = office.store, office.clock.now()
        for place, (waba, token, numbers) in enumerate(remote.accounts):
            store.accounts.add(f"a{place}", waba, Secret(token), app_secret=Secret(remote.secret), now=now)
            rows = [{"id": id, "display_phone_number": e164, "status": "CONNECTED"} for id, e164 in _phones(numbers)]
            store.numbers.take_listing(f"a{place}", rows, now=now)
        store.checks.soon([f"a{place}" for place in range(len(remote.accounts))], now)
    finally:
        office.store.database.close()


def _phones(numbers: Sequence[str]) -> list[tuple[str, str]]:
    return [(each.split("/")[0], each.split("/")[1]) for each in numbers]


# What is sent


def posts(remote: Remote, count: int, salt: int, url: str) -> list[bytes]:
    """Whole requests, signed, no two alike; made before the clock starts, so that sending costs little."""
    host, found = url.removeprefix("http://").rstrip("/"), []
    at = int(time.time())
    for place in range(count):
        account = place % len(remote.accounts)
        waba, _, numbers = remote.accounts[account]
        id, _, phone = numbers[place % len(numbers)].partition("/")
        status: dict[str, Any] = {"id": f"wamid.{salt}.{place}", "timestamp": str(at), "recipient_id": "15550109999"}
        # A message that failed is kept and worked through; one that arrived would be counted only.
        status |= {"status": "failed", "errors": [{"code": 131045, "title": "Incorrect certificate"}]}
        metadata = {"display_phone_number": phone.lstrip("+"), "phone_number_id": id}
        value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": [status]}
        entry = {"id": waba, "time": at, "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        mac = hmac.new(remote.secret.encode(), body, hashlib.sha256).hexdigest()
        found.append(
            f"POST /webhooks/whatsapp/a{account} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"X-Hub-Signature-256: sha256={mac}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
    return found


def measured(there: tuple[subprocess.Popen[str], str], requests: list[bytes], connections: int) -> Rate:
    """What one address takes from so many connections."""
    return asyncio.run(_measured(*there, requests, connections))


async def _measured(process: subprocess.Popen[str], url: str, requests: list[bytes], connections: int) -> Rate:
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    left, took = iter(requests), list[float]()

    async def send() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for request in left:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            size = next((int(line[15:]) for line in head.lower().splitlines() if line[:15] == b"content-length:"), 0)
            await reader.readexactly(size)
            took.append(time.perf_counter() - began)
        writer.close()

    before, began = cpu_seconds(process.pid), time.perf_counter()
    await asyncio.gather(*(send() for _ in range(connections)))
    seconds, cpu = time.perf_counter() - began, cpu_seconds(process.pid) - before
    slowest = statistics.quantiles(took, n=100)[98]
    return Rate(len(requests) / seconds, 1000 * cpu / len(requests), 1000 * slowest)


def middle(rates: Sequence[Rate]) -> Rate:
    """The middle of several rounds, in which the two took turns."""
    return Rate(*(statistics.median(values) for values in zip(*(vars(rate).values() for rate in rates), strict=True)))


# What became of it


def worked_off(url: str) -> float:
    """Seconds until nothing waits to be worked through."""
    began, database = time.perf_counter(), open_store(url)
    query = select(func.count()).select_from(t.webhook_events).where(t.webhook_events.c.done_at.is_(None))
    try:
        while True:
            with database.reading() as connection:
                if not connection.execute(query).scalar_one():
                    return time.perf_counter() - began
            time.sleep(0.2)
    finally:
        database.close()


def counted(url: str) -> int:
    database = open_store(url)
    try:
        with database.reading() as connection:
            return connection.execute(select(func.count()).select_from(t.webhook_events)).scalar_one()
    finally:
        database.close()


# The processes


def _simulate(pipe: Connection, numbers: int) -> None:
    with RunningSimulator(empty=True) as simulator:
        remote = simulator.remote
        app, accounts = remote.add_app(), list[tuple[str, str, list[str]]]()
        for place in range(ACCOUNTS):
            account = remote.add_account()
            account.subscribed[app.id] = {}
            made = []
            for serial in range(place, numbers, ACCOUNTS):
                number = remote.add_number(
                    account.id, f"+1{201 + serial // 10_000}4{serial % 10_000:06d}", registered=True
                )
                made.append(f"{number.id}/{number.phone.e164}")
            accounts.append((account.id, remote.add_token([account.id]).text, made))
        pipe.send(Remote(simulator.graph_url, simulator.control_url, accounts, app.secret))
        pipe.recv()


@contextmanager
def bare(remote: Remote) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with started(["-m", "bench.webhooks", "--bare", remote.secret], {}) as (process, said):
        yield process, said.strip()


def serve_bare(secret: str) -> None:
    """What a developer writes first: the signature is verified, and the post thrown away."""

    app = FastAPI()

    @app.post("/webhooks/whatsapp/{account}")
    async def take(account: str, request: Request) -> Response:
        right = "sha256=" + hmac.new(secret.encode(), await request.body(), hashlib.sha256).hexdigest()
        given = request.headers.get("x-hub-signature-256", "")
        return Response(status_code=200 if hmac.compare_digest(right, given) else 403)

    # The protocol named, since asyncio turns off Nagle's delay only for sockets that say they are TCP.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    asyncio.run(server.serve(sockets=[listening]))


if __name__ == "__main__":
    main()
