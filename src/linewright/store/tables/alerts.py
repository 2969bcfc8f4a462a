"""What people are told, and where it goes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from linewright.store.columns import Body, Moment, Sequence, Words
from linewright.store.tables.base import metadata, only, some

__all__ = ["alerts", "changes", "channels", "deliveries", "watched"]

changes = Table(
    "changes",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("told", Text),
    Column("told_at", Moment),
    Column("seen", Text),
    Column("seen_since", Moment, nullable=False),
    Column("seen_count", Integer, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
"""What people were last told of a number or an account (`told`, a reason; None: that all is well) and what was last
seen, since when and by how many checks in a row. `subject` is a number's id, or `account:` and a name."""

watched = Table(
    "watched",
    metadata,
    Column("account", Text, ForeignKey("accounts.name"), primary_key=True),
    Column("check_at", Moment),
    Column("token_at", Moment),
    Column("happening", Sequence, nullable=False, server_default="0"),
    Column("looked_at", Moment, nullable=False),
)
"""Which check, which look at the token and which happening of an account were made into changes already. Its row is
locked meanwhile, so that each change is told once."""

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account", Text),
    Column("title", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("items", Body, nullable=False),
)
"""What people are told, once for each real change: `warning`, `recovered`, `test` or `task`; `items` are the
changes that are told together."""

channels = Table(
    "channels",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("url", LargeBinary, nullable=False),
    Column("secret", LargeBinary),
    Column("quiet", Body),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
"""Where alerts go: `apprise` or `webhook`. The address is sealed, since most hold a password."""
only("ix_channels_open", channels.c.name, where=channels.c.closed_at.is_(None))

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("alert", Text, ForeignKey("alerts.id"), nullable=False, index=True),
    Column("channel", Text, ForeignKey("channels.id"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("held_until", Moment),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("sent_at", Moment),
    Column("error", Words),
)
"""Each alert on its way to each channel: `waiting`, `sent` or `gave_up`. `held_until`: another process sends
it."""
some("ix_deliveries_waiting", deliveries.c.due_at, where=deliveries.c.state == "waiting")
