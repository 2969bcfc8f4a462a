from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.databases import Postgres, postgres

from linewright.domain.number import Number
from linewright.secret import Secret
from linewright.store.engine import Database, open_store
from linewright.store.store import Store
from linewright.vault import Vault, new_key


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


def _url(kind: str, request: pytest.FixtureRequest, tmp_path: Path, *, empty: bool) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'linewright.db'}"
    server: Postgres = request.getfixturevalue("postgres_server")
    return server(empty=empty)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind, without rows."""
    return _url(request.param, request, tmp_path, empty=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind, without tables."""
    return _url(request.param, request, tmp_path, empty=True)


@pytest.fixture
def other_empty_url(empty_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Another one of the same kind."""
    return _url(empty_url.partition(":")[0], request, tmp_path / "other", empty=True)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def key() -> bytes:
    return new_key()


@pytest.fixture
def store(database: Database, key: bytes) -> Store:
    return Store(database, Vault(key))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def number(store: Store, now: datetime) -> Number:
    """One number of the account `acme`."""
    store.accounts.add("acme", "1001", Secret("EAAtoken"), now=now)
    return store.numbers.upsert("acme", "106540352242922", "+1 555-013-3005", now=now)
