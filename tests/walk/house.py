"""A house to walk through: `linewright serve` as a process of its own, the simulator beside it, one clock for both."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from tests.support.processes import Child, Terminal

from linewright.clock import HomeClock
from linewright.simulator.simulator import RunningSimulator

__all__ = ["CHROMIUM", "House", "chromium", "house"]

CHROMIUM = "/usr/bin/chromium"
ALONE = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
RATE = 10.0
"""Virtual seconds in a real one: a code is good for a minute, a reading that proves comes after half a second."""
PATIENCE = 60.0
"""Real seconds after which a condition counts as never fulfilled."""


@dataclass
class House:
    """`url` is where it listens; `simulator.control` is the phone and the truth; `clock` moves for everybody."""

    url: str
    first_admin: str
    simulator: RunningSimulator
    clock: HomeClock
    child: Child
    terminal: Terminal

    @property
    def waba(self) -> str:
        return str(self.simulator.world.account.id)

    @property
    def token(self) -> str:
        return str(self.simulator.world.token.text)

    def id_of(self, key: str) -> str:
        """The id of the number with these last six digits."""
        return str(self.simulator.world.numbers[key].id)

    def code(self, key: str) -> str:
        """The code that the phone of a number shows."""
        return self.simulator.control.latest_code(f"+15550{key}")

    def codes(self, key: str) -> list[Any]:
        return self.simulator.control.codes(f"+15550{key}")

    def wrong_code(self, key: str) -> str:
        return f"{(int(self.code(key)) + 1) % 1_000_000:06d}"

    def online(self, key: str) -> bool:
        """By the simulator's own truth."""
        return bool(self.simulator.control.number(self.id_of(key))["online"])

    def log(self) -> str:
        return (self.child.folder / "err").read_text()


@contextmanager
def house(folder: Path, **settings: str) -> Iterator[House]:
    """Runs the service on a free port until the end of the context; SIGTERM ends it."""
    home = folder / "home"
    home.mkdir(mode=0o700, parents=True)
    clock = HomeClock(home, RATE)
    with RunningSimulator(clock) as simulator:
        terminal = Terminal(home, folder, {"graph_url": simulator.graph_url, "log": "info", **settings})
        child = terminal.begin("serve", "--port", "0", "--json")
        try:
            told = _ready(child)
            yield House(told["url"], told["first_admin"], simulator, clock, child, terminal)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child.process.pid or 0, signal.SIGTERM)
            child.finish()


def _ready(child: Child) -> dict[str, Any]:
    """What the service prints once it listens."""
    ends = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError, ValueError):
            told: dict[str, Any] = json.loads((child.folder / "out").read_text())
            return told
        assert child.process.exitcode is None, (child.folder / "err").read_text()
        assert time.monotonic() < ends, "the service does not come up"
        time.sleep(0.02)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, that calls nobody by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ALONE)
        try:
            yield browser
        finally:
            browser.close()
