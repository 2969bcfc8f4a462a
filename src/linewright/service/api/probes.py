"""`/healthz` and `/readyz`: whether the service lives, and whether it can work. Without a token."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text

from linewright.service.api.parts import TheDesk, refused, shown

__all__ = ["router"]

router = APIRouter(tags=["probes"])


class Health(BaseModel):
    status: str


@router.get("/healthz", response_model=Health, summary="Whether it lives")
async def healthz() -> JSONResponse:
    return shown({"status": "ok"})


@router.get("/readyz", response_model=Health, responses=refused(503), summary="Whether it can work")
def readyz(desk: TheDesk) -> JSONResponse:
    """Asks the database; 503 while it cannot be reached."""
    with desk.store.database.reading() as connection:
        connection.execute(text("SELECT 1"))
    return shown({"status": "ok"})
