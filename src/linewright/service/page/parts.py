"""What the pages about numbers share: an operation as it is drawn, and how often a part of a page asks for news."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from linewright.domain.operation import Operation, OperationState
from linewright.engine.ports import Clock
from linewright.service.desk import Desk
from linewright.service.page.frame import fragment
from linewright.service.page.story import LONGEST, explained, story_of
from linewright.service.page.words import words_for
from linewright.service.problems import Problem
from linewright.service.who import Caller
from linewright.store.fleet import Seen
from linewright.store.timeline import timeline
from linewright.store.watch import sight_of
from linewright.views import Views

__all__ = ["NEWS", "audited", "changed", "drawn", "every", "mark_of", "number_of", "pace_of", "views_of"]

NEWS = 204
"""Nothing new: htmx leaves the page as it is."""


def views_of(desk: Desk) -> Views:
    return Views(desk.linewright.office)


def number_of(desk: Desk, id: str) -> Seen:
    """Raises the page that says so when there is no such number here."""
    try:
        return desk.store.fleet.one(id)
    except KeyError:
        raise Problem(
            404,
            "unknown-number",
            "This number is not known here, or is no longer listed.",
            fix="Look for it in the fleet; a sync of its account finds what is new.",
        ) from None


def drawn(desk: Desk, operation: str) -> dict[str, Any]:
    """An operation with its story: what the template `operation_live.html` needs. Raises `UsageError` (404)."""
    office = desk.linewright.office
    shape = views_of(desk).operation(operation)
    now = office.clock.now()
    attempts = office.store.ledger.case(operation, now, office.catalogue).mine
    items = story_of(timeline(office.store.database, operation), attempts)
    refused = next((each for each in reversed(attempts) if each.error is not None), None)
    last_ok = attempts[-1].ok if attempts else False
    return {
        "operation": shape,
        "sides": views_of(desk).sides(operation) if shape["goal"] == "migrate" else (),
        "story": items[-LONGEST:],
        "left_out": max(len(items) - LONGEST, 0),
        "error": explained(refused) if refused is not None and not last_ok else None,
        "v": mark_of(desk, operation),
        "pace": pace_of(office.clock, shape["state"], shape["wake_at"]),
    }


def mark_of(desk: Desk, operation: str) -> str:
    """Differs when what is drawn of an operation may differ: one small query."""
    try:
        sight = sight_of(desk.store.database, operation)
    except KeyError:
        return ""
    return digest(sight)


def digest(*things: object) -> str:
    return hashlib.sha256(repr(things).encode()).hexdigest()[:16]


def pace_of(clock: Clock, state: str, wake_at: datetime | str | None) -> int | None:
    """Real seconds between two questions for news of an operation; None once it has ended."""
    if state == OperationState.RUNNING:
        return 2
    if state == OperationState.ASKING:
        return 3
    if state != OperationState.WAITING:
        return None
    wake = datetime.fromisoformat(wake_at) if isinstance(wake_at, str) else wake_at
    left = clock.seconds_until(wake) if wake is not None else 0.0
    return 2 if left < 60 else 5 if left < 600 else 30


def every(clock: Clock, operations: list[Operation | None]) -> int | None:
    """The same for a list: as fast as the fastest of it, but no faster than every 4 s."""
    paces = [pace_of(clock, each.state, each.wake_at) for each in operations if each is not None]
    return max(min((pace for pace in paces if pace is not None), default=0), 4) if any(paces) else None


def changed(request: Request, caller: Caller, template: str, v: str, **context: Any) -> Response:
    """A part of a page, unless it is the one that is shown already (`v` in the query)."""
    if v and request.query_params.get("v") == v:
        return Response(status_code=NEWS)
    return fragment(request, caller, template, **(words_for(caller) | {"v": v} | context))


def audited(desk: Desk, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    """Every human act leaves a line; never a secret."""
    desk.store.audit.append(desk.linewright.clock.now(), caller.who, action, subject, detail or None)
