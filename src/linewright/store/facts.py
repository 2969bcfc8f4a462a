"""Small facts about this installation, by name: what a version of the Graph API lacks, and the like."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = ["PUBLIC_URL", "Facts"]

PUBLIC_URL = "public-url"
"""How people reach the service that ran last."""


class Facts:
    """Names with a JSON value each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Any:
        """None when it was never set."""
        with self._database.reading() as connection:
            return _get(connection, name)

    def set(self, name: str, value: Any) -> None:
        try:
            self._replace(name, value)
        except IntegrityError:
            self._replace(name, value)  # two set it first together

    def _replace(self, name: str, value: Any) -> None:
        with self._database.writing() as connection:
            _set(connection, name, value)

    def unsupported_fields(self, version: str) -> frozenset[str]:
        """The fields that this version of the Graph API answered not to have."""
        return frozenset(self.get(f"unsupported:{version}") or ())

    def leave_out(self, version: str, field: str) -> None:
        """Does not ask this version of the Graph API for a field again."""
        name = f"unsupported:{version}"
        try:
            self._leave_out(name, field)
        except IntegrityError:
            self._leave_out(name, field)

    def _leave_out(self, name: str, field: str) -> None:
        with self._database.writing() as connection:
            _set(connection, name, sorted({*(_get(connection, name) or ()), field}))


def _get(connection: Connection, name: str) -> Any:
    query = select(t.meta.c.value).where(t.meta.c.key == f"fact:{name}")
    found = connection.execute(query.with_for_update()).scalar()
    return json.loads(found) if found is not None else None


def _set(connection: Connection, name: str, value: Any) -> None:
    text = json.dumps(value)
    here = update(t.meta).where(t.meta.c.key == f"fact:{name}")
    if not connection.execute(here.values(value=text)).rowcount:
        connection.execute(insert(t.meta).values(key=f"fact:{name}", value=text))
