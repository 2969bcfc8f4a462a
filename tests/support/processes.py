"""Real processes, forked from one warm parent so that each costs milliseconds, and the time that they share."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import mmap
import multiprocessing
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from linewright.cli import main

__all__ = ["Child", "Ran", "SharedClock", "Terminal", "begin", "run", "watched"]

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        *("pytest", "alembic.command", "sqlalchemy.dialects.sqlite.pysqlite"),
        *("linewright.cli.app", "linewright.cli.view", "linewright.demo"),
        *("tests.support.processes", "tests.support.killed", "tests.support.warm"),
    ]
)
PATIENCE = 60
"""Seconds after which a child counts as hung."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = 1_772_442_000_000_000
"""Microseconds: 2 March 2026, 09:00 UTC, as the simulator's own clock begins."""
_names = count()


class SharedClock:
    """Virtual time in a file that processes and the simulator share. It moves only when one of them moves it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("q", START))
        with path.open("r+b") as file:
            self._cell = mmap.mmap(file.fileno(), 8)

    def now(self) -> datetime:
        return EPOCH + timedelta(microseconds=struct.unpack("q", self._cell[:8])[0])

    def advance(self, seconds: float) -> None:
        self._set(self.now() + timedelta(seconds=seconds))

    def seconds_until(self, moment: datetime) -> float:
        return max((moment - self.now()).total_seconds(), 0.0)

    async def until(self, moment: datetime) -> None:
        self._set(max(self.now(), moment))
        await asyncio.sleep(0)

    def _set(self, moment: datetime) -> None:
        self._cell[:8] = struct.pack("q", (moment - EPOCH) // timedelta(microseconds=1))


@dataclass(frozen=True)
class Ran:
    """A process that has ended: its exit status (negative: the signal that killed it), stdout and stderr."""

    status: int | None
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as the one JSON document that it must be."""
        return json.loads(self.out)


@dataclass
class Child:
    """A process that runs; its streams are the files in, out and err of `folder`."""

    process: ForkServerProcess
    folder: Path

    def finish(self) -> Ran:
        """Waits for its end. A child that hangs is killed, and the test fails."""
        self.process.join(PATIENCE)
        hung = self.process.exitcode is None
        if hung:
            self.process.kill()
            self.process.join()
        ran = Ran(self.process.exitcode, *((self.folder / name).read_text() for name in ("out", "err")))
        self.process.close()
        assert not hung, f"a child hung; it said: {ran.out} {ran.err}"
        return ran


def begin(
    work: Callable[[], int], folder: Path, *, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> Child:
    """Runs `work` in a process of its own; its result is the exit status. Its streams are files below `folder`,
    its environment has no other setting of Linewright than those given."""
    place = folder / f"process-{next(_names)}"
    place.mkdir(parents=True)
    (place / "in").write_bytes(stdin)
    process = SERVER.Process(target=_life, args=(work, place, dict(environment or {})), daemon=True)
    process.start()
    return Child(process, place)


def run(
    work: Callable[[], int], folder: Path, *, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> Ran:
    """`begin`, and its end."""
    return begin(work, folder, stdin=stdin, environment=environment).finish()


def _life(work: Callable[[], int], folder: Path, environment: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("LINEWRIGHT_")]:
        del os.environ[name]
    os.environ.update(environment)
    tempfile.tempdir = None
    for number, (name, flags) in enumerate((("in", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY))):
        os.dup2(os.open(folder / name, flags | os.O_CREAT | os.O_APPEND, 0o600), number)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    status = work()
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(status)


@dataclass(frozen=True)
class Terminal:
    """Runs commands on one home, each in a process of its own. `folder` takes their streams and temp files;
    `settings` are named as after LINEWRIGHT_, in lower case."""

    home: Path
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def begin(self, *arguments: str, stdin: str = "", **settings: str) -> Child:
        given = {"home": str(self.home), **self.settings, **settings}
        temp = self.folder / "tmp"
        temp.mkdir(parents=True, exist_ok=True)
        environment = {f"LINEWRIGHT_{name.upper()}": value for name, value in given.items()} | {"TMPDIR": str(temp)}
        return begin(
            partial(main, list(arguments)), self.folder / "streams", stdin=stdin.encode(), environment=environment
        )

    def __call__(self, *arguments: str, stdin: str = "", **settings: str) -> Ran:
        return self.begin(*arguments, stdin=stdin, **settings).finish()


def watched(arguments: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> tuple[Ran, bytes]:
    """Runs the installed command, and reads meanwhile what anybody on this machine may see of the process and of
    its children: arguments and environment."""
    line = [sys.executable, "-m", "linewright.cli", *arguments]
    with tempfile.TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        process = subprocess.Popen(
            line,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
    with process:
        seen = b""
        while True:
            seen += _seen(process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                out, err = process.communicate(timeout=0.05)
                return Ran(process.returncode, out, err), seen


def _seen(pid: int) -> bytes:
    """What /proc shows of a process and of all its descendants; nothing once it has gone."""
    place = Path("/proc") / str(pid)
    seen = b""
    with contextlib.suppress(OSError):
        for name in ("cmdline", "environ", "comm"):
            seen += (place / name).read_bytes() + b"\n"
        for children in place.glob("task/*/children"):
            for child in children.read_text().split():
                seen += _seen(int(child))
    return seen
