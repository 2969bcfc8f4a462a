"""`/numbers`: where each stands, and what is asked of it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from linewright.domain.foresight import DEEPEST, DEPTH
from linewright.domain.number import Standing
from linewright.service.api.bodies import NewNumber, NewOperation, NewRelease, ReleaseChange
from linewright.service.api.idempotency import Idempotent
from linewright.service.api.models import (
    Conditions,
    Findings,
    Numbers,
    NumberShape,
    OperationShape,
    PinHistory,
    PinStatus,
    PlanShape,
    ReleaseShape,
)
from linewright.service.api.parts import (
    LONGEST,
    PRINTABLE,
    Account,
    Cursor,
    InAccount,
    Limit,
    Name,
    TheDesk,
    acted,
    find_number,
    paged,
    refused,
    shown,
    views_of,
)
from linewright.service.who import Operator, Viewer

__all__ = ["router"]

router = APIRouter(prefix="/numbers", tags=["numbers"], route_class=Idempotent)
UNKNOWN = refused(404)
PlannedGoal = Annotated[
    Literal["register", "verify", "deregister", "set-pin"] | None, Query(description="What is asked for, supposedly.")
]
Depth = Annotated[int, Query(ge=1, le=DEEPEST, description="Choices on one path whose other answers are followed too.")]
Search = Annotated[
    str | None,
    Query(max_length=LONGEST, pattern=PRINTABLE, description="Digits of the phone, or a part of its id or account."),
]


@router.get("", response_model=Numbers, summary="The numbers, by id")
def list_numbers(
    desk: TheDesk,
    caller: Viewer,
    standing: Annotated[Standing | None, Query(description="Only those that stand so.")] = None,
    account: Account = None,
    search: Search = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> JSONResponse:
    """A page may hold fewer than `limit`, even none: go on while `next` is not null."""
    views = views_of(desk)
    items, following = views.numbers(account=account, standing=standing, search=search, after=cursor, limit=limit)
    return paged(items, following)


@router.post("", response_model=NumberShape, status_code=201, responses=UNKNOWN, summary="Create a number")
async def add_number(desk: TheDesk, caller: Operator, body: NewNumber) -> JSONResponse:
    """Creates it at the remote; it is unverified then. One that is listed already is not created twice."""
    made = await desk.linewright.add_number(body.e164, body.account, body.verified_name, who=caller.who)
    acted(desk, caller, "number add", made["id"], e164=made["e164"], account=body.account)
    return shown(made, 201)


@router.get("/{number}", response_model=NumberShape, responses=UNKNOWN, summary="One number")
def show_number(desk: TheDesk, caller: Viewer, number: Name, account: InAccount = None) -> JSONResponse:
    return shown(views_of(desk).number(find_number(desk, number, account).id))


@router.delete("/{number}", response_model=NumberShape, responses=refused(404, 409), summary="Forget a number")
async def forget_number(desk: TheDesk, caller: Operator, number: Name, account: InAccount = None) -> JSONResponse:
    """At the remote nothing changes; the phone's attempts and PINs stay. The answer is the number as it was."""
    found = find_number(desk, number, account)
    gone = await desk.linewright.forget_number(found.id)
    acted(desk, caller, "number forget", found.id, e164=found.e164)
    return shown(gone)


@router.get("/{number}/conditions", response_model=Conditions, responses=UNKNOWN, summary="What is known of it")
def conditions(desk: TheDesk, caller: Viewer, number: Name, account: InAccount = None) -> JSONResponse:
    """Each condition as it is now, since when, and what to do where something is."""
    return paged(views_of(desk).conditions(find_number(desk, number, account).id), None)


@router.get("/{number}/pin", response_model=PinStatus, responses=UNKNOWN, summary="What is known of its PIN")
def pin_status(desk: TheDesk, caller: Viewer, number: Name, account: InAccount = None) -> JSONResponse:
    """The PIN itself is never given out here."""
    return shown(views_of(desk).pin_status(find_number(desk, number, account)))


@router.get("/{number}/pin/history", response_model=PinHistory, responses=UNKNOWN, summary="What became of its PINs")
def pin_history(desk: TheDesk, caller: Viewer, number: Name, account: InAccount = None) -> JSONResponse:
    """Every event of the phone's PINs without their digits, the oldest first."""
    return paged(views_of(desk).pin_history(find_number(desk, number, account)), None)


