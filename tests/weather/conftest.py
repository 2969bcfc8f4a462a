from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.databases import Postgres, postgres
from tests.support.disks import Disk, NoDisk, tiny_disk
from tests.support.killed import Stage
from tests.support.processes import SharedClock

from linewright.simulator.simulator import RunningSimulator


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One simulator and one virtual time for all lives of this session."""
    folder = tmp_path_factory.mktemp("weather")
    clock_file = folder / "clock"
    with RunningSimulator(SharedClock(clock_file), empty=True) as simulator:
        yield Stage(folder, simulator, clock_file)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Eight megabytes, where this machine lets us mount."""
    try:
        with tiny_disk(tmp_path / "disk", 8_000) as disk:
            yield disk
    except NoDisk as why:
        pytest.skip(f"no disk of its own: {why}; tests/cli plays it with a limit instead")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server
