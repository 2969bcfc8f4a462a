"""What people did: the newest first."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from linewright.service.page.frame import Administering, TheDesk, draw

__all__ = ["router"]

router = APIRouter()
ROWS = 100
LARGEST_SEQ = 2**63


@router.get("/audit")
def audit(request: Request, desk: TheDesk, caller: Administering, who: str = "", before: str = "") -> Response:
    """A page of it; `before` is the number of the last row of the page before, `who` picks one actor."""
    last = int(before) if before.isdecimal() and len(before) < 20 and int(before) < LARGEST_SEQ else None
    rows = desk.store.audit.listing(limit=ROWS + 1, who=who or None, before=last)
    more = rows[ROWS - 1]["seq"] if len(rows) > ROWS else None
    return draw(
        request, caller, "audit.html", rows=rows[:ROWS], more=more, who=who, people=desk.store.audit.actors(), last=last
    )