@router.get("/{number}/plan", response_model=PlanShape, responses=refused(404, 409), summary="What would be done")
async def plan(
    desk: TheDesk,
    caller: Viewer,
    number: Name,
    goal: PlannedGoal = None,
    depth: Depth = DEPTH,
    account: InAccount = None,
) -> JSONResponse:
    """What would be done now and why, what each answer would lead to and what it would cost. Nothing is sent and
    nothing is kept. The open operation is told, else `goal` as if it were asked for now: register, where none is
    named. The remote is not asked: `read_age_seconds` says how old the reading is that it rests on."""
    found = find_number(desk, number, account)
    return shown(await desk.linewright.plan(found.id, goal=goal, depth=depth))


@router.post(
    "/{number}/operations",
    response_model=OperationShape,
    status_code=201,
    responses={200: {"description": "Joined: the same goal was open.", "model": OperationShape}, **refused(404, 409)},
    summary="Ask for something",
)
async def open_operation(
    desk: TheDesk, caller: Operator, number: Name, body: NewOperation, account: InAccount = None
) -> JSONResponse:
    """Opens an operation, or joins the open one of the same goal and applies what is given: a PIN answers the
    open question for one. To migrate, `number` may also be the phone of another provider's number. Where no worker
    runs, every call that is due is made before the answer comes."""
    named = f"{account}/{number}" if account else number
    if body.goal != "migrate":  # which may name the phone of another provider's number
        named = find_number(desk, number, account).id
    given = {name: getattr(body, name) for name in type(body).model_fields if name != "goal"}
    opened, is_new = await desk.linewright.open_or_join(body.goal, named, **given)
    acted(desk, caller, f"{body.goal} {'opened' if is_new else 'joined'}", opened["id"], **_told(body, named))
    return shown(await desk.linewright.push(opened["id"]), 201 if is_new else 200)


@router.post(
    "/{number}/release",
    response_model=OperationShape,
    status_code=201,
    responses=refused(404, 409),
    summary="Give it up on purpose",
)
async def release(
    desk: TheDesk, caller: Operator, number: Name, body: NewRelease, account: InAccount = None
) -> JSONResponse:
    """The first key. It opens a deregister that asks for the second one: another operator approves it, or the same one
    where there is no other. Linewright never brings a released number back by itself. 409 (`released`) once it is."""
    found = find_number(desk, number, account)
    opened = await desk.linewright.release(found.id, confirm=body.confirm, last_paid=body.last_paid, who=caller.person)
    acted(desk, caller, "release opened", opened["id"], number=found.id)
    return shown(await desk.linewright.push(opened["id"]), 201)


@router.get("/{number}/release", response_model=ReleaseShape, responses=UNKNOWN, summary="How far its release is")
async def release_status(desk: TheDesk, caller: Viewer, number: Name, account: InAccount = None) -> JSONResponse:
    """What remains to be done by hand and when, and what another provider needs. 404 (`not-released`)."""
    return shown(await desk.linewright.release_status(find_number(desk, number, account).id))


@router.patch("/{number}/release", response_model=ReleaseShape, responses=UNKNOWN, summary="Say when it sent last")
async def change_release(
    desk: TheDesk, caller: Operator, number: Name, body: ReleaseChange, account: InAccount = None
) -> JSONResponse:
    """The day of the last paid message, which only its owner can see; it moves the reminder."""
    found = find_number(desk, number, account)
    changed = await desk.linewright.release_status(found.id, last_paid=body.last_paid)
    acted(desk, caller, "release last paid", found.id, day=body.last_paid)
    return shown(changed)


@router.post("/{number}/doctor", response_model=Findings, responses=UNKNOWN, summary="Look at what it rests on")
async def examine(desk: TheDesk, caller: Operator, number: Name, account: InAccount = None) -> JSONResponse:
    """Reads the number once."""
    found = find_number(desk, number, account)
    acted(desk, caller, "number doctor", found.id)
    return shown(await desk.linewright.doctor(found.id))


def _told(body: NewOperation, number: str) -> dict[str, object]:
    """What the audit says of a request: of a PIN only that one came."""
    told: dict[str, object] = {"number": number}
    told |= {name: value for name in ("because", "use_reserve", "to") if (value := getattr(body, name))}
    return told | ({"pin": "given"} if body.pin is not None else {})
