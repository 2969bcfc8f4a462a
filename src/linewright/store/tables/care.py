"""Numbers that are brought back by themselves, and numbers that are given up."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from linewright.store.columns import Moment, Sequence
from linewright.store.tables.base import metadata, some

__all__ = ["recoveries", "releases"]

recoveries = Table(
    "recoveries",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("number", Text, ForeignKey("numbers.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("operation", Text, ForeignKey("operations.id")),
    Column("reason", Text, nullable=False),
)
"""Registers that Linewright opened by itself, and why."""
Index("ix_recoveries_number", recoveries.c.number, recoveries.c.at)

releases = Table(
    "releases",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("operation", Text, ForeignKey("operations.id"), nullable=False, unique=True),
    Column("number", Text, ForeignKey("numbers.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("approved_at", Moment),
    Column("approved_by", Text),
    Column("last_paid", Text),
    Column("off_at", Moment),
    Column("due_at", Moment),
    Column("reminded_at", Moment),
    Column("closed_at", Moment),
    Column("closed_for", Text),
)
"""Numbers that were given up. `opened_by` and `approved_by` are the people behind the two keys; `off_at`, since when it
is surely not registered, is set once it is released; `due_at` is when it can be deleted, of which people are reminded
once; `closed_for` says why nothing is to be reminded of any more: gone, back, or forgotten."""
Index("ix_releases_number", releases.c.number)
some("ix_releases_open", releases.c.due_at, where=releases.c.closed_at.is_(None) & releases.c.off_at.is_not(None))
