"""What both sides of the engine promise: a poll on SQLite, Procrastinate on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import text
from tests.support.engine import EngineStage

NEVER = "+15550133010"
"""Never registered: one register brings it online."""
DELETED = "+15550133015"
"""Deleted a moment ago: it waits five minutes and more."""

Stages = Callable[[], AbstractAsyncContextManager[EngineStage]]
Story = Callable[[EngineStage], Coroutine[Any, Any, None]]


@pytest.fixture
def play(stages: Stages) -> Callable[[Story], None]:
    async def whole(story: Story) -> None:
        async with stages() as stage:
            await story(stage)

    return lambda story: asyncio.run(whole(story))


async def waiting_one(stage: EngineStage) -> str:
    """An operation that waits for its time, with one register behind it."""
    operation = await stage.opened(DELETED)
    await stage.lw.push(operation)
    assert (stage.state(operation), stage.calls(DELETED)["register"]) == ("waiting", 1)
    return operation


async def another_is_done(stage: EngineStage) -> None:
    """Whatever else was due has had its turn once an operation that came later is done."""
    operation = await stage.opened(NEVER)
    await stage.lived_through(operation, "done")


class TestEngine:
    def test_what_is_opened_is_brought_to_its_end(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            async with stage.working():
                operation = await stage.opened(NEVER)
                await stage.lived_through(operation, "done")
            assert stage.calls(NEVER)["register"] == 1

        play(story)

    def test_what_waits_is_woken_at_its_time(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            async with stage.working():
                operation = await stage.opened(DELETED)
                await stage.lived_through(operation, "done")
            assert stage.calls(DELETED)["register"] == 3

        play(story)

    def test_not_before_its_time(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await waiting_one(stage)
            before, wake = stage.calls(DELETED), stage.wake_at(operation)
            async with stage.working():
                await another_is_done(stage)
            assert (stage.calls(DELETED), stage.wake_at(operation)) == (before, wake)

        play(story)

    def test_a_wake_pulls_it_forward_and_its_rest_pushes_it_back(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await waiting_one(stage)
            reads, wake = stage.calls(DELETED)["read"], stage.wake_at(operation)
            async with stage.working():
                await stage.lw.retry(operation)
                await stage.holds(lambda: stage.wake_at(operation) == wake)
                await another_is_done(stage)
            assert stage.calls(DELETED)["register"] == 1
            assert stage.calls(DELETED)["read"] <= reads + 1

        play(story)

    def test_two_wakes_are_one_turn(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await waiting_one(stage)
            reads, wake = stage.calls(DELETED)["read"], stage.wake_at(operation)
            for _ in range(2):
                stage.lw.office.store.operations.retry(operation, now=stage.clock.now())
            async with stage.working(concurrency=1):
                await stage.holds(lambda: stage.wake_at(operation) == wake)
                await another_is_done(stage)
            assert stage.calls(DELETED)["read"] == reads + 1

        play(story)

    def test_what_comes_during_a_turn_is_not_lost(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await waiting_one(stage)
            stage.gate.shut = True
            async with stage.working():
                stage.lw.office.store.operations.retry(operation, now=stage.clock.now())
                await stage.holds(lambda: stage.gate.waiting)
                stage.lw.office.store.operations.cancel(operation, now=stage.clock.now())
                stage.gate.open()
                await stage.holds(lambda: stage.state(operation) == "cancelled")
            assert stage.calls(DELETED)["register"] == 1

        play(story)

    def test_what_ended_has_no_turn(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await waiting_one(stage)
            stage.lw.office.store.operations.cancel(operation, now=stage.clock.now())
            async with stage.working():
                await stage.holds(lambda: stage.state(operation) == "cancelled")
                before = stage.calls(DELETED)
                stage.pass_time(86_400)
                await another_is_done(stage)
            assert stage.calls(DELETED) == before

        play(story)

    def test_a_small_account_does_not_wait_for_a_big_one(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            many = [f"+1555020{place:04d}" for place in range(12)]
            await stage.account("big", many)
            await stage.account("small", ["+15550300001"])
            operations = [await stage.opened(number) for number in [*many, "+15550300001"]]
            async with stage.working(concurrency=1):
                for operation in operations:
                    await stage.lived_through(operation, "done", "asking", "gave_up")
            firsts = list(dict.fromkeys(phone for phone in stage.order("read") if phone[:7] != "+155501"))
            assert firsts.index("+15550300001") <= 1, firsts

        play(story)

    def test_a_start_finds_what_was_due(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await stage.opened(NEVER)
            if stage.lw.office.jobs is not None:
                with stage.lw.office.store.database.writing() as connection:
                    connection.execute(text("DELETE FROM procrastinate_jobs"))
            async with stage.working():
                await stage.lived_through(operation, "done")

        play(story)

    def test_what_was_handed_over_is_taken_up(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await stage.opened(NEVER)
            stage.gate.shut = True
            async with stage.working(grace=0.0) as engine:
                await stage.holds(lambda: stage.gate.waiting)
                assert engine.under_way == 1
            await stage.holds(lambda: not stage.gate.waiting)
            assert stage.state(operation) == "running"
            stage.gate.open()
            async with stage.working():
                await stage.lived_through(operation, "done")
            assert stage.calls(NEVER)["register"] == 1

        play(story)

    def test_a_stop_lets_a_turn_finish(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            operation = await stage.opened(NEVER)
            stage.gate.shut = True
            async with stage.working() as engine:
                await stage.holds(lambda: engine.under_way and stage.gate.waiting)
                asyncio.get_running_loop().call_soon(stage.gate.open)
            assert (stage.state(operation), stage.calls(NEVER)["register"], engine.under_way) == ("waiting", 1, 0)

        play(story)

    def test_many_at_once_but_no_more_than_asked(self, play: Callable[[Story], None]) -> None:
        async def story(stage: EngineStage) -> None:
            numbers = [f"+1555020{place:04d}" for place in range(8)]
            await stage.account("big", numbers)
            operations = [await stage.opened(number) for number in numbers]
            stage.gate.shut = True
            async with stage.working(concurrency=3) as engine:
                await stage.holds(lambda: stage.gate.waiting == 3)
                assert engine.under_way == 3
                stage.gate.open()
                for operation in operations:
                    await stage.lived_through(operation, "done", "asking", "gave_up")
            assert stage.simulator.face.log.overlapping() == []

        play(story)
