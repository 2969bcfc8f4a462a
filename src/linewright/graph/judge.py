"""The answers, without I/O: from a response to a typed `Answer`. Never raises, whatever the remote sent.

2xx that proves itself                              ok
a JSON error of the Graph API, under any status     refused
2xx that proves nothing, 5xx without a JSON error   in doubt
3xx, 4xx without a JSON error                       refused by something that is not the Graph API
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, NoReturn

from linewright.domain.journal import Answer, Outcome, RemoteError
from linewright.graph.errors import http_date, parse_error, usage_percent
from linewright.graph.redact import DEEPEST, redact, redact_error, redact_text, redact_trace
from linewright.graph.wire import Request
from linewright.secret import Secret

__all__ = ["answer", "bought_token", "token_answer"]

TRACE_HEADERS = ("x-fb-trace-id", "x-fb-request-id")
STRANGE = "this does not look like the Graph API"


def answer(
    request: Request, status: int, headers: Mapping[str, str], content: bytes, secrets: Iterable[Secret] = ()
) -> Answer:
    """Judges a response. `secrets`, those of the request and anything like a token become dots in it."""
    opened = (*secrets, *request.secrets)
    lower = {str(key).lower(): str(value) for key, value in headers.items()}
    body = _parsed(content)
    error = parse_error(body, status, lower)
    outcome, failure = _judged(request, status, body, error)
    if failure:
        failure = f"{_kind(content, body)}, HTTP {status}: {failure}"
    if outcome is not Outcome.REFUSED:
        error = None
    elif failure:
        error = parse_error({"error": {"message": failure}}, status, lower)
    trace = (error.fbtrace_id if error else None) or next((lower[name] for name in TRACE_HEADERS if name in lower), "")
    return Answer(
        call=request.call,
        outcome=outcome,
        body=redact(body, opened) if outcome is Outcome.OK else {},
        error=redact_error(error, opened) if error else None,
        http_status=status,
        fbtrace_id=redact_trace(trace or None, opened),
        remote_time=http_date(lower.get("date")),
        usage=usage_percent(lower),
        failure=redact_text(failure, opened),
    )


def token_answer(batch: Answer, token: Secret) -> Answer:
    """From the answer to a `debug_token` batch to the one of its part: the body is the `data` of debug_token."""
    if batch.outcome is not Outcome.OK:
        return batch
    part = next(iter(batch.body.get("parts") or ()), None)
    inner = _parsed(part["body"].encode()) if isinstance(part, dict) and isinstance(part.get("body"), str) else None
    data = inner.get("data") if isinstance(inner, dict) else None
    if isinstance(data, dict) and ("app_id" in data or "is_valid" in data):
        return replace(batch, body=redact(data, (token,)))
    error = parse_error(part, batch.http_status)
    if error is None or not _of_graph(inner):
        return replace(batch, outcome=Outcome.IN_DOUBT, body={}, failure="the batch has no answer in it")
    error = redact_error(error, (token,))
    trace = error.fbtrace_id or batch.fbtrace_id
    return replace(batch, outcome=Outcome.REFUSED, body={}, error=error, fbtrace_id=trace)


def bought_token(content: bytes) -> Secret | None:
    """The token that a code bought: a secret before anybody else sees the answer."""
    body = _parsed(content)
    token = body.get("access_token") if isinstance(body, dict) else None
    return Secret(token) if isinstance(token, str) and token else None


def _judged(request: Request, status: int, body: object, error: RemoteError | None) -> tuple[Outcome, str]:
    """The outcome, and what is wrong with an answer that is neither good nor an error of the Graph API."""
    if error is not None and _told(status, body, error):
        return Outcome.REFUSED, ""
    if 200 <= status < 300:
        return (Outcome.OK, "") if _proven(request, body) else (Outcome.IN_DOUBT, "it does not say what happened")
    if status >= 500 or status < 200:
        return Outcome.IN_DOUBT, "the remote did not say what happened"
    if status < 400:
        return Outcome.REFUSED, f"a redirect, which is not followed; {STRANGE}"
    return Outcome.REFUSED, STRANGE


def _told(status: int, body: object, error: RemoteError) -> bool:
    """Whether the error is the remote's own word. Under a 5xx a gateway's JSON is not: it names no code."""
    if status >= 500:
        return error.code is not None and (_of_graph(body) or not isinstance(body, dict))
    return status >= 300 or _of_graph(body)


def _of_graph(body: object) -> bool:
    return isinstance(body, dict) and bool(body.get("error"))


def _proven(request: Request, body: object) -> bool:
    if not isinstance(body, dict) or body.get("success") is False:
        return False
    if request.proof == "parts" or request.proof == "data":
        return isinstance(body.get(request.proof), list)
    if request.proof is not None:
        return bool(body.get(request.proof))
    return not request.writes or body.get("success") is True


def _parsed(content: bytes) -> Any:
    """The body as JSON, None where it is none; a batch's list of parts stands under `parts`."""
    try:
        parsed = json.loads(content, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    if _too_deep(parsed):
        return None
    return {"parts": parsed} if isinstance(parsed, list) else parsed


def _too_deep(value: Any) -> bool:
    layer = [value]
    for _ in range(DEEPEST):
        layer = [
            child
            for node in layer
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not layer:
            return False
    return True


def _no_constant(name: str) -> NoReturn:
    """NaN and Infinity are not JSON, and no database keeps them as such."""
    raise ValueError(name)


def _finite(figure: str) -> float:
    """A figure like 1e999 becomes infinity, unseen by `parse_constant`."""
    value = float(figure)
    return value if isfinite(value) else _no_constant(figure)


def _kind(content: bytes, body: object) -> str:
    if not content.strip():
        return "Empty answer"
    if body is not None:
        return "JSON answer without an error in it"
    return "HTML answer" if content.lstrip()[:1] == b"<" else "Answer that is not JSON"
