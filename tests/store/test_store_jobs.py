"""The queue's jobs on PostgreSQL: committed with the truth, one for each operation, in the accounts' turns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.support.databases import Postgres

from linewright.clock import JumpingClock
from linewright.domain.number import Number
from linewright.domain.operation import Goal, OperationState
from linewright.engine.ports import Rested
from linewright.errors import StoreUnavailable
from linewright.secret import Secret
from linewright.store import keep
from linewright.store import tables as t
from linewright.store.engine import open_store
from linewright.store.jobs import QueueJobs
from linewright.store.store import Store
from linewright.vault import Vault

MINUTE = timedelta(minutes=1)
JOBS = text(
    "SELECT queueing_lock AS operation, args, lock, priority, status,"
    " extract(epoch FROM scheduled_at - clock_timestamp())::float AS seconds FROM procrastinate_jobs ORDER BY id"
)


@pytest.fixture
def clock(now: datetime) -> JumpingClock:
    return JumpingClock(now)


@pytest.fixture
def queued(postgres_server: Postgres, key: bytes, clock: JumpingClock) -> Iterator[Store]:
    database = open_store(postgres_server.cleaned())
    database.waker = QueueJobs(database, clock.seconds_until)
    yield Store(database, Vault(key))
    database.close()


@pytest.fixture
def jobs(queued: Store) -> QueueJobs:
    waker = queued.database.waker
    assert isinstance(waker, QueueJobs)
    return waker


def phones(store: Store, account: str, count: int, now: datetime) -> list[Number]:
    """`count` numbers of a new account."""
    place = len(store.accounts.all()) + 1
    store.accounts.add(account, f"100{place}", Secret("EAAtoken"), now=now)
    return [
        store.numbers.upsert(account, f"{place}0{each}", f"+1555{place}{each:06d}", now=now) for each in range(count)
    ]


def opened(store: Store, number: Number, now: datetime) -> str:
    return store.operations.open(Goal.REGISTER, number, now=now)[0].id


def waiting(store: Store) -> list[dict[str, Any]]:
    with store.database.reading() as connection:
        return [dict(row) for row in connection.execute(JOBS).mappings()]


def begun(store: Store) -> int:
    """What a worker of the queue does when it takes a job; how many it took."""
    with store.database.writing() as connection:
        return connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'")).rowcount


def rest(store: Store, operation: str, wake_at: datetime | None, now: datetime, state: str = "waiting") -> bool:
    rested = Rested(state=OperationState(state), reason="told-to-wait", message="Waits.", wake_at=wake_at)
    return store.ledger.rest(operation, rested, now, store.operations.get(operation).version)


def test_opening_is_a_job_at_once(queued: Store, now: datetime) -> None:
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)
    (job,) = waiting(queued)
    assert (job["operation"], job["args"], job["lock"]) == (operation, {"operation": operation}, None)
    assert job["seconds"] <= 0


def test_a_rest_puts_the_job_off_and_a_wake_pulls_it_forward(queued: Store, now: datetime, clock: JumpingClock) -> None:
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)
    assert rest(queued, operation, now + timedelta(seconds=45), now)
    assert [round(job["seconds"]) for job in waiting(queued)] == [45]
    queued.operations.retry(operation, now=clock.now())
    assert [round(job["seconds"]) for job in waiting(queued)] == [0]


def test_what_waits_long_has_a_job_only_when_it_comes_near(
    queued: Store, jobs: QueueJobs, now: datetime, clock: JumpingClock
) -> None:
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)
    assert rest(queued, operation, now + 72 * 60 * MINUTE, now)
    jobs.again(operation, clock.now(), 0.1)
    assert (jobs.sweep(clock.now()), waiting(queued)) == (0, [])
    clock.advance(72 * 3_600 - 30)
    assert (jobs.sweep(clock.now()), jobs.sweep(clock.now())) == (1, 0)
    assert [(job["operation"], round(job["seconds"])) for job in waiting(queued)] == [(operation, 30)]


@pytest.mark.parametrize("state", ["asking", "done"])
def test_who_asks_or_has_ended_has_no_job(queued: Store, now: datetime, state: str) -> None:
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)
    assert rest(queued, operation, None, now, state)
    assert waiting(queued) == []


def test_a_wake_during_a_turn_has_a_job_of_its_own(queued: Store, now: datetime, clock: JumpingClock) -> None:
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)
    assert begun(queued) == 1
    queued.operations.retry(operation, now=clock.now())
    queued.operations.retry(operation, now=clock.now())
    assert [(job["operation"], job["status"]) for job in waiting(queued)] == [(operation, "doing"), (operation, "todo")]


def test_what_is_not_committed_wakes_nobody(queued: Store, now: datetime) -> None:
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)

    def interrupted() -> None:
        with queued.database.writing() as connection:
            assert keep.wake(connection, t.operations.c.id == operation, at=now + MINUTE) == [operation]
            raise InterruptedError

    with pytest.raises(StoreUnavailable):
        interrupted()
    assert [round(job["seconds"]) for job in waiting(queued)] == [0]


def test_accounts_take_turns(queued: Store, now: datetime) -> None:
    big = [opened(queued, number, now) for number in phones(queued, "big", 30, now)]
    small = opened(queued, phones(queued, "small", 1, now)[0], now)
    order = sorted(waiting(queued), key=lambda job: -job["priority"])
    assert [job["operation"] for job in order[:3]] == [big[0], small, big[1]]


def test_an_account_woken_at_once_takes_turns_with_itself(queued: Store, now: datetime) -> None:
    numbers = phones(queued, "acme", 5, now)
    operations = [opened(queued, number, now) for number in numbers]
    for operation in operations:
        rest(queued, operation, now + MINUTE / 2, now)
    queued.accounts.update(["acme"], now=now, token=Secret("EAAanother"))
    found = waiting(queued)
    assert [job["operation"] for job in found] == operations
    assert [job["priority"] for job in found] == [-1, -2, -3, -4, -5]


def test_the_sweep_finds_what_has_no_job(queued: Store, jobs: QueueJobs, now: datetime, clock: JumpingClock) -> None:
    lost, waits = (opened(queued, number, now) for number in phones(queued, "acme", 2, now))
    rest(queued, waits, now + 60 * MINUTE, now)
    with queued.database.writing() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs WHERE queueing_lock = :lost"), {"lost": lost})
    assert jobs.sweep(clock.now()) == 1
    assert jobs.sweep(clock.now()) == 0
    clock.advance(3_600)
    assert jobs.sweep(clock.now()) == 1, "a clock that was moved makes due what its job does not know"
    assert [(job["operation"], round(job["seconds"])) for job in waiting(queued)] == [(lost, 0), (waits, 0)]


def test_the_sweep_leaves_a_phone_that_somebody_has(
    queued: Store, jobs: QueueJobs, now: datetime, clock: JumpingClock
) -> None:
    number = phones(queued, "acme", 1, now)[0]
    opened(queued, number, now)
    begun(queued)
    lease = "INSERT INTO leases VALUES (:e164, 1, 'w', 'acme', extract(epoch FROM clock_timestamp()) + :left)"
    with queued.database.writing() as connection:
        connection.execute(text(lease), {"e164": number.e164, "left": 60})
    assert jobs.sweep(clock.now()) == 0
    with queued.database.writing() as connection:
        connection.execute(text("UPDATE leases SET until = 0"))
    assert jobs.sweep(clock.now()) == 1


def test_again_keeps_a_job_that_is_there(queued: Store, jobs: QueueJobs, now: datetime, clock: JumpingClock) -> None:
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)
    jobs.again(operation, clock.now(), 30.0)
    assert [round(job["seconds"]) for job in waiting(queued)] == [0]
    begun(queued)
    jobs.again(operation, clock.now(), 30.0)
    assert [(job["status"], round(job["seconds"])) for job in waiting(queued)] == [("doing", 0), ("todo", 30)]
    rest(queued, operation, None, now, "done")
    jobs.again(operation, clock.now(), 30.0)
    assert [job["status"] for job in waiting(queued)] == ["doing"]


def test_a_job_that_is_being_fetched_is_not_waited_for(queued: Store, jobs: QueueJobs, now: datetime) -> None:
    """The fetch is committed by the loop that would wait: it would wait for ever. Its turn times the next one."""
    operation = opened(queued, phones(queued, "acme", 1, now)[0], now)
    later = now + MINUTE / 2
    with queued.database.writing() as fetching:
        fetching.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        with queued.database.writing() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            jobs.wake(connection, [operation], later)
            connection.execute(text("UPDATE operations SET wake_at = :at"), {"at": later})
    assert [job["status"] for job in waiting(queued)] == ["doing"]
    jobs.again(operation, now, 0.1)
    assert [(job["status"], round(job["seconds"])) for job in waiting(queued)][1:] == [("todo", 30)]
