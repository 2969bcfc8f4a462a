"""Accounts, the apps whose signups they come from, and who was adopted by which code."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, LargeBinary, Table, Text, false, true

from linewright.store.columns import Body, Moment
from linewright.store.tables.base import metadata, only

__all__ = ["accounts", "adoptions", "apps"]

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("waba", Text, nullable=False),
    Column("app_id", Text),
    Column("token", LargeBinary),
    Column("app_secret", LargeBinary),
    Column("pin_reset", Text, nullable=False, server_default="ask"),
    Column("subscribe", Boolean, nullable=False, server_default=true()),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("recover", Boolean, nullable=False, server_default=false()),
    Column("hold", Body),
    Column("added_at", Moment, nullable=False),
    Column("removed_at", Moment),
)
only("uq_accounts_waba_here", accounts.c.waba, where=accounts.c.removed_at.is_(None))

apps = Table(
    "apps",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("added_at", Moment, nullable=False),
)
"""The apps that Embedded Signup is started with, each with its secret sealed."""

adoptions = Table(
    "adoptions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("waba", Text, nullable=False, index=True),
    Column("app", Text, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("until", Moment),
    Column("bought", LargeBinary),
    Column("account", Text, ForeignKey("accounts.name")),
    Column("operation", Text, ForeignKey("operations.id")),
)
"""Codes of Embedded Signup that were sent for a token, by their keyed digest; the code itself is kept nowhere. `until`
(real time) while the exchange is under way; `bought` is the token, sealed, until an account has it. `begun_at` is the
end of the signup, on Linewright's clock."""
