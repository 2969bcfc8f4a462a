"""What the API's handlers share: paging, names of numbers, the audit, and how refusals are documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.responses import JSONResponse

from linewright.domain.number import Number
from linewright.service.desk import Desk, desk_of
from linewright.service.problems import MEDIA_TYPE
from linewright.service.who import Caller
from linewright.views import Views

__all__ = [
    "Account",
    "Cursor",
    "Id",
    "InAccount",
    "Limit",
    "Name",
    "TheDesk",
    "acted",
    "find_number",
    "paged",
    "refused",
    "shown",
    "views_of",
]

Shape = dict[str, Any]
PRINTABLE = r"^[^\x00]*$"
"""What a database can look for."""
LONGEST = 200


async def the_desk(request: Request) -> Desk:
    """In the loop itself: no thread is spent on a look."""
    return desk_of(request)


TheDesk = Annotated[Desk, Depends(the_desk)]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=LONGEST, pattern=PRINTABLE, description="`next` of the page before."),
]
Account = Annotated[str | None, Query(max_length=LONGEST, pattern=PRINTABLE, description="Only those of this account.")]
Id = Annotated[str, Path(max_length=LONGEST, pattern=PRINTABLE)]
Name = Annotated[
    str,
    Path(max_length=LONGEST, pattern=PRINTABLE, description="`phone_number_id`, E.164 or display form, in that order."),
]
InAccount = Annotated[
    str | None,
    Query(
        alias="account",
        max_length=LONGEST,
        pattern=PRINTABLE,
        description="The account to look in, for a phone that is in several.",
    ),
]

WORDS = {
    401: "No token, or one that is not known.",
    403: "The token lacks the scope.",
    404: "There is no such thing.",
    409: "It does not fit what is there now.",
    422: "The request cannot be carried out as it stands; nothing was changed.",
    503: "The database or the remote cannot be reached now; the answer says when to try again.",
}


def refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of an endpoint, for the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/ProblemShape"}
    return {status: {"description": WORDS[status], "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses}


def views_of(desk: Desk) -> Views:
    return Views(desk.linewright.office)


def find_number(desk: Desk, name: str, account: str | None) -> Number:
    """Raises `UsageError` (reason `unknown-number` or `several-numbers`)."""
    return desk.store.numbers.find(f"{account}/{name}" if account else name)


def shown(shape: Mapping[str, Any], status: int = 200) -> JSONResponse:
    """A shape as it is: it was made here, so nothing validates it once more."""
    return JSONResponse(shape, status)


def paged(items: Sequence[Shape], cursor: str | None) -> JSONResponse:
    return JSONResponse({"items": list(items), "next": cursor})


def acted(desk: Desk, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    """One line of the audit. `detail` never holds a secret."""
    desk.store.audit.append(desk.linewright.clock.now(), caller.who, action, subject, detail or None)
