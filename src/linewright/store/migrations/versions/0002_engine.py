"""What the engine needs: leases, workers, the weather of an outage, the pace of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
