"""Heartbeats, and the questions that an idle engine asks of the store."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import event, update

from linewright.domain.operation import Goal
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.store import Store

MINUTE = timedelta(minutes=1)


def unseen_for(store: Store, worker: str, seconds: float) -> None:
    with store.database.writing() as connection:
        here = update(t.workers).where(t.workers.c.id == worker)
        connection.execute(here.values(seen_at=t.workers.c.seen_at - seconds))


def test_a_worker_lives_while_it_beats(store: Store) -> None:
    store.workers.beat("w1", "0.1", ready=False)
    assert store.workers.alive() == []
    store.workers.beat("w1", "0.1", ready=True)
    store.workers.beat("w2", "0.2", ready=True)
    assert [(each.id, each.version) for each in store.workers.alive()] == [("w1", "0.1"), ("w2", "0.2")]
    unseen_for(store, "w1", 21)
    assert [each.id for each in store.workers.alive()] == ["w2"]
    store.workers.beat("w1", "0.1", ready=True)
    assert len(store.workers.alive()) == 2
    store.workers.leave("w2")
    assert [each.id for each in store.workers.all()] == ["w1"]


def test_who_was_gone_for_an_hour_is_forgotten(store: Store) -> None:
    store.workers.beat("gone", "0.1", ready=True)
    unseen_for(store, "gone", 3_601)
    store.workers.beat("here", "0.1", ready=True)
    assert [each.id for each in store.workers.all()] == ["here"]


def test_accounts_take_turns_among_the_due(store: Store, now: datetime) -> None:
    found: dict[str, list[str]] = {}
    for place, (account, count) in enumerate((("big", 3), ("small", 1), ("middle", 2))):
        store.accounts.add(account, f"100{place}", Secret("EAAtoken"), now=now)
        for each in range(count):
            number = store.numbers.upsert(account, f"{place}{each}", f"+1555{place}00000{each}", now=now)
            operation, _ = store.operations.open(Goal.REGISTER, number, now=now + place * MINUTE)
            found.setdefault(account, []).append(operation.id)
    big, small, middle = found["big"], found["small"], found["middle"]
    later = now + 3 * MINUTE
    assert store.operations.due_in_turns(later, 10) == [big[0], small[0], middle[0], big[1], middle[1], big[2]]
    assert store.operations.due_in_turns(later, 2) == [big[0], small[0]]
    assert store.operations.due_in_turns(now, 10) == big
    assert store.operations.count_open() == 6


def test_an_idle_look_goes_by_an_index(store: Store, now: datetime) -> None:
    """Else 100,000 waiting operations would be passed over four times a second."""
    if not store.database.is_sqlite:
        return  # PostgreSQL is not polled
    asked: list[tuple[str, object]] = []

    def listen(_: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        asked.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", listen)
    store.operations.next_wake()
    store.operations.due_in_turns(now, 10)
    event.remove(store.database.engine, "before_cursor_execute", listen)
    with store.database.reading() as connection:
        for statement, parameters in asked:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type] # as the driver had them
                looked = [row[3] for row in plan if "operations" in row[3]]
                assert looked == [each for each in looked if "ix_operations_open_wake (wake_at" in each]
                assert looked
