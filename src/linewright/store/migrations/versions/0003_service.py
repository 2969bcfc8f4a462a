"""What the service needs: conditions, the fleet check, people and their sessions, tokens, links, requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linewright.store.keep import rejudge

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
REAL = sa.Float(53)


def _body() -> sa.JSON:
    return sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.add_column("operations", sa.Column("ask_first", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_operations_state", "operations", ["state", "seq"])
    op.create_index("ix_replies_task", "replies", ["task"])
    _judgements()
    _states()
    _people()
    _links()
    op.create_table(
        "requests",
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", _body()),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_requests"),
    )


def _judgements() -> None:
    """What the last good reading of each number shows, kept beside it so that a list of many can be asked for it."""
    op.add_column("numbers", sa.Column("standing", sa.Text, nullable=False, server_default="unknown"))
    op.add_column("numbers", sa.Column("standing_reason", sa.Text, server_default="unknown-reading"))
    op.add_column("numbers", sa.Column("name", sa.Text, nullable=False, server_default=""))
    op.add_column("numbers", sa.Column("warning", sa.Text))
    op.add_column("numbers", sa.Column("absent_since", MOMENT))
    op.add_column("readings", sa.Column("repeats", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("readings", sa.Column("since", MOMENT))
    rejudge(op.get_bind())
    order = ["account", "e164", "id"]
    for name, columns, where in (
        ("ix_numbers_listed", order, "forgotten_at IS NULL"),
        ("ix_numbers_standing", ["standing", *order, "forgotten_at"], "forgotten_at IS NULL"),
        ("ix_numbers_warned", order, "forgotten_at IS NULL AND warning IS NOT NULL"),
    ):
        some = sa.text(where)
        op.create_index(name, "numbers", columns, sqlite_where=some, postgresql_where=some)


def _states() -> None:
    op.create_table(
        "conditions",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("fix", sa.Text),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["numbers.id"], name="fk_conditions_number"),
        sa.PrimaryKeyConstraint("number", "type", name="pk_conditions"),
    )
    untrue = sa.text("status != 'true'")
    op.create_index(
        "ix_conditions_untrue", "conditions", ["type", "number"], sqlite_where=untrue, postgresql_where=untrue
    )
    op.create_table(
        "checks",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("listed_at", MOMENT),
        sa.Column("failed_at", MOMENT),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("daily_at", MOMENT),
        sa.Column("facts", _body()),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_checks_account"),
        sa.PrimaryKeyConstraint("account", name="pk_checks"),
    )
    op.create_index("ix_checks_next_at", "checks", ["next_at"])


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_sessions_user"),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_table(
        "invitations",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("user", sa.Text),
        sa.PrimaryKeyConstraint("digest", name="pk_invitations"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("scopes", _body(), nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("opened_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("reason", sa.Text),
        sa.ForeignKeyConstraint(["operation"], ["operations.id"], name="fk_links_operation"),
        sa.PrimaryKeyConstraint("digest", name="pk_links"),
        sa.UniqueConstraint("id", name="uq_links_id"),
    )
    op.create_index("ix_links_operation", "links", ["operation"])
    op.create_table(
        "guesses",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since", REAL, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_guesses"),
    )
