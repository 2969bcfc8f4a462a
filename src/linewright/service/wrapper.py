"""What stands around the application on a port: a log without secrets, and answers that end when the service does."""

from __future__ import annotations

import asyncio
import logging
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linewright.clock import monotonic
from linewright.secret import DOTS

__all__ = ["Wrapper", "masked"]

log = logging.getLogger("linewright.access")

BEARERS = re.compile(r"^(.*/(?:l|welcome)/)[^/]+")
EVENTS = b"text/event-stream"
END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


def masked(path: str) -> str:
    """A path for the log: what opens something by itself becomes dots, and nothing steers a terminal."""
    plain = "".join(char if char.isprintable() else "?" for char in path)
    return BEARERS.sub(rf"\g<1>{DOTS}", plain)


class Wrapper:
    """ASGI. Logs each answer at INFO without its query; `hang_up` ends the streams of events."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._streams: set[asyncio.Task[object]] = set()
        self._stopping = False

    def hang_up(self) -> None:
        """Ends every stream that is open now, or is opened from now on; whoever follows one comes back elsewhere."""
        self._stopping = True
        for stream in self._streams:
            stream.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, whole = monotonic(), 500, False
        here = asyncio.current_task()

        async def answered(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                if here is not None and _is_stream(message):
                    self._streams.add(here)
                    if self._stopping:
                        here.cancel()
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, answered)
        except asyncio.CancelledError:
            if not self._stopping or here not in self._streams:
                raise
            if not whole:
                await send(END)
        finally:
            if here is not None:
                self._streams.discard(here)
            took = (monotonic() - began) * 1_000
            log.info("%s %s %d %.0f ms", scope["method"], masked(scope["path"]), status, took)


def _is_stream(message: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(EVENTS) for name, value in message["headers"])
