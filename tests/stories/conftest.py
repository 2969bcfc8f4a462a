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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--echo-secrets", action="store_true", help="a remote that echoes token, PIN and code in its errors"
    )


@pytest.fixture
def temper(request: pytest.FixtureRequest) -> dict[str, bool]:
    return {"echo_secrets": bool(request.config.getoption("--echo-secrets", default=False))}


@pytest.fixture
def stage(tmp_path: Path, home_to_copy: Path, temper: dict[str, bool]) -> Iterator[Stage]:
    with Stage(tmp_path / "home", like=home_to_copy, **temper) as stage:
        yield stage


@pytest.fixture
def stage_with(tmp_path: Path, home_to_copy: Path, temper: dict[str, bool]) -> Iterator[Callable[..., Stage]]:
    """A stage whose remote has a temper of its own: `stage_with(reading_lag_seconds=20)`."""
    home = tmp_path / "home"
    with ExitStack() as open_stages:
        yield lambda **own: open_stages.enter_context(Stage(home, like=home_to_copy, **temper, **own))
