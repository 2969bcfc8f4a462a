"""`/service`: what this service is, its clock, and whether somebody makes the calls; and a check of all numbers."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from linewright.clock import HomeClock
from linewright.service.api.idempotency import Idempotent
from linewright.service.api.models import Checked, ServiceShape
from linewright.service.api.parts import LONGEST, PRINTABLE, TheDesk, acted, refused, shown
from linewright.service.who import Operator, Viewer
from linewright.shapes import when

__all__ = ["router"]

router = APIRouter(tags=["service"], route_class=Idempotent)
One = Annotated[str | None, Query(max_length=LONGEST, pattern=PRINTABLE, description="One account; else all.")]


@router.get("/service", response_model=ServiceShape, summary="This service")
def show_service(desk: TheDesk, caller: Viewer) -> JSONResponse:
    linewright, clock = desk.linewright, desk.linewright.clock
    return shown(
        {
            "version": version("linewright"),
            "now": when(clock.now()),
            "clock_rate": clock.rate if isinstance(clock, HomeClock) else 1.0,
            "worked": linewright.worked,
        }
    )


@router.post("/check", response_model=Checked, responses=refused(404), summary="Read every number once")
async def check(desk: TheDesk, caller: Operator, account: One = None) -> JSONResponse:
    """Reads the listings of all accounts, or of one, and says how many numbers and accounts need somebody."""
    if account is not None:
        desk.store.accounts.get(account)
    found = await desk.linewright.check(account)
    acted(desk, caller, "check", account or "all", attention=found["attention"])
    return shown(found)
