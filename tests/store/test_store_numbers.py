from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from linewright.domain.budget import budget_of
from linewright.domain.entries import Catalogue
from linewright.domain.journal import CallKind
from linewright.domain.number import Number, Reading, Standing, Wanted
from linewright.domain.operation import Goal, OperationState
from linewright.engine.ports import Rested
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store.numbers import e164_of
from linewright.store.store import Store

MINUTE = timedelta(minutes=1)
WAIT = Rested(state=OperationState.WAITING, reason="settling", message="")


def body(id: str, display: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "display_phone_number": display, **fields}


def test_e164_comes_from_the_display_form() -> None:
    assert e164_of("+1 631-555-1111") == "+16315551111"
    assert e164_of("49 30 1234567") == "+49301234567"


@pytest.mark.parametrize(
    "text",
    [
        "106540352242922",
        "+15550133005",
        "15550133005",
        "+1 555-013-3005",
        "+1 (555) 013-3005",
        " +1 555 013 3005 ",
        "acme/106540352242922",
        "acme/+1 555-013-3005",
    ],
)
def test_a_number_is_found_by_any_of_its_names(store: Store, number: Number, text: str) -> None:
    assert store.numbers.find(text) == number


@pytest.mark.parametrize("text", ["", "5550133005", "nobody", "other/+15550133005", "1065403522429220", "+1555013300x"])
def test_an_unknown_number_points_to_sync(store: Store, number: Number, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        store.numbers.find(text)
    assert refused.value.reason == "unknown-number"
    assert "linewright sync" in refused.value.fix


def test_an_id_goes_before_a_phone_of_the_same_digits(store: Store, number: Number, now: datetime) -> None:
    store.numbers.upsert("acme", "7", "+106540352242922", now=now)
    assert store.numbers.find("106540352242922") == number


def test_a_phone_in_two_accounts_must_be_named(store: Store, number: Number, now: datetime) -> None:
    store.accounts.add("bravo", "1002", Secret("EAA"), now=now)
    second = store.numbers.upsert("bravo", "9", "+1 555-013-3005", now=now)
    with pytest.raises(UsageError, match="acme/106540352242922, bravo/9") as refused:
        store.numbers.find("+15550133005")
    assert refused.value.reason == "several-numbers"
    assert store.numbers.find("bravo/+15550133005") == second
    store.accounts.remove("acme", now=now)
    assert store.numbers.find("+15550133005") == second


def test_a_listing_is_taken_over_with_its_readings(store: Store, number: Number, now: datetime) -> None:
    bodies = [
        body("1", "+1 555-000-0001", status="CONNECTED", platform_type="CLOUD_API"),
        body("2", "+1 555-000-0002"),
        body("", "+1 555-000-0003"),
        body("4", "not a phone"),
    ]
    taken = store.numbers.take_listing("acme", bodies, now=now)
    assert [(each.id, each.e164, each.display) for each in taken] == [
        ("1", "+15550000001", "+1 555-000-0001"),
        ("2", "+15550000002", "+1 555-000-0002"),
    ]
    lines, _ = store.numbers.listing()
    assert [(line.number.id, line.judged.standing) for line in lines] == [
        ("1", Standing.ONLINE),
        (number.id, Standing.UNKNOWN),
        ("2", Standing.UNKNOWN),
    ]


def test_a_reading_that_changes_the_standing_wakes_the_operation(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    store.ledger.rest(operation.id, WAIT, now, 0)
    online = Reading(at=now + MINUTE, good=True, id=number.id, status="CONNECTED")
    store.numbers.save_reading(number.id, online)
    assert store.operations.due(now + MINUTE) == [operation.id]
    assert store.operations.get(operation.id).version == 1
    store.ledger.rest(operation.id, WAIT, now, 1)
    store.numbers.save_reading(number.id, Reading(at=now + 2 * MINUTE, good=True, id=number.id, status="FLAGGED"))
    assert store.operations.due(now + 3 * MINUTE) == []


def test_an_older_reading_is_kept_but_tells_nothing(store: Store, number: Number, now: datetime) -> None:
    store.numbers.save_reading(number.id, Reading(at=now, good=True, id=number.id, status="CONNECTED"))
    late = Reading(at=now - timedelta(seconds=9), good=True, id=number.id, status="PENDING")
    store.numbers.save_reading(number.id, late)
    assert store.numbers.line(number.id).judged.standing is Standing.ONLINE
    assert store.numbers.latest(number.id) == late


def test_a_clock_that_was_set_back_does_not_freeze_the_standing(store: Store, number: Number, now: datetime) -> None:
    ahead = Reading(at=now + timedelta(hours=5), good=True, id=number.id, status="CONNECTED")
    store.numbers.save_reading(number.id, ahead)
    store.numbers.save_reading(number.id, Reading(at=now, good=True, id=number.id, status="PENDING"))
    assert store.numbers.line(number.id).judged.standing is Standing.OFFLINE
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    for seconds, status in ((60, "CONNECTED"), (-60, "PENDING")):
        at = now + timedelta(seconds=seconds)
        store.ledger.save_reading(operation.id, Reading(at=at, good=True, id=number.id, status=status))
    assert store.numbers.line(number.id).judged.standing is Standing.OFFLINE


def test_the_listing_is_filtered_and_paged(store: Store, number: Number, now: datetime) -> None:
    store.numbers.forget(number.id, now=now)
    bodies = [
        body(str(i), f"+1 555-000-000{i}", status="CONNECTED" if i % 2 else "PENDING", last_onboarded_time="x")
        for i in range(1, 8)
    ]
    store.numbers.take_listing("acme", bodies, now=now)
    first, cursor = store.numbers.listing(limit=3)
    second, end = store.numbers.listing(limit=4, after=cursor)
    assert [line.number.id for line in (*first, *second)] == list("1234567")
    assert end is None
    online, cursor = store.numbers.listing(standing=Standing.ONLINE, limit=2)
    assert [line.number.id for line in online] == ["1", "3"]
    rest, end = store.numbers.listing(standing=Standing.ONLINE, limit=2, after=cursor)
    assert [line.number.id for line in rest] == ["5", "7"]
    assert end is None
    assert store.numbers.listing(account="nobody") == ([], None)


def test_forget_hides_until_a_sync_finds_it_again(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now, pin=Secret("246810"))
    with pytest.raises(UsageError, match=operation.id):
        store.numbers.forget(number.id, now=now)
    store.ledger.rest(operation.id, Rested(state=OperationState.DONE, reason="registered", message=""), now, 0)
    store.numbers.forget(number.id, now=now)
    assert store.numbers.listing() == ([], None)
    with pytest.raises(UsageError):
        store.numbers.find(number.id)
    again = store.numbers.upsert("acme", number.id, number.display, now=now)
    assert again.wanted is Wanted.UNMANAGED
    assert store.pins.book(again).candidates


def test_wanted_is_set(store: Store, number: Number) -> None:
    store.numbers.set_wanted(number.id, Wanted.ONLINE)
    assert store.numbers.get(number.id).wanted is Wanted.ONLINE
    with pytest.raises(KeyError):
        store.numbers.set_wanted("nobody", Wanted.ONLINE)


def test_a_number_has_a_case_of_its_own_for_its_budgets(store: Store, number: Number, now: datetime) -> None:
    case = store.numbers.case(number.id, now, Catalogue([]))
    assert (case.number, case.account.name) == (number, "acme")
    assert budget_of(case, CallKind.REGISTER).used == 0
    with pytest.raises(KeyError):
        store.numbers.case("nobody", now, Catalogue([]))
