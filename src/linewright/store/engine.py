"""The database: opened once, every trouble with it told in two clear lines."""

from __future__ import annotations

import fcntl
import json
import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NoSuchModuleError,
    SQLAlchemyError,
)

from linewright.engine.ports import Waker
from linewright.errors import StoreUnavailable, UsageError

__all__ = ["BUSY_TIMEOUT_SECONDS", "WAKER", "Database", "open_database", "open_store"]

BUSY_TIMEOUT_SECONDS = 5
"""How long a write waits for another process's write; SQLite's own `?timeout=SECONDS` in the URL says otherwise."""
WAKER = "linewright_waker"
"""The option under which a writing connection knows who is to be told of a changed `wake_at`."""
IDLE_SECONDS = 10
"""After so long PostgreSQL ends a transaction whose process does nothing: one that was stopped in the middle of it
would keep everybody else from the rows it locked."""
LOCK_SECONDS = 2 * IDLE_SECONDS
"""Nobody waits longer for a row: by then whoever had locked it was ended, or it is a fault of ours."""
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""Seconds, and how often: no firewall forgets a connection at rest, and a server that died is noticed."""
_WRITES = "linewright_writes"


class Database:
    """An engine and the two ways to use it. Both raise `StoreUnavailable`, never an error of a library;
    a broken uniqueness comes through as `IntegrityError`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.place = engine.url.render_as_string(hide_password=True)
        self.waker: Waker | None = None
        # Each statement of PostgreSQL sees a moment of its own either way: BEGIN and ROLLBACK would be two trips more.
        self._at_once = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For statements that only read; on SQLite they see one moment."""
        with self.trouble(), self._at_once.connect() as connection:
            yield connection

    @contextmanager
    def one_write(self) -> Iterator[Connection]:
        """For one statement that writes, which is a transaction of its own."""
        if self.is_sqlite:
            with self.writing() as connection:
                yield connection
        else:
            with self.trouble(), self._at_once.connect() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at its end; on SQLite it has the only write lock from its start."""
        with self.trouble(), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True, WAKER: self.waker})
            with connection.begin():
                yield connection

    @contextmanager
    def trouble(self) -> Iterator[None]:
        """Turns what a database or disk throws into `StoreUnavailable`."""
        try:
            yield
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise _told(error, self.place) from error

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Connects to nothing yet, but for a missing folder of SQLite, which is made (mode 0700).

    Raises `UsageError` for a URL of another kind and `StoreUnavailable` when the folder cannot be made.
    """
    where = _url(url)
    if where.get_backend_name() == "sqlite":
        _make_folder(where)
    try:
        engine = create_engine(where, hide_parameters=True, json_serializer=_json, **_options(where))
    except SQLAlchemyError as error:
        raise _told(error, where.render_as_string(hide_password=True)) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _to_sqlite(Path(where.database or "").parent))
        event.listen(engine, "begin", _on_sqlite_begin)
    else:
        event.listen(engine, "connect", _to_postgresql)
        event.listen(engine, "checkout", _still_there)
    return Database(engine)


def open_store(url: str) -> Database:
    """Opens the database and brings its tables up to date (one query when they are).

    Raises `StoreUnavailable` when it cannot be used, or was written by a newer Linewright.
    """
    from linewright.store.upgrade import upgrade  # the two modules know each other

    database = open_database(url)
    try:
        upgrade(database)
    except BaseException:
        database.close()
        raise
    return database


def _url(text: str) -> URL:
    try:
        url = make_url(text)
        backend = url.get_backend_name()
        float(str(url.query.get("timeout", BUSY_TIMEOUT_SECONDS)))
    except (ArgumentError, NoSuchModuleError, ValueError):
        backend = ""
    if backend == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(
        "The setting LINEWRIGHT_DATABASE_URL names no database that Linewright knows.",
        fix="Use sqlite:///FILE or postgresql://USER@HOST/NAME, or unset it for SQLite in the home.",
        reason="setting",
    )


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {} if "timeout" in url.query else {"connect_args": {"timeout": BUSY_TIMEOUT_SECONDS}}
    return {"connect_args": {"connect_timeout": 5, **_KEEPALIVE}}


def _make_folder(url: URL) -> None:
    file = Path(url.database or "")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise _told(error, str(file)) from error


def _to_postgresql(connection: Any, record: object) -> None:
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    connection.commit()


def _still_there(connection: Any, record: object, proxy: object) -> None:
    """A server that went away has said so to a connection at rest: seen without a trip, unlike by a ping.

    Raises `DisconnectionError`, upon which the pool connects anew.
    """
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    if heard.poll(0):
        raise DisconnectionError


def _to_sqlite(folder: Path) -> Callable[[Any, object], None]:
    def connected(connection: Any, record: object) -> None:
        connection.isolation_level = None
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            _write_ahead(connection, folder)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    return connected


def _write_ahead(connection: Any, folder: Path) -> None:
    """One process at a time: of two that switch together, SQLite refuses one without waiting."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        connection.execute("PRAGMA journal_mode=WAL").close()
    finally:
        os.close(handle)


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _json(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(value), parse_constant=str))


_KINDS = (
    (
        ("disk is full", "no space left", "disk full", "quota exceeded"),
        "The disk is full",
        "Make room on the disk; what was committed is kept.",
    ),
    (
        ("readonly", "read-only", "permission denied", "unable to open", "authorization denied"),
        "It cannot be opened for writing",
        "Give this user the right to write to it and to its folder, or set LINEWRIGHT_HOME to another one.",
    ),
    (
        ("database is locked", "lock timeout", "deadlock"),
        "Another process has it locked",
        "Try again in a moment; if it stays so, end the process that holds it.",
    ),
    (
        (" does not exist",),
        "It, or a part of it, is not there",
        "Create it (`createdb NAME`), restore it from a backup, or set LINEWRIGHT_DATABASE_URL to the right one.",
    ),
    (
        ("not a database", "malformed", "disk i/o error", "no such table", "no such column"),
        "It is damaged, or not Linewright's",
        "Restore it from a backup, or set LINEWRIGHT_DATABASE_URL to the right one.",
    ),
)


def _told(error: BaseException, place: str) -> StoreUnavailable:
    """What is wrong and what to do, from the first line the driver says; parameters are never shown."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    said = lines[0][:200]
    for signs, what, fix in _KINDS:
        if any(sign in said.lower() for sign in signs):
            return StoreUnavailable(f"The database {place} cannot be used. {what}: {said}.", fix=fix)
    return StoreUnavailable(
        f"The database {place} cannot be used: {said}.",
        fix="See that it runs and can be reached, then run this again; what was committed is kept.",
    )
