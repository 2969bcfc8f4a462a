"""The control door as an ASGI app: JSON in, JSON out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from linewright.simulator.door import Door

__all__ = ["control_app"]

Handler = Callable[[Request, dict[str, Any]], Any]
Endpoint = Callable[[Request], Awaitable[Response]]


def control_app(door: Door) -> Starlette:
    """The second port. 404 for what does not exist, 422 for what will not do, both with an `error` text.

    Webhooks: `POST /webhooks {"callback", "lose", "double", "delay_seconds": [least, most], "shuffle", "batch"}` says
    where they go and how unkind they are, `GET /webhooks` what became of them, `POST /events {"number"|"waba",
    "field", "value"}` or `{…, "event": name, …}` tells one. A truth changed here tells of itself. The apps' secrets,
    which sign them, are in `GET /state`.

    Embedded Signup: `POST /signup {"event", "e164"?, "waba"?, "name"?, "app"?, "scopes"?, "step"?}` plays the customer
    and gives what the page's listener hears, and the code.

    Text messages: `POST /couriers {"url", "kind", "secret", "phones", "delay_seconds", "copies", "forge", "text"}` has
    codes posted to an address, `POST /texts {"to", "text", "id", "sent_at"}` sends any, `GET /couriers` counts them.
    """

    def add_account(_: Request, body: dict[str, Any]) -> Any:
        return {"id": door.add_account(**body).id}

    def add_token(_: Request, body: dict[str, Any]) -> Any:
        return {"token": door.add_token(**body).text}

    def add_number(_: Request, body: dict[str, Any]) -> Any:
        return door.number(door.add_number(**body).id)

    def add_fault(_: Request, body: dict[str, Any]) -> Any:
        fault = door.add_fault(**body)
        return {"on": fault.on, "do": fault.do}

    def clear_faults(_: Request, body: dict[str, Any]) -> Any:
        door.clear_faults()
        return {"faults": 0}

    def advance(_: Request, body: dict[str, Any]) -> Any:
        return door.advance(float(body["advance_seconds"]))

    def calls(request: Request, body: dict[str, Any]) -> Any:
        since = request.query_params.get("since", "0")
        at = None if since.isdecimal() else datetime.fromisoformat(since)
        return {"items": [call.as_json() for call in door.calls(0 if at else int(since), at=at)]}

    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/state", lambda _, body: door.state()),
        ("GET", "/numbers/{name}", lambda at, body: door.number(_name(at))),
        ("POST", "/numbers/{name}", lambda at, body: door.change_number(_name(at), **body)),
        ("POST", "/numbers", add_number),
        ("POST", "/accounts/{name}", lambda at, body: door.change_account(_name(at), **body)),
        ("GET", "/webhooks", lambda _, body: door.webhooks.state()),
        ("POST", "/webhooks", lambda _, body: door.webhooks.set(**body)),
        ("POST", "/events", lambda _, body: door.webhooks.tell(**body)),
        ("POST", "/accounts", add_account),
        ("POST", "/tokens", add_token),
        ("POST", "/signup", lambda _, body: door.sign_up(**body)),
        ("POST", "/clock", advance),
        ("GET", "/phone/{name}/codes", lambda at, body: {"items": door.codes(_name(at))}),
        ("POST", "/manager/{name}", lambda at, body: door.manage(_name(at), **body)),
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/couriers", lambda _, body: door.face.couriers.state()),
        ("POST", "/couriers", lambda _, body: door.add_courier(**body)),
        ("POST", "/texts", lambda _, body: door.send_text(**body)),
        ("GET", "/calls", calls),
        ("POST", "/temper", lambda _, body: door.change_temper(**body)),
    ]
    return Starlette(
        routes=[Route(path, _endpoint(door, handler), methods=[method]) for method, path, handler in routes]
    )


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _endpoint(door: Door, handler: Handler) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            raw = await request.body()
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            with door.face.lock:
                return JSONResponse(handler(request, body))
        except KeyError as missing:
            return JSONResponse({"error": f"there is no {missing.args[0]}"}, status_code=404)
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=422)

    return answer
