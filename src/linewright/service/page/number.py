"""One number: what is, why, what happens next and when, and what a person can ask for."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from linewright.domain.number import Reading, Standing
from linewright.errors import LinewrightError, RemoteUnavailable, UsageError
from linewright.secret import Secret
from linewright.service.desk import Desk
from linewright.service.page.frame import Form, Operating, Person, TheDesk, draw, goto, text_of
from linewright.service.page.operations import open_or_latest, said_of
from linewright.service.page.parts import NEWS, audited, changed, digest, drawn, mark_of, number_of, views_of
from linewright.service.page.words import words_for
from linewright.service.problems import Problem, status_of
from linewright.store.fleet import Seen

__all__ = ["router"]

router = APIRouter()
ASKABLE = frozenset({"register", "verify", "set-pin", "deregister", "migrate"})
AT_REST_SECONDS = 10
"""Real: so often a number's page asks for news while no operation is open; the watch may have some."""
EARLIER = 12
"""Operations of the past that the page names; the rest stand in their list."""
DESTINATIONS = 200
"""Accounts that the form of a migration proposes; any other is typed."""
Text = Annotated[str, Query(max_length=1_000)]


@router.get("/numbers/{id}")
def number(request: Request, desk: TheDesk, caller: Person, id: str) -> Response:
    return _page(request, desk, caller, number_of(desk, id))


@router.get("/numbers/{id}/live")
def number_live(request: Request, desk: TheDesk, caller: Person, id: str, v: Text = "", o: Text = "") -> Response:
    """The part that moves, where it changed since `v`."""
    seen = number_of(desk, id)
    if v and v == _mark(desk, seen):
        return Response(status_code=NEWS)
    shown = _moving(desk, seen)
    return changed(request, caller, "number_moved.html", **shown, fresh_buttons=o != shown["over"])


@router.post("/numbers/{id}/read")
async def read(request: Request, desk: TheDesk, caller: Operating, id: str) -> Response:
    """Reads the number once, now."""
    seen = number_of(desk, id)
    audited(desk, caller, "read", seen.number.e164)
    try:
        await desk.linewright.doctor(id)
    except RemoteUnavailable as unavailable:
        return goto(request, f"/numbers/{id}", said=f"{unavailable.message} {unavailable.fix}", kind="warn")
    latest = desk.store.numbers.latest(id)
    if latest is None or not latest.good:
        said = f"The remote told nothing of it{_why(latest)}."
        return goto(request, f"/numbers/{id}", said=said, kind="warn")
    return goto(request, f"/numbers/{id}", said=f"Read now: Meta says {latest.status}.")


def _why(latest: Reading | None) -> str:
    why = latest.failure or (f"error {latest.error.code}" if latest.error else "") if latest is not None else ""
    return f": {why}" if why else ""


@router.post("/numbers/{id}/want")
async def want(request: Request, desk: TheDesk, caller: Operating, id: str, form: Form) -> Response:
    """Looks after the number, or leaves it alone."""
    seen = number_of(desk, id)
    shape = await desk.linewright.want(id, text_of(form, "wanted"), who=caller.who)
    name = seen.number.display or seen.number.e164
    online = shape["wanted"] == "online"
    said = f"{name} is looked after: it shall be online." if online else f"{name} is left alone."
    return goto(request, f"/numbers/{id}", said=said)


@router.post("/numbers/{id}/forget")
async def forget(request: Request, desk: TheDesk, caller: Operating, id: str) -> Response:
    seen = number_of(desk, id)
    await desk.linewright.forget_number(id)
    audited(desk, caller, "forget", seen.number.e164, number=id)
    name = seen.number.display or seen.number.e164
    return goto(request, "/fleet", said=f"{name} is no longer listed. What was kept of it stays.")


@router.post("/numbers/{id}/release")
async def release(request: Request, desk: TheDesk, caller: Operating, id: str, form: Form) -> Response:
    """The first key of a release; the second is answered on the desk, by somebody else where there is one."""
    seen = number_of(desk, id)
    last4 = "".join(sign for sign in text_of(form, "confirm") if sign.isdigit()) or None
    try:
        shape = await desk.linewright.release(
            id, confirm=last4, last_paid=text_of(form, "last_paid") or None, who=caller.person
        )
    except UsageError as refused:
        return _page(request, desk, caller, seen, goal="release", wrong=refused)
    audited(desk, caller, "release", seen.number.e164, operation=shape["id"])
    return goto(request, f"/numbers/{id}", **said_of(await desk.linewright.settle(shape["id"])))


@router.post("/numbers/{id}/last-paid")
async def last_paid(request: Request, desk: TheDesk, caller: Operating, id: str, form: Form) -> Response:
    """The day of the last paid message, which moves the reminder of a released number."""
    seen = number_of(desk, id)
    try:
        shape = await desk.linewright.release_status(id, last_paid=text_of(form, "last_paid") or "no day")
    except UsageError as refused:
        return _page(request, desk, caller, seen, goal="last-paid", wrong=refused)
    audited(desk, caller, "release last paid", seen.number.e164, day=shape["last_paid"])
    return goto(request, f"/numbers/{id}", said="The day is noted, and the reminder moved.")


@router.get("/numbers/{id}/bundle")
async def bundle(desk: TheDesk, caller: Person, id: str) -> Response:
    """The support bundle: redacted, so everybody who may look may have it."""
    number_of(desk, id)
    with tempfile.TemporaryDirectory(prefix="linewright-bundle-") as folder:
        file = Path(folder) / "bundle.zip"
        await desk.linewright.bundle(id, file)
        body = file.read_bytes()
    audited(desk, caller, "bundle", id)
    name = "".join(sign for sign in id if sign.isalnum())[:40]
    headers = {"Content-Disposition": f'attachment; filename="linewright-{name}.zip"'}
    return Response(body, media_type="application/zip", headers=headers)


