"""The tables, defined once for SQLite and PostgreSQL. `migrations/` builds the same, step by step."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from linewright.store.columns import Body, Moment, Real, Sequence, Words

__all__ = [
    "accounts",
    "adoptions",
    "alerts",
    "api_tokens",
    "apps",
    "attempts",
    "audit",
    "changes",
    "channels",
    "checks",
    "conditions",
    "deliveries",
    "events",
    "evidence",
    "guesses",
    "happenings",
    "import_rows",
    "imports",
    "inbox_messages",
    "inbox_tallies",
    "inboxes",
    "invitations",
    "leases",
    "links",
    "meta",
    "metadata",
    "numbers",
    "operations",
    "paces",
    "pin_changes",
    "pins",
    "readings",
    "recoveries",
    "releases",
    "replies",
    "requests",
    "sessions",
    "tasks",
    "trend",
    "users",
    "weather",
    "webhook_events",
    "webhook_tallies",
    "workers",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _only(name: str, *columns: Column[str], where: ColumnElement[bool]) -> Index:
    """At most one row of those that fulfil `where` has the same `columns`."""
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


def _some(name: str, *columns: Column[str], where: ColumnElement[bool]) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

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
_only("uq_accounts_waba_here", accounts.c.waba, where=accounts.c.removed_at.is_(None))

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
_some("ix_numbers_listed", numbers.c.account, numbers.c.e164, numbers.c.id, where=_listed)
_some(
    "ix_numbers_standing",
    numbers.c.standing,
    numbers.c.account,
    numbers.c.e164,
    numbers.c.id,
    numbers.c.forgotten_at,
    where=_listed,
)
_some(
    "ix_numbers_warned",
    numbers.c.account,
    numbers.c.e164,
    numbers.c.id,
    where=_listed & numbers.c.warning.is_not(None),
)

operations = Table(
    "operations",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("goal", Text, nullable=False),
    Column("number", Text, ForeignKey("numbers.id"), nullable=False, index=True),
    Column("e164", Text, nullable=False, index=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Words, nullable=False, server_default=""),
    Column("next_step", Words, nullable=False, server_default=""),
    Column("ended_at", Moment),
    Column("wake_at", Moment),
    Column("code_method", Text, nullable=False),
    Column("code_language", Text, nullable=False),
    Column("use_reserve", Boolean, nullable=False, server_default=false()),
    Column("subscribe", Boolean, nullable=False, server_default=true()),
    Column("cancel_asked_at", Moment),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("task", Text),
    Column("turn_at", Moment),
    Column("ask_first", Boolean, nullable=False, server_default=false()),
    Column("proposed", Words),
    Column("proposed_until", Moment),
    Column("release", Boolean, nullable=False, server_default=false()),
    Column("source", Text),
)
"""`task` names the open question that the operation shows; it may be its account's. `turn_at` is when the account's
pace lets it make its calls. `ask_first`: not even the first code is sent before a person says so.
`proposed`: why Linewright proposes it by itself; nothing is sent before a person approves, or `proposed_until`.
`source`: of a migration, the number that it takes the line from; `account` is its destination, and `number` the id
there as soon as there is one."""
_open = operations.c.ended_at.is_(None)
_only("uq_operations_open_phone", operations.c.e164, where=_open)
_some("ix_operations_open_wake", operations.c.wake_at, where=_open)
_some("ix_operations_open_account", operations.c.account, operations.c.wake_at, where=_open)
_some("ix_operations_open_task", operations.c.task, where=_open)
_some("ix_operations_source", operations.c.source, where=operations.c.source.is_not(None))
Index("ix_operations_state", operations.c.state, operations.c.seq)

attempts = Table(
    "attempts",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("operation", Text, ForeignKey("operations.id"), nullable=False, index=True),
    Column("number", Text, ForeignKey("numbers.id"), nullable=False),
    Column("e164", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("outcome", Text),
    Column("error", Body),
    Column("words", Body),
    Column("fbtrace_id", Words),
    Column("http_status", Integer),
    Column("before", Text),
    Column("pin", Text),
    Column("fingerprint", Text),
    Column("reply", Text),
    Column("method", Text),
    Column("send_by", Real),
)
"""`error` holds codes and times, which stay; `words` the texts and the body, kept for so many days. `send_by` is
real time: until then an intent may still be sent by whoever committed it."""
Index("ix_attempts_phone", attempts.c.e164, attempts.c.seq)
_only("uq_attempts_open_intent", attempts.c.e164, where=attempts.c.outcome.is_(None))
_some(
    "ix_attempts_registers",
    attempts.c.at,
    attempts.c.e164,
    attempts.c.outcome,
    where=attempts.c.call == "register",
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

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("e164", Text, nullable=False),
    Column("code", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", Text, nullable=False),
)
Index("ix_evidence_phone", evidence.c.e164, evidence.c.at)
_some("ix_evidence_webhook", evidence.c.at, evidence.c.e164, where=evidence.c.source == "webhook")

tasks = Table(
    "tasks",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("operation", Text, ForeignKey("operations.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("question", Words, nullable=False),
    Column("answers", Body, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("state", Text, nullable=False),
    Column("closed_at", Moment),
)
"""Without an operation the question is the account's, and every operation it holds shows it."""
_only(
    "uq_tasks_open_operation",
    tasks.c.operation,
    where=(tasks.c.state == "open") & tasks.c.operation.is_not(None),
)
_only("uq_tasks_open_account", tasks.c.account, where=(tasks.c.state == "open") & tasks.c.operation.is_(None))

