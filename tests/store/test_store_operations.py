from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import insert

from linewright.domain.action import Ask, Reason
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome, RemoteError
from linewright.domain.number import Number
from linewright.domain.operation import Goal, Operation, OperationState, ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinOrigin
from linewright.engine.ports import Rested
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import open_store
from linewright.store.gather import ATTEMPTS_KEPT
from linewright.store.operations import Options
from linewright.store.store import Store

MINUTE = timedelta(minutes=1)
DONE = Rested(state=OperationState.DONE, reason="registered", message="")
ASKS_PIN = Ask(kind=TaskKind.PIN, topic=Topic.PIN, reason=Reason.NEEDS_PIN, question="Which PIN?", message="")


def rested(**fields: Any) -> Rested:
    return Rested(**{"state": OperationState.WAITING, "reason": "settling", "message": "", **fields})


def opened(store: Store, number: Number, now: datetime, **asked: Any) -> Operation:
    operation, created = store.operations.open(Goal.REGISTER, number, now=now, **asked)
    assert created
    return operation


def refuse(store: Store, operation: Operation, digits: str, now: datetime) -> None:
    """The remote refuses a PIN, as a turn would journal it."""
    pin = store.ledger.keep_pin(operation.e164, Secret(digits), PinOrigin.GIVEN, now)
    store.ledger.save_intent(
        Attempt(
            id=f"att-{digits}",
            operation=operation.id,
            number=operation.number,
            call=CallKind.REGISTER,
            at=now,
            pin=pin.id,
            fingerprint=pin.fingerprint,
        )
    )
    answer = Answer(call=CallKind.REGISTER, outcome=Outcome.REFUSED, error=RemoteError(code=133005))
    store.ledger.save_answer(f"att-{digits}", answer, now)


def test_an_operation_is_opened_with_its_flags(store: Store, number: Number, now: datetime) -> None:
    options = Options(code_method="VOICE", code_language="de_DE", use_reserve=True, subscribe=False)
    operation = opened(store, number, now, options=options)
    assert (operation.goal, operation.number, operation.e164, operation.account) == (
        Goal.REGISTER,
        number.id,
        number.e164,
        "acme",
    )
    assert (operation.code_method, operation.code_language) == ("VOICE", "de_DE")
    assert (operation.use_reserve, operation.subscribe) == (True, False)
    assert store.operations.get(operation.id) == operation
    assert store.operations.open_of(number.e164) == operation
    assert store.operations.open_of("+15550000000") is None


def test_the_same_goal_is_joined_and_given_flags_apply(store: Store, number: Number, now: datetime) -> None:
    first = opened(store, number, now, options=Options(code_method="VOICE"))
    store.ledger.rest(first.id, rested(wake_at=now + 9 * MINUTE), now, 0)
    same, created = store.operations.open(Goal.REGISTER, number, now=now + MINUTE)
    assert (same.id, created, same.version, same.wake_at) == (first.id, False, 0, now + 9 * MINUTE)
    joined, _ = store.operations.open(
        Goal.REGISTER, number, now=now + MINUTE, options=Options(use_reserve=True), because=131045
    )
    assert (joined.use_reserve, joined.code_method) == (True, "VOICE")
    assert (joined.version, joined.wake_at) == (1, now + MINUTE)
    heard = store.ledger.case(first.id, now + MINUTE, Catalogue([])).evidence
    assert [(each.code, each.at, each.source) for each in heard] == [(131045, now + MINUTE, "person")]


def test_another_goal_is_refused_by_name(store: Store, number: Number, now: datetime) -> None:
    first = opened(store, number, now)
    with pytest.raises(UsageError, match=first.id) as refused:
        store.operations.open(Goal.DEREGISTER, number, now=now)
    assert refused.value.reason == "operation-open"
    assert len(store.operations.listing()[0]) == 1


def test_another_id_of_the_phone_is_the_same_phone(store: Store, number: Number, now: datetime) -> None:
    first = opened(store, number, now)
    other = store.numbers.upsert("acme", "9", number.display, now=now)
    with pytest.raises(UsageError, match=first.id):
        store.operations.open(Goal.REGISTER, other, now=now)


