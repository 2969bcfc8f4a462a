"""The OpenAPI document: what FastAPI draws from the code, and what it cannot know."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import compile_path

from linewright.service.api.idempotency import HEADER, LONGEST_KEY, REPLAYED
from linewright.service.api.models import ProblemShape
from linewright.service.api.parts import refused

__all__ = ["describe", "methods_at"]

KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A name for this request. Sent again with it, the request is answered as before and not done "
    "twice; kept for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"},
}
REPLAY = {"description": "Present when the answer is that of an earlier request.", "schema": {"const": "true"}}
TAGS = [
    {"name": "accounts", "description": "The WhatsApp Business Accounts, their tokens and their state."},
    {"name": "numbers", "description": "The phone numbers: where each stands, and what is asked of it."},
    {"name": "operations", "description": "What was asked for, and how far it is."},
    {"name": "tasks", "description": "The questions that wait for a person."},
    {"name": "imports", "description": "Files of many numbers, and what became of each row."},
    {"name": "inboxes", "description": "Where text messages with codes come in by themselves."},
    {"name": "alerts", "description": "Where people are told what changed, and what they were told."},
    {"name": "errors", "description": "What the remote's errors mean, and what to do."},
    {"name": "service", "description": "This service itself."},
    {"name": "problems", "description": "What the `type` of a problem leads to; without a token."},
    {"name": "probes", "description": "For whoever looks after the process; without a token."},
]


def describe(app: FastAPI) -> None:
    """Makes `app` give out the whole document; it is drawn when it is first asked for."""

    def drawn() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = drawn  # type: ignore[method-assign]  # the way that FastAPI documents


def methods_at(app: FastAPI, path: str) -> list[str]:
    """The methods that the document has for an address; none for an address that it does not know."""
    found = {
        method.upper()
        for template, methods in app.openapi()["paths"].items()
        if compile_path(template)[0].fullmatch(path)
        for method in methods
    }
    return sorted(found)


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=TAGS
    )
    schemas = document["components"]["schemas"]
    schemas["ProblemShape"] = ProblemShape.model_json_schema()
    for path, methods in document["paths"].items():
        if path.startswith("/api/") and "post" in methods:
            _with_key(methods["post"])
    return document


def _with_key(operation: dict[str, Any]) -> None:
    operation.setdefault("parameters", []).append(KEY)
    answers = operation["responses"]
    answers.setdefault("409", refused(409)[409])
    for status, answer in answers.items():
        if status.startswith("2"):
            answer.setdefault("headers", {})[REPLAYED] = REPLAY
