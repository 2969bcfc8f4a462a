"""REST for programs, under `/api/v1`; DESIGN section 8 is the contract."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter()
