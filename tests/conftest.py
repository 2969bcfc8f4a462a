"""What every test begins with."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from linewright.wiring import WIRE_LOGS


@pytest.fixture(autouse=True)
def _loggers_as_at_the_start() -> Iterator[None]:
    """A Linewright put together in one test quiets the wire's loggers for the whole process."""
    for name in WIRE_LOGS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    yield
    for name in WIRE_LOGS:
        logging.getLogger(name).setLevel(logging.NOTSET)
