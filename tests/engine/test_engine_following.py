"""Where a worker runs, everybody else asks and follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from tests.support.engine import EngineStage

NEVER = "+15550133010"
LOCKED = "+15550133005"
DELETED = "+15550133015"

Stages = Callable[[], AbstractAsyncContextManager[EngineStage]]


def test_a_ready_worker_makes_the_calls(stages: Stages) -> None:
    async def story() -> None:
        async with stages() as stage:
            workers = stage.lw.office.store.workers
            operation = await stage.opened(NEVER)
            workers.beat("w", "1", ready=False)
            assert not stage.lw.worked, "one that takes no work yet"
            workers.beat("w", "1", ready=True)
            assert (await stage.lw.push(operation))["state"] == "running"
            assert not stage.calls(NEVER)
            workers.leave("w")
            assert (await stage.lw.push(operation))["state"] == "waiting"
            assert stage.calls(NEVER)["register"] == 1

    asyncio.run(story())


def test_a_register_follows_the_worker_to_its_question(stages: Stages) -> None:
    async def story() -> None:
        async with stages() as stage, stage.working():
            stage.lw.office.store.workers.beat("w", "1", ready=True)
            seen: list[str] = []
            operation = await stage.opened(LOCKED)
            asked = await stage.lw.drive(operation, on_change=lambda shape: seen.append(shape["state"]))
            assert (asked["state"], asked["task"]["kind"]) == ("asking", "pin")
            assert (seen[0], seen[-1]) == ("running", "asking")

    asyncio.run(story())


def test_it_takes_over_when_the_worker_is_gone(stages: Stages) -> None:
    async def story() -> None:
        async with stages() as stage:
            workers = stage.lw.office.store.workers
            workers.beat("w", "1", ready=True)
            driving = asyncio.ensure_future(stage.lw.register(LOCKED))
            await asyncio.sleep(0)
            assert not stage.calls(LOCKED)
            workers.leave("w")
            assert (await driving)["state"] == "asking"

    asyncio.run(story())


def test_a_cancel_tells_what_the_worker_made_of_it(stages: Stages) -> None:
    async def story() -> None:
        async with stages() as stage, stage.working():
            stage.lw.office.store.workers.beat("w", "1", ready=True)
            operation = await stage.opened(DELETED)
            await stage.holds(lambda: stage.state(operation) == "waiting")
            assert (await stage.lw.cancel(operation))["state"] == "cancelled"

    asyncio.run(story())
