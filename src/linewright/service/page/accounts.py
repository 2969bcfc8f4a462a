"""The accounts: how each stands, and what an admin changes about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from linewright.errors import LinewrightError, RemoteUnavailable, UsageError
from linewright.secret import Secret
from linewright.service.desk import Desk
from linewright.service.page.frame import Administering, Form, Operating, Person, TheDesk, draw, goto, text_of
from linewright.service.problems import status_of
from linewright.service.who import Caller
from linewright.views import Views

__all__ = ["router"]

router = APIRouter(prefix="/accounts")
FIELD_OF = {
    "account-name": "name",
    "account-exists": "waba",
    "waba": "waba",
    "not-a-waba": "waba",
    "account": "waba",
    "token": "token",
}
"""The field that a refusal speaks of, by its reason; any other stands above the form."""
REASONS = {
    "account-on-hold": "The remote does not take the token, or an account cannot be read with it.",
    "usage-limit": "The remote has heard too many calls; it is left alone for a while.",
}


@router.get("")
def accounts(request: Request, desk: TheDesk, caller: Person) -> Response:
    views = Views(desk.linewright.office)
    return draw(
        request,
        caller,
        "accounts.html",
        accounts=[views.account(line) for line in desk.store.accounts.all()],
        reasons=REASONS,
    )


@router.get("/new")
def new_account(request: Request, caller: Administering) -> Response:
    return _form(request, caller, {})


def _form(
    request: Request,
    caller: Caller,
    typed: Mapping[str, str],
    error: LinewrightError | None = None,
) -> Response:
    """The form with what was typed, but for its secrets; a refusal stands at its field, or above them all."""
    field = FIELD_OF.get(error.reason) if error else None
    wrong = {field: f"{error.message} {_for_page(error.fix)}"} if error and field else {}
    return draw(
        request,
        caller,
        "account_new.html",
        status=status_of(error) if error else 200,
        typed={"name": "", "waba": "", "pin_reset": "ask", "subscribe": "yes", **typed},
        wrong=wrong,
        trouble=error if error and not wrong else None,
    )


def _for_page(fix: str) -> str:
    """The command line's advice, for somebody who looks at a form."""
    return "Correct it here; nothing was kept." if "linewright account" in fix else fix


@router.post("")
async def add_account(request: Request, desk: TheDesk, caller: Administering, form: Form) -> Response:
    typed = {name: text_of(form, name)[:200] for name in ("name", "waba", "pin_reset")}
    typed["subscribe"] = "yes" if text_of(form, "subscribe") else ""
    app_secret = text_of(form, "app_secret")
    try:
        added = await desk.linewright.add_account(
            typed["name"],
            typed["waba"],
            Secret(text_of(form, "token")),
            app_secret=Secret(app_secret) if app_secret else None,
            pin_reset=typed["pin_reset"] or "ask",
            subscribe=bool(typed["subscribe"]),
        )
    except LinewrightError as error:
        if isinstance(error, UsageError | RemoteUnavailable):
            return _form(request, caller, typed, error)
        raise
    _note(desk, caller, "account add", added["name"], waba=added["waba"], pin_reset=added["pin_reset"])
    count = added["numbers"]
    told = f"{added['name']} is here, with {count} number{'' if count == 1 else 's'}."
    return goto(request, f"/accounts/{added['name']}", said=told)


@router.get("/{name}")
def account(request: Request, desk: TheDesk, caller: Person, name: str) -> Response:
    return _drawn(request, desk, caller, name)


def _drawn(
    request: Request, desk: Desk, caller: Caller, name: str, error: LinewrightError | None = None, field: str = ""
) -> Response:
    line = desk.store.accounts.line(name)
    task = desk.store.tasks.get(line.task) if line.task else None
    wrong = {field: f"{error.message} {_for_page(error.fix)}"} if error and field else {}
    return draw(
        request,
        caller,
        "account.html",
        status=status_of(error) if error else 200,
        account=Views(desk.linewright.office).account(line),
        line=line,
        task=task,
        webhook=_webhook(desk, name) if caller.may("admin") else None,
        reasons=REASONS,
        wrong=wrong,
        trouble=error if error and not field else None,
    )


def _webhook(desk: Desk, name: str) -> dict[str, Any]:
    """What an admin gives Meta, and what came of it."""
    webhooks = desk.store.webhooks
    tallies = webhooks.tallies(name)
    took = ("taken", "repeated", "handshake")
    return {
        "url": f"{desk.public_url}/webhooks/whatsapp/{name}",
        "token": webhooks.verify_token(name).open_secret(),
        "taken": sum(tally.count for outcome, tally in tallies.items() if outcome in took[:2]),
        "refused": sum(tally.count for outcome, tally in tallies.items() if outcome not in took),
    }


@router.post("/{name}/check")
async def check(request: Request, desk: TheDesk, caller: Operating, name: str) -> Response:
    """Reads the account once."""
    try:
        found = await desk.linewright.check_account(name)
    except (UsageError, RemoteUnavailable) as error:
        return _troubled(request, desk, caller, name, error)
    _note(desk, caller, "account check", name, state=found["state"])
    if found["state"] == "ok":
        return goto(request, f"/accounts/{name}", said=f"{name} was read: all is well.")
    said = f"{name} was looked at: it is {found['state'].replace('_', ' ')}."
    return goto(request, f"/accounts/{name}", said=said, kind="warn")


