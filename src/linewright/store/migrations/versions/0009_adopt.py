"""Adoption after Embedded Signup: apps with their secrets, codes that were sent, and when a number signed up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("numbers", sa.Column("signed_up_at", MOMENT))
    op.create_table(
        "apps",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_apps"),
    )
    op.create_table(
        "adoptions",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("waba", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("bought", sa.LargeBinary),
        sa.Column("account", sa.Text),
        sa.Column("operation", sa.Text),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_adoptions_account"),
        sa.ForeignKeyConstraint(["operation"], ["operations.id"], name="fk_adoptions_operation"),
        sa.PrimaryKeyConstraint("digest", name="pk_adoptions"),
    )
    op.create_index("ix_adoptions_waba", "adoptions", ["waba"])
