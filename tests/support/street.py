"""`linewright serve` as real processes: a home, its simulator, and the services that run on it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.support.processes import Child, Ran, Terminal

from linewright.clock import HomeClock, SystemClock
from linewright.simulator.simulator import RunningSimulator
from linewright.store.api_tokens import ApiTokens
from linewright.store.engine import open_store

__all__ = ["Street", "lived_in", "said", "until"]

PATIENCE = 60.0
RATE = 200.0


@dataclass
class Street:
    """A home, its simulator, and the services that run on it."""

    terminal: Terminal
    simulator: RunningSimulator
    database: str
    children: list[Child] = field(default_factory=list)

    def begin(self, *words: str) -> Child:
        child = self.terminal.begin(*words)
        self.children.append(child)
        return child

    def serve(self, *words: str) -> tuple[Child, dict[str, Any]]:
        child = self.begin("serve", "--port", "0", "--json", *words)
        told: list[dict[str, Any]] = []

        def printed() -> bool:
            text = said(child, "out")
            told[:] = [json.loads(text)] if text.rstrip().endswith("}") else []
            return bool(told)

        until(printed, lambda: said(child, "err"))
        return child, told[0]

    def stop(self, child: Child, how: signal.Signals = signal.SIGTERM) -> Ran:
        self.children.remove(child)
        os.kill(child.process.pid or 0, how)
        return child.finish()

    def token(self) -> str:
        with closing(open_store(self.database)) as database:
            _, bearer = ApiTokens(database).make("test", ["read", "operate", "admin"], "test", SystemClock().now())
        return bearer.open_secret()

    def program(self, url: str) -> httpx.Client:
        return httpx.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {self.token()}"}, timeout=PATIENCE
        )


def said(child: Child, stream: str) -> str:
    file = child.folder / stream
    return file.read_text() if file.exists() else ""


def until(condition: Callable[[], Any], why: Callable[[], str] = str) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, why()
        time.sleep(0.02)


def lived_in(folder: Path, database_url: str) -> Iterator[Street]:
    """A street with one account, `demo`, which knows its app's secret. What still runs at the end is killed."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, RATE)) as simulator:
        settings = {"graph_url": simulator.graph_url, "log": "debug"}
        if database_url:
            settings["database_url"] = database_url
        terminal = Terminal(home, folder, settings)
        world = simulator.world
        secret = folder / "app-secret"
        secret.write_text(world.app.secret)
        words = ("--waba", world.account.id, "--app-secret-file", str(secret))
        added = terminal("account", "add", "demo", *words, stdin=world.token.text)
        assert added.status == 0, added.err
        made = Street(terminal, simulator, database_url or f"sqlite:///{home / 'linewright.db'}")
        yield made
        for child in list(made.children):
            made.stop(child, signal.SIGKILL)
