"""The batch: several calls in the body of one `POST /`, each answered as a part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from linewright.simulator.codes import Refusal
from linewright.simulator.message import Request

if TYPE_CHECKING:
    from linewright.simulator.face import Call, Face

__all__ = ["play_batch"]

MOST = 50


def play_batch(face: Face, call: Call) -> list[dict[str, Any] | None]:
    """Answer each part; a part whose answer is lost is null, as the real batch does with one that timed out.

    Refuses with a GraphBatchException above 50 parts, and with 100 when there is no list of parts.
    """
    parts = call.sent.structure("batch")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Refusal(100, message="(#100) Param batch must be an array of requests")
    if len(parts) > MOST:
        raise Refusal(1, 0, message="Too many requests in batch message. Maximum batch size is 50")
    with_headers = str(call.sent.values.get("include_headers", "true")).lower() != "false"
    return [_part(face, call, part, with_headers) for part in parts]


def _part(face: Face, call: Call, part: dict[str, Any], with_headers: bool) -> dict[str, Any] | None:
    path, _, query = str(part.get("relative_url", "")).partition("?")
    body = str(part.get("body", ""))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if call.token:
        headers["authorization"] = f"Bearer {call.token}"
    if "access_token=" in query or "access_token=" in body:
        headers.pop("authorization", None)
    request = Request(
        method=str(part.get("method", "GET")).upper(),
        path="/" + path.lstrip("/"),
        query=query,
        headers=headers,
        body=body.encode(),
        origin=call.request.origin,
    )
    if not request.segments():
        return {"code": 400, "body": json.dumps({"error": {"message": "Invalid batch part", "code": 100}})}
    answer = face.answer(request)
    if answer.ending != "delivered":
        return None
    found: dict[str, Any] = {"code": answer.status}
    if with_headers:
        found["headers"] = [{"name": name, "value": value} for name, value in answer.headers.items()]
    return found | {"body": answer.body.decode()}
