"""Transports that lead an httpx client to the simulator: in-process, or over HTTP to a running one."""

from __future__ import annotations

import asyncio

import httpx

from linewright.simulator.face import Face
from linewright.simulator.message import Answer, Request

__all__ = ["Redirect", "Transport"]


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Leads every host to the Graph face in this process, for a sync or an async client.

    A cut connection raises `httpx.RemoteProtocolError`, a hanging one `httpx.ReadTimeout` (at once), a refused
    one `httpx.ConnectError`. An async call lets others run between its beginning and its end.
    """

    def __init__(self, face: Face) -> None:
        self._face = face

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return _respond(request, self._face.answer(_taken(request)))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        call = self._face.begin(_taken(request))
        await (asyncio.to_thread(self._face.shake_hands, call) if call.overrides else asyncio.sleep(0))
        return _respond(request, self._face.finish(call))


class Redirect(httpx.BaseTransport):
    """Leads every host to the simulator at `origin` over real HTTP, for a client whose host is fixed."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._wire = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        origin = self._origin
        request.url = request.url.copy_with(scheme=origin.scheme, host=origin.host, port=origin.port)
        request.headers["host"] = origin.netloc.decode()
        return self._wire.handle_request(request)

    def close(self) -> None:
        self._wire.close()


def _taken(request: httpx.Request) -> Request:
    url = request.url
    return Request(
        method=request.method,
        path=url.path,
        query=url.query.decode(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.content,
        origin=f"{url.scheme}://{url.netloc.decode()}",
    )


def _respond(request: httpx.Request, answer: Answer) -> httpx.Response:
    if answer.ending == "cut":
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    if answer.ending == "hang":
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    if answer.ending == "refused":
        raise httpx.ConnectError("Connection refused", request=request)
    return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
