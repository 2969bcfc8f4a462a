"""What the engine needs: leases, workers, the weather of an outage, the pace of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linewright.store.queue_schema import install_queue

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
REAL = sa.Float(53)


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("e164", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("until", REAL, nullable=False),
        sa.PrimaryKeyConstraint("e164", name="pk_leases"),
    )
    op.create_index("ix_leases_account", "leases", ["account", "until"])
    op.create_table(
        "workers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("started_at", REAL, nullable=False),
        sa.Column("seen_at", REAL, nullable=False),
        sa.Column("ready", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_table(
        "weather",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
        sa.Column("first_phone", sa.Text, nullable=False),
        sa.Column("last_phone", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("probe", sa.Text),
        sa.Column("probe_until", MOMENT),
        sa.Column("told_until", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("kind", name="pk_weather"),
    )
    op.create_table(
        "paces",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("minutes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("usage", sa.Integer),
        sa.Column("usage_at", MOMENT),
        sa.Column("since_usage", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_paces_account"),
        sa.PrimaryKeyConstraint("account", name="pk_paces"),
    )
    op.add_column("attempts", sa.Column("send_by", REAL))
    op.add_column("operations", sa.Column("turn_at", MOMENT))
    _what_is_due()
    if op.get_bind().dialect.name == "postgresql":
        install_queue(op.get_bind())


def _what_is_due() -> None:
    """An operation is due from its opening on, and the due ones are found by account too."""
    op.execute("UPDATE operations SET wake_at = opened_at WHERE state = 'running' AND wake_at IS NULL")
    op.drop_index("ix_operations_open_account", "operations")
    condition = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_operations_open_account",
        "operations",
        ["account", "wake_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
