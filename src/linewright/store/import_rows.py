"""A file of numbers and its rows: as they are taken, and as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linewright.domain.imports import RowGoal, RowState
from linewright.domain.pins import Pin
from linewright.secret import Secret
from linewright.store.rows import Row

__all__ = ["Import", "ImportRow", "NewRow", "new_row", "shown_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """A row as it is taken. `number` is None for one that is made first; a `bad` one says why."""

    line: int
    e164: str | None
    account: str | None = None
    number: str | None = None
    goal: RowGoal | None = None
    verified_name: str | None = None
    code_method: str | None = None
    code_language: str | None = None
    pin: Secret | None = None
    reason: str | None = None
    message: str = ""

    @property
    def bad(self) -> bool:
        return self.goal is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file of numbers that was taken. `counts`: its rows by the state in which they are shown."""

    id: str
    name: str
    made_by: str
    made_at: datetime
    by_link: bool
    rows: int
    ended_at: datetime | None
    counts: Mapping[str, int]
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """A row as it is shown: in the words of its operation, once it has one."""

    line: int
    e164: str | None
    account: str | None
    number: str | None
    goal: str | None
    state: str
    standing: str | None
    reason: str | None
    message: str
    operation: str | None
    task: str | None
    due_at: datetime | None


def new_row(of: str, row: NewRow, pin: tuple[Pin, str, Secret] | None) -> dict[str, Any]:
    """The columns of a row that is taken, with the PIN that was kept for it."""
    return {
        "of": of,
        "line": row.line,
        "e164": row.e164,
        "account": row.account,
        "number": row.number,
        "goal": row.goal.value if row.goal else None,
        "verified_name": row.verified_name,
        "code_method": row.code_method,
        "code_language": row.code_language,
        "pin": pin[0].id if pin else None,
        "state": (RowState.BAD if row.bad else RowState.QUEUED).value,
        "reason": row.reason,
        "message": row.message,
    }


def shown_row(row: Row) -> ImportRow:
    """From its columns, those of its operation under `o_`, and its number's standing."""
    opened = row["state"] == RowState.OPEN.value
    return ImportRow(
        line=row["line"],
        e164=row["e164"],
        account=row["account"],
        number=row["number"],
        goal=row["goal"],
        state=row["shown"],
        standing=row["standing"],
        reason=row["o_reason"] if opened else row["reason"],
        message=row["o_message"] if opened else row["message"],
        operation=row["operation"],
        task=row["o_task"] if opened else None,
        due_at=row["o_wake_at"] if opened else row["due_at"],
    )
