"""Procrastinate, DBOS and a bare poll beside one another, each with 20 turns at once on one PostgreSQL.

python -m bench.queues [--waiting N] [--drained N] [--seconds S]

At rest: CPU and memory of a worker with so many waiting wakes, beside a worker of the same kind with none.
A wake: from the commit that makes one waiting operation due to its turn. Drain: so many due at the same second.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import psycopg

from bench.servers import Sample, databases, sample

NAMES = ("poll", "by_procrastinate", "by_dbos")
FAR = 86_400.0
SLOW_TO_FILL = {"by_dbos": 10}
"""This one makes its wakes one by one: it holds a tenth, and its line says so."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--drained", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with databases() as fresh:
        for name in NAMES:
            try:
                way = importlib.import_module(f"bench.queues.{name}")
            except ImportError as missing:
                print(f"{name}: not measured, {missing}")
                continue
            share = SLOW_TO_FILL.get(name, 1)
            empty = prepared(way, fresh())
            full = prepared(way, fresh(), asked.waiting // share)
            began = time.perf_counter()
            way.fill(full, asked.waiting // share, FAR)
            rate = asked.waiting / share / (time.perf_counter() - began)
            idle, held = at_rest(name, [empty, full], asked.seconds)
            print(
                f"{name}: {asked.waiting // share} waiting, made at {rate:.0f}/s; at rest {held.cpu:.2f} % CPU and "
                f"{held.megabytes:.0f} MB, an empty worker {idle.cpu:.2f} % and {idle.megabytes:.0f} MB"
            )
            print(f"{name}: from a wake to its turn {wakes(name, way, full) * 1000:.0f} ms (median of 20)")
            count = asked.drained // share
            drained = drain(name, way, prepared(way, fresh(), count), count)
            print(f"{name}: {count} due at once drained in {drained:.1f} s, {count / drained:.0f}/s", flush=True)


def prepared(way: ModuleType, url: str, count: int = 1) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE turns (id bigint PRIMARY KEY, ran_at timestamptz)")
        connection.execute("INSERT INTO turns SELECT each, NULL FROM generate_series(1, %s) each", (count,))
    way.prepare(url)
    return url


def worker(name: str, url: str) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", f"bench.queues.{name}", url]
    return subprocess.Popen(line, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)


def at_rest(name: str, urls: list[str], seconds: float) -> list[Sample]:
    workers = [worker(name, url) for url in urls]
    time.sleep(10)
    samples = sample([each.pid for each in workers], seconds)
    for each in workers:
        each.kill()
        each.wait()
    return samples


def wakes(name: str, way: ModuleType, url: str) -> float:
    running = worker(name, url)
    time.sleep(8)
    waited = []
    with psycopg.connect(url, autocommit=True) as connection:
        for one in range(1, 21):
            asked = connection.execute("SELECT clock_timestamp()").fetchone()
            way.wake(url, one)
            while True:
                ran = connection.execute("SELECT ran_at FROM turns WHERE id = %s", (one,)).fetchone()
                if ran and ran[0] is not None and asked:
                    waited.append((ran[0] - asked[0]).total_seconds())
                    break
                time.sleep(0.01)
    running.kill()
    running.wait()
    return statistics.median(waited)


def drain(name: str, way: ModuleType, url: str, count: int) -> float:
    way.fill(url, count, 0)
    running = worker(name, url)
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            time.sleep(0.1)
            seen = connection.execute("SELECT count(ran_at), min(ran_at), max(ran_at) FROM turns").fetchone()
            if seen and seen[0] == count:
                break
    running.kill()
    running.wait()
    return float((seen[2] - seen[1]).total_seconds())


if __name__ == "__main__":
    main()
