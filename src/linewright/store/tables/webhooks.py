"""What Meta's webhooks told."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from linewright.store.columns import Body, Moment, Sequence, Words
from linewright.store.tables.base import metadata, some

__all__ = ["happenings", "webhook_events", "webhook_tallies"]

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False, index=True),
    Column("digest", Text, nullable=False),
    Column("received_at", Moment, nullable=False, index=True),
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("body", Body),
    Column("done_at", Moment),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment),
    Column("error", Words),
    UniqueConstraint("account", "digest", name="uq_webhook_events_account"),
)
"""Posts of Meta as they came, signed, without secrets and personal data; `digest` is of the raw bytes, so that one that
comes twice is one row. Without `done_at` a post still waits to be worked through."""
some("ix_webhook_events_waiting", webhook_events.c.seq, where=webhook_events.c.done_at.is_(None))

webhook_tallies = Table(
    "webhook_tallies",
    metadata,
    Column("account", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)
"""How many posts were taken and how many turned away, and why. `account` is empty where there is none of that name."""

happenings = Table(
    "happenings",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("number", Text, ForeignKey("numbers.id")),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("heard_at", Moment, nullable=False),
    Column("detail", Body),
    Column("event", Sequence, ForeignKey("webhook_events.seq"), index=True),
)
"""What webhooks told of an account or a number, one row each: `at` is when it happened by Meta's word."""
Index("ix_happenings_account", happenings.c.account, happenings.c.at)
Index("ix_happenings_kind", happenings.c.account, happenings.c.kind, happenings.c.at)
Index("ix_happenings_number", happenings.c.number, happenings.c.at)
