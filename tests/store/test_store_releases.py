"""Releases in both databases: the row, the person of the second key, and a reminder that is told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from linewright.catalogue import loader
from linewright.domain.action import Ask, Reason
from linewright.domain.number import Number, Standing, Wanted
from linewright.domain.operation import Goal, OperationState, ReplyKind, TaskKind, Topic
from linewright.engine.ports import Rested
from linewright.errors import UsageError
from linewright.store import tables as t
from linewright.store.operations import FirstKey
from linewright.store.store import Store
from linewright.store.users import Role

ASK = Ask(
    kind=TaskKind.APPROVE, topic=Topic.RELEASE, reason=Reason.NEEDS_APPROVAL, question="Release it?", message="Asked."
)


def opened(store: Store, number: Number, now: datetime, who: str = "terminal", day: date | None = None) -> str:
    operation, _ = store.operations.open(Goal.DEREGISTER, number, now=now, release=FirstKey(who, day))
    assert operation.release
    return operation.id


def rested(store: Store, operation: str, state: OperationState, now: datetime, ask: Ask | None = None) -> None:
    store.ledger.case(operation, now, loader.load())
    version = store.operations.get(operation).version
    done = Rested(state=state, reason="x", message="m", next_step="", wake_at=None, ask=ask)
    assert store.ledger.rest(operation, done, now, version)


def released(store: Store, number: Number, now: datetime) -> None:
    rested(store, opened(store, number, now), OperationState.DONE, now)


def person(store: Store, name: str, now: datetime, role: Role = Role.OPERATOR) -> str:
    return store.users.accept(store.users.invite(role, "test", now), name, "no hash", now).name


def test_a_release_is_remembered_from_the_first_key_on(store: Store, number: Number, now: datetime) -> None:
    assert store.releases.of(number.id) is None
    operation = opened(store, number, now, "ana", date(2026, 2, 20))
    kept = store.releases.of(number.id)
    assert kept is not None
    assert (kept.opened_by, kept.last_paid, kept.off_at) == ("ana", date(2026, 2, 20), None)
    again, new = store.operations.open(Goal.DEREGISTER, number, now=now, release=FirstKey("ben", date(2026, 2, 21)))
    assert (again.id, new) == (operation, False)
    rested(store, operation, OperationState.DONE, now)
    kept = store.releases.of(number.id)
    assert kept is not None
    assert (kept.opened_by, kept.last_paid, kept.off_at) == ("ana", date(2026, 2, 21), now)
    assert store.numbers.get(number.id).wanted is Wanted.RELEASED


@pytest.mark.parametrize("state", [OperationState.GAVE_UP, OperationState.CANCELLED])
def test_what_ended_otherwise_gave_nothing_up(
    store: Store, number: Number, now: datetime, state: OperationState
) -> None:
    rested(store, opened(store, number, now), state, now)
    kept = store.releases.of(number.id)
    assert kept is not None
    assert (kept.off_at, kept.due_at) == (None, None)
    assert store.numbers.get(number.id).wanted is Wanted.UNMANAGED
    assert store.releases.last_paid(number.id, date(2026, 2, 1)) is None


@pytest.mark.parametrize(
    ("people", "opener", "answerer", "taken"),
    [
        (["ana"], "ana", "ana", True),
        (["ana", "ben"], "ana", "ana", False),
        (["ana", "ben"], "ana", "ben", True),
        (["ana", "ben"], "terminal", "terminal", True),
        (["ana", "ben"], "ana", "terminal", True),
        ([], "ana", "ana", True),
    ],
)
def test_the_second_key_is_another_persons_where_there_is_one(
    store: Store, number: Number, now: datetime, people: list[str], opener: str, answerer: str, taken: bool
) -> None:
    for each in people:
        person(store, each, now)
    person(store, "looks", now, Role.VIEWER)
    operation = opened(store, number, now, opener)
    rested(store, operation, OperationState.ASKING, now, ASK)
    task = store.tasks.shown_by(operation)
    assert task is not None
    if taken:
        store.tasks.answer(task.id, ReplyKind.APPROVE, now=now, who=answerer)
    else:
        with pytest.raises(UsageError) as refused:
            store.tasks.answer(task.id, ReplyKind.APPROVE, now=now, who=answerer)
        assert refused.value.reason == "second-key"
        assert store.tasks.get(task.id).state == "open"
        store.tasks.answer(task.id, ReplyKind.DECLINE, now=now, who=answerer)
    kept = store.releases.of(number.id)
    assert kept is not None
    assert kept.approved_by == (answerer if taken else None)


def test_of_many_that_look_one_reminds(store: Store, number: Number, now: datetime) -> None:
    released(store, number, now)
    day = now + timedelta(days=30)
    assert store.releases.remind(day - timedelta(seconds=1)) == 0
    assert [each.number for each in store.releases.due(day)] == [number.id]
    with ThreadPoolExecutor(4) as crowd:
        told = list(crowd.map(lambda _: store.releases.remind(day), range(4)))
    assert sum(told) == 1
    assert len(store.deliveries.listing()[0]) == 1
    assert store.releases.last_paid(number.id, (day - timedelta(days=10)).date()) is not None
    assert store.releases.remind(day) == 0


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"standing": Standing.DELETED.value}, "gone"),
        ({"standing": Standing.ONLINE.value}, "back"),
        ({"wanted": Wanted.ONLINE.value}, "back"),
        ({"absent_since": datetime(2026, 3, 2, tzinfo=UTC)}, "gone"),
        ({"forgotten_at": datetime(2026, 3, 2, tzinfo=UTC)}, "forgotten"),
    ],
)
def test_what_is_over_is_told_to_nobody(
    store: Store, number: Number, now: datetime, values: dict[str, object], why: str
) -> None:
    released(store, number, now)
    with store.database.writing() as connection:
        connection.execute(update(t.numbers).where(t.numbers.c.id == number.id).values(values))
    assert store.releases.remind(now + timedelta(days=60)) == 0
    kept = store.releases.of(number.id)
    assert kept is not None
    assert (kept.closed_for, kept.reminded_at) == (why, None)
    assert store.releases.due(now + timedelta(days=60)) == []


def test_a_later_release_ends_an_earlier_one(store: Store, number: Number, now: datetime) -> None:
    released(store, number, now)
    later = now + timedelta(days=20)
    released(store, number, later)
    assert [each.due_at for each in store.releases.due(now + timedelta(days=90))] == [later + timedelta(days=30)]
