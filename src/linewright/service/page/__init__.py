"""The page for people: drawn on the server, whole without scripts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from linewright.errors import LinewrightError
from linewright.service.problems import Problem, status_of

__all__ = ["is_for_people", "refusal", "router"]

router = APIRouter(include_in_schema=False)


def is_for_people(request: Request) -> bool:
    """Whether a refusal is shown as a page; programs get a problem document."""
    return not request.url.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def refusal(error: LinewrightError | Problem, request: Request) -> Response:
    """The page that says what is wrong and what to do."""
    status = error.status if isinstance(error, Problem) else status_of(error)
    return PlainTextResponse(f"{error.message}\n{error.fix}\n", status)
