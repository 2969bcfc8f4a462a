"""What recovery keeps, on both databases: who is looked at, and that of many workers one opens the register."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from linewright.catalogue import loader
from linewright.domain.number import Wanted
from linewright.domain.recovery import Open
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.store import Store
from linewright.vault import Vault, new_key

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CATALOGUE = loader.load()
WORKERS = 6


@pytest.fixture
def store(database: Database) -> Store:
    """An account that is switched on, and number 1, wanted online: it reads offline, and 133010 was heard."""
    made = Store(database, Vault(new_key()))
    made.accounts.add("shop", "1001", Secret("EAAtoken"), now=NOW)
    made.accounts.update(["shop"], now=NOW, recover=True)
    made.numbers.take_listing("shop", [body(each) for each in (1, 2, 3)], now=NOW)
    for each in ("1", "2"):
        made.numbers.set_wanted(each, Wanted.ONLINE)
    made.conditions.refresh("shop", NOW, CATALOGUE)
    with database.writing() as connection:
        heard = {"e164": "+15550200001", "code": 133010, "at": NOW, "source": "webhook"}
        connection.execute(insert(t.evidence).values(heard))
    return made


def body(id: int) -> dict[str, Any]:
    """Number 2 is online, the others are not."""
    up = {"status": "CONNECTED", "platform_type": "CLOUD_API"}
    down = {"status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE", "code_verification_status": "VERIFIED"}
    here = {"id": str(id), "display_phone_number": f"+1 555-020-{id:04d}", "is_on_biz_app": False}
    return here | {"last_onboarded_time": "2025-02-04T17:40:07+0000"} | (up if id == 2 else down)


def rows(database: Database, table: Any) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_who_is_looked_at(store: Store) -> None:
    assert [each.number for each in store.recoveries.candidates(NOW)] == ["1"]
    assert isinstance(store.recoveries.judge(["1"], NOW, CATALOGUE)["1"], Open)
    store.accounts.update(["shop"], now=NOW, recover=False)
    assert store.recoveries.candidates(NOW) == []


def test_of_many_workers_one_opens_it(store: Store, database: Database) -> None:
    together = Barrier(WORKERS)

    def work(_: int) -> str | None:
        together.wait()
        return store.recoveries.open("1", NOW + MINUTE, CATALOGUE)

    with ThreadPoolExecutor(WORKERS) as pool:
        opened = [each for each in pool.map(work, range(WORKERS)) if each is not None]
    assert len(opened) == 1
    assert (rows(database, t.operations), rows(database, t.recoveries), rows(database, t.audit)) == (1, 1, 1)
    assert store.operations.get(opened[0]).goal.value == "register"
    assert store.recoveries.candidates(NOW + MINUTE) == []


def test_a_released_and_an_unknown_number_open_nothing(store: Store, database: Database) -> None:
    store.numbers.set_wanted("1", Wanted.RELEASED)
    assert store.recoveries.open("1", NOW, CATALOGUE) is None
    assert store.recoveries.open("unknown", NOW, CATALOGUE) is None
    assert rows(database, t.operations) == 0
