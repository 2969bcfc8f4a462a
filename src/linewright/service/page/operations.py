"""The operations: what was asked for, how it went, and the ways to stop it or take it up again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from linewright.domain.operation import OPEN_STATES, OperationState
from linewright.service.desk import Desk
from linewright.service.page.frame import Operating, Person, TheDesk, draw, goto
from linewright.service.page.parts import NEWS, audited, changed, drawn, every, mark_of
from linewright.service.page.words import GOALS, words_for
from linewright.store.fleet import OPEN

__all__ = ["router", "said_of"]

router = APIRouter()
Text = Annotated[str, Query(max_length=1_000)]
STATES = (OPEN, *(state.value for state in OperationState))


@router.get("/operations")
def operations(request: Request, desk: TheDesk, caller: Person, state: Text = "", after: Text = "") -> Response:
    """The newest first, by state, a page at a time."""
    state = state if state in STATES else ""
    found, following = desk.store.fleet.operations(state=state or None, after=after or None)
    counts = {each.value: count for each, count in desk.store.fleet.states().items()}
    counts[OPEN] = sum(counts.get(each.value, 0) for each in OPEN_STATES)
    link = f"/operations?state={state}&" if state else "/operations?"
    return draw(
        request,
        caller,
        "operations.html",
        rows=found,
        counts=counts,
        states=STATES,
        state=state,
        pace=every(desk.linewright.clock, [told.operation for told in found]),
        next_href=f"{link}after={following}" if following else "",
        first_href=link.rstrip("?&") if after else "",
        here=f"{link}after={after}",
        **words_for(caller),
    )


@router.get("/operations/{operation}")
def operation(request: Request, desk: TheDesk, caller: Person, operation: str) -> Response:
    shown = drawn(desk, operation)
    return draw(
        request, caller, "operation.html", live=f"/operations/{operation}/live", **_all(shown), **words_for(caller)
    )


@router.get("/operations/{operation}/live")
def operation_live(
    request: Request, desk: TheDesk, caller: Person, operation: str, v: Text = "", o: Text = ""
) -> Response:
    """The part that moves, where it changed since `v`; `o` is the state in which the buttons were drawn."""
    if v and mark_of(desk, operation) == v:
        return Response(status_code=NEWS)
    shown = drawn(desk, operation)
    more: dict[str, Any] = {"live": f"/operations/{operation}/live", "fresh_buttons": o != _over(shown)}
    return changed(request, caller, "operation_moved.html", **_all(shown), **more)


@router.post("/operations/{operation}/cancel")
async def cancel(request: Request, desk: TheDesk, caller: Operating, operation: str) -> Response:
    shape = await desk.linewright.cancel(operation)
    audited(desk, caller, "cancel", shape["number"]["e164"], operation=operation)
    return goto(request, f"/operations/{shape['id']}", **said_of(shape))


@router.post("/operations/{operation}/retry")
async def retry(request: Request, desk: TheDesk, caller: Operating, operation: str) -> Response:
    """An open one looks again now; one that ended begins anew, as an operation of its own."""
    shape = await desk.linewright.retry(operation)
    audited(desk, caller, "retry", shape["number"]["e164"], operation=shape["id"])
    shape = await desk.linewright.settle(shape["id"])
    return goto(request, f"/operations/{shape['id']}", **said_of(shape))


def said_of(shape: dict[str, Any]) -> dict[str, str]:
    """What the next page says of an operation that somebody has just pushed."""
    kind = {"done": "good", "gave_up": "bad", "asking": "warn"}.get(shape["state"], "good")
    what = f"{GOALS.get(shape['goal'], shape['goal'])} of {shape['number']['display']}"
    return {"said": f"{what}: {shape['message'] or 'taken up.'}", "kind": kind}


def _over(shown: dict[str, Any]) -> str:
    return "ended" if shown["operation"]["ended_at"] else "open"


def _all(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "over": _over(shown)}


def open_or_latest(desk: Desk, number: str, e164: str) -> str | None:
    """The operation that a number's page shows: the phone's open one, else the number's latest."""
    now_open = desk.store.operations.open_of(e164)
    if now_open is not None:
        return now_open.id
    found, _ = desk.store.fleet.operations(number=number, limit=1)
    return found[0].operation.id if found else None
