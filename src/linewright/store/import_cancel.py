"""An import that is stopped: rows that have not begun are let go, open operations are asked to stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from linewright.domain.imports import RowState
from linewright.store import tables as t
from linewright.store.keep import wake

__all__ = ["cancel", "unless_cancelled"]

_R = t.import_rows
LET_GO = {
    "state": RowState.CANCELLED.value,
    "reason": "cancelled",
    "message": "The import was cancelled before this row began.",
    "due_at": None,
}


def cancel(connection: Connection, id: str, now: datetime) -> tuple[int, list[str]]:
    """How many rows were let go, and the operations that were asked to stop: those that the import opened itself.

    The rows come first: one that somebody opens at this moment is seen as open, or not opened any more.
    """
    stopped = update(t.imports).where(t.imports.c.id == id, t.imports.c.cancelled_at.is_(None))
    connection.execute(stopped.values(cancelled_at=now))
    waiting = and_(_R.c.of == id, _R.c.state == RowState.QUEUED.value)
    let_go = connection.execute(update(_R).where(waiting).values(LET_GO)).rowcount
    whole = _R.join(t.imports).join(t.operations, t.operations.c.id == _R.c.operation)
    mine = and_(_R.c.of == id, t.operations.c.ended_at.is_(None), t.operations.c.opened_at >= t.imports.c.made_at)
    query = select(t.operations.c.id).select_from(whole).where(mine)
    return let_go, wake(connection, t.operations.c.id.in_(query), at=now, cancel_asked_at=now)


def unless_cancelled(connection: Connection, of: str, values: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a row whose create was in flight: it does not stand in line again where its import was cancelled
    meanwhile. A number that was made stays."""
    if values.get("state") != RowState.QUEUED.value:
        return values
    query = select(t.imports.c.cancelled_at).where(t.imports.c.id == of).with_for_update(read=True)
    if connection.execute(query).scalar() is None:
        return values
    made = values.get("number") is not None
    said = "The number was made; the import was cancelled before the rest of this row." if made else LET_GO["message"]
    return values | LET_GO | {"message": said}
