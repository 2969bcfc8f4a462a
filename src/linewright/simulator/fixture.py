"""The pytest fixtures. pytest loads this file in every run, so it imports the simulator only when asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from linewright.simulator.simulator import RunningSimulator, Simulator

__all__ = ["linewright_simulator", "linewright_simulator_server"]


@pytest.fixture
def linewright_simulator() -> Simulator:
    """A fresh simulator with the default world, in this process, on a clock that stands still until moved."""
    from linewright.simulator.simulator import Simulator

    return Simulator()


@pytest.fixture
def linewright_simulator_server() -> Iterator[RunningSimulator]:
    """The same on real ports, for clients that speak HTTP themselves."""
    from linewright.simulator.simulator import RunningSimulator

    with RunningSimulator() as running:
        yield running
