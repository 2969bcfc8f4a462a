"""The wire, without I/O: from a call to a request, from a response to a typed answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from linewright.domain.journal import WRITES, Answer, CallKind, Outcome, RemoteError
from linewright.graph.errors import http_date, parse_error, usage_percent
from linewright.graph.redact import redact, redact_error
from linewright.secret import Secret

__all__ = ["NEEDED", "WISHED", "Request", "answer", "is_loopback", "nonexisting_field"]

NEEDED = ("id", "display_phone_number", "status", "code_verification_status")
WISHED = (
    "platform_type",
    "is_on_biz_app",
    "is_pin_enabled",
    "account_mode",
    "name_status",
    "health_status",
    "throughput",
    "verified_name",
    "last_onboarded_time",
)
NONEXISTING = re.compile(r"nonexisting field \((\w+)\)")
TRACE_HEADERS = ("x-fb-trace-id", "x-fb-request-id")
PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. Secrets stand in `json` (and the token in its header), never in `path` or `params`."""

    call: CallKind
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    secrets: tuple[Secret, ...] = ()

    @property
    def writes(self) -> bool:
        return self.call in WRITES


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine only."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_number(number: str, unsupported: Iterable[str] = ()) -> Request:
    left_out = set(unsupported)
    fields = ",".join(name for name in (*NEEDED, *WISHED) if name not in left_out)
    return Request(call=CallKind.READ, method="GET", path=f"/{number}", params={"fields": fields})


def list_numbers(waba: str, after: str | None = None, unsupported: Iterable[str] = ()) -> Request:
    """One page of the account's numbers; the next is asked for by cursor, `paging.next` is never followed."""
    left_out = set(unsupported)
    fields = ",".join(name for name in (*NEEDED, *WISHED) if name not in left_out)
    params = {"fields": fields, "limit": str(PAGE)} | ({"after": after} if after else {})
    return Request(call=CallKind.LOOK, method="GET", path=f"/{waba}/phone_numbers", params=params)


def read_account(waba: str) -> Request:
    return Request(call=CallKind.LOOK, method="GET", path=f"/{waba}", params={"fields": "id,name"})


def register(number: str, pin: Secret) -> Request:
    body = {"messaging_product": "whatsapp", "pin": pin.open_secret()}
    return Request(call=CallKind.REGISTER, method="POST", path=f"/{number}/register", json=body, secrets=(pin,))


def deregister(number: str) -> Request:
    """POST, not the DELETE of the errors page: the edge knows no DELETE (facts, 1.2)."""
    return Request(call=CallKind.DEREGISTER, method="POST", path=f"/{number}/deregister")


def request_code(number: str, method: str, language: str) -> Request:
    body = {"code_method": method, "language": language}
    return Request(call=CallKind.REQUEST_CODE, method="POST", path=f"/{number}/request_code", json=body)


def verify_code(number: str, code: Secret) -> Request:
    body = {"code": code.open_secret()}
    return Request(call=CallKind.VERIFY_CODE, method="POST", path=f"/{number}/verify_code", json=body, secrets=(code,))


def set_pin(number: str, pin: Secret) -> Request:
    """The old PIN is not asked for (facts, 1.5)."""
    return Request(
        call=CallKind.SET_PIN, method="POST", path=f"/{number}", json={"pin": pin.open_secret()}, secrets=(pin,)
    )


def create_number(waba: str, cc: str, national: str, verified_name: str) -> Request:
    """The national part with `cc` apart satisfies all but one of the sources (facts, 1.6)."""
    body = {"cc": cc, "phone_number": national, "verified_name": verified_name}
    return Request(call=CallKind.CREATE, method="POST", path=f"/{waba}/phone_numbers", json=body)


def subscribed_apps(waba: str) -> Request:
    return Request(call=CallKind.READ_SUBSCRIPTION, method="GET", path=f"/{waba}/subscribed_apps")


def subscribe(waba: str) -> Request:
    return Request(call=CallKind.SUBSCRIBE, method="POST", path=f"/{waba}/subscribed_apps")


def read_storage(number: str) -> Request:
    return Request(call=CallKind.READ_STORAGE, method="GET", path=f"/{number}/settings")


def keep_storage(number: str, configuration: Mapping[str, Any]) -> Request:
    body = {"storage_configuration": dict(configuration)}
    return Request(call=CallKind.KEEP_STORAGE, method="POST", path=f"/{number}/settings", json=body)


def debug_token(token: Secret) -> Request:
    """A one-part batch, so that the token stands in a body and in no URL of ours."""
    part = {"method": "GET", "relative_url": f"debug_token?input_token={token.open_secret()}"}
    body = {"batch": json.dumps([part]), "include_headers": False}
    return Request(call=CallKind.LOOK, method="POST", path="/", json=body, secrets=(token,))


def nonexisting_field(error: RemoteError | None) -> str | None:
    """The field that this version of the Graph API does not know, if that is what the error says."""
    found = NONEXISTING.search(error.message) if error is not None and error.code == 100 else None
    return found.group(1) if found else None


def answer(
    request: Request, status: int, headers: Mapping[str, str], content: bytes, secrets: Iterable[Secret] = ()
) -> Answer:
    """Judges a response; never raises. `secrets` are the token and whatever else the call opened.

    A 2xx write is ok only when it says so; without that, and for a 5xx without a JSON error, the call is
    in doubt. A JSON error is a refusal under any status.
    """
    opened = (*secrets, *request.secrets)
    lower = {str(key).lower(): str(value) for key, value in headers.items()}
    body = _parsed(content)
    error = parse_error(body, status, lower) if body is not None or status >= 400 else None
    shown = redact(body, opened) if isinstance(body, dict) else {}
    trace = (error.fbtrace_id if error else None) or next(
        (lower[name] for name in TRACE_HEADERS if lower.get(name)), None
    )
    outcome, failure = _judged(request, status, body, error)
    if outcome is Outcome.REFUSED and error is None:
        error = RemoteError(message=failure, http_status=status)
    return Answer(
        call=request.call,
        outcome=outcome,
        body=shown if outcome is Outcome.OK else {},
        error=redact_error(error, opened) if error and outcome is Outcome.REFUSED else None,
        http_status=status,
        fbtrace_id=trace,
        remote_time=http_date(lower.get("date")),
        usage=usage_percent(lower),
        failure=failure,
    )


def _judged(request: Request, status: int, body: object, error: RemoteError | None) -> tuple[Outcome, str]:
    if error is not None and (status >= 400 or _says_error(body)):
        return Outcome.REFUSED, ""
    if 200 <= status < 300:
        if not isinstance(body, dict):
            return Outcome.IN_DOUBT, f"HTTP {status} without a JSON object"
        if request.writes and body.get("success") is not True and "id" not in body:
            return Outcome.IN_DOUBT, f"HTTP {status} that does not say whether it worked"
        return Outcome.OK, ""
    if status >= 500:
        return Outcome.IN_DOUBT, f"HTTP {status} without a JSON error"
    if 300 <= status < 400:
        return Outcome.REFUSED, f"HTTP {status}, a redirect: this does not look like the Graph API"
    return Outcome.REFUSED, f"HTTP {status} without a JSON error: this does not look like the Graph API"


def _says_error(body: object) -> bool:
    return isinstance(body, dict) and "error" in body


def _parsed(content: bytes) -> object | None:
    """The body as a JSON object; a batch's list of parts stands under `parts`."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return {"parts": parsed} if isinstance(parsed, list) else parsed
