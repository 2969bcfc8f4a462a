"""A turn under a lease while its call is in flight: the lease is renewed, lost, handed over, or not to be had yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.engine import EngineStage

from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.engine.crash import CrashPoint
from linewright.engine.ports import SEND_SECONDS, Lease, Ports
from linewright.engine.turn import Turned, turn
from linewright.store import tables as t
from linewright.store.leases import IN_FLIGHT_SECONDS, Leases

PHONE = "+15550133010"
"""Never registered: one register brings it online."""
SHORT = 0.03
"""Real seconds of a lease that is renewed a hundred times a second; nobody takes it away when it runs out."""
MUCH_LATER = 1e12

Stages = Callable[[], AbstractAsyncContextManager[EngineStage]]
Story = Callable[[EngineStage], Coroutine[Any, Any, None]]


@pytest.fixture
def play(stages: Stages) -> Callable[[Story], None]:
    async def whole(story: Story) -> None:
        async with stages() as stage:
            await story(stage)

    return lambda story: asyncio.run(whole(story))


def ports(stage: EngineStage) -> Ports:
    """By leases, with a remote that does not answer the first write."""

    def reached(point: CrashPoint) -> None:
        if point is CrashPoint.INTENT_SAVED:
            stage.gate.shut = not stage.gate.opened.is_set()

    office = stage.lw.office
    return replace(office.ports, locks=Leases(office.store.database, SHORT), reached=reached)


@contextmanager
def asked_for(stage: EngineStage, at: float | None = None) -> Iterator[Lease | None]:
    """Somebody else asks for the phone, at another real time if one is given."""
    real = None if at is None else lambda: at
    with Leases(stage.lw.office.store.database, 60, real=real).hold(PHONE, "shop") as lease:
        yield lease


def until(stage: EngineStage) -> float:
    with stage.lw.office.store.database.reading() as connection:
        return float(connection.execute(select(t.leases.c.until)).scalar_one())


def prolonged(stage: EngineStage, before: float) -> bool:
    return until(stage) > before


def outcomes(stage: EngineStage) -> list[str | None]:
    with stage.lw.office.store.database.reading() as connection:
        return list(connection.execute(select(t.attempts.c.outcome).order_by(t.attempts.c.seq)).scalars())


async def in_flight(stage: EngineStage, operation: str) -> asyncio.Task[Turned]:
    """A turn whose register is on its way, and not answered."""
    turning = asyncio.ensure_future(turn(operation, ports(stage)))
    await stage.holds(lambda: stage.gate.waiting)
    assert outcomes(stage) == [None]
    return turning


def test_a_lease_is_renewed_as_long_as_a_call_is_in_flight(play: Callable[[Story], None]) -> None:
    async def story(stage: EngineStage) -> None:
        turning = await in_flight(stage, await stage.opened(PHONE))
        for _ in range(3):
            await stage.holds(partial(prolonged, stage, until(stage)))
        stage.gate.open()
        assert (await turning).rested is not None
        assert outcomes(stage)[0] == "ok"
        assert until(stage) == 0

    play(story)


def test_a_lost_lease_lets_the_call_end_and_writes_nothing_more(play: Callable[[Story], None]) -> None:
    async def story(stage: EngineStage) -> None:
        turning = await in_flight(stage, await stage.opened(PHONE))
        with asked_for(stage, MUCH_LATER) as theirs:
            assert theirs is not None
            assert theirs.quiet_seconds == 0
            stage.gate.open()
            assert await turning == Turned(None)
            assert outcomes(stage) == [None]
            assert stage.calls(PHONE)["register"] == 1
            assert until(stage) > MUCH_LATER, "it gave nothing back that was another's"

    play(story)


def test_a_turn_that_is_handed_over_leaves_a_quiet_phone(play: Callable[[Story], None]) -> None:
    async def story(stage: EngineStage) -> None:
        turning = await in_flight(stage, await stage.opened(PHONE))
        turning.cancel()
        await asyncio.gather(turning, return_exceptions=True)
        assert until(stage) == 0
        with asked_for(stage) as theirs:
            assert theirs is not None
            assert 0 < theirs.quiet_seconds <= SEND_SECONDS + IN_FLIGHT_SECONDS

    play(story)


def test_a_turn_on_a_quiet_phone_says_when_to_look_again(play: Callable[[Story], None]) -> None:
    async def story(stage: EngineStage) -> None:
        operation = await stage.opened(PHONE)
        store, now = stage.lw.office.store, stage.clock.now()
        number = store.numbers.find(PHONE).id
        left = Attempt(id="att-1", operation=operation, number=number, call=CallKind.REGISTER, at=now)
        store.ledger.save_intent(left)
        turned = await turn(operation, ports(stage))
        assert turned.rested is None
        assert turned.again_seconds is not None
        assert 0 < turned.again_seconds <= SEND_SECONDS + IN_FLIGHT_SECONDS
        assert outcomes(stage) == [None], "it is not judged yet"
        assert not stage.calls(PHONE)
        stage.gate.open()
        store.ledger.save_answer(left.id, Answer(call=CallKind.REGISTER, outcome=Outcome.NOT_SENT), now)
        assert (await turn(operation, ports(stage))).rested is not None

    play(story)
