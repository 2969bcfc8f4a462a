"""The fleet: every number over all accounts, where it stands, and what happens to it next."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from linewright.domain.number import Standing
from linewright.domain.operation import OPEN_STATES
from linewright.service.desk import Desk
from linewright.service.page.frame import Person, TheDesk, draw
from linewright.service.page.parts import changed, digest, every
from linewright.service.page.trend import DAYS, Trend, trend_of
from linewright.service.page.words import words_for
from linewright.store.fleet import OPEN, Look, Seen
from linewright.views import standing_words

__all__ = ["router"]

router = APIRouter()
AT_REST_SECONDS = 15
"""Real: so often the list asks for news while none of its numbers has an open operation."""
FEW_ACCOUNTS = 200
"""So many are offered to choose from; with more, the name is typed."""
STATES = (OPEN, *sorted(state.value for state in OPEN_STATES))
LONGEST = 100
Text = Annotated[str, Query(max_length=1_000)]


def _look(q: Text = "", account: Text = "", standing: Text = "", state: Text = "", warned: Text = "") -> Look:
    return Look(
        account=account.strip() or None,
        standing=Standing(standing) if standing in {each.value for each in Standing} else None,
        warned=bool(warned),
        state=state if state in STATES else None,
        search=q.strip()[:LONGEST],
    )


Looked = Annotated[Look, Depends(_look)]
"""What the address asks for; what is not understood in it is left out."""


@router.get("/fleet")
def fleet(
    request: Request,
    desk: TheDesk,
    caller: Person,
    look: Looked,
    after: Text = "",
) -> Response:
    """One page of the numbers that are looked for; what is not understood in the address is left out."""
    accounts = desk.store.fleet.accounts(FEW_ACCOUNTS + 1)
    rows = _rows(desk, look, after)
    return draw(
        request,
        caller,
        "fleet.html",
        look=look,
        after=after,
        accounts=accounts if len(accounts) <= FEW_ACCOUNTS else [],
        any_account=bool(accounts),
        counts=desk.store.fleet.counts(look),
        chips=list(Standing),
        states=STATES,
        address=lambda **change: address(look, **change),
        trend=_trend(desk) if accounts and look == Look() and not after else None,
        **rows,
        **words_for(caller),
    )


def _trend(desk: Desk) -> Trend:
    now = desk.linewright.clock.now()
    return trend_of(desk.store.trend.since(now - timedelta(days=DAYS)), now)


@router.get("/fleet/rows")
def fleet_rows(
    request: Request,
    desk: TheDesk,
    caller: Person,
    look: Looked,
    after: Text = "",
) -> Response:
    """The rows alone, where one of them changed."""
    return changed(request, caller, "fleet_rows.html", look=look, after=after, **_rows(desk, look, after))


def _rows(desk: Desk, look: Look, after: str) -> dict[str, Any]:
    found, following = desk.store.fleet.page(look, after=after or None)
    clock = desk.linewright.clock
    return {
        "rows": found,
        "next_href": address(look, after=following) if following else "",
        "first_href": address(look) if after else "",
        "pace": every(clock, [seen.operation for seen in found]) or AT_REST_SECONDS,
        "rows_href": "/fleet/rows" + address(look, after=after).removeprefix("/fleet"),
        "v": digest([_mark(seen) for seen in found]),
        "means": lambda seen: standing_words(seen.judged),
    }


def _mark(seen: Seen) -> tuple[object, ...]:
    operation = seen.operation
    doing = (operation.id, operation.version, operation.state, operation.reason, operation.wake_at) if operation else ()
    return (seen.number.id, seen.judged, seen.warning, seen.task, doing)


def address(look: Look, **change: Any) -> str:
    """The address of the fleet as it is looked at, with something changed in it; None or "" leaves it out."""
    known: dict[str, Any] = {
        "q": look.search,
        "account": look.account,
        "standing": look.standing.value if look.standing else None,
        "state": look.state,
        "warned": "1" if look.warned else None,
    }
    query = urlencode({name: value for name, value in (known | change).items() if value})
    return f"/fleet?{query}" if query else "/fleet"
