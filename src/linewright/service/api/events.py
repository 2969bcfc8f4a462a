"""`/operations/{operation}/events`: an operation at each change, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from linewright.clock import monotonic
from linewright.domain.operation import OPEN_STATES
from linewright.service.api.parts import Id, TheDesk, refused, views_of
from linewright.service.desk import Desk
from linewright.service.problems import Problem
from linewright.service.who import Viewer, api_caller
from linewright.store.watch import Sight, sight_of

__all__ = ["lines", "router"]

router = APIRouter(prefix="/operations", tags=["operations"])
MEDIA_TYPE = "text/event-stream"
LOOK_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
STREAM = {
    "description": "One `data:` line with the operation's shape at each change, until it has ended; a comment as a "
    "heartbeat every 15 s. It ends, too, within that time of the token's being revoked.",
    "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
}


@router.get(
    "/{operation}/events",
    response_class=StreamingResponse,
    responses={200: STREAM, **refused(404)},
    summary="Follow it",
)
async def follow(request: Request, desk: TheDesk, caller: Viewer, operation: Id) -> StreamingResponse:
    """Only looks: a worker, or whoever asked, makes the calls. The first event is the operation as it is now, so
    a client that comes back misses nothing that still holds."""
    await run_in_threadpool(desk.store.operations.get, operation)
    stopping: asyncio.Event = request.app.state.stopping
    whole = lines(
        desk,
        operation,
        stopping,
        welcome=lambda: _still_welcome(request, desk),
        heartbeat_seconds=HEARTBEAT_SECONDS,
    )
    return StreamingResponse(whole, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


def _still_welcome(request: Request, desk: Desk) -> bool:
    """Whether the token still opens it: a stream may outlive it by hours."""
    try:
        return api_caller(request, desk).may("read")
    except Problem:
        return False


async def lines(
    desk: Desk,
    operation: str,
    stopping: asyncio.Event,
    *,
    welcome: Callable[[], bool],
    heartbeat_seconds: float,
) -> AsyncIterator[str]:
    """The stream of an operation, until it has ended, `stopping` is set, or the caller is not `welcome` any more,
    which is asked anew as often as the heart beats; real seconds."""
    seen: Sight | None = None
    told: str | None = None
    spoke_at = asked_at = monotonic()
    while True:
        if monotonic() - asked_at >= heartbeat_seconds:
            if not await run_in_threadpool(welcome):
                return
            asked_at = monotonic()
        sight = await run_in_threadpool(sight_of, desk.store.database, operation)
        if sight != seen:
            seen = sight
            text = json.dumps(await run_in_threadpool(views_of(desk).operation, operation))
            if text != told:
                told, spoke_at = text, monotonic()
                yield f"id: {sight.id}\nevent: operation\ndata: {text}\n\n"
        elif monotonic() - spoke_at >= heartbeat_seconds:
            spoke_at = monotonic()
            yield ": still here\n\n"
        if sight.state not in OPEN_STATES or await _stopped(stopping):
            return


async def _stopped(stopping: asyncio.Event) -> bool:
    """Rests until it is time to look again, or the service stops."""
    try:
        await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
    except TimeoutError:
        return False
    return True
