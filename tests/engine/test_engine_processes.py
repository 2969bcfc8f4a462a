"""Workers as real processes, on both databases: races, stops, kills, upgrades, and a database that goes away."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, make_url, select, text
from tests.support.databases import Postgres
from tests.support.processes import Child, Ran, Terminal

from linewright.clock import HomeClock
from linewright.simulator.simulator import RunningSimulator
from linewright.store.engine import Database, open_database, open_store
from linewright.store.upgrade import REVISIONS

NEVER = "+15550133010"
DELETED = "+15550133015"
HALF = "+15550133000"
"""Its calls do not depend on how late a wake is."""
RATE = 200.0
PATIENCE = 60.0
"""Real seconds after which a condition counts as never fulfilled."""


class Works:
    """A home with the demo account, its simulator, and the processes that work on it."""

    def __init__(self, terminal: Terminal, simulator: RunningSimulator, database_url: str) -> None:
        self.terminal = terminal
        self.simulator = simulator
        self.url = database_url or f"sqlite:///{terminal.home / 'linewright.db'}"
        self._children: list[Child] = []

    def begin(self, *words: str) -> Child:
        child = self.terminal.begin(*words)
        self._children.append(child)
        return child

    @contextmanager
    def worker(self, *words: str) -> Iterator[Child]:
        """A worker that is ready; killed at the end if it still runs."""
        child = self.begin("worker", *words)
        self.until(lambda: "works here" in self.said(child))
        try:
            yield child
        finally:
            self.kill(child)

    def said(self, child: Child) -> str:
        return "".join((child.folder / name).read_text() for name in ("out", "err") if (child.folder / name).exists())

    def kill(self, child: Child, how: signal.Signals = signal.SIGKILL) -> None:
        if child in self._children and child.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(child.process.pid, how)

    def ended(self, child: Child) -> Ran:
        self._children.remove(child)
        return child.finish()

    def until(self, condition: Callable[[], Any]) -> None:
        ends = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < ends, [self.said(child) for child in self._children]
            time.sleep(0.02)

    def database(self) -> Any:
        return closing(open_database(self.url))

    def until_done(self, id: str) -> None:
        def done() -> bool:
            with self.database() as database, database.reading() as connection:
                row = connection.execute(text("SELECT state FROM operations WHERE id = :id"), {"id": id}).one()
            return row.state == "done"

        self.until(done)

    def calls(self, kind: str) -> int:
        return sum(call.kind == kind for call in self.simulator.control.calls())

    def hangs(self) -> bool:
        return any(call.fault == "hang" for call in self.simulator.control.calls())


@pytest.fixture
def works(tmp_path: Path, database_url: str) -> Iterator[Works]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, RATE)) as simulator:
        settings = {"graph_url": simulator.graph_url, "lease_seconds": "3"}
        if database_url:
            settings["database_url"] = database_url
        terminal = Terminal(home, tmp_path, settings)
        world = simulator.world
        added = terminal("account", "add", "demo", "--waba", world.account.id, stdin=world.token.text)
        assert added.status == 0, added.err
        made = Works(terminal, simulator, database_url)
        yield made
        for child in list(made._children):
            made.kill(child)
            made.ended(child)


def test_two_commands_and_a_worker_race_for_one_number(works: Works) -> None:
    words = ("register", HALF, "--wait", "--json")
    worker = works.begin("worker")
    racers = [works.begin(*words) for _ in range(2)]
    ended = [works.ended(racer) for racer in racers]
    assert [racer.status for racer in ended] == [0, 0], [racer.err for racer in ended]
    assert len({racer.document["id"] for racer in ended}) == 1
    assert (works.calls("register"), works.calls("deregister")) == (2, 1), "as the magic table has it, none twice"
    assert works.simulator.face.log.overlapping() == []
    works.until(lambda: "works here" in works.said(worker))
    works.kill(worker, signal.SIGTERM)
    assert works.ended(worker).status == 0


def test_a_worker_says_what_it_does_and_is_seen(works: Works) -> None:
    assert works.terminal("worker", "--check").status == 3
    asked = works.terminal("register", DELETED, "--no-wait", "--json")
    assert (asked.status, works.calls("register")) == (5, 1)
    with works.worker("--concurrency", "3") as worker:
        assert works.terminal("worker", "--check", "--json").document["ready"] is True
        report = works.terminal("doctor", "--json").document["items"]
        assert [each["ok"] for each in report if each["name"] == "worker"] == [True]
        works.until_done(asked.document["id"])
        works.kill(worker, signal.SIGTERM)
        ran = works.ended(worker)
    lines = ran.out.splitlines()
    assert (ran.status, ran.err, len(lines)) == (0, "", 3)
    assert "1 operation is open" in lines[0]
    assert "takes no more" in lines[1]
    assert "0 operations are open" in lines[2]
    assert works.terminal("worker", "--check").status == 3


def test_no_wait_leaves_it_to_the_worker(works: Works) -> None:
    with works.worker():
        asked = works.terminal("register", NEVER, "--no-wait", "--json")
        assert (asked.status, asked.document["attempts"]) == (5, [])
        assert asked.err.startswith("A worker goes on with it")
        works.until_done(asked.document["id"])
        assert works.calls("register") == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_worker_left_in_a_call_is_taken_up(works: Works, how: signal.Signals) -> None:
    with works.worker() as first:
        works.simulator.control.add_fault("read", "hang")
        asked = works.terminal("register", NEVER, "--no-wait", "--json")
        works.until(works.hangs)
        works.kill(first, how)
        ran = works.ended(first)
    assert ran.status == (0 if how is signal.SIGTERM else -signal.SIGKILL), ran.err
    with works.worker():
        works.until_done(asked.document["id"])
    assert works.calls("register") == 1


def set_revision(works: Works, revision: str) -> None:
    with works.database() as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_a_worker_older_than_the_tables_stops(works: Works) -> None:
    with works.worker() as worker:
        set_revision(works, "9999")
        try:
            ran = works.ended(worker)
        finally:
            set_revision(works, REVISIONS[-1])
    assert ran.status == 6
    error, fix = ran.err.splitlines()
    assert error.startswith("Error: ")
    assert "newer Linewright" in error
    assert "Install that version" in fix


def as_of_0001(source: str, target: str) -> None:
    """The same rows in a database whose tables are those of the first revision."""
    old, new = open_database(target), open_database(source)
    config = Config()
    config.set_main_option("script_location", "linewright.store:migrations")
    config.set_main_option("path_separator", "os")
    with old.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    _copy(new, old)
    old.close()
    new.close()


def _copy(source: Database, target: Database) -> None:
    tables = MetaData()
    tables.reflect(target.engine)
    with source.reading() as here, target.writing() as there:
        for table in tables.sorted_tables:
            rows = [] if table.name == "alembic_version" else here.execute(select(table)).mappings().all()
            if rows:
                there.execute(table.insert(), [dict(row) for row in rows])


def test_what_waits_across_an_upgrade_goes_on(works: Works, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    waits = works.terminal("register", DELETED, "--no-wait", "--json").document["id"]
    opened_only = "op-neverturned"
    with works.database() as database, database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO operations (id, goal, number, e164, account, opened_at, state, code_method, code_language)"
                " SELECT :id, 'register', id, e164, account, added_at, 'running', 'SMS', 'en_US' FROM numbers"
                " WHERE e164 = :e164"
            ),
            {"id": opened_only, "e164": NEVER},
        )
    sqlite = works.url.startswith("sqlite")
    old: str = f"sqlite:///{tmp_path / 'old.db'}" if sqlite else request.getfixturevalue("postgres_server").empty()
    as_of_0001(works.url, old)
    after = Works(
        Terminal(works.terminal.home, tmp_path, {**works.terminal.settings, "database_url": old}), works.simulator, old
    )
    workers = [after.begin("worker") for _ in range(3)]
    after.until(lambda: all("works here" in after.said(worker) for worker in workers))
    for operation in (waits, opened_only):
        after.until_done(operation)
    for worker in workers:
        after.kill(worker, signal.SIGTERM)
    assert [(ran.status, ran.err) for ran in map(after.ended, workers)] == [(0, "")] * 3
    store = open_store(old)
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    store.close()
    assert works.simulator.face.log.overlapping() == []


# A file does not go away by itself; a full disk is in tests/weather.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_is_waited_for(works: Works, request: pytest.FixtureRequest) -> None:
    server: Postgres = request.getfixturevalue("postgres_server")
    name = make_url(works.url).database
    asked = works.terminal("register", DELETED, "--no-wait", "--json")
    with works.worker() as worker:
        with psycopg.connect(server.named("postgres"), autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            try:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
                works.until(lambda: "cannot be used, turns wait" in works.said(worker))
            finally:
                admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        works.until(lambda: "can be used again" in works.said(worker))
        works.until_done(asked.document["id"])
        works.kill(worker, signal.SIGTERM)
        ran = works.ended(worker)
    assert ran.status == 0
    assert len(ran.err.splitlines()) == 2, ran.err
