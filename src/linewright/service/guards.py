"""What holds for every answer: headers that keep a browser strict, and no body larger than anybody needs."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linewright.service.problems import MEDIA_TYPE, document

__all__ = ["LARGEST_BODY", "Guards"]

LARGEST_BODY = 1_000_000
"""Bytes. An import has a larger limit of its own."""
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


class _TooLarge(Exception):
    """More came than was announced."""


class Guards:
    """ASGI middleware. `secure`: people come by TLS, and browsers are told to insist on it."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = HEADERS | (TLS_ONLY if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = False

        async def answered(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        read = 0

        async def heard() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise _TooLarge
            return message

        announced = dict(scope["headers"]).get(b"content-length", b"0")
        try:
            if announced.isdigit() and int(announced) > LARGEST_BODY:
                raise _TooLarge
            await self._app(scope, heard, answered)
        except _TooLarge:
            if began:
                raise
            message = f"This is more than {LARGEST_BODY} bytes."
            body = document(413, "too-large", message, "Send less at once; nothing was changed.")
            await JSONResponse(body, 413, media_type=MEDIA_TYPE)(scope, receive, answered)
