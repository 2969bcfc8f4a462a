"""`linewright backup` while a worker is at work, a home put back from it, and what each says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Cli
from tests.support.processes import Child, Terminal
from tests.support.search import Search
from tests.support.stage_checks import MONEY, SPACING, gaps

from linewright.clock import HomeClock
from linewright.simulator.simulator import RunningSimulator
from linewright.store.engine import open_store
from linewright.store.store import Store
from linewright.vault import open_vault

RATE = 200.0
NUMBERS = [f"+15550{digits}" for digits in ("133000", "133010", "133015")]
PATIENCE = 20.0


def until(condition: Callable[[], Any]) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def work(terminal: Terminal) -> Child:
    child = terminal.begin("worker")
    until(lambda: "works here" in "".join(path.read_text() for path in child.folder.glob("out")))
    return child


def end(child: Child) -> None:
    assert child.process.pid is not None
    os.kill(child.process.pid, signal.SIGTERM)
    assert child.finish().status == 0


def looked_through(copy: Path, key: Path) -> int:
    """Reads everything in the copy, and opens every PIN with the key; how many attempts it has."""
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT count(*) FROM operations").fetchone() == (len(NUMBERS),)
        pins = [row[0] for row in connection.execute("SELECT id FROM pins")]
        attempts = connection.execute("SELECT count(*) FROM attempts").fetchone()[0]
    place = copy.with_suffix(".look")
    shutil.copy2(copy, place)
    store = Store(open_store(f"sqlite:///{place}"), open_vault(None, key.parent, may_create=lambda: False))
    assert all(len(store.ledger.open_pin(pin).open_secret()) == 6 for pin in pins)
    store.database.close()
    return int(attempts)


def test_a_backup_under_load_is_put_back_and_work_goes_on(tmp_path: Path) -> None:
    home, another = tmp_path / "home", tmp_path / "another"
    for folder in (home, another):
        folder.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, RATE)) as simulator:
        world = simulator.world
        terminal = Terminal(home, tmp_path, {"graph_url": simulator.graph_url})
        added = terminal("account", "add", "demo", "--waba", world.account.id, stdin=world.token.text)
        assert added.status == 0, added.err
        worker = work(terminal)
        for number in NUMBERS:
            assert terminal("register", number, "--no-wait").status == 5
        copies = []
        while len(copies) < 3 or looked_through(copies[-1], home / "key") < len(NUMBERS):
            copies.append(tmp_path / f"copy-{len(copies)}.db")
            told = terminal("backup", str(copies[-1]), "--json")
            assert told.status == 0, told.err
        end(worker)
        found = [looked_through(copy, home / "key") for copy in copies]
        assert found == sorted(found)

        shutil.copy2(copies[-1], another / "linewright.db")
        for path in home.iterdir():
            if path.name == "key" or "clock" in path.name:
                shutil.copy2(path, another / path.name)
        put_back = Terminal(another, tmp_path, {"graph_url": simulator.graph_url})
        began = len(simulator.control.calls())
        worker = work(put_back)
        report = put_back("doctor", "--json")
        assert report.status == 3
        said = next(item for item in report.document["items"] if item["name"] == "restored")
        assert (said["ok"], "update demo --resume" in said["fix"]) == (False, True)
        assert put_back("account", "update", "demo", "--resume").status == 0

        def ended() -> bool:
            shown = put_back("operation", "list", "--json").document["items"]
            return all(each["state"] in ("done", "gave_up") for each in shown)

        until(ended)
        end(worker)
        shown = put_back("operation", "list", "--json").document["items"]
        assert [each["state"] for each in shown] == ["done"] * len(NUMBERS)
        assert len(simulator.control.calls()) > began
        calls = simulator.control.calls()
        for e164 in NUMBERS:
            mine = [call for call in calls if call.e164 == e164]
            assert all(gap >= SPACING for gap in gaps(mine, MONEY)), gaps(mine, MONEY)
            assert sum(call.kind == "register" for call in mine) <= 3, "as the magic table has it"
            assert simulator.control.number(e164)["registered"] is True
        search = Search({world.token.text}, {phone.pin for phone in simulator.remote.phones.values() if phone.pin})
        search.look_at(copies)
        assert search.found == set()
        assert search.looked_at > 0


def test_what_it_says(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    made = cli("backup", str(target))
    assert made.status == 0
    assert made.out.startswith(f"{target} holds the whole database (")
    assert "The key is not in it" in made.out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    again = cli("backup", str(target), "--json")
    assert (again.status, again.json["error"]["reason"]) == (2, "backup-exists")
    nowhere = cli("backup", str(tmp_path / "no" / "copy.db"), "--json")
    assert (nowhere.status, nowhere.json["error"]["reason"]) == (2, "backup")
    for words in (("backup",), ("backup", str(tmp_path / "other.db"), "--restored")):
        wrong = cli(*words)
        assert (wrong.status, len(wrong.error_lines)) == (2, 2)
    assert not (tmp_path / "other.db").exists()
    with closing(sqlite3.connect(cli.home / "linewright.db")) as connection:
        rows = connection.execute("SELECT who, action, detail FROM audit WHERE action = 'backup'").fetchall()
    assert [(who, action, json.loads(detail)) for who, action, detail in rows] == [
        ("terminal", "backup", {"bytes": target.stat().st_size})
    ]


def test_without_the_key_it_says_which_is_missing(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("backup", str(tmp_path / "copy.db")).status == 0
    home = tmp_path / "another"
    home.mkdir(mode=0o700)
    shutil.copy2(tmp_path / "copy.db", home / "linewright.db")
    monkeypatch.setenv("LINEWRIGHT_HOME", str(home))
    wrong = cli("account", "list", "--json")
    assert (wrong.status, wrong.json["error"]["reason"]) == (6, "key-missing")
    assert not (home / "key").exists(), "another key would open nothing"


def test_a_snapshot_put_back_is_told(cli: Cli) -> None:
    told = cli("backup", "--restored", "--json")
    assert (told.status, told.json["paused"]) == (0, ["demo"])
    shown = cli("account", "list", "--json").json["items"]
    assert [each["state"] for each in shown] == ["paused"]


class TestTheDoctorAndTheKey:
    """It says calmly that key and database lie together, and asks for nobody."""

    def line(self, cli: Cli) -> dict[str, Any]:
        found = cli("doctor", "--json").json["items"]
        assert [item["name"] for item in found if item["ok"] is False] == ["account demo: webhooks"], (
            "nobody is asked for"
        )
        return next(item for item in found if item["name"] == "key")

    def test_together(self, cli: Cli) -> None:
        line = self.line(cli)
        assert line["ok"] is True
        assert "lies beside the database" in line["message"]
        assert "linewright backup FILE" in line["fix"]
        assert "note     key: " in cli("doctor").out

    def test_the_setting(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LINEWRIGHT_KEY", (cli.home / "key").read_text().strip())
        (cli.home / "key").unlink()
        assert self.line(cli)["fix"] is None

    def test_a_link_to_a_file_elsewhere(self, cli: Cli, tmp_path: Path) -> None:
        (cli.home / "key").rename(tmp_path / "kept")
        (cli.home / "key").symlink_to(tmp_path / "kept")
        assert self.line(cli)["fix"] is None

    def test_a_database_elsewhere(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place = tmp_path / "data"
        place.mkdir(mode=0o700)
        (cli.home / "linewright.db").rename(place / "linewright.db")
        monkeypatch.setenv("LINEWRIGHT_DATABASE_URL", f"sqlite:///{place / 'linewright.db'}")
        assert self.line(cli)["fix"] is None


def test_the_doctor_tells_of_a_restore_for_as_long_as_it_matters(cli: Cli) -> None:
    def told() -> list[dict[str, Any]]:
        return [item for item in cli("doctor", "--json").json["items"] if item["name"] == "restored"]

    assert told() == []
    cli("backup", "--restored")
    assert [(item["ok"], "demo --resume" in item["fix"]) for item in told()] == [(False, True)]
    cli("account", "update", "demo", "--resume")
    assert [(item["ok"], "at most 2 times" in item["message"]) for item in told()] == [(True, True)]
    cli.advance(72 * 3600)
    assert told() == []
