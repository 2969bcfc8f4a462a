"""The imports: a file of numbers is sent in, looked at, taken, and watched until each row is at its end."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from linewright.domain.imports import SHOWN
from linewright.errors import LinewrightError, UsageError
from linewright.import_shapes import import_shape
from linewright.imports import ImportDesk
from linewright.service.api.imports import download
from linewright.service.desk import Desk
from linewright.service.page.frame import Form, Operating, Person, TheDesk, draw, goto, text_of
from linewright.service.page.parts import NEWS, changed, digest
from linewright.service.page.upload import file_of
from linewright.service.page.words import words_for
from linewright.service.problems import status_of
from linewright.service.who import Caller
from linewright.store.import_rows import Import

__all__ = ["router"]

Shape = dict[str, Any]

router = APIRouter()
Text = Annotated[str, Query(max_length=1_000)]
MOST_BAD = 100
"""Bad rows named on the page; the file itself has the rest."""
ROWS = 50
PACES = {"running": 2, "asking": 5, "waiting": 15}
"""Real seconds between two questions for news."""
ROW_STATES = {
    "queued": "not begun",
    "creating": "being made",
    "running": "at work",
    "waiting": "waiting",
    "asking": "asking",
    "done": "done",
    "gave_up": "gave up",
    "cancelled": "cancelled",
    "bad": "left out",
}


@router.get("/imports")
def imports(request: Request, desk: TheDesk, caller: Person, after: Text = "") -> Response:
    return _list(request, desk, caller, after=after)


@router.post("/imports")
async def take(request: Request, desk: TheDesk, caller: Operating, form: Form) -> Response:
    """Takes the file, or only looks at it; where a row is bad the page says which, and nothing was taken."""
    name, content = file_of(request)
    skip_bad, only_look = bool(text_of(form, "skip_bad")), text_of(form, "do") == "check"
    told: dict[str, Any] = {"typed": {"skip_bad": skip_bad, "by_link": bool(text_of(form, "by_link"))}}
    desk_of_imports = ImportDesk(desk.linewright.office)
    try:
        if not name:
            raise UsageError("No file was chosen.", fix="Choose the CSV file, then send it.", reason="import-file")
        if only_look:
            return _list(request, desk, caller, report=await desk_of_imports.check(content), name=name, **told)
        taken, is_new = await desk_of_imports.take(
            content, name=name, who=caller.who, skip_bad=skip_bad, by_link=told["typed"]["by_link"]
        )
    except LinewrightError as refused:
        return _list(request, desk, caller, status=status_of(refused), trouble=refused, name=name, **told)
    made = taken["import"]
    if made is None:
        return _list(request, desk, caller, status=422, report=taken["report"], name=name, **told)
    return goto(request, f"/imports/{made['id']}", said=_said(made, taken["report"]) if is_new else FOUND)


FOUND = "This file was taken before: here is its import. No second one begins."


def _said(made: Shape, report: Shape | None) -> str:
    pins = report["pins"] if report else 0
    sealed = " Its PINs are sealed now: delete the file, it holds them in clear." if pins else ""
    return f"{made['name']} is taken: {made['rows']:,} rows.{sealed}"


def _list(
    request: Request,
    desk: Desk,
    caller: Caller,
    *,
    status: int = 200,
    after: str = "",
    report: Shape | None = None,
    trouble: LinewrightError | None = None,
    name: str = "",
    typed: dict[str, bool] | None = None,
) -> Response:
    found, following = desk.store.imports.listing(after=after or None, limit=20)
    return draw(
        request,
        caller,
        "imports.html",
        status=status,
        imports=[_seen(each) for each in found],
        report=report,
        bad=(report or {}).get("bad", [])[:MOST_BAD],
        trouble=trouble,
        name=name,
        typed=typed or {"skip_bad": False, "by_link": False},
        next_href=f"/imports?after={following}" if following else "",
        first_href="/imports" if after else "",
        ROW_STATES=ROW_STATES,
        **words_for(caller),
    )


@router.get("/imports/{id}")
def one_import(
    request: Request, desk: TheDesk, caller: Person, id: str, state: Text = "", after: Text = ""
) -> Response:
    made = _seen(desk.store.imports.get(id))
    state = state if state in SHOWN else ""
    last = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    rows, following = desk.store.imports.rows(id, state=state or None, after=last, limit=ROWS)
    link = f"/imports/{id}?state={state}&" if state else f"/imports/{id}?"
    return draw(
        request,
        caller,
        "import.html",
        rows=rows,
        state=state,
        here=f"{link}after={after}",
        next_href=f"{link}after={following}" if following is not None else "",
        first_href=link.rstrip("?&") if after else "",
        **_moving(made),
        **words_for(caller),
    )


@router.get("/imports/{id}/live")
def live(request: Request, desk: TheDesk, caller: Person, id: str, v: Text = "") -> Response:
    """The bar, where it moved since `v`: counts only, however many rows there are."""
    moving = _moving(_seen(desk.store.imports.get(id)))
    if v and v == moving["v"]:
        return Response(status_code=NEWS)
    return changed(request, caller, "import_live.html", state="", **moving)


@router.post("/imports/{id}/cancel")
async def cancel(request: Request, desk: TheDesk, caller: Operating, id: str) -> Response:
    await desk.linewright.cancel_import(id, who=caller.who)
    return goto(request, f"/imports/{id}", said="Cancelled: no further row begins, and what is under way stops.")


@router.get("/imports/{id}/result.csv")
def result(desk: TheDesk, caller: Person, id: str) -> Response:
    return download(desk, id)


def _seen(made: Import) -> dict[str, Any]:
    """An import as it is drawn: how many rows have ended, and how it stands in one word."""
    shape = import_shape(made)
    counts = shape["counts"]
    return shape | {"over": sum(counts[state] for state in ("done", "gave_up", "cancelled", "bad"))}


def _moving(made: dict[str, Any]) -> dict[str, Any]:
    pace = None if made["ended_at"] else PACES.get(made["state"], 5)
    return {"made": made, "pace": pace, "states": SHOWN, "ROW_STATES": ROW_STATES, "v": digest(made["counts"])}
