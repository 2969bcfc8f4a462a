from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.databases import Postgres, postgres

from linewright.store.engine import Database, open_store
from linewright.store.store import Store
from linewright.vault import Vault, new_key


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("pattern") / "linewright.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind, with tables and without rows."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        return server.cleaned()
    file = tmp_path / "home" / "linewright.db"
    file.parent.mkdir()
    shutil.copy(request.getfixturevalue("sqlite_pattern"), file)
    return f"sqlite:///{file}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, Vault(new_key()))
