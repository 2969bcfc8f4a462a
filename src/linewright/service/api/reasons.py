"""`/problems/{reason}`: what a problem's `type` leads to. Programs are answered here; a browser gets the page of the
same address."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from linewright.service.api.models import ReasonShape
from linewright.service.api.parts import Id, refused, shown
from linewright.service.problems import Problem, problem_response, type_of
from linewright.service.reasons import reasons

__all__ = ["ForPrograms", "router"]


class ForPrograms(APIRoute):
    """Steps aside for those who ask for HTML: browsers do, programs do not."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", ""):
            return Match.NONE, {}
        return super().matches(scope)


router = APIRouter(tags=["problems"], route_class=ForPrograms)


@router.get(
    "/problems/{reason}", response_model=ReasonShape, responses=refused(404, 422), summary="What a reason means"
)
def show_reason(request: Request, reason: Id) -> Response:
    found = reasons().get(reason)
    if found is None:
        problem = Problem(404, "unknown-reason", "No problem has this name.", fix="Look at its `reason` once more.")
        return problem_response(problem, request)
    return shown({"type": type_of(reason), "reason": reason, **asdict(found)})
