"""The engine's port to the remote, over one Graph client for each account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.engine.ports import Order
from linewright.graph.client import GraphClient
from linewright.graph.phones import parts_of
from linewright.secret import Secret

__all__ = ["GraphRemote", "override_of", "subscribed_to"]

NOTHING = Secret("")
ACCESS = frozenset({0, 3, 10, 33, 100, 102, 104, 190, 131005, *range(200, 300)})
"""Refusals that say that the token cannot see the account (DESIGN 5.2, rows 190 and 100/33); any other tells
nothing about that."""


class GraphRemote:
    """Sends orders through the client of their account; `app_of` names the app that a token belongs to.

    An order that lacks the PIN, code or settings of its call is not sent: the remote would count it. A look's
    `account_readable` is None where its answers do not tell.
    """

    def __init__(
        self, client_of: Callable[[str], GraphClient], app_of: Callable[[str], str | None] = lambda account: None
    ) -> None:
        self._client_of = client_of
        self._app_of = app_of

    async def send(self, order: Order) -> Answer:
        missing = _missing(order)
        if missing:
            failure = f"Not sent: there is no {missing} to send."
            return Answer(call=order.call, outcome=Outcome.NOT_SENT, failure=failure)
        client = self._client_of(order.account)
        send = _SENDS.get(order.call)
        if send is not None:
            return await send(client, order)
        if order.call is CallKind.LOOK:
            return await _look(client, order)
        if order.call is CallKind.READ_SUBSCRIPTION:
            answer = await client.subscribed_apps(order.waba)
            if answer.outcome is not Outcome.OK:
                return answer
            return replace(answer, body={"subscribed": subscribed_to(answer, self._app_of(order.account))})
        if order.call is CallKind.SURVEY:
            return await _survey(client, order)
        if order.call is CallKind.READ_SOURCE:
            return replace(await client.read_number(order.number, moving=True), call=order.call)
        account = await client.survey_account(order.waba)
        body = {"account": account.body} if account.outcome is Outcome.OK else {}
        return replace(account, call=order.call, body=body)


_SENDS: dict[CallKind, Callable[[GraphClient, Order], Awaitable[Answer]]] = {
    CallKind.READ: lambda client, o: client.read_number(o.number),
    CallKind.CREATE: lambda client, o: _create(client, o),
    CallKind.REGISTER: lambda client, o: client.register(o.number, o.pin or NOTHING, send_by=o.send_by),
    CallKind.DEREGISTER: lambda client, o: client.deregister(o.number, send_by=o.send_by),
    CallKind.REQUEST_CODE: lambda client, o: client.request_code(o.number, o.method, o.language, send_by=o.send_by),
    CallKind.VERIFY_CODE: lambda client, o: client.verify_code(o.number, o.code or NOTHING, send_by=o.send_by),
    CallKind.SET_PIN: lambda client, o: client.set_pin(o.number, o.pin or NOTHING, send_by=o.send_by),
    CallKind.SUBSCRIBE: lambda client, o: client.subscribe(o.waba, send_by=o.send_by),
    CallKind.READ_STORAGE: lambda client, o: client.read_storage(o.number),
    CallKind.KEEP_STORAGE: lambda client, o: client.keep_storage(o.number, dict(o.storage or {}), send_by=o.send_by),
}


def _missing(order: Order) -> str:
    """What a call needs and its order does not carry, in a word; empty when it has all."""
    match order.call:
        case CallKind.REGISTER | CallKind.SET_PIN:
            return "" if order.pin else "PIN"
        case CallKind.VERIFY_CODE:
            return "" if order.code else "code"
        case CallKind.CREATE:
            return "" if parts_of(order.e164) else "phone"
        case CallKind.KEEP_STORAGE:
            return "" if order.storage else "storage setting"
        case _:
            return ""


async def _create(client: GraphClient, order: Order) -> Answer:
    """The phone moves: only a migration creates a number by an order."""
    parts = parts_of(order.e164)
    if parts is None:
        raise ValueError(f"{order.e164} is no phone")
    code, national, _ = parts
    name = order.verified_name
    return await client.create_number(order.waba, code, national, name, migrate=True, send_by=order.send_by)


async def _survey(client: GraphClient, order: Order) -> Answer:
    """The account, its whole listing and its subscriptions; the first of these that fails is the answer."""
    account = await client.survey_account(order.waba)
    if account.outcome is not Outcome.OK:
        return replace(account, call=CallKind.SURVEY)
    listing = await client.list_numbers(order.waba)
    if listing.outcome is not Outcome.OK:
        return replace(listing, call=CallKind.SURVEY, body={})
    apps = await client.subscribed_apps(order.waba)
    subscribed = bool(_rows(apps)) if apps.outcome is Outcome.OK else None
    body = {"account": account.body, "numbers": _rows(listing), "subscribed": subscribed}
    return replace(listing, call=CallKind.SURVEY, body=body)


async def _look(client: GraphClient, order: Order) -> Answer:
    """Whether the account can be read, and whether the number is in it (DESIGN 5.2, row 100/33)."""
    account = await client.read_account(order.waba)
    if account.outcome is not Outcome.OK:
        return _seen(account, readable=False if _locked_out(account) else None, listed=None)
    listing = await client.list_numbers(order.waba)
    if listing.outcome is not Outcome.OK:
        return _seen(listing, readable=not _locked_out(listing), listed=None)
    return _seen(listing, readable=True, listed=any(str(row.get("id")) == order.number for row in _rows(listing)))


def _seen(answer: Answer, *, readable: bool | None, listed: bool | None) -> Answer:
    return replace(answer, call=CallKind.LOOK, body={"account_readable": readable, "listed": listed})


def _locked_out(answer: Answer) -> bool:
    """A dead token or a missing permission; trouble of another kind says nothing of the account."""
    return answer.error is not None and answer.error.code in ACCESS


def subscribed_to(answer: Answer, app: str | None) -> bool:
    """Whether the listing of subscribed apps names this app, or any where ours is not known."""
    apps: list[str] = []
    for row in _rows(answer):
        data = row.get("whatsapp_business_api_data")
        apps.append(str(data.get("id", "")) if isinstance(data, dict) else "")
    return app in apps if app else bool(apps)


def override_of(answer: Answer, app: str | None) -> str | None:
    """Where the account sends this app's webhooks, or those of any where ours is not known; None where it has no
    address of its own."""
    for row in _rows(answer):
        data, address = row.get("whatsapp_business_api_data"), row.get("override_callback_uri")
        mine = app is None or (isinstance(data, dict) and str(data.get("id", "")) == app)
        if mine and isinstance(address, str) and address:
            return address
    return None


def _rows(answer: Answer) -> list[dict[str, Any]]:
    rows = answer.body.get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
