from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text
from sqlalchemy.exc import IntegrityError

from linewright.errors import StoreUnavailable, UsageError
from linewright.store import tables as t
from linewright.store import upgrade as opening
from linewright.store.engine import Database, open_database, open_store
from linewright.store.queue_schema import QUEUE_SCHEMA, latest_migration
from linewright.store.upgrade import REVISIONS, upgrade

OPEN = """
import sys
from linewright.store.engine import open_store
from linewright.store.upgrade import _migrate
sys.stdin.readline()
open_store(sys.argv[1]).close()
"""
OPEN_QUICKLY = """
import sys
from linewright.store.engine import open_store
open_store(sys.argv[1]).close()
print("alembic" in sys.modules)
"""


def described(database: Database) -> dict[str, Any]:
    """Every table as the database itself tells it, in a form that can be compared."""
    with database.reading() as connection:
        seen = inspect(connection)
        return {
            table: {
                "columns": {each["name"]: (str(each["type"]), each["nullable"], each["default"]) for each in columns},
                "key": seen.get_pk_constraint(table),
                "links": sorted(map(str, seen.get_foreign_keys(table))),
                "unique": sorted(map(str, seen.get_unique_constraints(table))),
                "indexes": sorted(
                    (str(each["name"]), str(each["column_names"]), bool(each["unique"]), _condition(each))
                    for each in seen.get_indexes(table)
                ),
            }
            for table in filter(is_ours, sorted(seen.get_table_names()))
            for columns in [seen.get_columns(table)]
        }


def is_ours(table: str) -> bool:
    return table != "alembic_version" and not table.startswith("procrastinate_")


def _condition(index: Mapping[str, Any]) -> str:
    options = index.get("dialect_options", {})
    return str(options.get("sqlite_where", options.get("postgresql_where", "")))


def test_the_tables_are_what_the_migrations_build(empty_urls: tuple[str, str]) -> None:
    migrated, defined = open_store(empty_urls[0]), open_database(empty_urls[1])
    with defined.writing() as connection:
        t.metadata.create_all(connection)
    assert described(migrated) == described(defined)
    with migrated.reading() as connection:
        ours = {"include_name": lambda name, kind, _: kind != "table" or is_ours(name)}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), t.metadata) == []
    migrated.close()
    defined.close()


def test_the_revisions_named_are_those_shipped() -> None:
    config = Config()
    config.set_main_option("script_location", "linewright.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(each.revision for each in scripts.walk_revisions())[::-1] == REVISIONS


def test_the_queue_is_the_installed_one() -> None:
    """A later Procrastinate with further migrations needs a revision of ours that runs them."""
    assert latest_migration() == QUEUE_SCHEMA


def test_an_up_to_date_database_costs_one_query(empty_url: str) -> None:
    database = open_store(empty_url)
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda c, cursor, statement, *_: said.append(statement))
    upgrade(database)
    assert [each for each in said if not each.startswith("BEGIN")] == ["SELECT version_num FROM alembic_version"]
    database.close()


def test_alembic_is_not_loaded_once_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'linewright.db'}"
    open_store(url).close()
    ran = subprocess.run([sys.executable, "-c", OPEN_QUICKLY, url], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_processes_that_start_together_upgrade_once(empty_url: str) -> None:
    racers = [
        subprocess.Popen([sys.executable, "-c", OPEN, empty_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(b"go\n")
        racer.stdin.flush()
    assert [(racer.communicate()[1], racer.returncode) for racer in racers] == [(b"", 0)] * 3
    database = open_store(empty_url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISIONS[-1]]
    database.close()


def test_a_newer_home_is_left_alone(empty_url: str) -> None:
    database = open_store(empty_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreUnavailable, match="newer Linewright") as refused:
        open_store(empty_url)
    assert (refused.value.reason, refused.value.status) == ("newer-version", 6)
    assert "Install that version" in refused.value.fix


def test_a_failed_upgrade_leaves_nothing(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE pins (mine TEXT)"))
    with pytest.raises(StoreUnavailable):
        upgrade(database)
    with database.writing() as connection:
        connection.execute(text("DROP TABLE pins"))
    upgrade(database)
    database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://root@localhost/x"])
def test_a_url_of_another_kind_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(UsageError, match="LINEWRIGHT_DATABASE_URL"):
        open_database(url)


def test_a_home_is_for_its_owner_only(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'home' / 'linewright.db'}").close()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "home" / "linewright.db").stat().st_mode & 0o777 == 0o600


def test_uniqueness_comes_through_as_it_is(empty_url: str) -> None:
    database = open_store(empty_url)
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(t.meta.insert().values([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]))
    database.close()


def test_a_fresh_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """Of two that switch a file to write-ahead together SQLite refuses one at once: they take turns."""
    url = f"sqlite:///{tmp_path / 'linewright.db'}"
    with multiprocessing.get_context("forkserver").Pool(6) as racers:
        for _ in range(40):
            assert racers.map(opened, [url] * 6, chunksize=1) == ["opened"] * 6
            for path in tmp_path.iterdir():
                path.unlink()


def opened(url: str) -> str:
    database = open_database(url)
    try:
        with database.reading():
            return "opened"
    except StoreUnavailable as refused:
        return str(refused)
    finally:
        database.close()


def test_tables_made_between_two_looks_are_found(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes open a fresh database: one finds no table, and the other makes them all before it looks why."""
    database = open_database(empty_url)
    look = opening._noted

    def first_look(opened: Database) -> str | None:
        monkeypatch.setattr(opening, "_noted", look)
        try:
            return look(opened)
        finally:
            open_store(empty_url).close()

    monkeypatch.setattr(opening, "_noted", first_look)
    upgrade(database)
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISIONS[-1]]
    database.close()