@router.post("/{name}/sync")
async def sync(request: Request, desk: TheDesk, caller: Operating, name: str) -> Response:
    """Fetches its numbers."""
    try:
        found = await desk.linewright.sync(name)
    except (UsageError, RemoteUnavailable) as error:
        return _troubled(request, desk, caller, name, error)
    _note(desk, caller, "account sync", name, numbers=len(found))
    return goto(request, f"/accounts/{name}", said=f"{name} lists {len(found)} numbers now.")


def _troubled(request: Request, desk: Desk, caller: Caller, name: str, error: LinewrightError) -> Response:
    if error.reason == "unknown-account":
        raise error
    return _drawn(request, desk, caller, name, error)


@router.post("/{name}/pause")
async def pause(request: Request, desk: TheDesk, caller: Administering, name: str) -> Response:
    await _change(desk, caller, name, paused=True)
    return goto(request, f"/accounts/{name}", said=f"{name} is paused: nothing is sent for it until you resume it.")


@router.post("/{name}/resume")
async def resume(request: Request, desk: TheDesk, caller: Administering, name: str) -> Response:
    await _change(desk, caller, name, paused=False)
    return goto(request, f"/accounts/{name}", said=f"{name} goes on.")


@router.post("/{name}/pin-reset")
async def pin_reset(request: Request, desk: TheDesk, caller: Administering, name: str, form: Form) -> Response:
    wanted = text_of(form, "pin_reset")
    if wanted not in ("auto", "ask"):
        raise UsageError("A PIN reset is auto or ask.", fix="Choose one of the two.")
    await _change(desk, caller, name, pin_reset=wanted)
    words = {"auto": "is set anew without asking", "ask": "is never set anew without asking"}[wanted]
    return goto(request, f"/accounts/{name}", said=f"In {name}, a PIN that is refused {words}.")


@router.post("/{name}/recover")
async def recover(request: Request, desk: TheDesk, caller: Administering, name: str, form: Form) -> Response:
    """Whether its numbers come back by themselves."""
    switch = text_of(form, "recover")
    if switch not in ("on", "off"):
        raise UsageError("Recovery is on or off.", fix="Choose one of the two.")
    await _change(desk, caller, name, recover=switch == "on")
    words = {"on": "comes back by itself", "off": "is only warned of"}[switch]
    return goto(request, f"/accounts/{name}", said=f"In {name}, a number that is lost {words}.")


@router.post("/{name}/secrets")
async def secrets(request: Request, desk: TheDesk, caller: Administering, name: str, form: Form) -> Response:
    """A new token, a new app secret, or both; a new token is tried at once."""
    desk.store.accounts.get(name)
    given = _given(form)
    try:
        _plausible(given)
        await _change(desk, caller, name, **given)
    except UsageError as error:
        if error.reason != "token":
            raise
        return _drawn(request, desk, caller, name, error, field="token")
    if "token" not in given:
        return goto(request, f"/accounts/{name}", said="The app secret is kept.")
    try:
        found = await desk.linewright.check_account(name)
    except (UsageError, RemoteUnavailable) as error:
        said = f"The token is kept, but the account could not be read with it: {error.message}"
        return goto(request, f"/accounts/{name}", said=said, kind="warn")
    if found["state"] == "on_hold":
        said = "The token is kept, but the remote does not take it: the account stays on hold."
        return goto(request, f"/accounts/{name}", said=said, kind="warn")
    return goto(request, f"/accounts/{name}", said="The new token is kept, and it works.")


def _given(form: FormData) -> dict[str, Secret]:
    typed = {name: text_of(form, name) for name in ("token", "app_secret")}
    return {name: Secret(text) for name, text in typed.items() if text}


def _plausible(given: Mapping[str, Secret]) -> None:
    if not given:
        raise UsageError("Nothing was given.", fix="Paste the whole token.", reason="token")
    if "token" in given and len(given["token"]) < 20:
        raise UsageError(
            "This does not look like an access token: it is too short.",
            fix="Paste the system user's whole token. The old one is still kept.",
            reason="token",
        )


@router.post("/{name}/remove")
async def remove(request: Request, desk: TheDesk, caller: Administering, name: str) -> Response:
    try:
        await desk.linewright.remove_account(name)
    except UsageError as error:
        return _troubled(request, desk, caller, name, error)
    _note(desk, caller, "account remove", name)
    return goto(request, "/accounts", said=f"{name} was removed, and its token forgotten. Its numbers' story is kept.")


async def _change(desk: Desk, caller: Caller, name: str, **change: Any) -> None:
    await desk.linewright.update_account([name], **change, who=None)
    told = {key: "new" if isinstance(value, Secret) else value for key, value in change.items()}
    _note(desk, caller, "account update", name, **told)


def _note(desk: Desk, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    desk.store.audit.append(desk.linewright.clock.now(), caller.who, action, subject, detail or None)
