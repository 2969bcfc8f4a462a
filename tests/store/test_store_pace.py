from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from linewright.domain.number import Reading
from linewright.domain.operation import Goal
from linewright.domain.pace import A_TURN, YOUNG
from linewright.secret import Secret
from linewright.store.store import Store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
Opened = Callable[[int], list[str]]
AT_ONCE = int(YOUNG * 0.9) // A_TURN


@pytest.fixture
def opened(store: Store) -> Opened:
    """Opens so many operations, each on a number of its own in one account."""
    store.accounts.add("acme", "1001", Secret("EAAtoken"), now=NOW)

    def open_many(count: int) -> list[str]:
        ids = []
        for serial in range(count):
            number = store.numbers.upsert("acme", f"10{serial:06}", f"+1 555 02{serial:05}", now=NOW)
            ids.append(store.operations.open(Goal.REGISTER, number, now=NOW)[0].id)
        return ids

    return open_many


@pytest.fixture
def online(store: Store) -> Callable[[], None]:
    """A number of the account is seen online."""

    def seen() -> None:
        store.numbers.upsert("acme", "77", "+1 555 0300000", now=NOW)
        store.numbers.save_reading("77", Reading(at=NOW, good=True, id="77", status="CONNECTED"))

    return seen


def test_an_accounts_turns_are_counted_and_the_rest_keep_their_place(store: Store, opened: Opened) -> None:
    operations = opened(AT_ONCE + 3)
    begins = [store.pace.admit("acme", each, NOW) for each in operations]
    assert begins[:AT_ONCE] == [None] * AT_ONCE
    later = begins[-1]
    assert later is not None
    assert later > NOW + HOUR
    assert store.pace.admit("acme", operations[-1], NOW + HOUR / 2) == later
    assert store.pace.admit("acme", operations[-1], later) is None


def test_what_was_not_used_is_given_back(store: Store, opened: Opened) -> None:
    (operation,) = opened(1)
    for _ in range(AT_ONCE):
        assert store.pace.admit("acme", operation, NOW) is None
        store.pace.settle("acme", NOW, 1, None, NOW)
        if store.pace.admit("acme", operation, NOW + HOUR / 2) is not None:
            raise AssertionError("more was counted than was made")
        store.pace.settle("acme", NOW + HOUR / 2, 0, None, NOW)
    assert store.pace.admit("acme", operation, NOW) is None


def test_a_number_that_was_online_raises_the_limit(store: Store, opened: Opened, online: Callable[[], None]) -> None:
    online()
    operations = opened(AT_ONCE + 20)
    assert [store.pace.admit("acme", each, NOW) for each in operations] == [None] * len(operations)


def test_many_that_ask_together_get_no_more_than_there_is(store: Store, opened: Opened) -> None:
    operations = opened(AT_ONCE + 20)
    with ThreadPoolExecutor(8) as threads:
        begins = list(threads.map(lambda each: store.pace.admit("acme", each, NOW), operations))
    assert begins.count(None) == AT_ONCE


def test_a_header_that_says_full_is_remembered(store: Store, opened: Opened) -> None:
    first, second = opened(2)
    assert store.pace.admit("acme", first, NOW) is None
    store.pace.settle("acme", NOW, 4, 99, NOW)
    assert store.pace.admit("acme", second, NOW) == NOW + timedelta(minutes=5)
    assert store.operations.get(second).goal is Goal.REGISTER
