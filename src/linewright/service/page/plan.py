"""What would happen with a number: the plan as a drawn tree and in words, nothing done."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from linewright.errors import UsageError
from linewright.outline import outline
from linewright.service.page.frame import Person, TheDesk, draw
from linewright.service.page.parts import number_of
from linewright.service.page.words import words_for
from linewright.tree import inline, standalone

__all__ = ["router"]

router = APIRouter()
GOALS = {"register": "Register", "verify": "Verify", "set-pin": "Set a PIN", "deregister": "Deregister"}
Supposed = Annotated[str, Query(max_length=20)]


@router.get("/numbers/{id}/plan")
async def plan(request: Request, desk: TheDesk, caller: Person, id: str, goal: Supposed = "") -> Response:
    seen = number_of(desk, id)
    found = await _planned(desk, id, goal)
    return draw(
        request,
        caller,
        "plan.html",
        seen=seen,
        plan=found,
        root=outline(found["tree"]),
        wide=Markup(inline(found)),  # noqa: S704 - each text of it is escaped where it is drawn
        narrow=Markup(inline(found, narrow=True)),  # noqa: S704
        goals={} if found["operation"] else GOALS,
        **words_for(caller),
    )


@router.get("/numbers/{id}/plan.svg")
async def drawing(desk: TheDesk, caller: Person, id: str, goal: Supposed = "") -> Response:
    """The tree as a file of its own, in its own colours."""
    number_of(desk, id)
    body = standalone(await _planned(desk, id, goal))
    name = "".join(sign for sign in id if sign.isalnum())[:40]
    headers = {"Content-Disposition": f'attachment; filename="linewright-plan-{name}.svg"'}
    return Response(body, media_type="image/svg+xml", headers=headers)


async def _planned(desk: TheDesk, id: str, goal: str) -> dict[str, Any]:
    """The plan of the open operation, whatever was supposed; else of the goal."""
    try:
        return await desk.linewright.plan(id, goal=goal or None)
    except UsageError as refused:
        if refused.reason != "operation-open" or not goal:
            raise
    return await desk.linewright.plan(id)
