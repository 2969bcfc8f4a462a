"""`/metrics` for Prometheus: with a token of the scope read, as everything else that programs read."""

from __future__ import annotations

from threading import Lock

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry

from linewright.metrics import CONTENT_TYPE, exposition, registry
from linewright.service.api.parts import TheDesk, refused
from linewright.service.who import Viewer

__all__ = ["router"]

router = APIRouter(tags=["service"])
_making = Lock()


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The figures."},
        **refused(401, 403),
    },
    summary="Figures for Prometheus",
)
def metrics(request: Request, desk: TheDesk, caller: Viewer) -> Response:
    """Read from the database, every ten seconds at most; while that is away, `linewright_database_up` is 0."""
    with _making:
        made: CollectorRegistry | None = getattr(request.app.state, "metrics", None)
        if made is None:
            made = request.app.state.metrics = registry(desk.linewright.office)
    return Response(exposition(made), media_type=CONTENT_TYPE)
