"""The story of an operation, in order: what it was, what was read, sent, asked and answered. No values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from linewright.domain.journal import Attempt
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.rows import Row, attempt_of, reading_from

__all__ = ["Moment", "timeline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line. `kind` is state, reading, call, answer, question or reply; `facts` is JSON."""

    at: datetime
    kind: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


def timeline(database: Database, operation: str) -> list[Moment]:
    """Everything kept of one operation, oldest first."""
    with database.reading() as connection:
        moments = [
            *_states(connection, operation),
            *_readings(connection, operation),
            *_attempts(connection, operation),
            *_questions(connection, operation),
        ]
    return sorted(moments, key=lambda moment: moment.at)


def _rows(connection: Connection, table: Table, operation: str) -> list[Row]:
    query = select(table).where(table.c.operation == operation).order_by(table.c.seq)
    return list(connection.execute(query).mappings())


def _states(connection: Connection, operation: str) -> Iterator[Moment]:
    for row in _rows(connection, t.events, operation):
        reason = f" ({row['reason']})" if row["reason"] else ""
        facts = {"state": row["state"], "reason": row["reason"], "wake_at": _iso(row["wake_at"])}
        yield Moment(at=row["at"], kind="state", text=f"{row['state']}{reason}: {row['message']}", facts=facts)


def _readings(connection: Connection, operation: str) -> Iterator[Moment]:
    for row in _rows(connection, t.readings, operation):
        reading = reading_from(row)
        seen = {
            name: getattr(reading, name)
            for name in ("status", "platform_type", "code_verification_status", "name_status", "is_pin_enabled")
            if getattr(reading, name) is not None
        }
        words = ", ".join(f"{name} {value}" for name, value in seen.items())
        error = f"error {reading.error.code}" if reading.error else ""
        text = words if reading.good else f"could not be read: {reading.failure or error or 'no good answer'}"
        trace = reading.error.fbtrace_id if reading.error else None
        yield Moment(at=row["at"], kind="reading", text=text, facts={"good": reading.good, **seen, "fbtrace_id": trace})


def _attempts(connection: Connection, operation: str) -> Iterator[Moment]:
    for row in _rows(connection, t.attempts, operation):
        attempt = attempt_of(row)
        named = {"attempt": attempt.id, "call": attempt.call.value}
        yield Moment(at=attempt.at, kind="call", text=f"{attempt.call.value} is sent", facts=named)
        if attempt.answered_at is not None:
            facts = {
                **named,
                "outcome": attempt.outcome.value if attempt.outcome else None,
                "code": attempt.code,
                "subcode": attempt.subcode,
                "http_status": attempt.http_status,
                "fbtrace_id": attempt.fbtrace_id,
            }
            yield Moment(at=attempt.answered_at, kind="answer", text=_answered(attempt), facts=facts)


def _answered(attempt: Attempt) -> str:
    outcome = attempt.outcome.value if attempt.outcome else "open"
    error = attempt.error
    said = f" {error.code}: {error.details or error.user_message or error.message}" if error else ""
    trace = f" [fbtrace_id {attempt.fbtrace_id}]" if attempt.fbtrace_id else ""
    return f"{attempt.call.value} {outcome}{said}{trace}"


def _questions(connection: Connection, operation: str) -> Iterator[Moment]:
    replies = _rows(connection, t.replies, operation)
    query = select(t.tasks).where(
        (t.tasks.c.operation == operation) | t.tasks.c.id.in_([row["task"] for row in replies])
    )
    for row in connection.execute(query.order_by(t.tasks.c.seq)).mappings():
        facts = {"task": row["id"], "kind": row["kind"], "state": row["state"]}
        yield Moment(at=row["opened_at"], kind="question", text=f"{row['kind']}: {row['question']}", facts=facts)
    for row in replies:
        facts = {"task": row["task"], "answer": row["answer"]}
        also = " (the PIN is said to have changed)" if row["pin_changed"] else ""
        yield Moment(at=row["at"], kind="reply", text=f"{row['kind']}: {row['answer']}{also}", facts=facts)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
