"""`/inboxes`: where text messages with codes come in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from linewright.inbox_desk import InboxDesk
from linewright.service.api.bodies import PATH_NAME, AccountName, SecretText
from linewright.service.api.examples import BODIES
from linewright.service.api.idempotency import Idempotent, answers_once
from linewright.service.api.parts import Id, TheDesk, paged, refused, shown
from linewright.service.desk import Desk
from linewright.service.who import Admin, Viewer

__all__ = ["router"]

router = APIRouter(tags=["inboxes"], route_class=Idempotent)
Moment = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra={"format": "date-time"})]
Kind = Literal["generic", "twilio", "vonage", "telnyx"]
Counts = Annotated[dict[str, int], Field(description="How many, by what became of them.")]


class NewInbox(BaseModel):
    """`secret` is what the provider signs with; a generic inbox gets one made here where none is given."""

    model_config = ConfigDict(
        extra="forbid", strict=True, arbitrary_types_allowed=True, json_schema_extra={"examples": [BODIES["inbox"]]}
    )
    name: Annotated[
        str,
        Field(
            max_length=64,
            pattern=PATH_NAME,
            description="Letters, digits, dots, dashes and underscores; not . or .. alone.",
        ),
    ]
    kind: Kind
    secret: SecretText | None = None
    account: Annotated[AccountName | None, Field(description="For the numbers of this account alone.")] = None


class InboxShape(BaseModel):
    """`messages` were rightly signed, `refused` were not."""

    model_config = ConfigDict(extra="forbid")
    name: str
    kind: Kind
    account: str | None
    url: str | None
    messages: Counts
    refused: Counts
    used_at: Moment | None
    made_by: str
    made_at: Moment


class MadeInbox(InboxShape):
    """`enter` says what is entered at the provider; `secret`, where one was made, is told this once."""

    enter: str
    secret: str | None


class Inboxes(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[InboxShape]
    next: str | None


def _desk(desk: Desk) -> InboxDesk:
    return InboxDesk(desk.linewright.office, desk.public_url)


@router.get("/inboxes", response_model=Inboxes, summary="The inboxes, by name")
def list_inboxes(desk: TheDesk, caller: Viewer) -> JSONResponse:
    return paged(_desk(desk).inboxes(), None)


@router.post("/inboxes", response_model=MadeInbox, status_code=201, responses=refused(404, 409), summary="Add an inbox")
@answers_once
def add_inbox(desk: TheDesk, caller: Admin, body: NewInbox) -> JSONResponse:
    """Text messages with codes that come to its `url`, signed, answer the question of the number they came to."""
    made: dict[str, Any] = _desk(desk).add(body.name, body.kind, body.secret, account=body.account, who=caller.who)
    return shown(made, 201)


@router.delete("/inboxes/{name}", response_model=InboxShape, responses=refused(404), summary="Remove an inbox")
def remove_inbox(desk: TheDesk, caller: Admin, name: Id) -> JSONResponse:
    """Nothing is taken there any more; its secret is forgotten."""
    return shown(_desk(desk).remove(name, who=caller.who))
