"""Numbers and what is known of them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, false

from linewright.store.columns import Body, Moment, Sequence, Words
from linewright.store.tables.base import metadata, some

__all__ = ["checks", "conditions", "numbers", "readings", "trend"]

numbers = Table(
    "numbers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("e164", Text, nullable=False, index=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False, index=True),
    Column("display", Words, nullable=False, server_default=""),
    Column("wanted", Text, nullable=False, server_default="unmanaged"),
    Column("seen_online_at", Moment),
    Column("contradictory_since", Moment),
    Column("absent_since", Moment),
    Column("storage", Body),
    Column("last_good", Sequence),
    Column("added_at", Moment, nullable=False),
    Column("forgotten_at", Moment),
    Column("standing", Text, nullable=False, server_default="unknown"),
    Column("standing_reason", Text, server_default="unknown-reading"),
    Column("name", Words, nullable=False, server_default=""),
    Column("warning", Text),
    Column("name_approved_at", Moment),
    Column("signed_up_at", Moment),
)
"""`last_good` names the good reading that the standing is computed from. Three columns are caches for lists and
searches, written with what they are drawn from and never judged by: `standing` and `standing_reason` are what
`domain.standing.judge` makes of the last good reading, `name` is its verified name. `warning` is the type of the
condition that people are warned of, if any (table `conditions`). `name_approved_at`: when its latest display name was
approved. `signed_up_at`: when its owner last finished Embedded Signup, where Linewright adopted it."""
_listed = numbers.c.forgotten_at.is_(None)
some("ix_numbers_listed", numbers.c.account, numbers.c.e164, numbers.c.id, where=_listed)
some(
    "ix_numbers_standing",
    numbers.c.standing,
    numbers.c.account,
    numbers.c.e164,
    numbers.c.id,
    numbers.c.forgotten_at,
    where=_listed,
)
some(
    "ix_numbers_warned",
    numbers.c.account,
    numbers.c.e164,
    numbers.c.id,
    where=_listed & numbers.c.warning.is_not(None),
)

readings = Table(
    "readings",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("number", Text, ForeignKey("numbers.id"), nullable=False),
    Column("operation", Text, ForeignKey("operations.id")),
    Column("at", Moment, nullable=False),
    Column("good", Boolean, nullable=False),
    Column("facts", Body, nullable=False),
    Column("words", Body),
    Column("repeats", Boolean, nullable=False, server_default=false()),
    Column("since", Moment),
)
"""`repeats`: it says what the one before said, and may be thinned out. Several that say the same within some hours
are one row: `since` is the first of them, `at` the latest."""
Index("ix_readings_number", readings.c.number, readings.c.at)
Index("ix_readings_operation", readings.c.operation, readings.c.seq)

conditions = Table(
    "conditions",
    metadata,
    Column("number", Text, ForeignKey("numbers.id"), primary_key=True),
    Column("type", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Words, nullable=False),
    Column("fix", Words),
    Column("since", Moment, nullable=False),
)
"""What is known of a number, one row for each type: `true`, `false` or `unknown`, and since when."""
some("ix_conditions_untrue", conditions.c.type, conditions.c.number, where=conditions.c.status != "true")

checks = Table(
    "checks",
    metadata,
    Column("account", Text, ForeignKey("accounts.name"), primary_key=True),
    Column("next_at", Moment, nullable=False, index=True),
    Column("listed_at", Moment),
    Column("failed_at", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("daily_at", Moment),
    Column("facts", Body),
)
"""The fleet check of an account: when it comes next, the last whole listing, the last failure and how many in a row,
and what the daily look at token and subscription said."""

trend = Table(
    "trend",
    metadata,
    Column("at", Moment, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How many numbers had each standing (`online`, …) and how many were `warned` of, by the hour."""