replies = Table(
    "replies",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("task", Text, ForeignKey("tasks.id"), nullable=False),
    Column("operation", Text, ForeignKey("operations.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("pin", Text),
    Column("code", LargeBinary),
    Column("pin_changed", Boolean, nullable=False, server_default=false()),
    Column("method", Text),
)
Index("ix_replies_task", replies.c.task)
_some("ix_replies_code_kept", replies.c.at, where=replies.c.code.is_not(None))

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

events = Table(
    "events",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("operation", Text, ForeignKey("operations.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Words, nullable=False),
    Column("wake_at", Moment),
)

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
_some("ix_conditions_untrue", conditions.c.type, conditions.c.number, where=conditions.c.status != "true")

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
_some("ix_webhook_events_waiting", webhook_events.c.seq, where=webhook_events.c.done_at.is_(None))

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
_some("ix_releases_open", releases.c.due_at, where=releases.c.closed_at.is_(None) & releases.c.off_at.is_not(None))

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
_open = channels.c.closed_at.is_(None)
Index("ix_channels_open", channels.c.name, unique=True, sqlite_where=_open, postgresql_where=_open)

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
_some("ix_deliveries_waiting", deliveries.c.due_at, where=deliveries.c.state == "waiting")

trend = Table(
    "trend",
    metadata,
    Column("at", Moment, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How many numbers had each standing (`online`, …) and how many were `warned` of, by the hour."""

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

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Words, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False, index=True),
    Column("by_link", Boolean, nullable=False, server_default=false()),
    Column("rows", Integer, nullable=False),
    Column("ended_at", Moment),
    Column("counts", Body),
    Column("cancelled_at", Moment),
)
"""Files of numbers. `digest` is keyed, since files hold PINs; `counts` are how many rows ended in which way."""
_only("uq_imports_open", imports.c.digest, where=imports.c.ended_at.is_(None))
Index("ix_imports_digest", imports.c.digest, imports.c.made_at)

import_rows = Table(
    "import_rows",
    metadata,
    Column("of", Text, ForeignKey("imports.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("e164", Text),
    Column("account", Text),
    Column("number", Text, ForeignKey("numbers.id")),
    Column("goal", Text),
    Column("verified_name", Words),
    Column("code_method", Text),
    Column("code_language", Text),
    Column("pin", Text),
    Column("state", Text, nullable=False),
    Column("operation", Text, ForeignKey("operations.id"), index=True),
    Column("reason", Text),
    Column("message", Words, nullable=False, server_default=""),
    Column("due_at", Moment),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("sent_at", Moment),
    Column("send_by", Real),
    Column("answered_at", Moment),
    Column("answer", Body),
)
"""The rows of an import. While one is `open` it stands as its operation does. `pin` names the PIN that came with it,
sealed. From `sent_at` on are the intent and the answer of the call that creates its number; `send_by` is real time."""
_waits = import_rows.c.state.in_(("queued", "creating"))
_some("ix_import_rows_waiting", import_rows.c.account, import_rows.c.of, import_rows.c.line, where=_waits)
Index("ix_import_rows_state", import_rows.c.of, import_rows.c.state, import_rows.c.line)

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
_open_inbox = inboxes.c.closed_at.is_(None)
Index("ix_inboxes_open", inboxes.c.name, unique=True, sqlite_where=_open_inbox, postgresql_where=_open_inbox)

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
_some("ix_inbox_messages_kept", inbox_messages.c.e164, where=inbox_messages.c.code.is_not(None))

inbox_tallies = Table(
    "inbox_tallies",
    metadata,
    Column("inbox", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)
"""How many messages came to an inbox, by what became of them. `inbox` is empty where there is none of that name."""
