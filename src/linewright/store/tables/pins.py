"""The PINs of phones."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table, Text

from linewright.store.columns import Moment, Sequence
from linewright.store.tables.base import metadata

__all__ = ["pin_changes", "pins"]

pins = Table(
    "pins",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("e164", Text, nullable=False, index=True),
    Column("fingerprint", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("digits", LargeBinary, nullable=False),
)

pin_changes = Table(
    "pin_changes",
    metadata,
    Column("e164", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", Moment, nullable=False),
)
"""The latest moment at which a phone's PIN was known to have changed, in each of the two ways."""
