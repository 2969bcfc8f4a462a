"""Fencing: once the phone is somebody else's, no writing method of the ledger writes anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.ledger_contract import ask, reading, rested

from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.number import Number, Storage
from linewright.domain.operation import Goal, Hold, ReplyKind
from linewright.domain.pins import PinOrigin
from linewright.engine.ports import Lease, LeaseLost, Ledger
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.leases import Leases
from linewright.store.store import Store

LONG_AGO = 1_000_000.0
"""A real time at which every lease of today is still alive, and which no lease of that time survives."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Scene:
    """A phone in the middle of its life: an intent is open, a question was answered with a code. Its operation has a
    source, as that of a migration has."""

    number: Number
    operation: str
    version: int
    intent: str
    reply: str
    pin: str
    now: datetime

    def attempt(self) -> Attempt:
        call = CallKind.VERIFY_CODE
        return Attempt(id="att-2", operation=self.operation, number=self.number.id, call=call, at=self.now)


OK = Answer(call=CallKind.REGISTER, outcome=Outcome.OK)
WRITES: dict[str, Callable[[Ledger, Scene], Any]] = {
    "adopt_intents": lambda ledger, s: ledger.adopt_intents(s.number.e164, s.now),
    "save_reading": lambda ledger, s: ledger.save_reading(s.operation, reading(s.now)),
    "save_source_reading": lambda ledger, s: ledger.save_source_reading(s.operation, reading(s.now)),
    "save_destination": lambda ledger, s: ledger.save_destination(s.operation, "777", s.number.display, s.now),
    "save_intent": lambda ledger, s: ledger.save_intent(s.attempt()),
    "save_answer": lambda ledger, s: ledger.save_answer(s.intent, OK, s.now),
    "save_hold": lambda ledger, s: ledger.save_hold("acme", Hold(usage=False, since=s.now, probe_at=s.now + HOUR)),
    "save_storage": lambda ledger, s: ledger.save_storage(
        s.number.id, Storage(read_at=s.now, settings=None, unreadable=False)
    ),
    "keep_pin": lambda ledger, s: ledger.keep_pin(s.number.e164, Secret("739164"), PinOrigin.MADE, s.now),
    "open_code": lambda ledger, s: ledger.open_code(s.reply, s.now + HOUR),
    "erase_code": lambda ledger, s: ledger.erase_code(s.reply),
    "rest": lambda ledger, s: ledger.rest(s.operation, rested(), s.now, s.version),
}
"""Each method that may write, in a case in which it does."""
READS: dict[str, Callable[[Ledger, Scene], Any]] = {
    "whose": lambda ledger, s: ledger.whose(s.operation),
    "case": lambda ledger, s: ledger.case(s.operation, s.now, Catalogue([])),
    "open_pin": lambda ledger, s: ledger.open_pin(s.pin),
}


@pytest.fixture
def scene(store: Store, database: Database, number: Number, now: datetime) -> Scene:
    opened, _ = store.operations.open(Goal.REGISTER, number, now=now)
    with database.writing() as connection:
        connection.execute(t.operations.update().values(source=number.id))
    store.ledger.rest(opened.id, rested(ask()), now, opened.version)
    task = store.tasks.shown_by(opened.id)
    assert task is not None
    reply = store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret("123830"))
    pin = store.ledger.keep_pin(number.e164, Secret("739165"), PinOrigin.MADE, now)
    intent = Attempt(id="att-1", operation=opened.id, number=number.id, call=CallKind.REGISTER, at=now)
    store.ledger.save_intent(intent)
    version = store.operations.get(opened.id).version
    return Scene(number, opened.id, version, intent.id, reply.id, pin.id, now)


def everything(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in t.metadata.sorted_tables
        }


@pytest.fixture
def change_of_hands(database: Database, scene: Scene) -> Any:
    """A lease that somebody else has taken over, and the one of whoever has it now."""
    with ExitStack() as stack:
        hold = Leases(database, 60, real=lambda: LONG_AGO, in_flight_seconds=-1e12).hold
        old = stack.enter_context(hold(scene.number.e164, "acme"))
        new = stack.enter_context(Leases(database, 60, in_flight_seconds=-1e12).hold(scene.number.e164, "acme"))
        assert old is not None
        assert new is not None
        yield old, new


def test_every_method_of_the_port_is_tried_here() -> None:
    methods = {name for name, _ in inspect.getmembers(Ledger, inspect.isfunction) if not name.startswith("_")}
    assert methods == {*WRITES, *READS, "under"}


@pytest.mark.parametrize("method", WRITES)
def test_an_old_token_is_refused_and_nothing_written(
    method: str, scene: Scene, store: Store, database: Database, change_of_hands: tuple[Lease, Lease]
) -> None:
    old, new = change_of_hands
    if method == "save_intent":
        store.ledger.under(new).save_answer(scene.intent, OK, scene.now)
    before = everything(database)
    with pytest.raises(LeaseLost):
        WRITES[method](store.ledger.under(old), scene)
    assert everything(database) == before
    WRITES[method](store.ledger.under(new), scene)
    after = everything(database)
    assert {**after, "leases": None} != {**before, "leases": None}, "the same call writes for the holder"


@pytest.mark.parametrize("method", READS)
def test_reading_needs_no_lease(method: str, scene: Scene, store: Store, change_of_hands: tuple[Lease, Lease]) -> None:
    old, _ = change_of_hands
    assert READS[method](store.ledger.under(old), scene) is not None


@pytest.mark.parametrize("method", WRITES)
def test_a_lock_that_cannot_change_hands_needs_no_check(method: str, scene: Scene, store: Store) -> None:
    if method == "save_intent":
        store.ledger.save_answer(scene.intent, OK, scene.now)
    WRITES[method](store.ledger.under(Lease(e164=scene.number.e164)), scene)


@pytest.mark.parametrize("method", WRITES)
def test_each_write_prolongs_the_lease(
    method: str, scene: Scene, store: Store, database: Database, change_of_hands: tuple[Lease, Lease]
) -> None:
    _, new = change_of_hands
    if method == "save_intent":
        store.ledger.save_answer(scene.intent, OK, scene.now)
    with database.writing() as connection:
        connection.execute(t.leases.update().values(until=1.0))
    WRITES[method](store.ledger.under(new), scene)
    with database.reading() as connection:
        assert connection.execute(select(t.leases.c.until)).scalar_one() > LONG_AGO
