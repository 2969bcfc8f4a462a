"""Who may work on what and when: leases, workers, paces and the weather."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from linewright.store.columns import Body, Moment, Real
from linewright.store.tables.base import metadata

__all__ = ["leases", "paces", "weather", "workers"]

leases = Table(
    "leases",
    metadata,
    Column("e164", Text, primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("until", Real, nullable=False),
)
"""Who may work on a phone, until when in real seconds (epoch, by the database's clock); 0: given back."""
Index("ix_leases_account", leases.c.account, leases.c.until)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("started_at", Real, nullable=False),
    Column("seen_at", Real, nullable=False),
    Column("ready", Boolean, nullable=False),
)
"""The heartbeats of the workers, in real seconds (epoch, by the database's clock)."""

weather = Table(
    "weather",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("first_phone", Text, nullable=False),
    Column("last_phone", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("probe", Text),
    Column("probe_until", Moment),
    Column("told_until", Moment),
    Column("ended_at", Moment),
)
"""An outage of the remote's registration server (133004), seen by all numbers together; at most one row."""

paces = Table(
    "paces",
    metadata,
    Column("account", Text, ForeignKey("accounts.name"), primary_key=True),
    Column("minutes", Body, nullable=False),
    Column("usage", Integer),
    Column("usage_at", Moment),
    Column("since_usage", Integer, nullable=False),
)
"""The calls of an account, made and booked, by the minute: see `domain/pace.py`."""
