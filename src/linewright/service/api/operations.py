"""`/operations`: what was asked for, and how far it is."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from linewright.domain.operation import OPEN_STATES, OperationState
from linewright.service.api.idempotency import Idempotent
from linewright.service.api.models import Operations, OperationShape
from linewright.service.api.parts import Account, Cursor, Id, Limit, TheDesk, acted, paged, refused, shown, views_of
from linewright.service.who import Operator, Viewer

__all__ = ["router"]

router = APIRouter(prefix="/operations", tags=["operations"], route_class=Idempotent)
UNKNOWN = refused(404)
State = Annotated[OperationState | Literal["open"] | None, Query(description="`open`: all that have not ended.")]


@router.get("", response_model=Operations, summary="The operations, the newest first")
def list_operations(
    desk: TheDesk,
    caller: Viewer,
    state: State = None,
    account: Account = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> JSONResponse:
    states = None if state is None else OPEN_STATES if state == "open" else {OperationState(state)}
    found, following = desk.store.operations.listing(states=states, account=account, after=cursor, limit=limit)
    views = views_of(desk)
    return paged([views.operation(operation.id) for operation in found], following)


@router.get("/{operation}", response_model=OperationShape, responses=UNKNOWN, summary="One operation")
def show_operation(desk: TheDesk, caller: Viewer, operation: Id) -> JSONResponse:
    return shown(views_of(desk).operation(operation))


@router.post("/{operation}/cancel", response_model=OperationShape, responses=refused(404, 409), summary="Cancel it")
async def cancel_operation(desk: TheDesk, caller: Operator, operation: Id) -> JSONResponse:
    """It stops after the call in flight, and the answer says what stays; between a deregister and its register
    it asks first. 409 once it has ended."""
    desk.store.operations.cancel(operation, now=desk.linewright.clock.now())
    acted(desk, caller, "operation cancel", operation)
    return shown(await desk.linewright.settle(operation))


@router.post(
    "/{operation}/retry",
    response_model=OperationShape,
    status_code=201,
    responses={200: {"description": "It is open: it looks again now.", "model": OperationShape}, **refused(404, 409)},
    summary="Look again now, or take it up anew",
)
async def retry_operation(desk: TheDesk, caller: Operator, operation: Id) -> JSONResponse:
    """An open operation looks again now (200); one that ended is taken up as a new one (201)."""
    now = desk.linewright.clock.now()
    opened, is_new = desk.store.operations.retry(operation, now=now)
    acted(desk, caller, "operation retry", operation, opened=opened.id)
    return shown(await desk.linewright.push(opened.id), 201 if is_new else 200)


@router.post("/{operation}/push", response_model=OperationShape, responses=UNKNOWN, summary="Make what is due")
async def push_operation(desk: TheDesk, caller: Operator, operation: Id) -> JSONResponse:
    """Makes every call that is due now, for an installation without a worker; where one runs, it only looks."""
    return shown(await desk.linewright.push(operation))
