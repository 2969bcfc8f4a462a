"""Bad input and a broken home: two clear lines, the right status, and nothing lost; the same with `--json`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.disks import Disk
from tests.support.killed import WRITES
from tests.support.processes import Ran, Terminal

from linewright.clock import HomeClock
from linewright.simulator.simulator import RunningSimulator

SIX = "246810"
LISTS = (("account", "list"), ("number", "list"), ("operation", "list"), ("task", "list"))


LOOKED = ('INSERT INTO "checks"', 'INSERT INTO "conditions"')
"""What a look at an account may bring up to date, also one that fails."""
REACH_OUT = {"a Graph URL that refuses"}
"""Settings that are found wrong by such a look."""


@dataclass
class Place:
    """A home with an operation that waits, one that asks, one that is done, and a phone in two accounts."""

    terminal: Terminal
    simulator: RunningSimulator
    folder: Path
    names: dict[str, str]

    @property
    def home(self) -> Path:
        return self.terminal.home

    @property
    def database(self) -> Path:
        return self.home / "linewright.db"

    def rows(self) -> list[str]:
        """The whole database."""
        with closing(sqlite3.connect(self.database)) as database:
            return list(database.iterdump())

    def listed(self) -> list[Any]:
        """Everything that the home tells."""
        return [self.terminal(*line, "--json").document for line in LISTS]


def built(folder: Path, home: Path, simulator: RunningSimulator) -> Place:
    terminal = Terminal(home, folder, {"graph_url": simulator.graph_url})
    world, control = simulator.world, simulator.control
    other = control.add_account("Other").id
    control.add_number(other, "+15550133010")
    token = control.add_token([world.account.id, other], app=world.app.id).text
    for name, waba in (("demo", world.account.id), ("other", other)):
        added = terminal("account", "add", name, "--waba", waba, stdin=token)
        assert added.status == 0, added.err
    waits = terminal("register", "+15550133015", "--no-wait", "--json").document
    closed = terminal("register", "+15550133006", "--no-wait", "--json").document
    assert closed["task"]["kind"] == "otp"
    assert terminal("task", "answer", closed["task"]["id"], "--decline").status == 0
    asks = terminal("register", "+15550133005", "--no-wait", "--json").document
    assert asks["task"]["kind"] == "pin"
    names = {
        "waits": waits["id"],
        "task": asks["task"]["id"],
        "closed": closed["task"]["id"],
        "ended": closed["id"],
        "number": world.numbers["133005"].id,
        "waba": world.account.id,
        "a-number": world.numbers["133005"].id,
    }
    (folder / "pin").write_text(SIX + "\n")
    (folder / "empty").write_text("")
    (folder / "huge").write_text("1" * 1_000_000)
    (folder / "binary").write_bytes(b"\xff\xfe\x00\x01")
    (folder / "short").write_text("12345\n")
    (folder / "letters").write_text("abcdef\n")
    (folder / "token").write_text(token)
    return Place(terminal, simulator, folder, names)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """For commands that change nothing."""
    folder = tmp_path_factory.mktemp("bad-input")
    yield from opened(folder / "home", folder)


def opened(home: Path, folder: Path) -> Iterator[Place]:
    home.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, 1.0)) as simulator:
        yield built(folder, home, simulator)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """The same, to be broken."""
    yield from opened(tmp_path / "home", tmp_path)


@pytest.fixture
def on_disk(disk: Disk, tmp_path: Path) -> Iterator[Place]:
    """The same on a tiny disk."""
    yield from opened(disk.folder / "home", tmp_path)


def two_lines(ran: Ran, status: int) -> None:
    lines = ran.err.splitlines()
    assert (ran.status, ran.out) == (status, ""), ran
    assert lines[0].startswith("Error: "), ran.err
    assert 2 <= len(lines) <= 3, ran.err
    assert all(lines[:2]), ran.err
    assert len(lines) == 2 or lines[2].startswith("Trace id: ")


def one_document(ran: Ran, status: int, reason: str | None) -> None:
    assert (ran.status, ran.err) == (status, ""), ran
    error = ran.document["error"]
    assert set(error) == {"reason", "message", "fix", "fbtrace_id"}
    assert error["message"], error
    assert error["fix"], error
    assert reason is None or error["reason"] == reason, error


WRONG = {
    "a PIN of five digits": ("register +15550133010x --pin-file {folder}/short", 2, "pin-form"),
    "a PIN of letters": ("register +15550133000 --pin-file {folder}/letters", 2, "pin-form"),
    "a PIN file that is missing": ("register +15550133000 --pin-file {folder}/none", 2, "file-unreadable"),
    "a PIN file that is a folder": ("register +15550133000 --pin-file {folder}", 2, "file-unreadable"),
    "a PIN file that is empty": ("register +15550133000 --pin-file {folder}/empty", 2, "secret-missing"),
    "a PIN file that is huge": ("register +15550133000 --pin-file {folder}/huge", 2, "secret-form"),
    "a PIN file that is no text": ("register +15550133000 --pin-file {folder}/binary", 2, "secret-form"),
    "a PIN from an empty stdin": ("register +15550133000 --pin-stdin", 2, "secret-missing"),
    "a PIN given twice": ("register +15550133000 --pin-stdin --pin-file {folder}/pin", 2, "pin-form"),
    "a PIN to set of five digits": ("set-pin +15550133000 --pin-file {folder}/short", 2, "pin-form"),
    "an unknown number": ("register +15550199999", 2, None),
    "a word for a number": ("number show nobody", 2, None),
    "a number in two accounts": ("register +15550133010", 2, None),
    "a broken token": ("account add third --waba {waba} --token-file {folder}/letters", 2, "token"),
    "no token": ("account add third --waba {waba}", 2, "secret-missing"),
    "an id that is a number's": ("account add third --waba {a-number} --token-file {folder}/token", 2, None),
    "an id of letters": ("account add third --waba w123 --token-file {folder}/token", 2, "waba"),
    "an account of this name": ("account add demo --waba {waba} --token-file {folder}/token", 2, None),
    "an unknown account": ("account check nobody", 2, None),
    "removing an account at work": ("account remove demo --yes", 2, None),
    "removing without a yes": ("account remove demo", 2, "confirm"),
    "an answer to a closed question": ("task answer {closed} --decline", 2, "task-closed"),
    "an answer that is none": ("task answer {task} --file {folder}/letters", 2, "answer-refused"),
    "an empty answer": ("task answer {task} --stdin", 2, "secret-missing"),
    "an answer of another kind": ("task answer {task} --resend sms", 2, "answer-refused"),
    "two answers at once": ("task answer {task} --done --approve", 2, "usage"),
    "an unknown question": ("task answer task-none --done", 2, "unknown-task"),
    "an unknown operation": ("operation cancel op-none", 2, "unknown-operation"),
    "an operation that has ended": ("operation cancel {ended}", 2, "operation-ended"),
    "wrong digits for a deregister": ("deregister +15550133000 --confirm 1234", 2, "confirm"),
    "no digits for a deregister": ("deregister +15550133000", 2, "confirm"),
    "another goal than the open one": ("verify +15550133015", 2, "operation-open"),
    "an unknown command": ("regster +15550133000", 2, "usage"),
    "an unknown part of a command": ("account ad demo", 2, "usage"),
    "an unknown option": ("register +15550133000 --pin 246810", 2, "usage"),
    "an unknown standing": ("number list --standing upside-down", 2, None),
    "an unknown state": ("operation list --state undone", 2, None),
    "no code": ("register +15550133000 --because never", 2, "usage"),
    "a time-out below zero": ("register +15550133000 --timeout -1", 2, "usage"),
    "no phone": ("number add 12 --account demo --verified-name Example", 2, "phone"),
    "a bundle into nowhere": ("bundle {number} -o {folder}/none/bundle.zip", 6, "bundle"),
    "a PIN shown into a pipe": ("pin show {number}", 2, "terminal-only"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command_is_turned_away_and_changes_nothing(name: str, shared: Place) -> None:
    line, status, reason = WRONG[name]
    words = [word.format(folder=shared.folder, **shared.names) for word in line.split()]
    before, calls = shared.rows(), len(shared.simulator.control.calls())
    two_lines(shared.terminal(*words), status)
    one_document(shared.terminal(*words, "--json"), status, reason)
    assert shared.rows() == before
    assert not [call.kind for call in shared.simulator.control.calls(calls) if call.kind in WRITES]


SETTINGS = {
    "a Graph URL that refuses": ({"graph_url": "http://127.0.0.1:9"}, ("sync",), 6),
    "a Graph URL without TLS": ({"graph_url": "http://graph.example.com"}, ("sync",), 2),
    "a clock of another rate": ({"clock_rate": "60"}, ("sync",), 2),
    "a rate that is none": ({"clock_rate": "fast"}, ("sync",), 2),
    "a key that is none": ({"key": "not-a-key"}, ("sync",), 2),
    "a key that does not fit": ({"key": "00" * 32}, ("register", "+15550133000", "--no-wait"), 6),
    "a database of another kind": ({"database_url": "oracle://host/name"}, ("sync",), 2),
    "a time-out of no number": ({"database_url": "sqlite:////tmp/none.db?timeout=long"}, ("sync",), 2),
    "a home that is a file": ({"home": "{folder}/pin"}, ("sync",), 6),
    "a home below a file": ({"home": "{folder}/pin/home"}, ("sync",), 6),
    "a log level that is none": ({"log": "loud"}, ("sync",), 2),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_wrong_setting_is_named(name: str, shared: Place) -> None:
    settings, words, status = SETTINGS[name]
    given = {key: value.format(folder=shared.folder) for key, value in settings.items()}
    aside = LOOKED if name in REACH_OUT else ()
    before = [row for row in shared.rows() if not row.startswith(aside)]
    two_lines(shared.terminal(*words, **given), status)
    one_document(shared.terminal(*words, "--json", **given), status, None)
    assert [row for row in shared.rows() if not row.startswith(aside)] == before


# A home that is broken while it is in use


def test_a_full_disk_loses_nothing(on_disk: Place, disk: Disk) -> None:
    before = on_disk.listed()
    disk.fill()
    for words in (("register", "+15550133000", "--no-wait"), ("account", "update", "demo", "--pause"), ("sync",)):
        two_lines(on_disk.terminal(*words), 6)
        one_document(on_disk.terminal(*words, "--json"), 6, None)
    answer = ("task", "answer", on_disk.names["task"], "--stdin")
    two_lines(on_disk.terminal(*answer, stdin=SIX), 6)
    disk.free()
    assert on_disk.listed() == before
    assert on_disk.terminal(*answer, stdin=SIX).status == 0


def test_a_disk_too_full_for_a_home(disk: Disk, tmp_path: Path) -> None:
    terminal = Terminal(disk.folder / "home", tmp_path)
    disk.fill(leave=8_192)
    two_lines(terminal("account", "list"), 6)
    disk.free()
    assert terminal("account", "list").status == 0


def test_a_read_only_home_loses_nothing(on_disk: Place, disk: Disk) -> None:
    before = on_disk.listed()
    disk.remount("ro")
    for words in (("register", "+15550133000", "--no-wait"), ("sync",)):
        two_lines(on_disk.terminal(*words), 6)
        one_document(on_disk.terminal(*words, "--json"), 6, None)
    disk.remount("rw")
    assert on_disk.listed() == before


def test_a_locked_database_is_waited_for_and_then_named(place: Place) -> None:
    before = place.listed()
    quick = f"sqlite:///{place.database}?timeout=0.05"
    with closing(sqlite3.connect(place.database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for words in (("register", "+15550133000", "--no-wait"), ("task", "answer", place.names["task"], "--done")):
            ran = place.terminal(*words, database_url=quick)
            two_lines(ran, 6)
            assert "locked" in ran.err
            one_document(place.terminal(*words, "--json", database_url=quick), 6, None)
    assert place.listed() == before


def key_of_another_home(place: Place) -> None:
    (place.home / "key").write_text("A" * 43 + "=\n")


def key_is_gone(place: Place) -> None:
    (place.home / "key").unlink()


def key_is_empty(place: Place) -> None:
    (place.home / "key").write_text("")


def key_is_open_to_all(place: Place) -> None:
    (place.home / "key").chmod(0o644)


def written_by_a_newer_version(place: Place) -> None:
    with closing(sqlite3.connect(place.database)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()


def no_database_at_all(place: Place) -> None:
    place.database.write_bytes(b"This is not the file you are looking for." * 200)


def torn_in_the_middle(place: Place) -> None:
    pages = place.database.read_bytes()
    place.database.write_bytes(pages[:4096] + b"\xee" * (len(pages) - 4096))


def a_folder_in_its_place(place: Place) -> None:
    place.database.unlink()
    place.database.mkdir()


def settings_are_no_toml(place: Place) -> None:
    (place.home / "linewright.toml").write_text("graph_url = [")


def a_setting_nobody_knows(place: Place) -> None:
    (place.home / "linewright.toml").write_text('grahp_url = "https://example.com"')


def clock_is_damaged(place: Place) -> None:
    (place.home / "clock.json").write_text("{")


BREAKS: dict[Callable[[Place], None], int] = {
    key_of_another_home: 6,
    key_is_gone: 6,
    key_is_empty: 2,
    key_is_open_to_all: 2,
    written_by_a_newer_version: 6,
    no_database_at_all: 6,
    torn_in_the_middle: 6,
    a_folder_in_its_place: 6,
    settings_are_no_toml: 2,
    a_setting_nobody_knows: 2,
    clock_is_damaged: 2,
}


def test_a_broken_home_is_named_and_works_again_once_mended(place: Place) -> None:
    before = place.listed()
    kept = {path: (path.read_bytes(), path.stat().st_mode) for path in place.home.iterdir() if path.is_file()}
    for break_it, status in BREAKS.items():
        break_it(place)
        broken = {path.name: path.read_bytes() for path in place.home.iterdir() if path.is_file()}
        words = ("register", "+15550133000", "--no-wait")
        two_lines(place.terminal(*words), status)
        one_document(place.terminal(*words, "--json"), status, None)
        for name in ("key", "linewright.db", "linewright.toml", "clock.json"):
            assert broken.get(name) == (p.read_bytes() if (p := place.home / name).is_file() else None), break_it
        mend(place, kept)
    assert place.listed() == before


def mend(place: Place, kept: dict[Path, tuple[bytes, int]]) -> None:
    """Puts every file back as it was."""
    for path in place.home.iterdir():
        if path.is_dir() and path.name == "linewright.db":
            path.rmdir()
        elif path.is_file():
            path.unlink()
    for path, (content, mode) in kept.items():
        path.write_bytes(content)
        path.chmod(mode)
