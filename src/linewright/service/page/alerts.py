"""The alerts: what people were told, how far it is on its way, and the channels that it goes by."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from linewright.alert_desk import AlertDesk, quiet_hours
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.service.desk import Desk
from linewright.service.page.frame import Administering, Form, Person, TheDesk, draw, goto, text_of
from linewright.service.problems import status_of
from linewright.service.who import Caller

__all__ = ["router"]

router = APIRouter(prefix="/alerts")
PAGE = 30
FIELDS = {"channel-name": "name", "channel-exists": "name", "channel-address": "address", "quiet-hours": "quiet"}
"""Which field a refusal stands beside."""
Cursor = Annotated[str, Query(max_length=200)]


def _desk(desk: Desk) -> AlertDesk:
    return AlertDesk(desk.linewright.office)


@router.get("")
def alerts(request: Request, desk: TheDesk, caller: Person, before: Cursor = "") -> Response:
    found, more = _desk(desk).log(limit=PAGE, before=before or None)
    return draw(
        request,
        caller,
        "alerts.html",
        alerts=found,
        channels=_desk(desk).channels() if not before else [],
        next_href=f"/alerts?before={more}" if more else "",
        first_href="/alerts" if before else "",
        later=bool(before),
    )


@router.get("/new")
def new(request: Request, caller: Administering) -> Response:
    return _form(request, caller, {"kind": "apprise", "zone": "UTC"})


@router.post("/channels")
def add(request: Request, desk: TheDesk, caller: Administering, form: Form) -> Response:
    """Keeps a channel; the secret of a webhook is shown this once."""
    typed = {name: text_of(form, name)[:200] for name in ("name", "kind", "quiet", "zone")}
    address = Secret(text_of(form, "address"))
    try:
        quiet = quiet_hours(typed["quiet"], typed["zone"])
        made = _desk(desk).add(typed["name"], typed["kind"], address, quiet=quiet, who=caller.who)
    except UsageError as error:
        field = FIELDS.get(error.reason)
        wrong = {field: f"{error.message} {error.fix}"} if field else {}
        trouble = None if field else error
        return _form(request, caller, typed, status=status_of(error), wrong=wrong, trouble=trouble)
    if made["secret"]:
        return draw(request, caller, "alert_made.html", made=made)
    return goto(request, "/alerts", said=f"The channel {made['name']} is added. Test it to see that it works.")


@router.post("/channels/{name}/test")
async def test(request: Request, desk: TheDesk, caller: Administering, name: str) -> Response:
    """Sends a test now, and says what came of it."""
    (tried,) = await _desk(desk).test(name, who=caller.who)
    said = f"The channel {tried['channel']} took the test." if tried["ok"] else _failed(tried)
    return goto(request, "/alerts", said=said, kind="good" if tried["ok"] else "bad")


@router.post("/channels/{name}/remove")
def remove(request: Request, desk: TheDesk, caller: Administering, name: str) -> Response:
    gone = _desk(desk).remove(name, who=caller.who)
    return goto(request, "/alerts", said=f"Nothing is sent by {gone['name']} any more; its address is forgotten.")


def _failed(tried: dict[str, Any]) -> str:
    return f"The channel {tried['channel']} did not take the test. {tried['error']} See that its address still holds."


def _form(
    request: Request,
    caller: Caller,
    typed: dict[str, str],
    *,
    status: int = 200,
    wrong: dict[str, str] | None = None,
    trouble: UsageError | None = None,
) -> Response:
    known = {"name": "", "kind": "apprise", "quiet": "", "zone": "UTC"} | typed
    return draw(request, caller, "alert_new.html", status=status, typed=known, wrong=wrong or {}, trouble=trouble)
