"""The weather's row when several write it at once: one probe, one row, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from sqlalchemy import Connection
from tests.support.ledger_contract import NOW, OK, refused

from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind
from linewright.domain.operation import Goal, OperationState
from linewright.domain.weather import Weather, next_try
from linewright.engine.ports import Overtaken, Rested
from linewright.secret import Secret
from linewright.store.store import Store

SECOND = timedelta(seconds=1)
PHONES = 6


def opened(store: Store) -> list[str]:
    store.accounts.add("acme", "1001", Secret("EAAtoken"), now=NOW)
    numbers = [store.numbers.upsert("acme", f"9{n}", f"+1555000100{n}", now=NOW) for n in range(PHONES)]
    return [store.operations.open(Goal.REGISTER, number, now=NOW)[0].id for number in numbers]


def intend(store: Store, operation: str, name: str, seconds: float) -> str:
    number = store.operations.get(operation).number
    at = NOW + seconds * SECOND
    store.ledger.save_intent(Attempt(id=name, operation=operation, number=number, call=CallKind.REGISTER, at=at))
    return name


def together(count: int, do: Callable[[int], str]) -> list[str]:
    """What each of so many threads says that begin at once."""
    barrier = Barrier(count)

    def one(place: int) -> str:
        barrier.wait()
        return do(place)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def answer(store: Store, name: str, said: Answer, seconds: float) -> str:
    store.ledger.save_answer(name, said, NOW + seconds * SECOND)
    return name


def seen(store: Store, seconds: float) -> Weather:
    operation = store.operations.open_of("+15550001000")
    assert operation is not None
    weather = store.ledger.case(operation.id, NOW + seconds * SECOND, Catalogue([])).weather
    assert weather is not None
    return weather


def test_answers_that_come_at_once_make_one_shared_outage(store: Store) -> None:
    operations = opened(store)
    names = [intend(store, operation, f"first-{place}", place) for place, operation in enumerate(operations)]
    together(PHONES, lambda place: answer(store, names[place], refused(133004), 10 + place))
    weather = seen(store, 20)
    assert (weather.shared, weather.answers, weather.last_at) == (True, 1, NOW + (9 + PHONES) * SECOND)


def test_of_those_that_would_be_the_probe_at_once_one_is(store: Store) -> None:
    operations = opened(store)
    for place in (0, 1):
        answer(store, intend(store, operations[place], f"met-{place}", place), refused(133004), place)
    due = (next_try(seen(store, 2)) - NOW).total_seconds() + 120

    def probe(place: int) -> str:
        try:
            return intend(store, operations[place], f"probe-{place}", due)
        except Overtaken:
            return "overtaken"

    said = together(PHONES, probe)
    assert said.count("overtaken") == PHONES - 1
    (name,) = set(said) - {"overtaken"}
    assert seen(store, due).probe == f"+1555000100{name[-1]}"


def test_an_end_and_a_refusal_at_once_lose_nobody(store: Store) -> None:
    operations = opened(store)
    for place in (0, 1):
        answer(store, intend(store, operations[place], f"met-{place}", place), refused(133004), place)
    due = (next_try(seen(store, 2)) - NOW).total_seconds() + 120
    resting = Rested(
        state=OperationState.WAITING, reason="server-down", message="", wake_at=NOW + (due + 7200) * SECOND
    )
    for operation in operations[4:]:
        store.ledger.rest(operation, resting, NOW, 0)
    intend(store, operations[2], "probe", due)
    intend(store, operations[3], "late", due + 300)
    answers = (("probe", OK), ("late", refused(133004)))
    together(2, lambda place: answer(store, *answers[place], due + 301))
    for operation in operations[4:]:
        wake = store.operations.get(operation).wake_at
        assert wake is not None
        assert wake <= NOW + (due + 400) * SECOND


class Heard:
    """A queue that remembers what it was told last of each operation."""

    def __init__(self) -> None:
        self.times: dict[str, datetime | None] = {}

    def wake(self, connection: Connection, operations: Sequence[str], at: datetime | None) -> None:
        self.times |= dict.fromkeys(operations, at)


def test_the_queue_is_told_who_is_put_off_and_who_is_freed(store: Store) -> None:
    operations = opened(store)
    for place in (0, 1):
        answer(store, intend(store, operations[place], f"met-{place}", place), refused(133004), place)
    due = (next_try(seen(store, 2)) - NOW).total_seconds() + 60
    for operation in operations[4:]:
        wake = NOW + (due + 5) * SECOND
        resting = Rested(state=OperationState.WAITING, reason="server-down", message="", wake_at=wake)
        store.ledger.rest(operation, resting, NOW, 0)
    store.database.waker = heard = Heard()
    answer(store, intend(store, operations[2], "refused", due), refused(133004), due)
    later = (next_try(seen(store, due)) - NOW).total_seconds() + 60
    assert heard.times == {operation: store.operations.get(operation).wake_at for operation in operations[4:]}
    assert all(at and at > NOW + (due + 200) * SECOND for at in heard.times.values())
    answer(store, intend(store, operations[3], "ok", later), OK, later)
    assert heard.times == {operation: store.operations.get(operation).wake_at for operation in operations[4:]}
    assert all(at and at <= NOW + (later + 10) * SECOND for at in heard.times.values())
