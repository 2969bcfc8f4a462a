from __future__ import annotations

import pytest

from linewright.store.engine import Database
from linewright.store.store import Store
from linewright.vault import Vault, new_key


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, Vault(new_key()))
