"""One home on a jumping clock, its account added, against the simulator in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linewright.clock import JumpingClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(START)


@pytest.fixture
def simulator(clock: JumpingClock) -> Simulator:
    return Simulator(clock, seed=7)


@pytest.fixture
def options(tmp_path: Path, clock: JumpingClock, simulator: Simulator) -> dict[str, Any]:
    settings = Settings(home=tmp_path / "home", graph_url="http://127.0.0.1:1")
    return {"settings": settings, "clock": clock, "transport": simulator.transport}


@pytest.fixture
def opened(options: dict[str, Any], simulator: Simulator) -> Callable[[], Any]:
    @asynccontextmanager
    async def home() -> AsyncIterator[Linewright]:
        async with Linewright(**options) as lw:
            await lw.add_account("shop", simulator.world.account.id, Secret(simulator.world.token.text))
            yield lw

    return home
