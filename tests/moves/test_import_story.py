"""The import's proof in small: forty rows, one in five in trouble, stopped in the middle three times and resumed.

`python -m tests.moves.import_story` is the long one, with workers that are killed.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.chaos.verdict import breaches
from tests.moves.import_crowd import Crowd, paces, rows_of
from tests.service.page_client import played
from tests.support.databases import Postgres

from linewright.clock import JumpingClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Temper

ROWS, ACCOUNTS, STEPS = 40, 3, 400


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.cleaned()


@played
async def test_stopped_and_resumed_every_row_is_at_its_right_end(tmp_path: Path, database_url: str) -> None:
    clock = JumpingClock(Simulator().clock.now())
    simulator = Simulator(clock, seed=11, temper=Temper(enforce_usage=True))
    crowd = Crowd(simulator, rows_of(ROWS, ACCOUNTS), Random(11))
    settings = Settings(home=tmp_path / "home", graph_url="http://127.0.0.1:1", database_url=database_url)

    def opened() -> Linewright:
        return Linewright(settings=settings, clock=clock, transport=simulator.transport)

    async with opened() as lw:
        await crowd.settle(lw, ACCOUNTS)
    for on, do, every in (("create", "drop_after", 2), ("register", "drop_after", 9), ("read", "html503", 31)):
        simulator.control.add_fault(on, do, every=every)
    for cut_after in (3, 9, 20):
        async with opened() as lw:
            id = (await lw.take_import(crowd.file(), skip_bad=True))["import"]["id"]
            await _cut_off(lw, id, cut_after)
    async with opened() as lw:
        assert [each["id"] for each in await lw.imports()] == [id]
        for _ in range(STEPS):
            seen = await lw.drive_import(id)
            if seen["ended_at"] is not None:
                break
            assert await crowd.answer(lw), seen
        assert crowd.wrong(await lw.import_result(id)) == []
    calls = simulator.face.log.since()
    assert breaches(calls, simulator.face.log.overlapping()) == []
    assert max(paces(simulator, calls).values()) <= 1
    assert all(call.code != 80008 for call in calls)


class _Stopped(Exception):
    """Whoever drove is gone."""


async def _cut_off(lw: Linewright, id: str, after: int) -> None:
    """Drives until so many more rows have ended, and stops there, whatever is under way."""
    before = (await lw.one_import(id))["counts"]["done"]

    def changed(seen: dict[str, Any]) -> None:
        if seen["counts"]["done"] >= before + after:
            raise _Stopped

    with contextlib.suppress(_Stopped):
        await lw.drive_import(id, on_change=changed)
