"""One home on each database, its engine in this process, and a clock that moves only when a test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from tests.support.databases import Postgres
from tests.support.engine import EngineStage, open_stage

Stages = Callable[[], AbstractAsyncContextManager[EngineStage]]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Empty for SQLite in the home."""
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.cleaned()


@pytest.fixture
def stages(database_url: str, tmp_path: Path) -> Stages:
    @asynccontextmanager
    async def opened() -> AsyncIterator[EngineStage]:
        async with open_stage(tmp_path / "home", database_url) as stage:
            yield stage

    return opened
