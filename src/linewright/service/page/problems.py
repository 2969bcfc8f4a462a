"""The pages that a problem's `type` leads to, for whoever opens it in a browser; without a login."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from linewright.service.page.frame import Visitor, draw
from linewright.service.problems import Problem
from linewright.service.reasons import reasons

__all__ = ["router"]

router = APIRouter(prefix="/problems")


@router.get("")
def all_reasons(request: Request, caller: Visitor) -> Response:
    return draw(request, caller, "problems.html", reasons=sorted(reasons().items()))


@router.get("/{reason}")
def one_reason(request: Request, caller: Visitor, reason: str) -> Response:
    found = reasons().get(reason)
    if found is None:
        raise Problem(404, "unknown-reason", "No problem has this name.", fix="See the list at /problems.")
    return draw(request, caller, "problem.html", reason=reason, found=found)
