"""The engine's port to the remote, over one Graph client for each account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.engine.ports import Order
from linewright.graph.client import GraphClient
from linewright.secret import Secret

__all__ = ["GraphRemote", "subscribed_to"]

NOTHING = Secret("")


class GraphRemote:
    """Sends orders through the client of their account; `app_of` names the app that a token belongs to."""

    def __init__(
        self, client_of: Callable[[str], GraphClient], app_of: Callable[[str], str | None] = lambda account: None
    ) -> None:
        self._client_of = client_of
        self._app_of = app_of

    async def send(self, order: Order) -> Answer:
        client = self._client_of(order.account)
        send = _SENDS.get(order.call)
        if send is not None:
            return await send(client, order)
        if order.call is CallKind.LOOK:
            return await _look(client, order)
        if order.call is CallKind.READ_SUBSCRIPTION:
            answer = await client.subscribed_apps(order.waba)
            subscribed = subscribed_to(answer, self._app_of(order.account))
            return replace(answer, call=order.call, body={"subscribed": subscribed})
        raise ValueError(f"no order for {order.call}")


_SENDS: dict[CallKind, Callable[[GraphClient, Order], Awaitable[Answer]]] = {
    CallKind.READ: lambda client, o: client.read_number(o.number),
    CallKind.REGISTER: lambda client, o: client.register(o.number, o.pin or NOTHING),
    CallKind.DEREGISTER: lambda client, o: client.deregister(o.number),
    CallKind.REQUEST_CODE: lambda client, o: client.request_code(o.number, o.method, o.language),
    CallKind.VERIFY_CODE: lambda client, o: client.verify_code(o.number, o.code or NOTHING),
    CallKind.SET_PIN: lambda client, o: client.set_pin(o.number, o.pin or NOTHING),
    CallKind.SUBSCRIBE: lambda client, o: client.subscribe(o.waba),
    CallKind.READ_STORAGE: lambda client, o: client.read_storage(o.number),
    CallKind.KEEP_STORAGE: lambda client, o: client.keep_storage(o.number, dict(o.storage or {})),
}


async def _look(client: GraphClient, order: Order) -> Answer:
    """Whether the account can be read, and whether the number is in it (DESIGN 5.2, row 100/33)."""
    account = await client.read_account(order.waba)
    if account.outcome is not Outcome.OK:
        refused = account.outcome is Outcome.REFUSED
        body = {"account_readable": False if refused else None, "listed": None}
        return replace(account, call=CallKind.LOOK, body=body)
    listing = await client.list_numbers(order.waba)
    listed = None
    if listing.outcome is Outcome.OK:
        listed = any(str(row.get("id")) == order.number for row in _rows(listing))
    elif listing.outcome is Outcome.REFUSED:
        return replace(listing, call=CallKind.LOOK, body={"account_readable": False, "listed": None})
    return replace(listing, call=CallKind.LOOK, body={"account_readable": True, "listed": listed})


def subscribed_to(answer: Answer, app: str | None) -> bool:
    """Whether the listing of subscribed apps names this app, or any where ours is not known."""
    apps: list[str] = []
    for row in _rows(answer):
        data = row.get("whatsapp_business_api_data")
        apps.append(str(data.get("id", "")) if isinstance(data, dict) else "")
    return app in apps if app else bool(apps)


def _rows(answer: Answer) -> list[dict[str, Any]]:
    rows = answer.body.get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