@router.post("/numbers/{id}/{goal}")
async def ask(request: Request, desk: TheDesk, caller: Operating, id: str, goal: str, form: Form) -> Response:
    """Opens an operation, or joins the open one of the same goal, and makes what is due at once."""
    if goal not in ASKABLE:
        raise Problem(404, "not-found", "There is nothing at this address.", fix="Go back to the number.")
    seen = number_of(desk, id)
    try:
        shape = await desk.linewright.open(goal, id, **_options(goal, form))
    except UsageError as refused:
        return _page(request, desk, caller, seen, goal=goal, wrong=refused)
    audited(desk, caller, goal, seen.number.e164, operation=shape["id"])
    shape = await desk.linewright.settle(shape["id"])
    return goto(request, f"/numbers/{id}", **said_of(shape))


def _options(goal: str, form: FormData) -> dict[str, Any]:
    """What a form gives; a PIN goes straight into a secret. Raises `UsageError` for a code that is none."""
    pin, because = text_of(form, "pin"), text_of(form, "because")
    if because and not (because.isascii() and because.isdigit() and len(because) < 10):
        raise UsageError(f"{because[:20]} is no error code.", fix="Give its digits, such as 131045.", reason="because")
    given: dict[str, Any] = {
        "pin": Secret(pin) if pin and goal != "verify" else None,
        "code_method": text_of(form, "code_method") or None,
        "because": int(because) if because else None,
        "use_reserve": bool(text_of(form, "use_reserve")),
        "by_link": bool(text_of(form, "by_link")),
    }
    if goal == "migrate":
        given["to"] = text_of(form, "to") or None
    if goal == "deregister":
        given["confirm"] = "".join(sign for sign in text_of(form, "confirm") if sign.isdigit()) or None
    return given


def _page(
    request: Request, desk: Desk, caller: Person, seen: Seen, *, goal: str = "", wrong: LinewrightError | None = None
) -> Response:
    moving = _moving(desk, seen)
    found, _ = desk.store.fleet.operations(number=seen.number.id, limit=EARLIER + 1)
    shown = moving["operation"]["id"] if moving["operation"] else None
    return draw(
        request,
        caller,
        "number.html",
        status=status_of(wrong) if wrong else 200,
        earlier=[told for told in found if told.operation.id != shown][:EARLIER],
        goal=goal,
        wrong=wrong,
        elsewhere=[name for name in desk.store.fleet.accounts(DESTINATIONS) if name != seen.number.account],
        people=desk.store.users.operators(),
        **moving,
        **words_for(caller),
    )


def _mark(desk: Desk, seen: Seen) -> str:
    operation = open_or_latest(desk, seen.number.id, seen.number.e164)
    mark = mark_of(desk, operation) if operation else ""
    return digest(seen.judged, seen.warning, seen.read_at, operation, mark, desk.store.releases.of(seen.number.id))


def _moving(desk: Desk, seen: Seen) -> dict[str, Any]:
    """Everything that changes by itself while the page is looked at."""
    operation = open_or_latest(desk, seen.number.id, seen.number.e164)
    blank: dict[str, Any] = {"operation": None, "story": [], "left_out": 0, "error": None, "pace": None}
    shown = drawn(desk, operation) if operation else blank
    shape, conditions = shown["operation"], views_of(desk).conditions(seen.number.id)
    return {
        **shown,
        "pace": shown["pace"] or AT_REST_SECONDS,
        "over": "none" if shape is None else "ended" if shape["ended_at"] else "open",
        "live": f"/numbers/{seen.number.id}/live",
        "number": views_of(desk).number(seen.number.id),
        "seen": seen,
        "conditions": conditions,
        "release": _release(desk, seen),
        "pin": views_of(desk).pin_status(seen.number),
        "pin_events": views_of(desk).pin_history(seen.number),
        "cure": None if shape is not None and not shape["ended_at"] else _cure(seen, conditions),
        "hands_off": seen.judged.standing in HANDS_OFF,
        "v": _mark(desk, seen),
    }


def _release(desk: Desk, seen: Seen) -> dict[str, Any] | None:
    """The number's release, while it is given up."""
    try:
        shape = views_of(desk).release(seen.number)
    except UsageError:
        return None
    return shape if shape["state"] in ("released", "gone") else None


def _cure(seen: Seen, conditions: Sequence[Mapping[str, Any]]) -> Mapping[str, str] | None:
    """The register that one click asks for beside the warning: its label, and the error that it is because of."""
    told = next((each["reason"] for each in conditions if each["type"] == seen.warned_of), "")
    if seen.judged.standing is Standing.OFFLINE and seen.judged.reason is None:
        return {"label": "Bring it back", "because": ""}
    if seen.judged.standing is Standing.ONLINE and told in CURES:
        return {"label": "Register it again", "because": CURES[told]}
    return None


CURES = {"register-again": "", "heard-133010": "133010", "heard-131045": "131045"}
"""Warnings of a number that reads online, which a register ends; and what it is because of."""
HANDS_OFF = frozenset(Standing) - {
    Standing.ONLINE, Standing.RESTRICTED, Standing.OFFLINE, Standing.UNVERIFIED, Standing.UNKNOWN
}  # fmt: skip
"""Numbers that Linewright neither registers nor releases: the page offers neither."""
