"""RFC 9457 problem documents: one stable `type` for each reason, with what is wrong and what to do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from linewright.errors import LinewrightError, RemoteUnavailable, StoreUnavailable
from linewright.service.reasons import reasons

__all__ = ["MEDIA_TYPE", "Problem", "document", "problem_response", "status_of", "type_of", "words_of"]

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = {
    "unauthorized": 401,
    "forbidden": 403,
    "unknown-number": 404,
    "unknown-operation": 404,
    "unknown-task": 404,
    "unknown-link": 404,
    "unknown-account": 404,
    "unknown-user": 404,
    "unknown-token": 404,
    "unknown-channel": 404,
    "not-released": 404,
    "released": 409,
    "unknown-import": 404,
    "unknown-inbox": 404,
    "operation-open": 409,
    "operation-ended": 409,
    "import-ended": 409,
    "task-closed": 409,
    "account-exists": 409,
    "account-removed": 409,
    "works-elsewhere": 409,
    "channel-exists": 409,
    "code-used": 409,
    "inbox-exists": 409,
    "last-admin": 409,
    "too-many": 429,
}
"""The HTTP status of a reason; a reason that is not here is 422, what cannot be reached 503."""


class Problem(Exception):
    """What a handler of the service raises, where no `LinewrightError` says it."""

    def __init__(
        self, status: int, reason: str, message: str, *, fix: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.fix = fix
        self.headers = dict(headers or {})


def type_of(reason: str) -> str:
    """The address of a reason's page on this service."""
    return f"/problems/{reason}"


def status_of(error: LinewrightError) -> int:
    if isinstance(error, StoreUnavailable | RemoteUnavailable):
        return 503
    return STATUS.get(error.reason, 422)


def words_of(error: LinewrightError | Problem) -> tuple[str, str]:
    """What is wrong and what to do, for whoever asks over HTTP. Where a database or a key lies, and what its driver
    says, is for the log alone: visitors without a login ask, too."""
    if not isinstance(error, StoreUnavailable):
        return error.message, error.fix
    log.error("%s: %s %s", error.reason, error.message, error.fix)
    message = "The database cannot be used just now."
    if error.reason != StoreUnavailable.default_reason and error.reason in reasons():
        message = f"{reasons()[error.reason].title}."
    return message, "Try again in a moment. If it stays so, the service's log says why; what was committed is kept."


def document(status: int, reason: str, message: str, fix: str, **more: Any) -> dict[str, Any]:
    """`fix` is what to do, in a line; `reason` the name that programs go by."""
    return {"type": type_of(reason), "title": message, "status": status, "detail": fix, "reason": reason, **more}


def problem_response(error: LinewrightError | Problem, request: Request) -> Response:
    """The problem document of what went wrong."""
    message, fix = words_of(error)
    if isinstance(error, Problem):
        body = document(error.status, error.reason, message, fix)
        return JSONResponse(body, error.status, headers=error.headers, media_type=MEDIA_TYPE)
    more = {"fbtrace_id": error.fbtrace_id} if error.fbtrace_id else {}
    status = status_of(error)
    headers = {"Retry-After": "10"} if status == 503 else {}
    body = document(status, error.reason, message, fix, **more)
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)
