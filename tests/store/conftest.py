from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.databases import Postgres

from linewright.domain.number import Number
from linewright.secret import Secret
from linewright.store.engine import Database
from linewright.store.store import Store
from linewright.vault import Vault, new_key


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two databases of each kind, without tables."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        return server.empty(), server.empty()
    return f"sqlite:///{tmp_path / 'one' / 'linewright.db'}", f"sqlite:///{tmp_path / 'two' / 'linewright.db'}"


@pytest.fixture
def empty_url(empty_urls: tuple[str, str]) -> str:
    return empty_urls[0]


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
