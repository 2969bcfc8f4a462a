"""Processes that race for one number, one question or one fresh home (promise 4)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import Ran, Terminal

from linewright.clock import HomeClock
from linewright.simulator.simulator import RunningSimulator

RACERS = 3
LADDER = 3
"""Refusals of the number 133004 before it comes online; each is a round of the race."""


def race(terminal: Terminal, *lines: tuple[str, ...], stdin: str = "") -> list[Ran]:
    """Runs all the commands at once."""
    return [child.finish() for child in [terminal.begin(*line, stdin=stdin) for line in lines]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def simulator(home: Path) -> Any:
    home.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, 1.0)) as running:
        yield running


@pytest.fixture
def terminal(home: Path, tmp_path: Path, simulator: RunningSimulator) -> Terminal:
    """A home with the demo account."""
    terminal = Terminal(home, tmp_path, {"graph_url": simulator.graph_url})
    world = simulator.world
    added = terminal("account", "add", "demo", "--waba", world.account.id, stdin=world.token.text)
    assert added.status == 0, added.err
    return terminal


def wake(simulator: RunningSimulator, operation: dict[str, Any]) -> None:
    left = datetime.fromisoformat(operation["wake_at"]) - simulator.clock.now()
    simulator.clock.advance(left.total_seconds() + 1)


def writes(simulator: RunningSimulator) -> list[tuple[str, int | None]]:
    return [(call.kind, call.code) for call in simulator.control.calls() if call.kind in ("register", "subscribe")]


def test_racers_for_one_number_share_one_operation(terminal: Terminal, simulator: RunningSimulator) -> None:
    words = ("register", "+15550133004", "--no-wait", "--json")
    for round_ in range(1, LADDER + 1):
        ended = race(terminal, *[words] * RACERS)
        assert [ran.status for ran in ended] == [5] * RACERS, [ran.err for ran in ended]
        assert len({ran.document["id"] for ran in ended}) == 1
        (operation,) = terminal("operation", "list", "--json").document["items"]
        assert len(operation["attempts"]) == round_
        assert operation["budgets"]["register"]["used"] == round_
        assert writes(simulator) == [("register", 133004)] * round_
        wake(simulator, operation)
    assert {ran.status for ran in race(terminal, *[words] * RACERS)} <= {0, 5}
    wake_up = terminal("operation", "list", "--json").document["items"]
    for operation in [each for each in wake_up if each["wake_at"]]:
        wake(simulator, operation)
    assert terminal(*words).status == 0
    assert writes(simulator)[:-1] == [("register", 133004)] * LADDER + [("register", None)]
    assert simulator.face.log.overlapping() == []


def test_those_who_wait_together_spend_no_more(home: Path, tmp_path: Path) -> None:
    home.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, 3_000.0)) as simulator:
        terminal, world = Terminal(home, tmp_path, {"graph_url": simulator.graph_url}), simulator.world
        assert terminal("account", "add", "demo", "--waba", world.account.id, stdin=world.token.text).status == 0
        ended = race(terminal, *[("register", "+15550133004", "--wait", "--json")] * RACERS)
        assert [(ran.status, ran.document["state"]) for ran in ended] == [(0, "done")] * RACERS
        assert [code for kind, code in writes(simulator) if kind == "register"].count(None) == 1
        assert simulator.face.log.overlapping() == []
        operations = terminal("operation", "list", "--json").document["items"]
        assert [len(each["attempts"]) > 0 for each in operations].count(True) == 1


def test_of_two_answers_to_one_question_one_is_taken(terminal: Terminal, simulator: RunningSimulator) -> None:
    asked = terminal("register", "+15550133005", "--no-wait", "--json")
    assert asked.status == 3, asked.err
    task = asked.document["task"]["id"]
    answer = ("task", "answer", task, "--stdin", "--json")
    ended = race(terminal, answer, answer, stdin="246810")
    assert sorted(ran.status or 0 for ran in ended) == [0, 2], [ran.err for ran in ended]
    (turned_away,) = (ran for ran in ended if ran.status == 2)
    assert turned_away.document["error"]["reason"] == "task-closed"
    assert [kind for kind, _ in writes(simulator)].count("register") == 1
    assert simulator.face.log.overlapping() == []


@pytest.mark.parametrize("round_", range(3))
def test_a_fresh_home_opened_by_many_at_once(home: Path, tmp_path: Path, round_: int) -> None:
    terminal = Terminal(home, tmp_path, {"log": "error"})
    ended = race(terminal, *[("account", "list", "--json")] * 4)
    assert [(ran.status, ran.err) for ran in ended] == [(0, "")] * 4
    assert [ran.document for ran in ended] == [{"items": [], "next": None}] * 4
    with closing(sqlite3.connect(home / "linewright.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert len(database.execute("SELECT version_num FROM alembic_version").fetchall()) == 1
    assert sorted(path.name for path in home.iterdir() if "key" in path.name) == ["key"]
    assert (home / "key").stat().st_mode & 0o777 == 0o600


def test_two_who_seal_first_use_one_key(home: Path, tmp_path: Path, simulator: RunningSimulator) -> None:
    terminal = Terminal(home, tmp_path, {"graph_url": simulator.graph_url})
    control = simulator.control
    wabas = {name: control.add_account(name).id for name in ("one", "two")}
    token = control.add_token([*wabas.values()]).text
    lines = [("account", "add", name, "--waba", waba) for name, waba in wabas.items()]
    assert [(ran.status, ran.err) for ran in race(terminal, *lines, stdin=token)] == [(0, "")] * 2
    for name in wabas:
        assert terminal("account", "check", name).status == 0
