"""What an import needs: the files of numbers, and each of their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def _body(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(none_as_null=True))


def upgrade() -> None:
    op.create_table(
        "imports",
        _text("id", nullable=False),
        _text("name", nullable=False),
        _text("digest", nullable=False),
        _text("made_by", nullable=False),
        _moment("made_at", nullable=False),
        sa.Column("by_link", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("rows", sa.Integer, nullable=False),
        _moment("ended_at"),
        _body("counts"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_made_at", "imports", ["made_at"])
    op.create_index("ix_imports_digest", "imports", ["digest", "made_at"])
    still = sa.text("ended_at IS NULL")
    op.create_index("uq_imports_open", "imports", ["digest"], unique=True, sqlite_where=still, postgresql_where=still)
    _rows()


def _rows() -> None:
    op.create_table(
        "import_rows",
        _text("of", nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        *map(_text, ("e164", "account", "number", "goal", "verified_name", "code_method", "code_language", "pin")),
        _text("state", nullable=False),
        _text("operation"),
        _text("reason"),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        _moment("due_at"),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _moment("sent_at"),
        sa.Column("send_by", sa.Float(53)),
        _moment("answered_at"),
        _body("answer"),
        sa.ForeignKeyConstraint(["of"], ["imports.id"], name="fk_import_rows_of"),
        sa.ForeignKeyConstraint(["number"], ["numbers.id"], name="fk_import_rows_number"),
        sa.ForeignKeyConstraint(["operation"], ["operations.id"], name="fk_import_rows_operation"),
        sa.PrimaryKeyConstraint("of", "line", name="pk_import_rows"),
    )
    op.create_index("ix_import_rows_operation", "import_rows", ["operation"])
    op.create_index("ix_import_rows_state", "import_rows", ["of", "state", "line"])
    waits = sa.text("state IN ('queued', 'creating')")
    op.create_index(
        "ix_import_rows_waiting",
        "import_rows",
        ["account", "of", "line"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