@pytest.mark.parametrize("digits", ["12345", "1234567", "12a456", "", "１２３４５６", "١٢٣٤٥٦"])
def test_a_pin_is_six_ascii_digits(store: Store, number: Number, now: datetime, digits: str) -> None:
    with pytest.raises(UsageError, match="six digits"):
        store.operations.open(Goal.REGISTER, number, now=now, pin=Secret(digits))
    assert store.operations.listing() == ([], None)


def test_a_given_pin_is_kept_with_its_leading_zero(store: Store, number: Number, now: datetime) -> None:
    operation = opened(store, number, now, pin=Secret("012345\n"))
    (pin,) = store.ledger.case(operation.id, now, Catalogue([])).pins.candidates
    assert (pin.origin, store.ledger.open_pin(pin.id)) == (PinOrigin.GIVEN, Secret("012345"))


def test_a_pin_given_to_set_pin_is_to_be_set(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.SET_PIN, number, now=now, pin=Secret("246810"))
    book = store.ledger.case(operation.id, now, Catalogue([])).pins
    assert [pin.origin for pin in book.pins] == [PinOrigin.CHOSEN]
    assert book.candidates == ()


def test_a_joining_pin_answers_the_open_question(store: Store, number: Number, now: datetime) -> None:
    operation = opened(store, number, now)
    store.ledger.rest(operation.id, rested(state=OperationState.ASKING, ask=ASKS_PIN), now, 0)
    task = store.tasks.shown_by(operation.id)
    store.operations.open(Goal.REGISTER, number, now=now + MINUTE, pin=Secret("246810"))
    case = store.ledger.case(operation.id, now + MINUTE, Catalogue([]))
    assert [(reply.kind, reply.answer) for reply in case.replies] == [(TaskKind.PIN, ReplyKind.VALUE)]
    assert [pin.id for pin in case.pins.candidates] == [case.replies[0].pin]
    assert case.operation.wake_at == now + MINUTE
    assert task is not None
    assert store.tasks.get(task.id).state == "answered"


def test_a_refused_pin_is_turned_away(store: Store, number: Number, now: datetime) -> None:
    operation = opened(store, number, now)
    refuse(store, operation, "111222", now)
    before = store.operations.get(operation.id)
    with pytest.raises(UsageError) as refused:
        store.operations.open(Goal.REGISTER, number, now=now, pin=Secret("111222"), because=131045)
    assert refused.value.reason == "pin-refused"
    assert store.operations.get(operation.id) == before
    assert store.ledger.case(operation.id, now, Catalogue([])).evidence == ()
    store.ledger.rest(operation.id, DONE, now, 0)
    with pytest.raises(UsageError):
        store.operations.open(Goal.REGISTER, number, now=now, pin=Secret("111222"))
    assert store.operations.open_of(number.e164) is None
    assert store.operations.open(Goal.SET_PIN, number, now=now, pin=Secret("111222"))[1]


def test_a_refused_pin_is_remembered_through_any_number_of_attempts(
    store: Store, number: Number, now: datetime
) -> None:
    operation = opened(store, number, now)
    refuse(store, operation, "111222", now)
    one = {"operation": operation.id, "number": number.id, "e164": number.e164, "outcome": "ok", "call": "subscribe"}
    with store.database.writing() as connection:
        connection.execute(
            insert(t.attempts),
            [{"id": f"later-{count}", "at": now, "answered_at": now, **one} for count in range(ATTEMPTS_KEPT)],
        )
    case = store.ledger.case(operation.id, now, Catalogue([]))
    assert (len(case.attempts), len(case.pins.refused), case.pins.candidates) == (ATTEMPTS_KEPT, 1, ())
    with pytest.raises(UsageError, match="refused this PIN already"):
        store.operations.open(Goal.REGISTER, number, now=now, pin=Secret("111222"))


