"""Operations with their journal: what was sent and what came of it, what was asked and answered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, false, true

from linewright.store.columns import Body, Moment, Real, Sequence, Words
from linewright.store.tables.base import metadata, only, some

__all__ = ["attempts", "events", "evidence", "operations", "replies", "tasks"]

operations = Table(
    "operations",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("goal", Text, nullable=False),
    Column("number", Text, ForeignKey("numbers.id"), nullable=False, index=True),
    Column("e164", Text, nullable=False, index=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Words, nullable=False, server_default=""),
    Column("next_step", Words, nullable=False, server_default=""),
    Column("ended_at", Moment),
    Column("wake_at", Moment),
    Column("code_method", Text, nullable=False),
    Column("code_language", Text, nullable=False),
    Column("use_reserve", Boolean, nullable=False, server_default=false()),
    Column("subscribe", Boolean, nullable=False, server_default=true()),
    Column("cancel_asked_at", Moment),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("task", Text),
    Column("turn_at", Moment),
    Column("ask_first", Boolean, nullable=False, server_default=false()),
    Column("proposed", Words),
    Column("proposed_until", Moment),
    Column("release", Boolean, nullable=False, server_default=false()),
    Column("source", Text),
)
"""`task` names the open question that the operation shows; it may be its account's. `turn_at` is when the account's
pace lets it make its calls. `ask_first`: not even the first code is sent before a person says so.
`proposed`: why Linewright proposes it by itself; nothing is sent before a person approves, or `proposed_until`.
`source`: of a migration, the number that it takes the line from; `account` is its destination, and `number` the id
there as soon as there is one."""
_open = operations.c.ended_at.is_(None)
only("uq_operations_open_phone", operations.c.e164, where=_open)
some("ix_operations_open_wake", operations.c.wake_at, where=_open)
some("ix_operations_open_account", operations.c.account, operations.c.wake_at, where=_open)
some("ix_operations_open_task", operations.c.task, where=_open)
some("ix_operations_source", operations.c.source, where=operations.c.source.is_not(None))
Index("ix_operations_state", operations.c.state, operations.c.seq)

attempts = Table(
    "attempts",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("operation", Text, ForeignKey("operations.id"), nullable=False, index=True),
    Column("number", Text, ForeignKey("numbers.id"), nullable=False),
    Column("e164", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("outcome", Text),
    Column("error", Body),
    Column("words", Body),
    Column("fbtrace_id", Words),
    Column("http_status", Integer),
    Column("before", Text),
    Column("pin", Text),
    Column("fingerprint", Text),
    Column("reply", Text),
    Column("method", Text),
    Column("send_by", Real),
)
"""`error` holds codes and times, which stay; `words` the texts and the body, kept for so many days. `send_by` is
real time: until then an intent may still be sent by whoever committed it."""
Index("ix_attempts_phone", attempts.c.e164, attempts.c.seq)
only("uq_attempts_open_intent", attempts.c.e164, where=attempts.c.outcome.is_(None))
some(
    "ix_attempts_registers",
    attempts.c.at,
    attempts.c.e164,
    attempts.c.outcome,
    where=attempts.c.call == "register",
)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("e164", Text, nullable=False),
    Column("code", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", Text, nullable=False),
)
Index("ix_evidence_phone", evidence.c.e164, evidence.c.at)
some("ix_evidence_webhook", evidence.c.at, evidence.c.e164, where=evidence.c.source == "webhook")

tasks = Table(
    "tasks",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("operation", Text, ForeignKey("operations.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("question", Words, nullable=False),
    Column("answers", Body, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("state", Text, nullable=False),
    Column("closed_at", Moment),
)
"""Without an operation the question is the account's, and every operation it holds shows it."""
only(
    "uq_tasks_open_operation",
    tasks.c.operation,
    where=(tasks.c.state == "open") & tasks.c.operation.is_not(None),
)
only("uq_tasks_open_account", tasks.c.account, where=(tasks.c.state == "open") & tasks.c.operation.is_(None))

replies = Table(
    "replies",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("task", Text, ForeignKey("tasks.id"), nullable=False),
    Column("operation", Text, ForeignKey("operations.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("pin", Text),
    Column("code", LargeBinary),
    Column("pin_changed", Boolean, nullable=False, server_default=false()),
    Column("method", Text),
)
Index("ix_replies_task", replies.c.task)
some("ix_replies_code_kept", replies.c.at, where=replies.c.code.is_not(None))

events = Table(
    "events",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("operation", Text, ForeignKey("operations.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Words, nullable=False),
    Column("wake_at", Moment),
)
