"""Who may call: the checks of token, permission and existence that every call passes first."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from linewright.simulator.codes import Refusal
from linewright.simulator.truth import Account, Number, Token
from linewright.simulator.world import World

__all__ = ["account_for", "as_spoken", "authorize", "inspect", "number_for"]

_PACIFIC = timezone(timedelta(hours=-8), "PST")


def authorize(world: World, text: str | None) -> Token:
    """The living token of this text. Refuses with 104 (none), 190 (unknown), 190/463 (expired), 190/… (revoked)."""
    if not text:
        raise Refusal(104)
    token = world.tokens.get(text)
    if token is None:
        if world.temper.echo_secrets:
            raise Refusal(190, message="Malformed access token {token}", token=text)
        raise Refusal(190)
    if token.revoked is not None:
        raise Refusal(190, token.revoked, expired=as_spoken(world.now()), now=as_spoken(world.now()))
    if token.expires_at is not None and world.now() >= token.expires_at:
        raise Refusal(190, 463, expired=as_spoken(token.expires_at), now=as_spoken(world.now()))
    return token


def number_for(world: World, token: Token, id: str, *, scope: str, method: str) -> Number:
    """The number of this id, if the token may see its account and holds the scope.

    Refuses with 100/33 when there is none to see, and with 200 when the scope is missing.
    """
    number = world.numbers.get(id)
    if number is None or number.account not in token.accounts:
        raise Refusal(100, 33, id=id, method=method.lower())
    if scope not in token.scopes:
        raise Refusal(200)
    return number


def account_for(world: World, token: Token, id: str, *, scope: str, method: str, edge: str | None) -> Account:
    """The account of this id; an id of something else is told that it has no such field."""
    node = "WhatsAppBusinessPhoneNumber" if id in world.numbers else None
    node = "Application" if id in world.apps else node
    if node is not None and edge is not None and method == "GET":
        message = "(#100) Tried accessing nonexisting field ({field}) on node type ({node})"
        raise Refusal(100, message=message, field=edge, node=node)
    account = world.accounts.get(id)
    if account is None or (id not in token.accounts and edge != "subscribed_apps"):
        raise Refusal(100, 33, id=id, method=method.lower())
    if scope not in token.scopes or id not in token.accounts:
        raise Refusal(200)
    return account


def inspect(world: World, text: str) -> dict[str, Any]:
    """What `debug_token` says of a token."""
    token = world.tokens.get(text)
    if token is None:
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    targets = {"target_ids": sorted(token.accounts)} if world.temper.granular_targets else {}
    data: dict[str, Any] = {
        "app_id": token.app,
        "type": "SYSTEM_USER",
        "application": world.apps[token.app].name,
        "data_access_expires_at": 0,
        "expires_at": int(token.expires_at.timestamp()) if token.expires_at else 0,
        "is_valid": True,
        "issued_at": int((token.issued_at or world.now()).timestamp()),
        "scopes": sorted(token.scopes),
        "granular_scopes": [{"scope": scope} | targets for scope in sorted(token.scopes)],
        "user_id": token.app[::-1],
    }
    try:
        authorize(world, text)
    except Refusal as refusal:
        message = refusal.entry.message.format(**refusal.values)
        data["error"] = {"code": refusal.code, "message": message, "subcode": refusal.subcode}
        data["is_valid"] = False
    return {"data": data}


def as_spoken(moment: datetime) -> str:
    """A moment as the 190 texts say it, in Pacific time."""
    return moment.astimezone(_PACIFIC).strftime("%A, %d-%b-%y %H:%M:%S PST")
