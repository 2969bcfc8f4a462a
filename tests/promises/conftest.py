"""Options and the closing figures of the promise tests: seed, operations played, planted breaches found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from linewright.catalogue import loader
from linewright.domain import remedies
from linewright.domain.entries import Catalogue, Entry
from linewright.domain.journal import CallKind, RemoteError

OPERATIONS = 2_000
KEY = pytest.StashKey[dict[str, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("promises")
    group.addoption("--operations", type=int, default=OPERATIONS, help="operations to play against unkind remotes")
    group.addoption("--fuzz-seed", type=int, default=0, help="the seed of the unkind remotes")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[KEY] = {"operations": 0, "turns": 0, "calls": 0, "fixed": 0, "breaches": []}


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the summary adds up over all workers."""
    return request.config.stash[KEY]


class Remembering(Catalogue):
    """The same catalogue, which remembers what it was asked: a life asks the same thing many times."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        super().__init__(entries)
        self._found: dict[tuple[RemoteError, CallKind | None], Entry | None] = {}

    def find(self, error: RemoteError, call: CallKind | None = None) -> Entry | None:
        if (error, call) not in self._found:
            self._found[error, call] = super().find(error, call)
        return self._found[error, call]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Remembering(loader.load(remedies.NAMES).entries)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist ends: its figures join ours."""
    theirs = getattr(node, "workeroutput", {}).get("promises")
    if theirs:
        ours = node.config.stash[KEY]
        for name, value in theirs.items():
            ours[name] += value


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["promises"] = session.config.stash[KEY]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    found = config.stash[KEY]
    if not found["operations"] and not found["breaches"]:
        return
    say = terminalreporter.write_line
    terminalreporter.section("promises")
    say(
        f"seed {config.getoption('--fuzz-seed')}: {found['operations']} operations, {found['turns']} turns, "
        f"{found['calls']} calls against unkind remotes; {found['fixed']} operations against one fixed answer for ever"
    )
    for promise, name, examples in sorted(found["breaches"]):
        say(f"planted breach of promise {promise}: {name}: found after {examples} example{'s' * (examples != 1)}")
