"""Text messages with codes, as they come in by HTTP."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint

from linewright.store.columns import Moment
from linewright.store.tables.base import metadata, only, some

__all__ = ["inbox_messages", "inbox_tallies", "inboxes"]

inboxes = Table(
    "inboxes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("secret", LargeBinary),
    Column("account", Text, ForeignKey("accounts.name")),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
"""Where text messages with codes come in by HTTP; with an account, for its numbers alone. A closed one has none."""
only("ix_inboxes_open", inboxes.c.name, where=inboxes.c.closed_at.is_(None))

inbox_messages = Table(
    "inbox_messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("inbox", Text, ForeignKey("inboxes.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("e164", Text, index=True),
    Column("received_at", Moment, nullable=False, index=True),
    Column("fingerprint", Text),
    Column("code", LargeBinary),
    UniqueConstraint("inbox", "digest", name="uq_inbox_messages_inbox"),
)
"""Messages that came, each by a digest of its sender's id, so that none counts twice. A `code` is there only while its
question is about to be asked, sealed; `fingerprint` names a code that was given without telling it. No text is kept,
nor the phone of a message that nobody waited for."""
some("ix_inbox_messages_kept", inbox_messages.c.e164, where=inbox_messages.c.code.is_not(None))

inbox_tallies = Table(
    "inbox_tallies",
    metadata,
    Column("inbox", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)
"""How many messages came to an inbox, by what became of them. `inbox` is empty where there is none of that name."""
