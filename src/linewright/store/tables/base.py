"""What all tables share: how constraints are named, and indexes over some of the rows."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Index, MetaData, Table, Text

__all__ = ["meta", "metadata", "only", "some"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def only(name: str, *columns: Column[str], where: ColumnElement[bool]) -> Index:
    """At most one row of those that fulfil `where` has the same `columns`."""
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


def some(name: str, *columns: Column[str], where: ColumnElement[bool]) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
