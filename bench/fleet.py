"""A simulator in a process of its own, a home full of numbers, and workers: what the engine's benches share."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import open_store

__all__ = ["COMMAND", "Fleet", "fleet", "ready", "run", "stop"]

COMMAND = str(Path(sys.executable).with_name("linewright"))


@dataclass
class Fleet:
    """`accounts` are pairs of WABA and token; the first number of each account is online already."""

    home: Path
    database: str
    graph_url: str
    control: httpx.Client
    simulator: subprocess.Popen[str]
    accounts: list[tuple[str, str]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, database_url=self.database, graph_url=self.graph_url, log="error")

    def people(self, accounts: int, numbers: int, digits: str = "", *, registered: bool = False) -> None:
        """Makes accounts and numbers at the remote, up to 5,600 of the same six last `digits`, which choose each
        number's trouble; without them the numbers have none, and are online already where they are `registered`."""
        for place in range(accounts):
            waba = str(self._post("/accounts", name=f"Account {place}")["id"])
            token = str(self._post("/tokens", accounts=[waba])["token"])
            self.accounts.append((waba, token))
            self._post("/numbers", account=waba, e164=f"+1{900 + place}2000009", registered=True)
        for serial in range(numbers):
            e164 = f"+1{200 + serial % 700}{2 + serial // 700 % 8}{digits or f'{serial // 5_600:06d}'}"
            account = self.accounts[serial % accounts][0]
            made = self._post("/numbers", account=account, e164=e164, registered=registered)
            self.numbers.append(str(made["id"]))

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.control.post(path, json=body)
        answer.raise_for_status()
        return dict(answer.json())

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        return list(self.control.get("/calls", params={"since": str(since)}).json()["items"])

    async def settle_in(self) -> None:
        """Adds the accounts to the home, which reads all numbers."""
        async with Linewright(settings=self.settings) as lw:
            for place, (waba, token) in enumerate(self.accounts):
                await lw.add_account(f"a{place}", waba, Secret(token))

    async def ask(self, goal: str = "register") -> list[str]:
        """Opens an operation for each number that is not online; their ids."""
        async with Linewright(settings=self.settings) as lw:
            return [str((await lw.open(goal, number))["id"]) for number in self.numbers]

    def open_operations(self) -> int:
        """How many operations have not ended."""
        database = open_store(self.settings.database)
        with database.reading() as connection:
            query = select(func.count()).select_from(t.operations).where(t.operations.c.ended_at.is_(None))
            count = connection.execute(query).scalar_one()
        database.close()
        return int(count)

    def worker(self, *flags: str) -> subprocess.Popen[str]:
        """A worker; it says in a line when it is ready."""
        environment = {
            **os.environ,
            "LINEWRIGHT_HOME": str(self.home),
            "LINEWRIGHT_DATABASE_URL": self.database,
            "LINEWRIGHT_GRAPH_URL": self.graph_url,
            "LINEWRIGHT_LOG": "error",
        }
        return subprocess.Popen([COMMAND, "worker", *flags], env=environment, stdout=subprocess.PIPE, text=True)


@contextlib.contextmanager
def fleet(folder: Path, database: str = "") -> Iterator[Fleet]:
    """A simulator whose clock runs as the real one does, and an empty home that shares it."""
    home = folder / f"home-{time.monotonic_ns()}"
    line = [COMMAND, "simulator", "--home", str(home), "--rate", "1", "--json"]
    simulator = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert simulator.stdout is not None
    ready = _document(simulator)
    try:
        with httpx.Client(base_url=ready["control_url"], timeout=60, trust_env=False) as control:
            yield Fleet(home, database, ready["graph_url"], control, simulator)
    finally:
        simulator.terminate()
        simulator.wait()


def _document(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    text = ""
    while True:
        text += process.stdout.readline()
        with contextlib.suppress(ValueError):
            return dict(json.loads(text))


def ready(process: subprocess.Popen[str]) -> None:
    """Waits until a worker has said so."""
    assert process.stdout is not None
    process.stdout.readline()


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()


def run(work: Any) -> Any:
    return asyncio.run(work)
