"""People and programs that come by the network, what they did, and what keeps others out."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from linewright.store.columns import Body, Moment, Real, Sequence
from linewright.store.tables.base import metadata

__all__ = ["api_tokens", "audit", "guesses", "invitations", "links", "requests", "sessions", "users"]

audit = Table(
    "audit",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Body),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
"""People of the page; `password` is an argon2 hash, `role` viewer, operator or admin."""

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("user", Text),
)
"""One-time links by which somebody becomes a user; the first one makes the first admin."""

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("scopes", Body, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)
"""Tokens of programs, shown once and kept as SHA-256; `scopes` holds read, operate, admin."""

links = Table(
    "links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("operation", Text, ForeignKey("operations.id"), nullable=False, index=True),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("opened_at", Moment),
    Column("ended_at", Moment),
    Column("reason", Text),
)
"""Addresses that open the questions of one operation for one person without a login; kept as SHA-256. `reason` says
why one ended: answered, withdrawn, too-many-tries."""

guesses = Table(
    "guesses",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", Real, nullable=False),
)
"""Wrong logins and wrong codes in the running window, by whoever tries and by what is tried; real seconds."""

requests = Table(
    "requests",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", Integer),
    Column("answer", Body),
)
"""What was answered to a request with an `Idempotency-Key`, for 24 h; without a status it is still under way."""
