"""PINs that are handed over and taken in, in both databases: one each, all or nothing, with their audit events."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from linewright.domain.journal import CallKind, Outcome
from linewright.domain.number import Number
from linewright.domain.operation import Goal
from linewright.domain.pins import PinOrigin, PinState
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.custody import Given
from linewright.store.store import Store

RIGHT, WRONG = "204857", "111999"


def row(e164: str, digits: str, line: int = 2) -> Given:
    return Given(line=line, e164=e164, digits=Secret(digits))


def actions(store: Store) -> list[tuple[str, str]]:
    return [(each["action"], each["subject"]) for each in reversed(store.audit.listing())]


def refuse(store: Store, number: Number, digits: str, now: datetime) -> None:
    """A register of this PIN that the remote refused with 133005."""
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now, pin=Secret(digits))
    pin = store.pins.book(number).pins[-1]
    values = {"id": "att-1", "operation": operation.id, "number": number.id, "e164": number.e164, "pin": pin.id}
    values |= {"call": CallKind.REGISTER.value, "outcome": Outcome.REFUSED.value, "fingerprint": pin.fingerprint}
    with store.database.writing() as connection:
        connection.execute(insert(t.attempts).values(**values, at=now, answered_at=now, error={"code": 133005}))


def test_what_is_taken_in_is_given_and_unproven_and_handed_over_again(
    store: Store, number: Number, now: datetime
) -> None:
    taken, bad = store.custody.take([row(number.e164, RIGHT)], now=now, who="terminal")
    assert (bad, [(each.line, each.new) for each in taken]) == ([], [(2, True)])
    book = store.pins.book(number)
    assert (book.state, book.pins[0].origin) == (PinState.PENDING, PinOrigin.GIVEN)
    (handed,) = store.custody.hand_over([number, number], now=now, who="ana")
    assert handed.digits == Secret(RIGHT)
    assert actions(store) == [("pin import", number.e164), ("pin export", number.e164)]
    assert [event.kind for event in store.pins.history(number)] == ["imported", "exported"]


def test_what_is_known_already_is_not_kept_twice(store: Store, number: Number, now: datetime) -> None:
    store.custody.take([row(number.e164, RIGHT)], now=now, who="terminal")
    taken, _ = store.custody.take([row(number.e164, RIGHT)], now=now + timedelta(days=1), who="terminal")
    assert [each.new for each in taken] == [False]
    assert len(store.pins.book(number).pins) == 1


@pytest.mark.parametrize(("e164", "digits", "why"), [("+15550999999", RIGHT, "not known here"), ("", WRONG, "133005")])
def test_one_bad_row_and_nothing_is_taken(
    store: Store, number: Number, now: datetime, e164: str, digits: str, why: str
) -> None:
    other = store.numbers.upsert("acme", "106540352242923", "+1 555-013-3006", now=now)
    refuse(store, number, WRONG, now)
    given = [row(other.e164, RIGHT), row(e164 or number.e164, digits, 3)]
    taken, bad = store.custody.take(given, now=now + timedelta(minutes=1), who="terminal")
    assert taken == []
    assert [(line, why in told) for line, told in bad] == [(3, True)]
    assert store.pins.book(other).pins == ()
    assert actions(store) == []


def test_a_phone_without_a_pin_is_left_out(store: Store, number: Number, now: datetime) -> None:
    assert store.custody.hand_over([number], now=now, who="terminal") == []
    assert actions(store) == []


def test_an_open_operation_looks_again(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    later = now + timedelta(hours=2)
    store.custody.take([row(number.e164, RIGHT)], now=later, who="terminal")
    woken = store.operations.get(operation.id)
    assert (woken.wake_at, woken.version) == (later, operation.version + 1)
