"""What holds for every request: headers that keep a browser strict, no body larger than anybody needs, no NUL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linewright.clock import monotonic
from linewright.service.problems import MEDIA_TYPE, Problem, document
from linewright.sheet import LARGEST as LARGEST_SHEET

__all__ = ["LARGEST_BODY", "Guards", "no_nul", "readable"]

LARGEST_BODY = 1_000_000
"""Bytes, of anything but a file of numbers."""
LARGEST_FILE = LARGEST_SHEET + 10_000
"""Bytes of a file of numbers, with what a form adds to it."""
OWN_LIMIT = ("/webhooks/", "/inbox/")
"""Paths whose handler has a limit of its own, and counts what is larger."""
FILES = ("/api/v1/imports", "/imports")
"""Where files of numbers are sent."""
BODY_SECONDS = 30.0
"""Real: whoever sends a body more slowly than this is not waited for."""
TOO_LARGE = (413, "too-large", "This is larger than what is taken here.", "Send less at once; nothing was changed.")
TOO_SLOW = (408, "too-slow", "The rest of this did not come in time.", "Send it again; nothing was changed.")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TLS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


class _Unfit(Exception):
    """A body that is not read to its end."""


@dataclass(slots=True)
class _Body:
    """A body as it comes. `refusal` is set once it is too large or too slow: then nothing else is answered."""

    receive: Receive
    ends: float
    """Monotonic seconds by which it must be here."""
    most: float
    """Bytes."""
    read: int = 0
    whole: bool = False
    refusal: tuple[int, str, str, str] | None = None

    async def heard(self) -> Message:
        if self.whole:
            return await self.receive()  # waits for the browser to hang up, which may take as long as it likes
        try:
            message = await asyncio.wait_for(self.receive(), max(self.ends - monotonic(), 0))
        except TimeoutError:
            self.refusal = TOO_SLOW
            raise _Unfit from None
        self.read += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        if self.read > self.most:
            self.refusal = TOO_LARGE
            raise _Unfit
        return message


async def readable(request: Request) -> None:
    """For every request: PostgreSQL takes no NUL in a text, so none gets as far."""
    if "\0" in request.scope["path"]:
        raise Problem(404, "not-found", "There is nothing at this address.", fix="Check the address.")
    no_nul(request.query_params.multi_items())


def no_nul(fields: Iterable[tuple[str, object]]) -> None:
    """Raises `Problem` (422, `invalid`) for a field of a query or form that holds one."""
    for name, value in fields:
        if "\0" in name or (isinstance(value, str) and "\0" in value):
            plain = name.replace("\0", "")[:40]
            raise Problem(422, "invalid", f"{plain}: There is a NUL in it.", fix="Correct it; nothing was changed.")


def _most(path: str) -> float:
    """The bytes that a body may have."""
    if path.startswith(OWN_LIMIT):
        return float("inf")
    return LARGEST_FILE if path in FILES else LARGEST_BODY


class Guards:
    """ASGI middleware. `secure`: people come by TLS, and browsers are told to insist on it. A body that is not
    here within `body_seconds` of real time is not waited for."""

    def __init__(self, app: ASGIApp, *, secure: bool, body_seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._headers = HEADERS | (TLS_ONLY if secure else {})
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = _most(scope["path"])
        body = _Body(receive, monotonic() + self._body_seconds, most)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > most:
            body.refusal = TOO_LARGE
        began = False

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        async def answered(message: Message) -> None:
            nonlocal began
            if body.refusal is None or began:  # what the application makes of half a body is not told
                began = True
                await guarded(message)

        if body.refusal is None:
            with contextlib.suppress(_Unfit):
                await self._app(scope, body.heard, answered)
        if body.refusal is not None and not began:
            status, reason, message, fix = body.refusal
            refused = document(status, reason, message, fix)
            response = JSONResponse(refused, status, media_type=MEDIA_TYPE, headers={"Connection": "close"})
            await response(scope, receive, guarded)
