"""A migration's operation names the number that it takes the line from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operations", sa.Column("source", sa.Text))
    is_one = sa.text("source IS NOT NULL")
    op.create_index("ix_operations_source", "operations", ["source"], sqlite_where=is_one, postgresql_where=is_one)
