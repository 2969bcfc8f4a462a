"""The tables of the queue on PostgreSQL: Procrastinate's own, in the same database as ours."""

from __future__ import annotations

from importlib import resources
from typing import Any

from sqlalchemy import Connection, text

__all__ = ["QUEUE_SCHEMA", "install_queue", "latest_migration"]

QUEUE_SCHEMA = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
"""The last of Procrastinate's migrations that the schema of revision 0002 holds (Procrastinate 3.10).

A later Procrastinate that brings further ones needs a revision of ours that runs them; a test says when. The
database's own answer lies in `meta` under `queue_schema`, since whoever ran 0002 may have had a later one.
"""
_NOTE = text("INSERT INTO meta (key, value) VALUES ('queue_schema', :migration)")


def install_queue(connection: Connection) -> None:
    """Makes the queue's tables within the caller's transaction, and notes which they are."""
    # Procrastinate takes a sixth of a second to load, and is needed here once in the life of a database.
    from procrastinate.schema import SchemaManager

    driver: Any = connection.connection.driver_connection
    driver.execute(SchemaManager.get_schema())
    connection.execute(_NOTE, {"migration": latest_migration()})


def latest_migration() -> str:
    """The last migration that the installed Procrastinate brings."""
    shipped = resources.files("procrastinate.sql").joinpath("migrations")
    return max(file.name for file in shipped.iterdir() if file.name.endswith(".sql"))
