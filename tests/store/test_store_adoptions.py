"""Apps and codes of Embedded Signup in both databases: sealed, claimed by one, resealed, and erased in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from linewright.domain.number import Number
from linewright.domain.operation import Goal
from linewright.errors import KeyMismatch, UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.sealing import reseal
from linewright.store.store import Store
from linewright.vault import Vault, new_key

CODE, TOKEN, SECRET = Secret("AQ" + "c" * 160), Secret("EAAbought"), Secret("9f" * 16)
REAL = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_an_app_is_kept_replaced_and_forgotten(store: Store, now: datetime) -> None:
    store.apps.add("17", Secret("old"), now=now)
    store.apps.add("17", SECRET, now=now + SECOND)
    store.apps.add("16", Secret("other"), now=now)
    assert [(each.id, each.added_at) for each in store.apps.all()] == [("16", now), ("17", now + SECOND)]
    assert store.apps.secret_of("17") == SECRET
    assert store.apps.secret_of("18") is None
    store.apps.remove("17")
    for wrong in ("17", "none"):
        with pytest.raises(UsageError):
            store.apps.remove(wrong)
    with pytest.raises(UsageError):
        store.apps.add("1 7", SECRET, now=now)


def test_an_account_lends_its_secret_while_it_is_there(store: Store, now: datetime) -> None:
    store.accounts.add("acme", "1001", TOKEN, app_id="17", app_secret=SECRET, now=now)
    store.accounts.add("bare", "1002", TOKEN, app_id="17", now=now)
    assert store.apps.secret_of("17") == SECRET
    store.apps.add("17", Secret("its own"), now=now)
    assert store.apps.secret_of("17") == Secret("its own")
    store.apps.remove("17")
    store.accounts.remove("acme", now=now)
    assert store.apps.secret_of("17") is None


def test_a_code_is_sent_by_one_alone(store: Store, now: datetime) -> None:
    mine = store.adoptions.begin(CODE, "1001", "17", now=now, real=REAL)
    theirs = store.adoptions.begin(CODE, "1001", "17", now=now, real=REAL + 14 * SECOND)
    assert (mine.mine, theirs.mine, theirs.token, theirs.account) == (True, False, None, None)
    late = store.adoptions.begin(CODE, "1001", "17", now=now, real=REAL + 15 * SECOND)
    assert late.mine, "whoever had it is dead"
    store.adoptions.release(mine.digest)
    assert store.adoptions.begin(CODE, "1001", "17", now=now, real=REAL).mine
    assert store.adoptions.begin(Secret("another"), "1001", "17", now=now, real=REAL).mine


def test_what_it_bought_is_sealed_until_an_account_has_it(store: Store, number: Number, now: datetime) -> None:
    begun = store.adoptions.begin(CODE, "1002", "17", now=now, real=REAL)
    store.adoptions.bought(begun.digest, TOKEN)
    store.adoptions.release(begun.digest)
    known = store.adoptions.begin(CODE, "1003", "17", now=now + SECOND, real=REAL)
    assert (known.token, known.begun_at, known.mine) == (TOKEN, now, False)
    left = store.adoptions.left("1002")
    assert left is not None
    assert (left.digest, left.token) == (begun.digest, TOKEN)
    store.adoptions.settle(begun.digest, "1001", "acme")
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    store.adoptions.opened(begun.digest, operation.id)
    known = store.adoptions.begin(CODE, "1001", "17", now=now, real=REAL)
    assert (known.waba, known.account, known.operation, known.token) == ("1001", "acme", operation.id, None)
    assert store.adoptions.left("1002") is None
    with store.database.reading() as connection:
        row = connection.execute(select(t.adoptions)).one()
    assert CODE.open_secret() not in repr(row)
    assert row.bought is None


def test_it_is_forgotten_after_fourteen_days(store: Store, now: datetime) -> None:
    begun = store.adoptions.begin(CODE, "1001", "17", now=now, real=REAL)
    store.adoptions.bought(begun.digest, TOKEN)
    store.adoptions.begin(Secret("another"), "1001", "17", now=now + timedelta(days=14) + SECOND, real=REAL)
    assert store.adoptions.left("1001") is None


def test_both_are_sealed_anew_with_another_key(store: Store, now: datetime, key: bytes) -> None:
    store.apps.add("17", SECRET, now=now)
    begun = store.adoptions.begin(CODE, "1001", "17", now=now, real=REAL)
    store.adoptions.bought(begun.digest, TOKEN)
    new = Vault(new_key())
    reseal(store.database, Vault(key), new)
    after = Store(store.database, new)
    left = after.adoptions.left("1001")
    assert left is not None
    assert (after.apps.secret_of("17"), left.token) == (SECRET, TOKEN)
    assert after.adoptions.begin(CODE, "1001", "17", now=now, real=REAL).token == TOKEN, "the same digest"
    with pytest.raises(KeyMismatch):
        store.apps.secret_of("17")


def test_a_newer_signup_stays_and_wakes_what_waits(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    with store.database.writing() as connection:
        connection.execute(t.operations.update().values(wake_at=None))
    store.numbers.signed_up(number.id, now, now=now + SECOND)
    assert store.operations.get(operation.id).wake_at == now + SECOND
    store.numbers.signed_up(number.id, now - SECOND, now=now + 2 * SECOND)
    assert store.numbers.get(number.id).signed_up_at == now
    assert store.operations.get(operation.id).wake_at == now + SECOND


def test_names_of_removed_accounts_stay_with_their_waba(store: Store, now: datetime) -> None:
    store.accounts.add("shop", "1001", TOKEN, now=now)
    assert store.accounts.of_waba("1001") == "shop"
    assert store.accounts.free_name("1002", ["shop", "shop-1002", "waba-1002"]) == "shop-1002"
    store.accounts.remove("shop", now=now)
    assert store.accounts.of_waba("1001") is None
    assert store.accounts.free_name("1002", ["shop", "waba-1002"]) == "waba-1002"
    assert store.accounts.free_name("1001", ["other"]) == "shop"
    for name in ("waba-1002", "waba-1002-2"):
        store.accounts.add(name, f"99{len(name)}", TOKEN, now=now)
    assert store.accounts.free_name("1002", ["waba-1002"]) == "waba-1002-3"
