"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)
BODY = sa.JSON(none_as_null=True)
OPEN = "ended_at IS NULL"


def upgrade() -> None:
    _accounts_and_numbers()
    _operations()
    _journal()
    _people()
    _pins()
    _beside()


def _counter(table: str) -> list[sa.schema.SchemaItem]:
    return [sa.Column("seq", COUNTER, nullable=False), sa.PrimaryKeyConstraint("seq", name=f"pk_{table}")]


def _named(table: str) -> list[sa.schema.SchemaItem]:
    unique = sa.UniqueConstraint("id", name=f"uq_{table}_id")
    return [*_counter(table), sa.Column("id", sa.Text, nullable=False), unique]


def _link(table: str, column: str, target: str, *, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    key = sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}")
    return [sa.Column(column, sa.Text, nullable=nullable), key]


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, server_default=default)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def _flag(name: str, *, default: bool) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.true() if default else sa.false())


def _index(name: str, table: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, [*columns], unique=unique, sqlite_where=condition, postgresql_where=condition)


def _accounts_and_numbers() -> None:
    op.create_table(
        "accounts",
        _text("name"),
        _text("waba"),
        _text("app_id", nullable=True),
        sa.Column("token", sa.LargeBinary),
        sa.Column("app_secret", sa.LargeBinary),
        _text("pin_reset", default="ask"),
        _flag("subscribe", default=True),
        _flag("paused", default=False),
        sa.Column("hold", BODY),
        _moment("added_at"),
        _moment("removed_at", nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_accounts"),
    )
    _index("uq_accounts_waba_here", "accounts", "waba", where="removed_at IS NULL", unique=True)
    op.create_table(
        "numbers",
        _text("id"),
        _text("e164"),
        *_link("numbers", "account", "accounts.name"),
        _text("display", default=""),
        _text("wanted", default="unmanaged"),
        _moment("seen_online_at", nullable=True),
        _moment("contradictory_since", nullable=True),
        sa.Column("storage", BODY),
        sa.Column("last_good", COUNTER),
        _moment("added_at"),
        _moment("forgotten_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_numbers"),
    )
    _index("ix_numbers_account", "numbers", "account")
    _index("ix_numbers_e164", "numbers", "e164")


def _operations() -> None:
    op.create_table(
        "operations",
        *_named("operations"),
        _text("goal"),
        *_link("operations", "number", "numbers.id"),
        _text("e164"),
        *_link("operations", "account", "accounts.name"),
        _moment("opened_at"),
        _text("state"),
        _text("reason", nullable=True),
        _text("message", default=""),
        _text("next_step", default=""),
        _moment("ended_at", nullable=True),
        _moment("wake_at", nullable=True),
        _text("code_method"),
        _text("code_language"),
        _flag("use_reserve", default=False),
        _flag("subscribe", default=True),
        _moment("cancel_asked_at", nullable=True),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        _text("task", nullable=True),
    )
    _index("ix_operations_e164", "operations", "e164")
    _index("ix_operations_number", "operations", "number")
    _index("uq_operations_open_phone", "operations", "e164", where=OPEN, unique=True)
    for column in ("account", "task"):
        _index(f"ix_operations_open_{column}", "operations", column, where=OPEN)
    _index("ix_operations_open_wake", "operations", "wake_at", where=OPEN)
    op.create_table(
        "events",
        *_counter("events"),
        *_link("events", "operation", "operations.id"),
        _moment("at"),
        _text("state"),
        _text("reason", nullable=True),
        _text("message"),
        _moment("wake_at", nullable=True),
    )
    _index("ix_events_operation", "events", "operation")


def _journal() -> None:
    op.create_table(
        "attempts",
        *_named("attempts"),
        *_link("attempts", "operation", "operations.id"),
        *_link("attempts", "number", "numbers.id"),
        _text("e164"),
        _text("call"),
        _moment("at"),
        _moment("answered_at", nullable=True),
        _text("outcome", nullable=True),
        sa.Column("error", BODY),
        sa.Column("words", BODY),
        _text("fbtrace_id", nullable=True),
        sa.Column("http_status", sa.Integer),
        *[_text(name, nullable=True) for name in ("before", "pin", "fingerprint", "reply", "method")],
    )
    _index("ix_attempts_operation", "attempts", "operation")
    _index("ix_attempts_phone", "attempts", "e164", "seq")
    _index("uq_attempts_open_intent", "attempts", "e164", where="outcome IS NULL", unique=True)
    op.create_table(
        "readings",
        *_counter("readings"),
        *_link("readings", "number", "numbers.id"),
        *_link("readings", "operation", "operations.id", nullable=True),
        _moment("at"),
        sa.Column("good", sa.Boolean, nullable=False),
        sa.Column("facts", BODY, nullable=False),
        sa.Column("words", BODY),
    )
    _index("ix_readings_number", "readings", "number", "at")
    _index("ix_readings_operation", "readings", "operation", "seq")


def _people() -> None:
    op.create_table(
        "tasks",
        *_named("tasks"),
        *_link("tasks", "account", "accounts.name"),
        *_link("tasks", "operation", "operations.id", nullable=True),
        *[_text(name) for name in ("kind", "topic", "reason", "question")],
        sa.Column("answers", BODY, nullable=False),
        _moment("opened_at"),
        _moment("expires_at", nullable=True),
        _text("state"),
        _moment("closed_at", nullable=True),
    )
    _index("ix_tasks_operation", "tasks", "operation")
    for column, empty in (("account", "IS NULL"), ("operation", "IS NOT NULL")):
        where = f"state = 'open' AND operation {empty}"
        _index(f"uq_tasks_open_{column}", "tasks", column, where=where, unique=True)
    op.create_table(
        "replies",
        *_named("replies"),
        *_link("replies", "task", "tasks.id"),
        *_link("replies", "operation", "operations.id", nullable=True),
        *[_text(name) for name in ("kind", "topic", "answer")],
        _moment("at"),
        _text("pin", nullable=True),
        sa.Column("code", sa.LargeBinary),
        _flag("pin_changed", default=False),
        _text("method", nullable=True),
    )
    _index("ix_replies_operation", "replies", "operation")
    _index("ix_replies_code_kept", "replies", "at", where="code IS NOT NULL")


def _pins() -> None:
    op.create_table(
        "pins",
        *_named("pins"),
        _text("e164"),
        _text("fingerprint"),
        _text("origin"),
        _moment("at"),
        sa.Column("digits", sa.LargeBinary, nullable=False),
    )
    _index("ix_pins_e164", "pins", "e164")
    op.create_table(
        "pin_changes",
        _text("e164"),
        _text("kind"),
        _moment("at"),
        sa.PrimaryKeyConstraint("e164", "kind", name="pk_pin_changes"),
    )


def _beside() -> None:
    op.create_table(
        "evidence",
        *_counter("evidence"),
        _text("e164"),
        sa.Column("code", sa.BigInteger, nullable=False),
        _moment("at"),
        _text("source"),
    )
    _index("ix_evidence_phone", "evidence", "e164", "at")
    op.create_table("meta", _text("key"), _text("value"), sa.PrimaryKeyConstraint("key", name="pk_meta"))
    op.create_table(
        "audit",
        *_counter("audit"),
        _moment("at"),
        *[_text(name) for name in ("who", "action", "subject")],
        sa.Column("detail", BODY),
    )
