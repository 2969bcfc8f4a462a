"""The Graph face as an ASGI app."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from linewright.simulator.face import Face
from linewright.simulator.message import Answer, Request

__all__ = ["ConnectionCut", "graph_app"]


class ConnectionCut(Exception):
    """Raised where the server offers no way to cut a connection for real."""


def graph_app(face: Face) -> ASGIApp:
    """An ASGI app that answers like the Graph API, at any path."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await _taken(HttpRequest(scope, receive))
        except ClientDisconnect:
            return  # half a call was never made
        call = face.begin(request)
        await (asyncio.to_thread(face.shake_hands, call) if call.overrides else asyncio.sleep(0))
        answer = face.finish(call)
        if answer.ending == "hang":
            await _left(receive)
        elif answer.ending != "delivered":
            await _cut(scope, receive)
        else:
            await _response(answer)(scope, receive, send)

    return Starlette(routes=[Mount("/", app=serve)])


async def _taken(request: HttpRequest) -> Request:
    return Request(
        method=request.method,
        path=request.url.path,
        query=request.url.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
        origin=str(request.base_url).rstrip("/"),
    )


def _response(answer: Answer) -> Response:
    response = Response(answer.body, status_code=answer.status)
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response


async def _left(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the client's connection without a word; `run.py` leaves the open ones in the scope's state."""
    connections: dict[Any, asyncio.Transport] = scope.get("state", {}).get("connections", {})
    connection = connections.get(scope.get("client"))
    if connection is None:
        raise ConnectionCut("this server cannot cut a connection; use linewright.simulator.run")
    connection.abort()
    await _left(receive)
