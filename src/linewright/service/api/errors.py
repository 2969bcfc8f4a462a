"""`/errors` and `/explain`: what the remote's errors mean, and what to do."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from linewright.catalogue.render import fields
from linewright.domain.entries import Entry
from linewright.errors import UsageError
from linewright.explain import catalogue, explain
from linewright.service.api.examples import BODIES
from linewright.service.api.idempotency import Idempotent
from linewright.service.api.models import Errors, Explanation
from linewright.service.api.parts import paged, refused, shown
from linewright.service.problems import Problem
from linewright.service.who import Viewer
from linewright.store.operations import LARGEST_CODE

__all__ = ["router"]

router = APIRouter(tags=["errors"], route_class=Idempotent)
Code = Annotated[int, Path(ge=0, lt=LARGEST_CODE, description="The code as Meta names it.")]
Subcode = Annotated[int | None, Query(ge=0, lt=LARGEST_CODE)]
TAKES = {
    "required": True,
    "description": "An error body, a code, or any text that holds one, such as a log line or an exception.",
    "content": {
        "application/json": {"schema": {}, "examples": {"a body": {"value": BODIES["explain"]}}},
        "text/plain": {"schema": {"type": "string"}, "examples": {"a log line": {"value": BODIES["explain_text"]}}},
    },
}


@router.get("/errors", response_model=Errors, summary="The guide: every error that is described")
def list_errors(caller: Viewer) -> JSONResponse:
    return paged([_entry(entry) for entry in catalogue().entries], None)


@router.get("/errors/{code}", response_model=Explanation, responses=refused(404), summary="What a code means")
def show_error(caller: Viewer, code: Code, subcode: Subcode = None) -> JSONResponse:
    found = explain(str(code) if subcode is None else f"{code}/{subcode}")
    if not found["known"]:
        raise Problem(
            404,
            "unknown-code",
            f"Nobody has described the error {code} yet.",
            fix="Post its whole body to /api/v1/explain; its own words may tell more.",
        )
    return shown(found)


@router.post(
    "/explain", response_model=Explanation, openapi_extra={"requestBody": TAKES}, summary="What an error means"
)
async def explain_error(request: Request, caller: Viewer) -> JSONResponse:
    """Takes any body. An error that nobody has described comes back with `known` false, as it came."""
    body = await request.body()
    text = body.decode("utf-8", "replace")
    if not text.strip():
        raise UsageError(
            "There is nothing to explain: the input is empty.",
            fix="Send a code, an error body, or a log line that holds one.",
        )
    return shown(explain(_unwrapped(text)))


def _unwrapped(text: str) -> str:
    """A text sent as a JSON string is that text."""
    if not text.lstrip().startswith('"'):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, str) else text


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "code": entry.code,
        "through": entry.through,
        "subcode": entry.subcode,
        **fields(entry),
        "wait_seconds": math.ceil(entry.wait.total_seconds()) if entry.wait else None,
    }
