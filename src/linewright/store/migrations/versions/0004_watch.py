"""What the watch needs: webhooks and what they told, recoveries, alerts on their way, and the trend."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _body(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("recover", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("numbers", _moment("name_approved_at", nullable=True))
    op.add_column("operations", _text("proposed", nullable=True))
    op.add_column("operations", _moment("proposed_until", nullable=True))
    webhook = sa.text("source = 'webhook'")
    op.create_index("ix_evidence_webhook", "evidence", ["at", "e164"], sqlite_where=webhook, postgresql_where=webhook)
    registers = sa.text("call = 'register'")
    op.create_index(
        "ix_attempts_registers",
        "attempts",
        ["at", "e164", "outcome"],
        sqlite_where=registers,
        postgresql_where=registers,
    )
    _heard()
    _recoveries()
    _alerts()
    op.create_table(
        "trend",
        _moment("at"),
        _text("name"),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("at", "name", name="pk_trend"),
    )


def _heard() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("seq", COUNTER, nullable=False),
        _text("account"),
        _text("digest"),
        _moment("received_at"),
        sa.Column("repeats", sa.Integer, nullable=False, server_default="0"),
        _body("body"),
        _moment("done_at", nullable=True),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _moment("due_at", nullable=True),
        _text("error", nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_webhook_events_account"),
        sa.PrimaryKeyConstraint("seq", name="pk_webhook_events"),
        sa.UniqueConstraint("account", "digest", name="uq_webhook_events_account"),
    )
    op.create_index("ix_webhook_events_account", "webhook_events", ["account"])
    op.create_index("ix_webhook_events_received_at", "webhook_events", ["received_at"])
    some = sa.text("done_at IS NULL")
    op.create_index("ix_webhook_events_waiting", "webhook_events", ["seq"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "webhook_tallies",
        _text("account"),
        _text("outcome"),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("account", "outcome", name="pk_webhook_tallies"),
    )
    op.create_table(
        "happenings",
        sa.Column("seq", COUNTER, nullable=False),
        _text("account"),
        _text("number", nullable=True),
        _text("kind"),
        _moment("at"),
        _moment("heard_at"),
        _body("detail"),
        sa.Column("event", COUNTER),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_happenings_account"),
        sa.ForeignKeyConstraint(["event"], ["webhook_events.seq"], name="fk_happenings_event"),
        sa.ForeignKeyConstraint(["number"], ["numbers.id"], name="fk_happenings_number"),
        sa.PrimaryKeyConstraint("seq", name="pk_happenings"),
    )
    op.create_index("ix_happenings_account", "happenings", ["account", "at"])
    op.create_index("ix_happenings_kind", "happenings", ["account", "kind", "at"])
    op.create_index("ix_happenings_event", "happenings", ["event"])
    op.create_index("ix_happenings_number", "happenings", ["number", "at"])


def _recoveries() -> None:
    op.create_table(
        "recoveries",
        sa.Column("seq", COUNTER, nullable=False),
        _text("number"),
        _text("account"),
        _moment("at"),
        _text("operation", nullable=True),
        _text("reason"),
        sa.ForeignKeyConstraint(["number"], ["numbers.id"], name="fk_recoveries_number"),
        sa.ForeignKeyConstraint(["operation"], ["operations.id"], name="fk_recoveries_operation"),
        sa.PrimaryKeyConstraint("seq", name="pk_recoveries"),
    )
    op.create_index("ix_recoveries_number", "recoveries", ["number", "at"])


def _alerts() -> None:
    op.create_table(
        "changes",
        _text("subject"),
        _text("type"),
        _text("account"),
        _text("told", nullable=True),
        _moment("told_at", nullable=True),
        _text("seen", nullable=True),
        _moment("seen_since"),
        sa.Column("seen_count", sa.Integer, nullable=False),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("subject", "type", name="pk_changes"),
    )
    op.create_index("ix_changes_account", "changes", ["account"])
    op.create_table(
        "watched",
        _text("account"),
        _moment("check_at", nullable=True),
        _moment("token_at", nullable=True),
        sa.Column("happening", COUNTER, nullable=False, server_default="0"),
        _moment("looked_at"),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_watched_account"),
        sa.PrimaryKeyConstraint("account", name="pk_watched"),
    )
    op.create_table(
        "alerts",
        _text("id"),
        _moment("at"),
        _text("kind"),
        _text("account", nullable=True),
        _text("title"),
        _text("body"),
        _body("items", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_table(
        "channels",
        _text("id"),
        _text("name"),
        _text("kind"),
        sa.Column("url", sa.LargeBinary, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        _body("quiet"),
        _text("made_by"),
        _moment("made_at"),
        _moment("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
    )
    here = sa.text("closed_at IS NULL")
    op.create_index("ix_channels_open", "channels", ["name"], unique=True, sqlite_where=here, postgresql_where=here)
    op.create_table(
        "deliveries",
        _text("id"),
        _text("alert"),
        _text("channel"),
        _text("state"),
        _moment("due_at"),
        _moment("held_until", nullable=True),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _moment("sent_at", nullable=True),
        _text("error", nullable=True),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_deliveries_alert"),
        sa.ForeignKeyConstraint(["channel"], ["channels.id"], name="fk_deliveries_channel"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_alert", "deliveries", ["alert"])
    op.create_index("ix_deliveries_channel", "deliveries", ["channel"])
    some = sa.text("state = 'waiting'")
    op.create_index("ix_deliveries_waiting", "deliveries", ["due_at"], sqlite_where=some, postgresql_where=some)
