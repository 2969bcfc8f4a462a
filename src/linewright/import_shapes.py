"""The shapes of imports, and their result file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from linewright.domain.imports import Room, state_of
from linewright.shapes import due, when
from linewright.sheet import Fault
from linewright.store.import_rows import Import, ImportRow, NewRow

__all__ = ["RESULT_COLUMNS", "csv_text", "import_shape", "report_shape", "result_cell", "result_row", "row_shape"]

Shape = dict[str, Any]
RESULT_COLUMNS = ("line", "phone", "account", "state", "standing", "reason", "message", "operation", "number")


def report_shape(rows: int, good: Sequence[NewRow], faults: Sequence[Fault], rooms: Sequence[Room]) -> Shape:
    """What a look at a file found; `rooms` are the accounts in which it creates numbers."""
    return {
        "rows": rows,
        "good": len(good),
        "pins": sum(row.pin is not None for row in good),
        "creates": sum(row.number is None for row in good),
        "bad": [
            {
                "line": fault.line,
                "column": fault.column or None,
                "phone": fault.phone,
                "reason": fault.reason,
                "message": fault.message,
            }
            for fault in faults
        ],
        "rooms": [
            {
                "account": room.account,
                "numbers": room.numbers,
                "promised": room.promised,
                "creates": room.creates,
                "limit": room.limit,
                "whole_business": room.whole_business,
                "room": room.room,
            }
            for room in rooms
        ],
    }


def import_shape(made: Import) -> Shape:
    return {
        "id": made.id,
        "name": made.name,
        "state": state_of(made.counts),
        "made_by": made.made_by,
        "made_at": when(made.made_at),
        "ended_at": when(made.ended_at),
        "cancelled_at": when(made.cancelled_at),
        "by_link": made.by_link,
        "rows": made.rows,
        "counts": dict(made.counts),
    }


def row_shape(row: ImportRow) -> Shape:
    return {
        "line": row.line,
        "phone": row.e164,
        "account": row.account,
        "number": row.number,
        "goal": row.goal,
        "state": row.state,
        "standing": row.standing,
        "reason": row.reason,
        "message": row.message,
        "operation": row.operation,
        "task": row.task,
        "due_at": due(row.due_at),
    }


def result_row(row: ImportRow) -> list[object]:
    named = (
        row.line,
        row.e164,
        row.account,
        row.state,
        row.standing,
        row.reason,
        row.message,
        row.operation,
        row.number,
    )
    return [result_cell(value) for value in named]


def result_cell(value: object) -> str:
    """A cell as no spreadsheet takes it for a formula. A phone stays as it is: a plus and digits are a figure."""
    text = "" if value is None else " ".join(str(value).split())
    harmless = text[:1] not in ("=", "+", "-", "@") or (text[0] == "+" and text[1:].isdigit())
    return text if harmless else f"'{text}"


def csv_text(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
