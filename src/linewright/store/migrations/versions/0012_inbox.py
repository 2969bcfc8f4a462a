"""Where codes come in: inboxes, what they were brought, and how much of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "inboxes",
        _text("id"),
        _text("name"),
        _text("kind"),
        sa.Column("secret", sa.LargeBinary),
        _text("account", nullable=True),
        _text("made_by"),
        _moment("made_at"),
        _moment("closed_at", nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_inboxes_account"),
        sa.PrimaryKeyConstraint("id", name="pk_inboxes"),
    )
    some = sa.text("closed_at IS NULL")
    op.create_index("ix_inboxes_open", "inboxes", ["name"], unique=True, sqlite_where=some, postgresql_where=some)
    op.create_table(
        "inbox_messages",
        _text("id"),
        _text("inbox"),
        _text("digest"),
        _text("e164", nullable=True),
        _moment("received_at"),
        _text("fingerprint", nullable=True),
        sa.Column("code", sa.LargeBinary),
        sa.ForeignKeyConstraint(["inbox"], ["inboxes.id"], name="fk_inbox_messages_inbox"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox_messages"),
        sa.UniqueConstraint("inbox", "digest", name="uq_inbox_messages_inbox"),
    )
    op.create_index("ix_inbox_messages_e164", "inbox_messages", ["e164"])
    op.create_index("ix_inbox_messages_received_at", "inbox_messages", ["received_at"])
    kept = sa.text("code IS NOT NULL")
    op.create_index("ix_inbox_messages_kept", "inbox_messages", ["e164"], sqlite_where=kept, postgresql_where=kept)
    op.create_table(
        "inbox_tallies",
        _text("inbox"),
        _text("outcome"),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("inbox", "outcome", name="pk_inbox_tallies"),
    )
