"""The page for people: drawn on the server, whole without scripts."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from linewright.errors import LinewrightError, StoreUnavailable
from linewright.service.desk import desk_of
from linewright.service.page.accounts import router as accounts
from linewright.service.page.alerts import router as alerts
from linewright.service.page.audit import router as audit
from linewright.service.page.desk import router as desk
from linewright.service.page.errors import router as errors
from linewright.service.page.fleet import router as fleet
from linewright.service.page.frame import Elsewhere, checked, draw
from linewright.service.page.imports import router as imports
from linewright.service.page.inboxes import router as inboxes
from linewright.service.page.login import router as login
from linewright.service.page.number import router as number
from linewright.service.page.operations import router as operations
from linewright.service.page.plan import router as plan
from linewright.service.page.problems import router as problems
from linewright.service.page.settings import router as settings
from linewright.service.problems import Problem, status_of, words_of
from linewright.service.who import Caller, page_caller

__all__ = ["is_for_people", "refusal", "router"]

router = APIRouter(include_in_schema=False, dependencies=[Depends(checked)])
for part in (
    *(login, fleet, plan, number, desk, operations, imports, alerts, errors, accounts, settings, inboxes, audit),
    problems,
):
    router.include_router(part)

TITLES = {
    401: "Please log in",
    403: "This is not yours to do",
    404: "Nothing is here",
    405: "Nothing is here",
    409: "This does not fit any more",
    413: "This is too large",
    422: "This cannot be done so",
    429: "Too many tries",
    503: "This cannot be reached now",
}


def is_for_people(request: Request) -> bool:
    """Whether a refusal is shown as a page; programs get a problem document."""
    if request.url.path.startswith("/problems/"):
        return "text/html" in request.headers.get("accept", "")
    return not request.url.path.startswith(("/api/", "/healthz", "/readyz", "/metrics", "/webhooks/", "/inbox/"))


def refusal(error: LinewrightError | Problem, request: Request) -> Response:
    """The page that says what is wrong and what to do."""
    if isinstance(error, Elsewhere):
        return _elsewhere(error, request)
    status = error.status if isinstance(error, Problem) else status_of(error)
    message, fix = words_of(error)
    if status in (404, 405) and isinstance(error, Problem):
        fix = "Go back, or begin anew."
    caller = None if isinstance(error, StoreUnavailable) else _caller(request)
    response = draw(
        request,
        caller,
        "refusal.html",
        status=status,
        title=TITLES.get(status, "This did not work"),
        message=message,
        fix=fix,
        reason=error.reason,
        trace=getattr(error, "fbtrace_id", None),
        by_link=request.url.path.startswith("/l/"),
    )
    if isinstance(error, Problem):
        response.headers.update(error.headers)
    elif status == 503:
        response.headers["Retry-After"] = "10"
    return response


def _caller(request: Request) -> Caller | None:
    """Who is shown it; where no page was reached, nobody has asked yet."""
    if hasattr(request.state, "caller"):
        known: Caller | None = request.state.caller
        return known
    try:
        return page_caller(request, desk_of(request))
    except StoreUnavailable:
        return None


def _elsewhere(error: Elsewhere, request: Request) -> Response:
    """A redirect; htmx, which asks for parts of a page, is told to change the whole page."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": error.location})
    return RedirectResponse(error.location, 303)
