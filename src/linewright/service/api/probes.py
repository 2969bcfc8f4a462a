"""`/healthz` and `/readyz`: whether the service lives, and whether it can work. Without a token."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from linewright.service.api.parts import TheDesk, refused, shown
from linewright.store.upgrade import refuse_newer

__all__ = ["router"]

router = APIRouter(tags=["probes"])


class Health(BaseModel):
    status: str


@router.get("/healthz", response_model=Health, summary="Whether it lives")
async def healthz() -> JSONResponse:
    return shown({"status": "ok"})


@router.get("/readyz", response_model=Health, responses=refused(503), summary="Whether it can work")
def readyz(desk: TheDesk) -> JSONResponse:
    """503, with the reason, while the database cannot be read, or once a newer Linewright has changed its tables."""
    refuse_newer(desk.store.database)
    return shown({"status": "ok"})
