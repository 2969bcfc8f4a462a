"""Leases on SQLite and PostgreSQL: how they run out, change hands, are fenced, and are held back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import select, text
from tests.support.locks_contract import OTHER, PHONE, LocksContract

from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.number import Number
from linewright.domain.operation import Goal
from linewright.engine.ports import SEND_SECONDS, Lease, LeaseLost, PhoneLocks
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.fence import real_time, stand
from linewright.store.leases import IN_FLIGHT_SECONDS, Leases
from linewright.store.store import Store
from linewright.vault import Vault

LEASE = 60.0


class RealTime:
    """The real time of a test, in epoch seconds; it moves when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1_772_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def time() -> RealTime:
    return RealTime()


@pytest.fixture
def leases(database: Database, time: RealTime) -> Callable[..., Leases]:
    """The leases of one process after the other."""

    def of_a_process(seconds: float = LEASE, most_of_account: int | None = 20) -> Leases:
        return Leases(database, seconds, most_of_account=most_of_account, real=time)

    return of_a_process


def held(lease: Lease | None) -> int:
    assert lease is not None
    assert lease.quiet_seconds == 0
    assert lease.token is not None
    return lease.token


class TestLeases(LocksContract):
    """By the database's own clock."""

    @pytest.fixture
    def locks(self, database: Database) -> Callable[[], PhoneLocks]:
        return lambda: Leases(database, LEASE)


# Time


def test_a_lease_runs_out_and_is_taken_over_with_a_higher_token(leases: Callable[..., Leases], time: RealTime) -> None:
    one, two = leases(), leases()
    with one.hold(PHONE, "acme") as first:
        time.move(LEASE - 0.01)
        with two.hold(PHONE, "acme") as early:
            assert early is None
        time.move(0.01)
        with two.hold(PHONE, "acme") as second:
            assert held(second) > held(first)


def test_the_token_rises_each_time(leases: Callable[..., Leases]) -> None:
    one, two, tokens = leases(), leases(), []
    for process in (one, two, one, one):
        with process.hold(PHONE, "acme") as lease:
            tokens.append(held(lease))
    assert tokens == sorted(set(tokens))


def test_renewing_prolongs(leases: Callable[..., Leases], time: RealTime) -> None:
    one, two = leases(), leases()
    with one.hold(PHONE, "acme") as first:
        assert first is not None
        assert first.renew is not None
        assert first.renew_seconds == LEASE / 3
        for _ in range(4):
            time.move(LEASE - 0.01)
            first.renew()
        with two.hold(PHONE, "acme") as second:
            assert second is None


def test_a_lease_that_nobody_took_since_is_taken_up_again(leases: Callable[..., Leases], time: RealTime) -> None:
    one, two = leases(), leases()
    with one.hold(PHONE, "acme") as first:
        assert first is not None
        assert first.renew is not None
        time.move(10 * LEASE)
        first.renew()
        with two.hold(PHONE, "acme") as second:
            assert second is None


def test_a_lease_that_was_taken_over_is_lost(leases: Callable[..., Leases], time: RealTime) -> None:
    one, two, three = leases(), leases(), leases()
    with ExitStack() as stack:
        first = stack.enter_context(one.hold(PHONE, "acme"))
        assert first is not None
        assert first.renew is not None
        time.move(LEASE)
        with two.hold(PHONE, "acme") as second:
            held(second)
            with pytest.raises(LeaseLost):
                first.renew()
            stack.close()
            with three.hold(PHONE, "acme") as third:
                assert third is None, "whoever comes late gives back nothing of another's"
        with pytest.raises(LeaseLost):
            first.renew()


def test_the_databases_own_clock_runs_leases(database: Database) -> None:
    with Leases(database, LEASE).hold(PHONE, "acme") as lease, database.reading() as connection:
        held(lease)
        left = connection.execute(select(t.leases.c.until - real_time(database))).scalar_one()
        assert 0 < left <= LEASE
        assert connection.execute(select(t.leases.c.holder)).scalar_one()


# Nobody is waited for


# SQLite has one writer at a time, and the system frees its lock when the process dies.
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_holder_stopped_in_the_middle_of_a_write_is_not_waited_for(
    leases: Callable[..., Leases], database: Database, time: RealTime
) -> None:
    one, two = leases(), leases()
    with one.hold(PHONE, "acme") as first, database.writing() as connection:
        assert first is not None
        stand(connection, first, real_time(database, time))
        time.move(2 * LEASE)
        with two.hold(PHONE, "acme") as second:
            assert second is None


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_postgresql_ends_a_transaction_that_is_stopped(database: Database) -> None:
    with database.reading() as connection:
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "10s"


