"""A post of a courier and what is taken out of it: the parts that every kind of signature shares."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from linewright.secret import Secret

__all__ = [
    "FRESH_FOR",
    "Brought",
    "Post",
    "Refused",
    "brought",
    "encoded",
    "fields_of",
    "form_of",
    "fresh",
    "from_base64",
    "json_of",
    "moment_of",
    "same",
    "signed_at",
    "text_of",
]

FRESH_FOR = timedelta(minutes=5)
"""A signed time further away is stale: somebody may have kept the post."""
MOST_FIELDS = 200
LONGEST_ID = 500
PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it came. `url` is the address that the sender was given, with the query that it came with."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Brought:
    """A message: its sender's id of it, the phone it came to (E.164), and when it was sent where that is told."""

    id: str
    to: str
    text: Secret
    sent_at: datetime | None


class Refused(Exception):
    """Why a post is turned away: `unsigned`, `forged`, `stale` or `unreadable`."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def same(given: bytes, right: bytes) -> None:
    """In constant time. Raises `Refused`."""
    if not hmac.compare_digest(given, right):
        raise Refused("forged")


def fresh(at: datetime | None, now: datetime) -> None:
    if at is None or abs(now - at) > FRESH_FOR:
        raise Refused("stale")


def brought(id: object, to: object, text: object, sent_at: datetime | None) -> Brought | None:
    """Raises `Refused` where one of the three that are needed is missing."""
    phone = "".join(str(to or "").split())
    if not isinstance(text, str) or not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
        raise Refused("unreadable")
    if PHONE.fullmatch(phone) is None:
        raise Refused("unreadable")
    return Brought(id, "+" + phone.removeprefix("+"), Secret(text), sent_at)


def fields_of(post: Post) -> dict[str, Any]:
    """Of a form or of a JSON object, whichever it is."""
    if post.header("content-type").partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return dict(form_of(post))
    found = json_of(post.body)
    if len(found) > MOST_FIELDS:
        raise Refused("unreadable")
    return found


def form_of(post: Post) -> list[tuple[str, str]]:
    try:
        return parse_qsl(post.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused("unreadable") from None


def json_of(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused("unreadable")
    return found


def text_of(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def from_base64(text: str) -> bytes:
    """Of either alphabet, padded or not; empty for what is none."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(encoded(plain + "=" * (-len(plain) % 4)), validate=True)
    except (binascii.Error, ValueError):
        return b""


def encoded(text: str) -> bytes:
    """Half a surrogate pair, which JSON may hold, is no reason to fall."""
    return text.encode("utf-8", "surrogatepass")


def signed_at(text: str) -> datetime | None:
    """Seconds since 1970."""
    if re.fullmatch(r"[0-9]{1,11}", text) is None:
        return None
    return datetime.fromtimestamp(int(text), UTC)


def moment_of(told: object) -> datetime | None:
    """RFC 3339, `YYYY-MM-DD HH:MM:SS` of UTC, or seconds since 1970."""
    text = str(told or "").strip()
    if text.isascii() and text.isdigit():
        return signed_at(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
