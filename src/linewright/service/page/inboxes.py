"""The settings' inboxes: where codes come in by themselves, what came, and what to enter at the provider."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from linewright.errors import UsageError
from linewright.inbox_desk import InboxDesk
from linewright.secret import Secret
from linewright.service.desk import Desk
from linewright.service.page.frame import Administering, Form, TheDesk, draw, goto, text_of
from linewright.service.problems import status_of
from linewright.service.who import Caller

__all__ = ["router"]

router = APIRouter(prefix="/settings/inboxes")
KINDS = {
    "twilio": ("Twilio", "its secret is the account's auth token"),
    "vonage": ("Vonage", "its secret is the account's signature secret"),
    "telnyx": ("Telnyx", "its secret is the account's public key"),
    "generic": ("Another, or a program of your own", "leave the secret out: one is made, and shown here once"),
}
OUTCOMES = {
    "used": "used",
    "kept": "came before the question",
    "repeated": "came again",
    "no-code": "without a code of WhatsApp",
    "nobody-waits": "for a number that waits for none",
    "old": "too old",
    "other-account": "for another account",
    "other": "no message",
    "unsigned": "unsigned",
    "forged": "wrongly signed",
    "stale": "signed too long ago",
    "unreadable": "unreadable",
    "too-large": "too large",
}
FIELDS = {"inbox-name": "name", "inbox-exists": "name", "inbox-secret": "secret", "unknown-account": "account"}
"""Which field a refusal stands beside."""


def _desk(desk: Desk) -> InboxDesk:
    return InboxDesk(desk.linewright.office, desk.public_url)


@router.get("")
def inboxes(request: Request, desk: TheDesk, caller: Administering) -> Response:
    return _page(request, desk, caller)


@router.post("")
def add(request: Request, desk: TheDesk, caller: Administering, form: Form) -> Response:
    """Keeps an inbox; its address, what to enter at the provider and a secret made here are shown this once."""
    typed = {name: text_of(form, name)[:200] for name in ("name", "kind", "account")}
    secret = text_of(form, "secret")
    try:
        given = Secret(secret) if secret else None
        made = _desk(desk).add(typed["name"], typed["kind"], given, account=typed["account"] or None, who=caller.who)
    except UsageError as error:
        field = FIELDS.get(error.reason, "kind")
        wrong = {field: f"{error.message} {error.fix}"}
        return _page(request, desk, caller, status=status_of(error), typed=typed, wrong=wrong)
    return _page(request, desk, caller, made=made)


@router.post("/{name}/remove")
def remove(request: Request, desk: TheDesk, caller: Administering, name: str) -> Response:
    gone = _desk(desk).remove(name, who=caller.who)
    said = f"Nothing is taken at the inbox {gone['name']} any more; its secret is forgotten."
    return goto(request, "/settings/inboxes", said=said)


def _page(request: Request, desk: Desk, caller: Caller, *, status: int = 200, **more: Any) -> Response:
    known = {"made": None, "wrong": {}, "typed": {"name": "", "kind": "twilio", "account": ""}} | more
    return draw(
        request,
        caller,
        "settings_inboxes.html",
        status=status,
        inboxes=_desk(desk).inboxes(),
        kinds=KINDS,
        outcomes=OUTCOMES,
        **known,
    )
