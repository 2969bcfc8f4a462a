from __future__ import annotations

import pytest
from graph_script import Script

from linewright.simulator.simulator import Simulator


@pytest.fixture
def script(linewright_simulator: Simulator) -> Script:
    return Script(linewright_simulator)