def test_of_many_that_race_one_opens_and_the_others_join(store: Store, number: Number, now: datetime, url: str) -> None:
    racers = 6
    barrier, found = Barrier(racers), []

    def race() -> None:
        own = Store(open_store(url), store.vault)
        barrier.wait()
        operation, created = own.operations.open(Goal.REGISTER, number, now=now, pin=Secret("246810"))
        found.append((operation.id, created))
        own.database.close()

    threads = [Thread(target=race) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({operation for operation, _ in found}) == 1
    assert sorted(created for _, created in found) == [False] * (racers - 1) + [True]
    assert len(store.operations.listing()[0]) == 1


def test_cancel_is_asked_once_and_wakes(store: Store, number: Number, now: datetime) -> None:
    operation = opened(store, number, now)
    store.ledger.rest(operation.id, rested(wake_at=now + 9 * MINUTE), now, 0)
    asked = store.operations.cancel(operation.id, now=now + MINUTE)
    assert (asked.cancel_asked_at, asked.wake_at, asked.version) == (now + MINUTE, now + MINUTE, 1)
    again = store.operations.cancel(operation.id, now=now + 2 * MINUTE)
    assert again.cancel_asked_at == now + MINUTE
    store.ledger.rest(operation.id, DONE, now, again.version)
    with pytest.raises(UsageError, match="ended already"):
        store.operations.cancel(operation.id, now=now)


def test_retry_wakes_what_is_open_and_repeats_what_has_ended(store: Store, number: Number, now: datetime) -> None:
    operation = opened(store, number, now, options=Options(code_method="VOICE", subscribe=False))
    store.ledger.rest(operation.id, rested(wake_at=now + 9 * MINUTE), now, 0)
    woken, created = store.operations.retry(operation.id, now=now + MINUTE)
    assert (woken.id, created, woken.wake_at) == (operation.id, False, now + MINUTE)
    store.ledger.rest(operation.id, rested(state=OperationState.GAVE_UP), now, woken.version)
    again, created = store.operations.retry(operation.id, now=now + 2 * MINUTE)
    assert (created, again.id != operation.id, again.goal) == (True, True, Goal.REGISTER)
    assert (again.code_method, again.subscribe, again.opened_at) == ("VOICE", False, now + 2 * MINUTE)


@pytest.mark.parametrize("ask", ["get", "cancel", "retry"])
def test_an_unknown_operation_is_told(store: Store, now: datetime, ask: str) -> None:
    with pytest.raises(UsageError) as refused:
        getattr(store.operations, ask)("op-nobody", **({} if ask == "get" else {"now": now}))
    assert refused.value.reason == "unknown-operation"


def test_what_is_due_the_longest_due_first(store: Store, number: Number, now: datetime) -> None:
    wakes = {"waits": now + MINUTE, "later": now + 5 * MINUTE, "asks": None, "new": None, "ended": None}
    ids = {}
    for place, name in enumerate(wakes):
        each = store.numbers.upsert("acme", f"n{place}", f"+1555000000{place}", now=now)
        ids[name] = opened(store, each, now + 2 * MINUTE).id
    for name in ("waits", "later"):
        store.ledger.rest(ids[name], rested(wake_at=wakes[name]), now, 0)
    store.ledger.rest(ids["asks"], rested(state=OperationState.ASKING), now, 0)
    store.ledger.rest(ids["ended"], DONE, now, 0)
    assert store.operations.next_wake() == now + MINUTE
    assert store.operations.due(now) == []
    assert store.operations.due(now + 3 * MINUTE) == [ids["waits"], ids["new"]]
    assert store.operations.due(now + 5 * MINUTE) == [ids["waits"], ids["new"], ids["later"]]


def test_the_listing_is_filtered_and_paged_newest_first(store: Store, number: Number, now: datetime) -> None:
    ids = []
    for place in range(5):
        each = store.numbers.upsert("acme", f"n{place}", f"+1555000000{place}", now=now)
        ids.append(opened(store, each, now).id)
    store.ledger.rest(ids[0], DONE, now, 0)
    first, cursor = store.operations.listing(limit=3)
    rest, end = store.operations.listing(limit=3, after=cursor)
    assert [each.id for each in (*first, *rest)] == ids[::-1]
    assert end is None
    done, _ = store.operations.listing(states=[OperationState.DONE])
    assert [each.id for each in done] == [ids[0]]
    assert [each.id for each in store.operations.listing(number="n3")[0]] == [ids[3]]
    assert store.operations.listing(account="nobody") == ([], None)


@pytest.mark.parametrize("code", [-1, 10**9])
def test_evidence_is_an_error_code(store: Store, number: Number, now: datetime, code: int) -> None:
    with pytest.raises(UsageError, match="no error code"):
        store.operations.open(Goal.REGISTER, number, now=now, because=code)
