"""Files of numbers and their rows."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, false

from linewright.store.columns import Body, Moment, Real, Words
from linewright.store.tables.base import metadata, only, some

__all__ = ["import_rows", "imports"]

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Words, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False, index=True),
    Column("by_link", Boolean, nullable=False, server_default=false()),
    Column("rows", Integer, nullable=False),
    Column("ended_at", Moment),
    Column("counts", Body),
    Column("cancelled_at", Moment),
)
"""Files of numbers. `digest` is keyed, since files hold PINs; `counts` are how many rows ended in which way."""
only("uq_imports_open", imports.c.digest, where=imports.c.ended_at.is_(None))
Index("ix_imports_digest", imports.c.digest, imports.c.made_at)

import_rows = Table(
    "import_rows",
    metadata,
    Column("of", Text, ForeignKey("imports.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("e164", Text),
    Column("account", Text),
    Column("number", Text, ForeignKey("numbers.id")),
    Column("goal", Text),
    Column("verified_name", Words),
    Column("code_method", Text),
    Column("code_language", Text),
    Column("pin", Text),
    Column("state", Text, nullable=False),
    Column("operation", Text, ForeignKey("operations.id"), index=True),
    Column("reason", Text),
    Column("message", Words, nullable=False, server_default=""),
    Column("due_at", Moment),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("sent_at", Moment),
    Column("send_by", Real),
    Column("answered_at", Moment),
    Column("answer", Body),
)
"""The rows of an import. While one is `open` it stands as its operation does. `pin` names the PIN that came with it,
sealed. From `sent_at` on are the intent and the answer of the call that creates its number; `send_by` is real time."""
_waits = import_rows.c.state.in_(("queued", "creating"))
some("ix_import_rows_waiting", import_rows.c.account, import_rows.c.of, import_rows.c.line, where=_waits)
Index("ix_import_rows_state", import_rows.c.of, import_rows.c.state, import_rows.c.line)
