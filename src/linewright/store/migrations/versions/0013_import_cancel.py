"""An import may be cancelled: what has not begun is let go, whoever finds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("imports", sa.Column("cancelled_at", sa.DateTime(timezone=True)))
