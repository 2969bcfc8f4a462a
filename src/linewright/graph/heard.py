"""Finds an error in whatever somebody holds: a code, JSON, a log line, a response, an exception."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from linewright.domain.journal import CallKind, RemoteError
from linewright.graph.errors import search_error, without_tokens

__all__ = ["Heard", "heard"]

LONGEST_LINE = 200_000
MOST_OBJECTS = 20
"""Braces of a log line that are tried as the start of an object."""
DEEPEST_CAUSE = 6
CALLS = {
    "/register": CallKind.REGISTER,
    "/deregister": CallKind.DEREGISTER,
    "/request_code": CallKind.REQUEST_CODE,
    "/verify_code": CallKind.VERIFY_CODE,
}
_CODE = re.compile(r"\(?#?(\d{1,9})\)?(?:\s*/\s*(\d{1,9}))?")
_FIELD = r"\b{}=(?P<quote>['\"])(?P<text>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)"


@dataclass(frozen=True, slots=True)
class Heard:
    """An error, and the kind of call it answered where that could be seen."""

    error: RemoteError
    call: CallKind | None = None


def heard(source: object, known_codes: Collection[int] = ()) -> Heard:
    """The error in `source`; where none can be found, its text as the message. Never raises.

    `known_codes` are looked for as bare figures in a text that holds no other form of an error.
    """
    found = _heard(source, known_codes, DEEPEST_CAUSE)
    return found or Heard(RemoteError(message=without_tokens(_shown(source))))


def _heard(source: object, known_codes: Collection[int], depth: int) -> Heard | None:
    if isinstance(source, RemoteError):
        return Heard(source)
    if isinstance(source, bool) or source is None or depth <= 0:
        return None
    if isinstance(source, int):
        return Heard(RemoteError(code=source)) if 0 <= source < 10**9 else None
    if isinstance(source, bytes | bytearray):
        source = bytes(source).decode("utf-8", "replace")
    if isinstance(source, str):
        return _in_text(source[:LONGEST_LINE], known_codes)
    if isinstance(source, Mapping | list | tuple):
        error = search_error(source)
        return Heard(error) if error else None
    return _in_response(source) or _in_carrier(source, known_codes, depth)


def _in_text(text: str, known_codes: Collection[int]) -> Heard | None:
    alone = _CODE.fullmatch(text.strip())
    if alone:
        return Heard(RemoteError(code=int(alone[1]), subcode=int(alone[2]) if alone[2] else None))
    call = _call_in(text)
    for value in _objects(text):
        error = search_error(value)
        if error is not None:
            return Heard(error, call)
    error = _printed(text) or _challenge(text) or _named(text, known_codes)
    return Heard(error, call) if error else None


def _objects(text: str) -> Iterator[object]:
    """The JSON objects (or printed Python dictionaries) inside a text, also when their quotes are escaped."""
    for form in dict.fromkeys((text, text.replace('\\"', '"'))):
        decoder, start = json.JSONDecoder(), 0
        for _ in range(MOST_OBJECTS):
            start = min((at for at in (form.find("{", start), form.find("[{", start)) if at >= 0), default=-1)
            if start < 0:
                break
            try:
                value, end = decoder.raw_decode(form, start)
            except (ValueError, RecursionError):
                value, end = _printed_dictionary(form[start:]), start + 1
            start = end
            yield value


def _printed_dictionary(text: str) -> object:
    end = text.rfind("}") + 1
    if "'" not in text[:end] or end > 20_000:
        return None
    try:
        return ast.literal_eval(text[:end])
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _printed(text: str) -> RemoteError | None:
    """`WhatsAppError(code=133005, message='…', details='…', …)`, as pywa prints its exceptions."""
    code = re.search(r"\bcode=(\d{1,9})\b", text)
    if code is None:
        return None
    subcode = re.search(r"\b(?:error_)?subcode=(\d{1,9})\b", text)
    return RemoteError(
        code=int(code[1]),
        subcode=int(subcode[1]) if subcode else None,
        message=_quoted("message", text),
        details=_quoted("details", text),
        user_title=_quoted("user_title", text),
        user_message=_quoted("user_msg", text),
        type=_quoted("type", text),
        fbtrace_id=_quoted("fbtrace_id", text) or None,
    )


def _quoted(name: str, text: str) -> str:
    match = re.search(_FIELD.format(name), text)
    return without_tokens(re.sub(r"\\(['\"\\])", r"\1", match["text"])) if match else ""


def _challenge(text: str) -> RemoteError | None:
    match = re.search(r'OAuth "Facebook Platform"(?: "[^"]*")+', text)
    return search_error({"www-authenticate": match[0]}) if match else None


def _named(text: str, known_codes: Collection[int]) -> RemoteError | None:
    """`(#133010) Account not registered`, `error 133010`, `sends fail with 131045`."""
    named = re.search(
        r"\(#(\d{1,9})\)|#(\d{1,9})\b|\b(?:error|code)[ _:=#\"]{0,6}(\d{1,9})(?:/(\d{1,9}))?\b", text, re.I
    )
    trace = re.search(r"fbtrace_id\W{1,5}([\w-]{5,60})", text)
    message = without_tokens(text.strip())
    if named:
        code = next(int(group) for group in named.groups() if group)
        subcode = int(named[4]) if named[4] else None
        return RemoteError(code=code, subcode=subcode, message=message, fbtrace_id=trace[1] if trace else None)
    for figure in re.findall(r"(?<![\d.])\d{5,7}(?![\d.]\d)(?!\d)", text):
        if int(figure) in known_codes:
            return RemoteError(code=int(figure), message=message, fbtrace_id=trace[1] if trace else None)
    return None


def _in_response(source: object) -> Heard | None:
    """Anything that looks like a response: a status, a body, perhaps headers and the request it answers."""
    status = _held(source, "status_code")
    if not isinstance(status, int):
        return None
    text, content = _held(source, "text"), _held(source, "content")
    if not isinstance(text, str):
        if not isinstance(content, bytes):
            return None
        text = content.decode("utf-8", "replace")
    try:
        body: object = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    headers = _headers(_held(source, "headers"))
    call = _call_in(str(_held(_held(source, "request"), "url") or ""))
    error = search_error(body, status, headers)
    if error is None:
        plain = " ".join(re.sub(r"<[^>]*>", " ", text[:2_000]).split())
        message = f"HTTP {status} without an error body{': ' + plain[:200] if plain else ''}"
        error = RemoteError(message=without_tokens(message), http_status=status)
    return Heard(error, call)


def _in_carrier(source: object, known_codes: Collection[int], depth: int) -> Heard | None:
    """An exception or object that carries the error: in a response, as a raw body, in attributes, as its cause."""
    for name in ("raw_response", "response", "error", "raw", "body"):
        held = _held(source, name)
        if held is not None and held is not source and not callable(held):
            found = _heard(held, known_codes, depth - 1)
            if found is not None and (found.error.code is not None or name in ("raw_response", "response")):
                return found
    code = _held(source, "code")
    if isinstance(code, int) and not isinstance(code, bool):
        return _heard(_attributes(source, code), known_codes, depth - 1)
    if isinstance(source, BaseException):
        found = _in_text(_shown(source)[:LONGEST_LINE], known_codes)
        return found or _heard(source.__cause__ or source.__context__, known_codes, depth - 1)
    return None


def _attributes(source: object, code: int) -> RemoteError:
    texts = {
        name: _held(source, name) for name in ("message", "details", "user_title", "user_msg", "type", "fbtrace_id")
    }
    plain = {name: without_tokens(value) if isinstance(value, str) else "" for name, value in texts.items()}
    subcode = _held(source, "subcode")
    error = RemoteError(
        code=code,
        subcode=subcode if isinstance(subcode, int) else None,
        message=plain["message"],
        details=plain["details"],
        user_title=plain["user_title"],
        user_message=plain["user_msg"],
        type=plain["type"],
    )
    return replace(error, fbtrace_id=plain["fbtrace_id"] or None)


def _call_in(text: str) -> CallKind | None:
    for path, call in CALLS.items():
        if re.search(rf"{path}(?![\w/-])", text):
            return call
    return None


def _headers(headers: object) -> dict[str, str] | None:
    if not isinstance(headers, Mapping):
        return None
    return {str(name): str(value) for name, value in headers.items()}


def _held(source: object, name: str) -> object:
    """An attribute, or None; reading one of a foreign object may raise anything."""
    try:
        return getattr(source, name, None)
    except Exception:
        return None


def _shown(source: object) -> str:
    if isinstance(source, str):
        return source
    try:
        if isinstance(source, Mapping | list):
            return json.dumps(source, ensure_ascii=False, default=str)
        return "" if source is None else str(source)
    except Exception:
        return type(source).__name__
