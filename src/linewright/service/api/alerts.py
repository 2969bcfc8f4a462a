"""`/channels` and `/alerts`: where people are told what changed, and what they were told."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from linewright.alert_desk import AlertDesk, quiet_hours
from linewright.service.api.alert_models import Alerts, Channels, ChannelShape, MadeChannel, NewChannel, Tries
from linewright.service.api.idempotency import Idempotent, answers_once
from linewright.service.api.parts import Cursor, Id, Limit, TheDesk, paged, refused, shown
from linewright.service.desk import Desk
from linewright.service.who import Admin, Viewer

__all__ = ["router"]

router = APIRouter(tags=["alerts"], route_class=Idempotent)
UNKNOWN = refused(404)


def _desk(desk: Desk) -> AlertDesk:
    return AlertDesk(desk.linewright.office)


@router.get("/channels", response_model=Channels, summary="The channels, by name")
def list_channels(desk: TheDesk, caller: Viewer) -> JSONResponse:
    return paged(_desk(desk).channels(), None)


@router.post("/channels", response_model=MadeChannel, status_code=201, responses=refused(409), summary="Add a channel")
@answers_once
def add_channel(desk: TheDesk, caller: Admin, body: NewChannel) -> JSONResponse:
    """The secret that signs the posts of a webhook is in the answer, this once."""
    hours = body.quiet
    quiet = quiet_hours(f"{hours.begins}-{hours.until}", hours.zone) if hours else None
    return shown(_desk(desk).add(body.name, body.kind, body.address, quiet=quiet, who=caller.who), 201)


@router.delete("/channels/{name}", response_model=ChannelShape, responses=UNKNOWN, summary="Remove a channel")
def remove_channel(desk: TheDesk, caller: Admin, name: Id) -> JSONResponse:
    """Nothing is sent there any more; its address is forgotten."""
    return shown(_desk(desk).remove(name, who=caller.who))


@router.post("/channels/{name}/test", response_model=Tries, responses=UNKNOWN, summary="Send a test now")
async def test_channel(desk: TheDesk, caller: Admin, name: Id) -> JSONResponse:
    """200 also where the channel did not take it: `ok` tells."""
    return paged(await _desk(desk).test(name, who=caller.who), None)


@router.get("/alerts", response_model=Alerts, summary="What was told, the newest first, with its deliveries")
def list_alerts(desk: TheDesk, caller: Viewer, limit: Limit = 100, cursor: Cursor = None) -> JSONResponse:
    found, following = _desk(desk).log(limit=limit, before=cursor)
    return paged(found, following)
