"""The service, put together: what is asked, by whom, and how it is refused."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from linewright.clock import SystemClock
from linewright.engine.ports import Clock
from linewright.errors import LinewrightError
from linewright.face import Linewright
from linewright.service import api, inbox, link, page, webhooks
from linewright.service.cookies import Cookies
from linewright.service.desk import Desk
from linewright.service.guards import Guards, readable
from linewright.service.problems import Problem, problem_response
from linewright.store.sealing import cookie_key

__all__ = ["create_app"]

STATIC = Path(__file__).parent / "static"


def create_app(linewright: Linewright, *, public_url: str, clock: Clock | None = None) -> FastAPI:
    """The service on an open home. `public_url` is how people reach it; `clock` stands in for real time in tests.

    Whoever calls this closes `linewright` after the last request.
    """
    office = linewright.office
    app = FastAPI(
        title="Linewright",
        version=version("linewright"),
        description="Brings WhatsApp Business phone numbers online on Meta's Cloud API, and keeps them there.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(readable)],
    )
    cookies = Cookies(cookie_key(office.store.database, office.store.vault))
    app.state.desk = Desk(linewright, clock or SystemClock(), cookies, public_url.rstrip("/"))
    app.state.letterbox = webhooks.Letterbox(office.store.webhooks, office.clock)
    app.state.stopping = asyncio.Event()  # set by whoever runs the service when it is to stop: what streams ends
    app.add_middleware(Guards, secure=public_url.startswith("https://"))
    app.add_exception_handler(LinewrightError, _refused)
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _not_here)
    app.add_exception_handler(Exception, _our_fault)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(api.router)
    api.describe(app)
    app.include_router(page.router)
    app.include_router(link.router)
    app.include_router(webhooks.router)
    app.include_router(inbox.router)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LinewrightError | Problem)  # noqa: S101 - registered for these two
    if page.is_for_people(request):
        return page.refusal(error, request)
    return problem_response(error, request)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "header"))
    said = str(first["msg"]).removeprefix("Value error, ")
    problem = Problem(422, "invalid", f"{where or 'The body'}: {said}.", fix="Correct it; nothing was changed.")
    return await _refused(request, problem)


async def _not_here(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    words = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    message = words.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(api.methods_at(request.app, request.url.path)) or headers.get("Allow", "")
    fix = "See /api/v1/openapi.json for what there is."
    if error.status_code == 400:  # a body that is no JSON at all
        return await _refused(request, Problem(422, "invalid", f"{message}.", fix="Correct it; nothing was changed."))
    problem = Problem(error.status_code, "not-found", message, fix=fix, headers=headers)
    answer = await _refused(request, problem)
    answer.headers.update(headers)
    return answer


async def _our_fault(request: Request, error: Exception) -> Response:
    """Whatever nobody foresaw; the server's log has the details."""
    message = "Linewright met an error of its own. What was committed before is kept."
    problem = Problem(500, "internal", message, fix="Try again; if it stays so, report it with the time.")
    return await _refused(request, problem)
