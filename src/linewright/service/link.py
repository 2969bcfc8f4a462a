"""The link: the questions of one operation for one person, without a login. Whoever has the address may answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.service.desk import Desk, desk_of
from linewright.service.link_words import Shown, over_words, shown
from linewright.service.page.frame import draw, fragment, text_of
from linewright.service.people import place_of
from linewright.service.problems import Problem
from linewright.store.links import Link
from linewright.views import Views

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
LONGEST = 100
"""Characters; no bearer is longer."""
GUESSES, GUESS_SECONDS = 20, 600
"""Addresses that were never made, from one place and window, before each further one is refused as a guess."""
TOLD_FOR = timedelta(hours=1)
"""How long a link that has done its work still says what became of the number."""
STOP_LOOKING = 286
"""The status that makes htmx look no more."""
REFUSED = {
    "pin-refused": "This PIN was tried before and is not right. Please look it up again, or switch the PIN off.",
    "answer-refused": "That is not six digits. Please type the six digits; nothing was tried with what you gave.",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that was found, and what it shows now."""

    desk: Desk
    link: Link
    over: str | None
    operation: dict[str, Any]
    view: Shown
    path: str


def _opened(request: Request, bearer: str, desk: Annotated[Desk, Depends(desk_of)]) -> Opened:
    link = _found(request, bearer, desk)
    operation = Views(desk.linewright.office).operation(link.operation)
    view = shown(operation, desk.store.tasks.shown_by(link.operation))
    over = link.over(desk.now())
    if over is None and view.over:
        desk.store.links.end(link.id, over := "answered", desk.now())
    elif link.opened_at is None:
        desk.store.links.opened(link.id, desk.now())
    return Opened(desk, link, over, operation, view, f"/l/{bearer}")


def _found(request: Request, bearer: str, desk: Desk) -> Link:
    """Raises `UsageError` for an address that was never made, `Problem` (429) for somebody who tries many. A link
    that was made opens all the same: others behind one address must not lock out whoever was sent it."""
    link = desk.store.links.find(Secret(bearer)) if len(bearer) <= LONGEST else None
    if link is not None:
        return link
    key = f"link from {place_of(request.client.host if request.client else '')}"
    if not desk.store.guesses.left(key, GUESSES, GUESS_SECONDS):
        raise Problem(
            429,
            "too-many",
            "There were too many wrong addresses.",
            fix="Wait ten minutes, then open the link as it was sent to you.",
            headers={"Retry-After": str(GUESS_SECONDS)},
        )
    desk.store.guesses.wrong(key, GUESS_SECONDS)
    raise UsageError(
        "There is no such link.",
        fix="Check that the address is whole, or ask whoever sent it to you for a new one.",
        reason="unknown-link",
    )


Link_ = Annotated[Opened, Depends(_opened)]


# What is shown


@router.get("/l/{bearer}")
def look(request: Request, opened: Link_) -> Response:
    return _page(request, opened)


@router.get("/l/{bearer}/now")
def look_again(request: Request, opened: Link_, seen: str = "") -> Response:
    """The part that changes, for a page that looks by itself; nothing where nothing has changed."""
    if opened.over is None and seen == opened.view.mark:
        return Response(status_code=204)
    status = STOP_LOOKING if opened.over else 200
    return fragment(request, None, "link_state.html", status=status, **_context(opened))


def _page(request: Request, opened: Opened, *, refused: str = "") -> Response:
    status = 410 if opened.over else 422 if refused else 200
    response = draw(request, None, "link.html", status=status, **_context(opened, refused))
    del response.headers["set-cookie"]  # nothing is kept in this browser
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _context(opened: Opened, refused: str = "") -> dict[str, Any]:
    view, number = opened.view, opened.desk.linewright.office.store.numbers.line(opened.operation["number"]["id"])
    reading = number.reading.said if number.reading else {}
    return {
        "link": opened.link,
        "over": _over(opened),
        "view": view,
        "refused": refused,
        "link_path": opened.path,
        "phone": opened.operation["number"]["display"],
        "business": reading.get("verified_name") or opened.operation["account"],
    }


def _over(opened: Opened) -> tuple[str, str] | None:
    """Title and words of a link that is over; None where the operation itself still says it."""
    if opened.over is None:
        return None
    ended = opened.link.ended_at
    fresh = ended is None or opened.desk.now() - ended < TOLD_FOR
    return None if opened.over == "answered" and fresh else over_words(opened.over)


# What is answered


@router.post("/l/{bearer}/send")
async def send(request: Request, opened: Link_) -> Response:
    """Somebody is at the phone: the code may be sent."""
    form = await request.form(max_files=0, max_fields=10)
    method = "voice" if text_of(form, "method") == "voice" else "sms"
    return await _answered(request, opened, text_of(form, "task"), resend=method)


@router.post("/l/{bearer}/done")
async def done(request: Request, opened: Link_) -> Response:
    """The two-step verification is off, something else is changed, or a new PIN may be set."""
    form = await request.form(max_files=0, max_fields=10)
    reset = text_of(form, "answer") == "approve" and opened.view.may_reset
    return await _answered(request, opened, text_of(form, "task"), **{"approve" if reset else "done": True})


@router.post("/l/{bearer}/answer")
async def answer(request: Request, opened: Link_) -> Response:
    """A code or PIN. Each one counts against the link, before anything is tried with it."""
    form = await request.form(max_files=0, max_fields=10)
    value = Secret(text_of(form, "value")[:2_000])
    if not value:
        return _page(request, opened, refused=REFUSED["answer-refused"])
    return await _answered(request, opened, text_of(form, "task"), value=value)


async def _answered(request: Request, opened: Opened, task: str, **answer: Any) -> Response:
    """Takes the answer, unless the question has gone meanwhile, and shows what is then."""
    desk, link = opened.desk, opened.link
    if opened.over is not None:
        return _page(request, opened)
    if not task or task != opened.view.task:
        return RedirectResponse(opened.path, 303)
    if "value" in answer and not await run_in_threadpool(desk.store.links.spend_try, link.id):
        desk.store.links.end(link.id, "too-many-tries", desk.now())
        return RedirectResponse(opened.path, 303)
    try:
        await desk.linewright.answer(task, **answer)
    except UsageError as error:
        if error.reason not in REFUSED:
            return RedirectResponse(opened.path, 303)
        return _page(request, opened, refused=REFUSED[error.reason])
    kind = next(iter(answer))
    desk.store.audit.append(desk.linewright.clock.now(), f"link {link.id}", "task answer", task, {"answer": kind})
    await desk.linewright.settle(link.operation)
    return RedirectResponse(opened.path, 303)
