"""What a database or disk throws becomes two clear lines, and what was committed stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event, text
from tests.support.databases import Postgres, postgres

from linewright.domain.operation import Goal
from linewright.errors import StoreUnavailable
from linewright.secret import Secret
from linewright.store.engine import Database, open_database, open_store
from linewright.store.store import Store
from linewright.vault import Vault, new_key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "linewright.db"


@pytest.fixture
def sqlite(file: Path) -> Iterator[Database]:
    database = open_store(f"sqlite:///{file}")
    yield database
    database.close()


def told(error: StoreUnavailable) -> str:
    assert error.status == 6
    assert "\n" not in error.message + error.fix
    return error.message


def test_a_full_disk(sqlite: Database, now: datetime) -> None:
    store = Store(sqlite, Vault(new_key()))
    store.accounts.add("acme", "1001", Secret("EAA"), now=now)
    number = store.numbers.upsert("acme", "1", "+15550000001", now=now)
    sqlite.close()
    event.listen(
        sqlite.engine,
        "connect",
        lambda connection, record: connection.execute(
            f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}"
        ),
    )
    with pytest.raises(StoreUnavailable) as full:
        store.facts.set("more", "x" * 1_000_000)
    assert "disk is full" in told(full.value)
    assert store.numbers.find("1") == number
    assert store.operations.open_of(number.e164) is None


def test_a_locked_database(sqlite: Database, file: Path, now: datetime) -> None:
    event.listen(sqlite.engine, "connect", lambda connection, record: connection.execute("PRAGMA busy_timeout=1"))
    sqlite.close()
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable) as locked, sqlite.writing():
        pass
    assert "Another process has it locked" in told(locked.value)
    with sqlite.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 0
    other.rollback()
    other.close()


def test_a_read_only_database(sqlite: Database, file: Path) -> None:
    event.listen(sqlite.engine, "connect", lambda connection, record: connection.execute("PRAGMA query_only=ON"))
    sqlite.close()
    with pytest.raises(StoreUnavailable) as refused:
        Store(sqlite, Vault(new_key())).facts.set("a", 1)
    assert "cannot be opened for writing" in told(refused.value)


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable) as refused:
        open_database(f"sqlite:///{tmp_path / 'file' / 'home' / 'linewright.db'}")
    assert "LINEWRIGHT_HOME" in refused.value.fix or "run this again" in refused.value.fix
    told(refused.value)


def test_a_file_that_is_no_database(file: Path) -> None:
    file.write_bytes(b"this is a text, and not a short one, and no database at all" * 50)
    with pytest.raises(StoreUnavailable) as refused:
        open_store(f"sqlite:///{file}")
    assert "damaged, or not Linewright's" in told(refused.value)


def test_a_server_that_does_not_answer() -> None:
    with pytest.raises(StoreUnavailable) as refused:
        open_store("postgresql://someone:hunter2secret@127.0.0.1:1/linewright")
    assert "hunter2secret" not in told(refused.value)
    assert "can be reached" in refused.value.fix


def test_a_database_that_is_not_there(postgres_server: Postgres) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        open_store(postgres_server.named("absent"))
    assert "is not there" in told(refused.value)
    assert "createdb" in refused.value.fix


def test_a_server_that_was_restarted_while_nobody_asked() -> None:
    with postgres() as server:
        store = Store(open_store(server.empty()), Vault(new_key()))
        store.facts.set("before", 1)
        server.stop()
        server.start()
        store.facts.set("after", 2)
        assert (store.facts.get("before"), store.facts.get("after")) == (1, 2)
        store.database.close()


def test_a_write_that_fails_takes_everything_back(empty_url: str, now: datetime) -> None:
    store = Store(open_store(empty_url), Vault(new_key()))
    store.accounts.add("acme", "1001", Secret("EAA"), now=now)
    number = store.numbers.upsert("acme", "1", "+15550000001", now=now)
    with store.database.writing() as connection:
        connection.execute(text("ALTER TABLE evidence RENAME TO elsewhere"))
    with pytest.raises(StoreUnavailable):
        store.operations.open(Goal.REGISTER, number, now=now, because=131045)
    assert store.operations.open_of(number.e164) is None
    store.database.close()
