"""`/imports`: many numbers asked for by one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from linewright.import_shapes import import_shape, row_shape
from linewright.imports import ImportDesk
from linewright.service.api.idempotency import Idempotent
from linewright.service.api.import_models import ImportRows, Imports, ImportShape, RowShown, TakenImport
from linewright.service.api.parts import PRINTABLE, Cursor, Id, Limit, TheDesk, paged, refused, shown
from linewright.service.desk import Desk
from linewright.service.problems import MEDIA_TYPE, Problem, document
from linewright.service.who import Operator, Viewer

__all__ = ["CSV", "download", "router"]

router = APIRouter(prefix="/imports", tags=["imports"], route_class=Idempotent)
UNKNOWN = refused(404)
CSV = "text/csv"
IS_CSV: dict[str, Any] = {"description": "The file.", "content": {CSV: {"schema": {"type": "string"}}}}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself: CSV whose first line names the columns, of which only `phone` is needed.",
        "content": {CSV: {"schema": {"type": "string"}, "example": "phone,account,goal\n+15550133010,shop,register\n"}},
    }
}
Name = Annotated[str, Query(max_length=200, pattern=PRINTABLE, description="How the file is called.")]
Check = Annotated[bool, Query(description="Only look at it; nothing is taken.")]
SkipBad = Annotated[bool, Query(description="Take the good rows though others are bad.")]
ByLink = Annotated[bool, Query(description="Send no code before whoever has the phone says so.")]
Again = Annotated[bool, Query(description="Take a file anew whose import has ended.")]
JOINED = {"description": "Looked at, or found: the same file was taken before.", "model": TakenImport}


@router.post(
    "",
    response_model=TakenImport,
    status_code=201,
    responses={200: JOINED},
    summary="Import a file of numbers",
    openapi_extra=BODY,
)
async def take_import(
    request: Request,
    desk: TheDesk,
    caller: Operator,
    name: Name = "numbers.csv",
    check: Check = False,
    skip_bad: SkipBad = False,
    by_link: ByLink = False,
    again: Again = False,
) -> Response:
    """It is looked at whole before anything is spent. One bad row stops all of it (422 with the `report`), unless
    `skip_bad`. PINs in it are sealed at once and told nowhere. The same file is taken once."""
    content = await request.body()
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise Problem(
            422,
            "import-file",
            "The body is a form, not the file.",
            fix="Send the file itself: curl --data-binary @FILE.",
        )
    imports = ImportDesk(desk.linewright.office)
    if check:
        return shown({"import": None, "report": await imports.check(content)})
    taken, is_new = await imports.take(
        content, name=name, who=caller.who, skip_bad=skip_bad, by_link=by_link, again=again
    )
    if taken["import"] is None:
        return _not_taken(taken["report"])
    return shown(taken, 201 if is_new else 200)


def _not_taken(report: dict[str, Any]) -> Response:
    count = len({bad["line"] for bad in report["bad"]})
    said = f"{count} of {report['rows']} rows are bad; nothing was taken."
    fix = "Correct the rows that `report` names, or send it with skip_bad."
    return JSONResponse(document(422, "import-rows", said, fix, report=report), 422, media_type=MEDIA_TYPE)


@router.get("", response_model=Imports, summary="The imports, the newest first")
def list_imports(desk: TheDesk, caller: Viewer, limit: Limit = 50, cursor: Cursor = None) -> JSONResponse:
    found, following = desk.store.imports.listing(after=cursor, limit=limit)
    return paged([import_shape(each) for each in found], following)


@router.get("/{id}", response_model=ImportShape, responses=UNKNOWN, summary="One import")
def show_import(desk: TheDesk, caller: Viewer, id: Id) -> JSONResponse:
    return shown(import_shape(desk.store.imports.get(id)))


@router.get("/{id}/rows", response_model=ImportRows, responses=UNKNOWN, summary="Its rows, by line")
def list_rows(
    desk: TheDesk,
    caller: Viewer,
    id: Id,
    state: Annotated[RowShown | None, Query(description="Only those that stand so.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> JSONResponse:
    desk.store.imports.get(id)
    after = int(cursor) if cursor and cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    found, following = desk.store.imports.rows(id, state=state, after=after, limit=limit)
    return paged([row_shape(row) for row in found], str(following) if following is not None else None)


@router.get(
    "/{id}/result",
    response_class=Response,
    responses={200: IS_CSV, **UNKNOWN},
    summary="Its result file",
)
def result(desk: TheDesk, caller: Viewer, id: Id) -> Response:
    """CSV with a row for each number, and never a PIN."""
    return download(desk, id)


@router.post("/{id}/push", response_model=ImportShape, responses=UNKNOWN, summary="Make what is due")
async def push_import(desk: TheDesk, caller: Operator, id: Id) -> JSONResponse:
    """One round, for an installation without a worker; where one runs, it only looks."""
    return shown(await desk.linewright.push_import(id))


@router.post("/{id}/cancel", response_model=ImportShape, responses=refused(404, 409), summary="Cancel it")
async def cancel_import(desk: TheDesk, caller: Operator, id: Id) -> JSONResponse:
    """Rows that have not begun are let go; operations that it opened are asked to stop after the call in flight, and
    one that is between deregister and register asks first."""
    return shown(await desk.linewright.cancel_import(id, who=caller.who))


def download(desk: Desk, id: str) -> Response:
    """The result file as it is read, a piece at a time."""
    known = desk.store.imports.get(id).id
    pieces: Iterator[str] = ImportDesk(desk.linewright.office).result(known)
    name = f'attachment; filename="linewright-{known}.csv"'
    return StreamingResponse(pieces, media_type=f"{CSV}; charset=utf-8", headers={"Content-Disposition": name})
