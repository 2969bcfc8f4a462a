"""`/accounts`: the WhatsApp Business Accounts, their tokens and their state."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from linewright.service.api.bodies import AccountChange, AccountsChange, NewAccount
from linewright.service.api.idempotency import Idempotent
from linewright.service.api.models import Accounts, AccountShape, Numbers
from linewright.service.api.parts import Cursor, Id, Limit, TheDesk, acted, paged, refused, shown, views_of
from linewright.service.who import Admin, Operator, Viewer

__all__ = ["router"]

router = APIRouter(prefix="/accounts", tags=["accounts"], route_class=Idempotent)
UNKNOWN = refused(404)


@router.get("", response_model=Accounts, summary="The accounts, by name")
def list_accounts(desk: TheDesk, caller: Viewer, limit: Limit = 100, cursor: Cursor = None) -> JSONResponse:
    # Sorted here: a database may order names by a language, and the cursor compares them by their letters' codes.
    ordered = sorted(desk.store.accounts.all(), key=lambda line: line.account.name)
    lines = [line for line in ordered if cursor is None or line.account.name > cursor]
    views, page = views_of(desk), lines[:limit]
    return paged([views.account(line) for line in page], page[-1].account.name if len(lines) > limit else None)


@router.post("", response_model=AccountShape, status_code=201, responses=refused(409), summary="Add an account")
async def add_account(desk: TheDesk, caller: Admin, body: NewAccount) -> JSONResponse:
    """Its id and token are tried at the remote first; then its numbers are taken over."""
    made = await desk.linewright.add_account(
        body.name,
        body.waba,
        body.token,
        app_secret=body.app_secret,
        pin_reset=body.pin_reset,
        subscribe=body.subscribe,
    )
    acted(desk, caller, "account add", body.name, waba=body.waba, pin_reset=body.pin_reset)
    return shown(made, 201)


@router.patch("", response_model=Accounts, responses=UNKNOWN, summary="Change several accounts, all or none")
async def update_accounts(desk: TheDesk, caller: Admin, body: AccountsChange) -> JSONResponse:
    items = await desk.linewright.update_account(body.names, **_given(body))
    for name in body.names:
        acted(desk, caller, "account update", name, **_told(body))
    return paged(items, None)


@router.get("/{name}", response_model=AccountShape, responses=UNKNOWN, summary="One account")
def show_account(desk: TheDesk, caller: Viewer, name: Id) -> JSONResponse:
    return shown(views_of(desk).account(desk.store.accounts.line(name)))


@router.patch("/{name}", response_model=AccountShape, responses=UNKNOWN, summary="Change an account")
async def update_account(desk: TheDesk, caller: Admin, name: Id, body: AccountChange) -> JSONResponse:
    (changed,) = await desk.linewright.update_account([name], **_given(body))
    acted(desk, caller, "account update", name, **_told(body))
    return shown(changed)


@router.delete("/{name}", response_model=AccountShape, responses=refused(404, 409), summary="Remove an account")
async def remove_account(desk: TheDesk, caller: Admin, name: Id) -> JSONResponse:
    """Its token and app secret are forgotten; numbers, attempts and sealed PINs stay. The answer is the
    account as it was."""
    gone = await desk.linewright.remove_account(name)
    acted(desk, caller, "account remove", name)
    return shown(gone)


@router.post("/{name}/check", response_model=AccountShape, responses=UNKNOWN, summary="Try the token, read the state")
async def check_account(desk: TheDesk, caller: Operator, name: Id) -> JSONResponse:
    found = await desk.linewright.check_account(name)
    acted(desk, caller, "account check", name, state=found["state"])
    return shown(found)


@router.post("/{name}/sync", response_model=Numbers, responses=UNKNOWN, summary="Take over the account's numbers")
async def sync_account(desk: TheDesk, caller: Operator, name: Id) -> JSONResponse:
    found = await desk.linewright.sync(desk.store.accounts.get(name).name)
    acted(desk, caller, "account sync", name, numbers=len(found))
    return paged(found, None)


def _given(body: AccountChange) -> dict[str, Any]:
    return {
        "token": body.token,
        "app_secret": body.app_secret,
        "pin_reset": body.pin_reset,
        "paused": body.paused,
        "recover": body.recover,
        "who": None,
    }


def _told(body: AccountChange) -> dict[str, Any]:
    """What the audit says of a change: of secrets only that they are new."""
    told: dict[str, Any] = {name: "new" for name in ("token", "app_secret") if getattr(body, name) is not None}
    plain = {"pin_reset": body.pin_reset, "paused": body.paused, "recover": body.recover}
    return told | {name: value for name, value in plain.items() if value is not None}
