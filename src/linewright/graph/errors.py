"""Takes the remote's error answers apart: every shape in which a Graph error has been seen. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from linewright.domain.journal import RemoteError

__all__ = ["http_date", "parse_error", "search_error", "usage_percent", "without_tokens"]

DEEPEST = 12
"""Levels of an answer that are searched for an error."""
TOKEN = re.compile(r"EA[A-Za-z0-9]{20,}")
DOTS = "••••"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse_error(
    body: object, http_status: int | None = None, headers: Mapping[str, str] | None = None
) -> RemoteError | None:
    """The error that an answer carries, or None where it carries none. Never raises.

    `body` is parsed JSON: `{"error": {…}}`, the inner object alone, a webhook with `errors`, one part of a
    batch (or the list of parts). An answer without any of these may still name its error in the header
    `WWW-Authenticate`. Health findings inside a good reading are no error; `search_error` finds those.
    """
    lower = _lowered(headers)
    found = _envelope(body, 0)
    if found is None:
        found = _from_challenge(lower.get("www-authenticate"))
    if found is None:
        return None
    inner, part = found
    if part is not None:
        http_status = _integer(part.get("code"))
        lower = _lowered(_part_headers(part.get("headers"))) or lower
    return _remote_error(inner, http_status, lower)


def search_error(
    body: object, http_status: int | None = None, headers: Mapping[str, str] | None = None
) -> RemoteError | None:
    """Like `parse_error`, and looks into every corner of the body: health findings, `debug_token`, logs."""
    for node in _nodes(body, 0):
        error = parse_error(node, http_status, headers if node is body else None)
        if error is not None:
            return error
    return None


def usage_percent(headers: Mapping[str, str] | None) -> int | None:
    """The highest percentage in the usage headers (it may exceed 100), or None without such a header."""
    lower = _lowered(headers)
    figures = [
        figure
        for name in ("x-app-usage", "x-business-use-case-usage")
        for usage in _usages(lower.get(name))
        for key in ("call_count", "total_cputime", "total_time")
        if (figure := _integer(usage.get(key))) is not None
    ]
    return max(figures, default=None)


def without_tokens(text: str) -> str:
    """The text with everything that looks like an access token replaced by dots."""
    return TOKEN.sub(DOTS, text)


def http_date(text: object) -> datetime | None:
    """The moment of a header like `Wed, 21 Oct 2015 07:28:00 GMT`, or None."""
    match = re.search(r"(\d{1,2}) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", str(text))
    if match is None or match[2] not in MONTHS:
        return None
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    try:
        return datetime(year, MONTHS.index(match[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


_Found = tuple[Mapping[str, Any], Mapping[str, Any] | None]
"""The inner error object, and the batch part that carried it."""


def _envelope(body: object, depth: int) -> _Found | None:
    if depth > DEEPEST:
        return None
    if isinstance(body, Mapping):
        return _in_object(body, depth)
    if isinstance(body, Sequence) and not isinstance(body, str | bytes):
        return next((found for item in body if (found := _envelope(item, depth + 1))), None)
    return None


def _in_object(body: Mapping[str, Any], depth: int) -> _Found | None:
    error = body.get("error")
    if isinstance(error, Mapping) and error:
        return error, None
    if isinstance(error, str) and error:
        return {"message": body.get("error_description") or error}, None
    if isinstance(body.get("body"), str) and "code" in body:
        inner = _envelope(_loaded(body["body"]), depth + 1)
        return (inner[0], body) if inner else None
    if _is_bare(body):
        return body, None
    challenge = body.get("www-authenticate") or body.get("WWW-Authenticate")
    if challenge:
        return _from_challenge(challenge)
    for key in ("errors", "entry", "changes", "value", "statuses", "messages"):
        if isinstance(body.get(key), Mapping | list) and (found := _envelope(body[key], depth + 1)):
            return found
    return None


def _is_bare(body: Mapping[str, Any]) -> bool:
    if _integer(body.get("error_code")) is not None:
        return "error_description" in body or "error_message" in body
    told = ("message", "title", "error_data", "fbtrace_id", "error_subcode", "error_user_msg")
    return _integer(body.get("code")) is not None and any(key in body for key in told)


def _from_challenge(challenge: object) -> _Found | None:
    """`OAuth "Facebook Platform" "invalid_request" "(#133010) Account not registered"`."""
    quoted = re.findall(r'"([^"]*)"', str(challenge or ""))
    if len(quoted) < 2 or "facebook" not in quoted[0].lower():
        return None
    message = quoted[-1]
    code = re.match(r"\(#(\d{1,9})\)", message)
    # A missing object is always code 100; its header alone leaves the code out.
    figure = int(code[1]) if code else 100 if "Object with ID" in message else None
    return {"message": message, "code": figure}, None


def _remote_error(inner: Mapping[str, Any], http_status: int | None, lower: Mapping[str, str]) -> RemoteError:
    title = _text(inner.get("error_user_title")) or _text(inner.get("title"))
    message = _text(inner.get("message")) or _text(inner.get("error_description")) or _text(inner.get("title"))
    transient = inner.get("is_transient")
    code, subcode = inner.get("code", inner.get("error_code")), inner.get("error_subcode", inner.get("subcode"))
    trace = _text(inner.get("fbtrace_id"))
    return RemoteError(
        code=_integer(code),
        subcode=_integer(subcode),
        message=message,
        details=_details(inner),
        user_title=title,
        user_message=_text(inner.get("error_user_msg")),
        type=_text(inner.get("type")),
        is_transient=transient if isinstance(transient, bool) else None,
        fbtrace_id=trace or lower.get("x-fb-trace-id"),
        http_status=http_status,
        told_by_header=_told_by_header(lower),
    )


def _details(inner: Mapping[str, Any]) -> str:
    """`error_data` is an object, a JSON text, plain text or a list of blamed fields."""
    data = inner.get("error_data")
    if isinstance(data, str):
        loaded = _loaded(data)
        if not isinstance(loaded, Mapping):
            return _text(data)
        data = loaded
    if not isinstance(data, Mapping):
        return _text(inner.get("details")) or _text(inner.get("possible_solution"))
    details = _text(data.get("details"))
    blamed = data.get("blame_field_specs") or data.get("blame_field")
    return details or (_text(f"blamed: {json.dumps(blamed, default=str)}") if blamed else "")


def _told_by_header(lower: Mapping[str, str]) -> timedelta | None:
    """The largest wait among `Retry-After` and the minutes of `estimated_time_to_regain_access`."""
    waits = [_retry_after(lower)]
    for usage in _usages(lower.get("x-business-use-case-usage")):
        waits.append(_span(minutes=_integer(usage.get("estimated_time_to_regain_access"))))
    return max((wait for wait in waits if wait is not None), default=None)


def _retry_after(lower: Mapping[str, str]) -> timedelta | None:
    """Seconds, or a date; a date needs the `Date` header, for no clock is asked here."""
    asked = lower.get("retry-after", "").strip()
    seconds = _integer(asked)
    if seconds is not None:
        return _span(seconds=seconds)
    until, now = http_date(asked), http_date(lower.get("date"))
    return _span(seconds=int((until - now).total_seconds())) if until and now else None


def _span(*, seconds: int | None = None, minutes: int | None = None) -> timedelta | None:
    total = seconds if seconds is not None else minutes * 60 if minutes is not None else 0
    return timedelta(seconds=total) if 0 < total < 10**10 else None


def _usages(header: str | None) -> Iterator[Mapping[str, Any]]:
    loaded = _loaded(header or "")
    if isinstance(loaded, Mapping):
        yield loaded
        for entries in loaded.values():
            if isinstance(entries, list):
                yield from (entry for entry in entries if isinstance(entry, Mapping))


def _part_headers(headers: object) -> dict[str, str]:
    """The headers of a batch part: a list of `{"name", "value"}`."""
    if not isinstance(headers, list):
        return {}
    return {str(item.get("name")): str(item.get("value")) for item in headers if isinstance(item, Mapping)}


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()} if headers else {}


def _nodes(body: object, depth: int) -> Iterator[object]:
    yield body
    if depth >= DEEPEST:
        return
    if isinstance(body, Mapping):
        children: Sequence[object] = list(body.values())
    elif isinstance(body, list | tuple):
        children = body
    else:
        return
    for child in children:
        if isinstance(child, Mapping | list | tuple):
            yield from _nodes(child, depth + 1)


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(value: object) -> str:
    return without_tokens(value) if isinstance(value, str) else ""


def _integer(value: object) -> int | None:
    """A whole number, also when it comes as text or as `190.0`; no truth value, nothing absurd."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,15}\s*", value):
        value = int(value)
    return value if isinstance(value, int) and abs(value) < 10**15 else None
