from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.stories import Stage


@pytest.fixture(scope="session")
def home_to_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("stories") / "home"
    with Stage(home):
        return home


@pytest.fixture
def stage(tmp_path: Path, home_to_copy: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "home", like=home_to_copy) as stage:
        yield stage


@pytest.fixture
def stage_with(tmp_path: Path, home_to_copy: Path) -> Iterator[Callable[..., Stage]]:
    """A stage whose remote has a temper of its own: `stage_with(reading_lag_seconds=20)`."""
    with ExitStack() as open_stages:
        yield lambda **temper: open_stages.enter_context(Stage(tmp_path / "home", like=home_to_copy, **temper))
