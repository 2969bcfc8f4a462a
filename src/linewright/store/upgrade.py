"""Brings the tables up to date, safely when two processes start together."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from linewright.errors import StoreUnavailable
from linewright.store.engine import Database

__all__ = ["REVISIONS", "refuse_newer", "upgrade"]

REVISIONS = ("0001", "0002", "0003", "0004", "0008", "0009", "0010", "0011", "0012", "0013")
"""Every revision of the tables that this version knows, oldest first."""
_LOCK = 0x4C696E65
"""PostgreSQL's advisory lock for upgrades."""
_CURRENT = text("SELECT version_num FROM alembic_version")


def upgrade(database: Database) -> None:
    """One query when the tables are up to date; else the migrations, in one transaction.

    Raises `StoreUnavailable` (reason `newer-version`) for a database of a newer Linewright, untouched.
    """
    if _is_current(database):
        return
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = 0"))  # another's upgrade may take its time
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        found = _revision(connection)
        if found == REVISIONS[-1]:
            return
        _refuse_newer(found, database)
        _migrate(connection)


def _is_current(database: Database) -> bool:
    with database.trouble():
        try:
            found = _noted(database)
        except DBAPIError:
            with database.engine.connect() as connection:
                if not inspect(connection).has_table("alembic_version"):
                    return False
            found = _noted(database)  # somebody made the tables between the two looks; else this tells the trouble
    _refuse_newer(found, database)
    return found == REVISIONS[-1]


def _noted(database: Database) -> str | None:
    with database.engine.connect() as connection:
        found = connection.execute(_CURRENT).scalar()
    return str(found) if found is not None else None


def refuse_newer(database: Database) -> None:
    """Raises `StoreUnavailable` (reason `newer-version`) when a newer Linewright has changed the tables since
    they were opened here."""
    with database.trouble():
        found = _noted(database)
    _refuse_newer(found, database)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(_CURRENT).scalar()
    return str(found) if found is not None else None


def _refuse_newer(found: str | None, database: Database) -> None:
    if found is None or found in REVISIONS:
        return
    raise StoreUnavailable(
        f"The database {database.place} was written by a newer Linewright (its tables are at {found}).",
        fix="Install that version on this machine (`pip install -U` and its wheel), then run this again.",
        reason="newer-version",
    )


def _migrate(connection: Connection) -> None:
    # Alembic takes a fifth of a second to load, and is needed once in the life of a home.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "linewright.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
