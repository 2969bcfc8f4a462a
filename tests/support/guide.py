"""A guide of docs/guides followed line by line, as a reader would: its `sh` blocks, in a home with the account `shop`.

    with Guide("pending", tmp_path, monkeypatch) as guide:
        guide.number("+15550133006")
        guide.file("code.txt", "…")
        guide.follow(words={"TASK": lambda: guide.task()["id"]}, statuses={"linewright register": 3})

`linewright …` runs in this process; `serve`, `worker` and `simulator` as processes that stay until the guide's end, on
free ports; `export NAME=value` holds for all that follows; everything else (`curl`, pipes, `$(cat …)`) is the shell's,
which finds a `linewright` too.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from linewright.cli import main
from linewright.clock import HomeClock
from linewright.simulator.simulator import RunningSimulator

__all__ = ["GUIDES", "Guide", "Line", "commands"]

GUIDES = Path(__file__).parent.parent.parent / "docs" / "guides"
READY = {"serve": "/welcome/", "worker": "works here", "simulator": "Seed"}
"""Commands that stay, and what they say once they are ready."""
PATIENCE = 120
"""Real seconds after which a command counts as hung."""
SHELL = re.compile(r"[|<>;&`]|\$\(")
Word = str | Callable[[], str]


def commands(page: str) -> list[str]:
    """Every command of the `sh` blocks, in order; one continued with a backslash is one, a comment is none."""
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    lines = re.sub(r"\\\n\s*", "", blocks).splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


@dataclass(frozen=True, slots=True)
class Line:
    """A command as the guide has it, and what became of it."""

    text: str
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Guide(AbstractContextManager["Guide"]):
    """The guide `name` (docs/guides/NAME.md), with a simulator that shares the clock of the home; `rate` runs it. The
    database is SQLite in the home where `database_url` names no other.

    `ran` are the lines so far. Raises `AssertionError` with what was printed where a line ends with another status.
    """

    def __init__(
        self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, rate: float = 1.0, database_url: str = ""
    ) -> None:
        self.lines = commands((GUIDES / f"{name}.md").read_text())
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        self.simulator = RunningSimulator(HomeClock(self.home, rate))
        self.ran: list[Line] = []
        self.url = ""
        """The address of `linewright serve`, once it runs."""
        self._database_url = database_url
        self._set = monkeypatch
        self._stay: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self.simulator.__enter__()
        for name in [name for name in os.environ if name.startswith("LINEWRIGHT_")]:
            self._set.delenv(name)
        self._set.setenv("LINEWRIGHT_HOME", str(self.home))
        self._set.setenv("LINEWRIGHT_GRAPH_URL", self.simulator.graph_url)
        self._set.setenv("LINEWRIGHT_DATABASE_URL", self._database_url)
        self._set.setenv("PATH", f"{self._bin()}{os.pathsep}{os.environ['PATH']}")
        self._set.chdir(self.folder)
        world = self.simulator.world
        self.file("token.txt", world.token.text)
        added = self.run("linewright account add shop --waba " + world.account.id + " --token-file token.txt")
        assert added.status == 0, added.err
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for process in self._stay:
                process.send_signal(signal.SIGTERM)
            for process in self._stay:
                assert process.wait(PATIENCE) == 0, f"{process.args} did not end well"
        finally:
            for process in self._stay:
                process.kill()
                process.__exit__(kind, error, trace)
            self.simulator.__exit__(kind, error, trace)

    # What the test gives

    def file(self, name: str, text: str) -> None:
        """A file that the guide names, beside where its commands run."""
        (self.folder / name).write_text(text + "\n")

    def number(self, e164: str, **truth: Any) -> str:
        """The id of a number of the account `shop` in the simulator, added where it is not one of the default
        world's, and known here."""
        remote = self.simulator.remote
        found = [each.id for each in remote.numbers.values() if each.phone.e164 == e164]
        id = found[0] if found else str(remote.add_number(self.simulator.world.account.id, e164, **truth).id)
        assert self.run("linewright sync shop").status == 0
        return id

    def advance(self, **span: float) -> None:
        """Lets time pass, for the home, the simulator and every process: `guide.advance(minutes=10)`."""
        self.simulator.clock.advance(timedelta(**span).total_seconds())

    def code(self, e164: str) -> str:
        """The newest code that this phone received."""
        return str(self.simulator.control.latest_code(e164))

    def shown(self, line: str) -> Any:
        """What a command prints with `--json`, whatever its status: `guide.shown("linewright task list")`."""
        return self.run(f"{line} --json").json

    def task(self) -> dict[str, Any]:
        """The one open question."""
        (task,) = self.shown("linewright task list")["items"]
        return dict(task)

    # Following it

    def follow(
        self,
        *,
        words: Mapping[str, Word] | None = None,
        statuses: Mapping[str, int | Callable[[], int]] | None = None,
        before: Mapping[str, Callable[[], object]] | None = None,
        after: Mapping[str, Callable[[], object]] | None = None,
    ) -> list[Line]:
        """Runs every line in order. `words` are the guide's placeholders and what stands for them at that moment.
        `statuses` (0 where none is named; what is called is called after the line), `before` and `after` go by the
        beginning of a line: the longest that fits holds. A key that fits no line is a fault of the test.
        """
        words, statuses, before, after = words or {}, statuses or {}, before or {}, after or {}
        self._all_fit({*statuses, *before, *after}, words)
        for text in self.lines:
            _of(before, text, _nothing)()
            ran = self.run(_filled(text, words), text)
            self.ran.append(ran)
            status = _of(statuses, text, 0)
            expected = status if isinstance(status, int) else status()
            assert ran.status == expected, f"{text}\nended with {ran.status}, not {expected}\n{ran.out}\n{ran.err}"
            _of(after, text, _nothing)()
        return self.ran

    def run(self, line: str, text: str | None = None) -> Line:
        """One command, as the guide's reader would type it; `text` is how the guide has it."""
        text = text or line
        if self.url:
            line = line.replace("http://127.0.0.1:8080", self.url)
        if exported := re.fullmatch(r"export ([A-Z_]+)=(.*)", line):
            self._set.setenv(exported[1], shlex.split(exported[2])[0] if exported[2] else "")
            return Line(text, 0, "", "")
        words = shlex.split(line)
        if words[0] != "linewright" or SHELL.search(line):
            return self._by_the_shell(line, text)
        if words[1] in READY and "--check" not in words:
            return self._comes_and_stays(words, text)
        return _here(words[1:], text)

    def _comes_and_stays(self, words: list[str], text: str) -> Line:
        free = ["--port", "0"] if words[1] in ("serve", "simulator") else []
        line = [sys.executable, "-m", "linewright.cli", *words[1:], *free]
        process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        self._stay.append(process)
        assert process.stdout is not None
        said = []
        for each in process.stdout:
            said.append(each)
            if found := re.search(r"page is at .*?(http://127\.0\.0\.1:\d+)[ ).]", each):
                self.url = found[1]
            if READY[words[1]] in each:
                return Line(text, 0, "".join(said), "")
        return Line(text, process.wait(PATIENCE), "".join(said), "")

    def _by_the_shell(self, line: str, text: str) -> Line:
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
        return Line(text, done.returncode, done.stdout, done.stderr)

    def _bin(self) -> Path:
        """A folder with a `linewright` for the shell."""
        bin = self.folder / "bin"
        bin.mkdir()
        script = bin / "linewright"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m linewright.cli "$@"\n')
        script.chmod(0o700)
        return bin

    def _all_fit(self, starts: set[str], words: Mapping[str, Word]) -> None:
        for start in starts:
            assert any(text.startswith(start) for text in self.lines), f"no line begins with {start!r}"
        for word in words:
            assert any(_whole(word).search(text) for text in self.lines), f"no line holds {word!r}"


def _here(words: list[str], text: str) -> Line:
    """In this process; nobody sits at its stdin."""
    out, err = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    stdin = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    try:
        with redirect_stdout(out), redirect_stderr(err):
            status = main(words)
    finally:
        sys.stdin = stdin
    return Line(text, status, *(each.buffer.getvalue().decode() for each in (out, err)))  # type: ignore[attr-defined]


def _filled(text: str, words: Mapping[str, Word]) -> str:
    for word, stands_for in words.items():
        if _whole(word).search(text):
            value = stands_for if isinstance(stands_for, str) else stands_for()
            text = _whole(word).sub(lambda _, value=value: value, text)
    return text


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")


def _of(by_start: Mapping[str, Any], text: str, otherwise: Any) -> Any:
    """What belongs to the longest beginning that this line has."""
    fitting = [start for start in by_start if text.startswith(start)]
    return by_start[max(fitting, key=len)] if fitting else otherwise


def _nothing() -> None:
    """Nothing to do before or after a line."""