# The limit of an account


def test_so_many_of_one_account_at_once(leases: Callable[..., Leases], time: RealTime) -> None:
    one, two = leases(most_of_account=2), leases(most_of_account=2)
    with one.hold(PHONE, "acme") as first, two.hold(OTHER, "acme") as second:
        held(first)
        held(second)
        with one.hold("+15550133007", "acme") as third, one.hold("+15550133008", "zenith") as other:
            assert third is None
            held(other)
        time.move(LEASE)
        with one.hold("+15550133007", "acme") as after:
            held(after)
    with one.hold(PHONE, "acme") as again:
        held(again)


def test_without_a_limit(leases: Callable[..., Leases]) -> None:
    process = leases(most_of_account=None)
    with ExitStack() as stack:
        for serial in range(30):
            held(stack.enter_context(process.hold(f"+1555013{serial:04}", "acme")))


def test_the_limit_holds_for_those_who_come_at_the_same_moment(leases: Callable[..., Leases]) -> None:
    racers, most = 12, 4
    asking, asked = Barrier(racers), Barrier(racers)

    def ask(serial: int) -> bool:
        process = leases(most_of_account=most)
        asking.wait()
        with process.hold(f"+1555013{serial:04}", "acme") as lease:
            asked.wait()
            return lease is not None

    with ThreadPoolExecutor(racers) as pool:
        for round_ in range(5):
            serials = range(round_ * racers, (round_ + 1) * racers)
            assert sum(pool.map(ask, serials)) == most


# Calls that may be under way


@pytest.fixture
def own(database: Database, key: bytes, time: RealTime) -> Store:
    """The store by the test's time."""
    return Store(database, Vault(key), real=time)


@pytest.fixture
def intent(own: Store, number: Number, now: datetime) -> Attempt:
    """What a holder is about to send."""
    operation, _ = own.operations.open(Goal.REGISTER, number, now=now)
    return Attempt(id="att-1", operation=operation.id, number=number.id, call=CallKind.REGISTER, at=now)


def quiet(lease: Lease | None) -> float:
    assert lease is not None
    return lease.quiet_seconds


def test_whoever_takes_over_waits_until_a_call_cannot_be_under_way(
    leases: Callable[..., Leases], time: RealTime, own: Store, number: Number, intent: Attempt, now: datetime
) -> None:
    one, two = leases(), leases()
    with one.hold(number.e164, "acme") as first:
        assert first is not None
        own.ledger.under(first).save_intent(intent)
        time.move(20)
        with two.hold(number.e164, "acme") as second:
            assert second is None, "while it is held, it is held"
    whole = SEND_SECONDS + IN_FLIGHT_SECONDS
    with two.hold(number.e164, "acme") as second:
        assert quiet(second) == pytest.approx(whole - 20), "also where it was given back"
        assert second is not None
        with pytest.raises(LeaseLost):
            own.ledger.under(second).adopt_intents(number.e164, now)
    time.move(quiet(second) - 0.01)
    with two.hold(number.e164, "acme") as third:
        assert quiet(third) == pytest.approx(0.01, abs=1e-3), "waiting does not make it longer"
    time.move(0.02)
    with two.hold(number.e164, "acme") as fourth:
        held(fourth)
        assert fourth is not None
        assert own.ledger.under(fourth).adopt_intents(number.e164, now) == 1


def test_a_holder_that_comes_back_in_time_journals_its_answer(
    leases: Callable[..., Leases], time: RealTime, own: Store, number: Number, intent: Attempt, now: datetime
) -> None:
    one, two = leases(seconds=3), leases(seconds=3)
    with one.hold(number.e164, "acme") as first:
        assert first is not None
        ours = own.ledger.under(first)
        ours.save_intent(intent)
        time.move(10)
        with two.hold(number.e164, "acme") as second:
            assert quiet(second) > 0
        ours.save_answer(intent.id, Answer(call=CallKind.REGISTER, outcome=Outcome.OK), now)
        with two.hold(number.e164, "acme") as second:
            assert second is None, "the write prolonged it"
    with two.hold(number.e164, "acme") as third:
        held(third)


def test_a_longer_lease_than_a_call_needs_no_wait(
    leases: Callable[..., Leases], time: RealTime, own: Store, number: Number, intent: Attempt
) -> None:
    one, two = leases(), leases()
    with one.hold(number.e164, "acme") as first:
        assert first is not None
        own.ledger.under(first).save_intent(intent)
        time.move(LEASE)
        with two.hold(number.e164, "acme") as second:
            held(second)
