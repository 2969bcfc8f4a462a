"""A home, a simulator that shares its clock, and the command line as people and scripts use it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from linewright.cli import main
from linewright.clock import HomeClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import RunningSimulator


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


class Stdin(io.TextIOWrapper):
    """What a pipe hands in."""

    def __init__(self, text: str) -> None:
        super().__init__(io.BytesIO(text.encode()))


@dataclass
class Cli:
    """Runs commands on one home: in this process, or as a process of its own."""

    home: Path
    simulator: RunningSimulator
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str, stdin: str = "") -> Result:
        self.monkeypatch.setattr("sys.stdin", Stdin(stdin))
        status = main(words)
        shown = self.capsys.readouterr()
        return Result(status, shown.out, shown.err)

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "linewright.cli"]

    def process(self, *words: str, stdin: str = "", command: list[str] | None = None) -> Result:
        done = subprocess.run(
            [*(command or self.command), *words], input=stdin, capture_output=True, text=True, check=False, timeout=60
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def advance(self, seconds: float) -> None:
        """Moves the clock of the home and of the simulator."""
        self.simulator.clock.advance(seconds)

    def wake(self, operation: dict[str, Any]) -> None:
        """Moves the clock to where the operation goes on."""
        left = datetime.fromisoformat(operation["wake_at"]) - self.simulator.clock.now()
        self.advance(left.total_seconds() + 1)

    def until_it_rests(self, *words: str) -> Result:
        """Repeats a command that does not wait, at each time it names, until it needs no more waiting."""
        for _ in range(40):
            done = self(*words, "--no-wait", "--json")
            if done.status != 5:
                return done
            self.wake(done.json)
        raise AssertionError("it waits for ever")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[RunningSimulator]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, 1.0)) as running:
        yield running


@pytest.fixture
def bare(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """A home that knows no account yet."""
    for name in [name for name in os.environ if name.startswith("LINEWRIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LINEWRIGHT_GRAPH_URL", simulator.graph_url)
    return Cli(tmp_path / "home", simulator, monkeypatch, capsys)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the account `demo` and its twelve numbers, made once: a simulator's seed makes its ids."""
    home = tmp_path_factory.mktemp("furnished")
    with RunningSimulator(HomeClock(home, 1.0)) as running:
        world = running.world
        settings = Settings(home=home, graph_url=running.graph_url)

        async def add() -> None:
            async with Linewright(settings=settings) as linewright:
                await linewright.add_account("demo", world.account.id, Secret(world.token.text))

        asyncio.run(add())
    return home


@pytest.fixture
def cli(bare: Cli, furnished: Path) -> Cli:
    """A home of its own with the account `demo` and its twelve numbers."""
    for name in ("key", "linewright.db"):
        shutil.copy2(furnished / name, bare.home / name)
    return bare
