"""A real server on a real port that plays a script: what a broken remote, proxy or network sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

__all__ = ["CUT", "HANG", "DrippingServer", "Heard", "ListeningServer", "PlainServer", "ScriptedServer", "reply"]

CUT = b""
"""Reads the request and closes the connection without a word."""
HANG = None
"""Reads the request and says nothing until the client goes away."""


def reply(
    body: Any = None,
    *,
    status: str = "200 OK",
    headers: Iterable[str] = (),
    length: int | None = None,
    keep: bool = False,
) -> bytes:
    """The bytes of one answer; `length` may promise more than is sent."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(content) if length is None else length}",
        "Connection: keep-alive" if keep else "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass(frozen=True)
class Heard:
    """One request as it came over the socket."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class LocalServer:
    """A server on a free port of this machine; leaving it waits until every connection is done."""

    def __init__(self) -> None:
        self._serving: list[asyncio.Task[Any]] = []

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await asyncio.gather(*self._serving)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.append(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self.serve(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class ScriptedServer(LocalServer):
    """Answers each request with the next line of its script; `heard` keeps what came."""

    def __init__(self, *script: bytes | None) -> None:
        super().__init__()
        self._script = list(script)
        self.heard: list[Heard] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self._script:
            self.heard.append(await _request(reader))
            part = self._script.pop(0)
            if part is HANG:
                await reader.read()
                return
            writer.write(part)
            await writer.drain()
            if b"Connection: keep-alive" not in part:
                return


class PlainServer(LocalServer):
    """Talks before it is asked, as no TLS server does."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply({"success": True}))
        await writer.drain()


class ListeningServer(LocalServer):
    """Says nothing; `read` counts the bytes of each connection."""

    def __init__(self) -> None:
        super().__init__()
        self.connected = asyncio.Event()
        self.read: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected.set()
        self.read.append(len(await reader.read()))


class DrippingServer(LocalServer):
    """Sends its answer byte by byte, longer than any client should wait."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(200_000):
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0)


async def _request(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Heard(head[0], headers, await reader.readexactly(int(headers.get("content-length", 0))))
