"""Numbers that are given up: who turned which key, when they can be deleted, and whether that was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def upgrade() -> None:
    op.add_column("operations", sa.Column("release", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "releases",
        sa.Column("seq", COUNTER, nullable=False),
        _text("operation"),
        _text("number"),
        _text("account"),
        _moment("opened_at", nullable=False),
        _text("opened_by"),
        _moment("approved_at"),
        _text("approved_by", nullable=True),
        _text("last_paid", nullable=True),
        _moment("off_at"),
        _moment("due_at"),
        _moment("reminded_at"),
        _moment("closed_at"),
        _text("closed_for", nullable=True),
        sa.ForeignKeyConstraint(["operation"], ["operations.id"], name="fk_releases_operation"),
        sa.ForeignKeyConstraint(["number"], ["numbers.id"], name="fk_releases_number"),
        sa.PrimaryKeyConstraint("seq", name="pk_releases"),
        sa.UniqueConstraint("operation", name="uq_releases_operation"),
    )
    op.create_index("ix_releases_number", "releases", ["number"])
    some = sa.text("closed_at IS NULL AND off_at IS NOT NULL")
    op.create_index("ix_releases_open", "releases", ["due_at"], sqlite_where=some, postgresql_where=some)
