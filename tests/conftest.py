"""What every test begins with, and the figures that people want to read after a run (`record_property`)."""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.support.compiled import share
from tests.support.databases import Postgres, postgres

from linewright.logs import WIRE_LOGS
from linewright.store.engine import Database, open_store

LONGEST = ("tests/chaos", "tests/weather/test_weather_secrets.py", "tests/stories/test_shared_outage.py")
# No test asserts a time, and the machine may be busy.
settings.register_profile("linewright", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("linewright")
KILLS = ("kills", "repetitions")
share()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Also with workers: what a test notes comes home with its report."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    noted: Counter[str] = Counter()
    for name, value in (pair for report in calls for pair in report.user_properties):
        if name in KILLS:
            noted[name] += value
    storms = [told for report in calls for name, told in report.user_properties if name == "chaos"]
    for line in (line for told in storms for line in told):
        terminalreporter.write_line(line)
    if noted["kills"]:
        terminalreporter.section("hard weather")
        terminalreporter.write_line(
            f"{noted['kills']} processes killed on their way and followed by another; "
            f"{noted['repetitions']} calls were sent again, each after its answer was lost (DESIGN 5.4)"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first, so that no worker ends alone with them."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(autouse=True)
def _loggers_as_at_the_start() -> Iterator[None]:
    """A Linewright put together in one test quiets the wire's loggers for the whole process."""
    for name in WIRE_LOGS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    yield
    for name in WIRE_LOGS:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("pattern") / "linewright.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind, with tables and without rows."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        return server.cleaned()
    file = tmp_path / "home" / "linewright.db"
    file.parent.mkdir()
    shutil.copy(request.getfixturevalue("sqlite_pattern"), file)
    return f"sqlite:///{file}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_store(url)
    yield opened
    opened.close()
