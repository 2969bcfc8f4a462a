"""One HTTP request as the simulator sees it, and one answer, whatever carries them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qsl

from linewright.simulator.faults import Ending

__all__ = ["Answer", "Request"]

_VERSION = re.compile(r"v(\d+\.\d+)")
_NEWEST = 25.0


@dataclass(frozen=True)
class Request:
    """Method, path, raw query, lower-case headers, body, and the origin that paging links shall name."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    origin: str = "https://graph.facebook.com"

    def version(self) -> float:
        """The Graph version in the path; without one, the newest."""
        found = _VERSION.fullmatch(self.path.strip("/").split("/")[0])
        return float(found[1]) if found else _NEWEST

    def segments(self) -> list[str]:
        """The path without its version."""
        parts = [part for part in self.path.split("/") if part]
        return parts[1:] if parts and _VERSION.fullmatch(parts[0]) else parts

    def parameters(self) -> dict[str, Any]:
        """Query, form, multipart and JSON parameters together; the body's win. A body that is none gives none."""
        return dict(parse_qsl(self.query, keep_blank_values=True)) | self._from_body()

    def token(self) -> str | None:
        """The bearer token, or the parameter `access_token`."""
        kind, _, text = self.headers.get("authorization", "").partition(" ")
        if kind.lower() in ("bearer", "oauth") and text.strip():
            return text.strip()
        given = self.parameters().get("access_token")
        return str(given) if given else None

    def _from_body(self) -> dict[str, Any]:
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if not self.body:
            return {}
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        if kind == "multipart/form-data":
            return self._from_parts()
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _from_parts(self) -> dict[str, Any]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        whole = message_from_bytes(head + self.body, policy=policy.HTTP)
        found: dict[str, Any] = {}
        for part in whole.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                found[name] = content.decode("utf-8", "replace")
        return found


@dataclass(frozen=True)
class Answer:
    """What goes back. Unless `ending` is "delivered" the caller never sees it."""

    status: int
    headers: dict[str, str]
    body: bytes
    ending: Ending = "delivered"
