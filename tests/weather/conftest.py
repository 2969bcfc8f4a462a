from __future__ import annotations

from collections.abc import Iterator

import pytest
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
