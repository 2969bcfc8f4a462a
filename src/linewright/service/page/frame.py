"""The frame of every page: who may see it, how it is drawn, how a form comes back, what is said after it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.datastructures import FormData

from linewright.clock import HomeClock
from linewright.service.cookies import Cookies
from linewright.service.desk import Desk, desk_of
from linewright.service.guards import no_nul
from linewright.service.page.times import FILTERS
from linewright.service.page.upload import form_of
from linewright.service.problems import Problem
from linewright.service.who import COOKIE, Caller, page_caller
from linewright.shapes import when as rfc3339

__all__ = [
    "Administering",
    "Elsewhere",
    "Form",
    "Operating",
    "Person",
    "TheDesk",
    "Visitor",
    "checked",
    "draw",
    "fragment",
    "goto",
    "own_path",
    "text_of",
]

STATIC = Path(__file__).parent.parent / "static"
VISITOR = "linewright_visitor"
SAID = "linewright_said"
SAID_SECONDS = 60
TheDesk = Annotated[Desk, Depends(desk_of)]
Visitor = Annotated[Caller | None, Depends(page_caller)]


class Elsewhere(Problem):
    """Not an error: the browser is sent to another page of this site."""

    def __init__(self, location: str) -> None:
        super().__init__(303, "elsewhere", "This page is elsewhere.", fix=f"Go to {location}.")
        self.location = location


# Who may see it


def _person(request: Request, caller: Visitor) -> Caller:
    if caller is not None:
        return caller
    if request.method not in ("GET", "HEAD"):
        raise Elsewhere("/login")
    try:  # a part that is fetched anew is not what was looked at
        url = urlsplit(request.headers.get("hx-current-url", "")) if request.headers.get("hx-request") else request.url
    except ValueError:
        raise Elsewhere("/login") from None
    path = url.path + (f"?{url.query}" if url.query else "")
    raise Elsewhere("/login" if path in ("", "/") else f"/login?next={quote(path, safe='/')}")


Person = Annotated[Caller, Depends(_person)]
"""Somebody who is logged in; a visitor is sent to the login and comes back after it."""


def _may(scope: str, role: str) -> Any:
    def allowed(caller: Person) -> Caller:
        if caller.may(scope):
            return caller
        raise Problem(
            403,
            "forbidden",
            f"This needs the role {role}; {caller.who} may look, but not do this.",
            fix="Ask an admin of this installation for the role. Nothing was changed.",
        )

    return Depends(allowed)


Operating = Annotated[Caller, _may("operate", "operator")]
Administering = Annotated[Caller, _may("admin", "admin")]


# How a form comes back


async def checked(request: Request, desk: TheDesk, caller: Visitor) -> None:
    """For every request of the page: keeps who asks, and lets a form through only if it was drawn for its sender."""
    request.state.caller = caller
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    form = request.state.form = await form_of(request)
    sent = text_of(form, "csrf")
    ours = caller.csrf if caller is not None else _visitor_csrf(desk.cookies, request)
    if not ours or not secrets.compare_digest(ours.encode(), sent.encode()):
        if caller is None and COOKIE in request.cookies:  # the session ended since the form was drawn
            raise Elsewhere("/login")
        raise Problem(
            403,
            "csrf",
            "This form is too old, or was not made by this page.",
            fix="Go back, load the page again and send the form once more. Nothing was changed.",
        )
    no_nul(form.multi_items())


async def _form(request: Request) -> FormData:
    """The fields; `checked` has read them already."""
    form: FormData = request.state.form
    return form


Form = Annotated[FormData, Depends(_form)]


def text_of(form: FormData, name: str, *, strip: bool = True) -> str:
    """A field's text; empty where it is missing or no text."""
    value = form.get(name)
    return (value.strip() if strip else value) if isinstance(value, str) else ""


def _visitor_csrf(cookies: Cookies, request: Request) -> str:
    visitor = request.cookies.get(VISITOR)
    return cookies.csrf(f"visitor:{visitor}") if visitor else ""


# How it is drawn


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("linewright.service"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals["static"] = _static
    return environment


@cache
def _static(name: str) -> str:
    """The address of a file of `static`; its content is part of it, so that a new version is fetched."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


def draw(request: Request, caller: Caller | None, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page. The template extends `base.html` and finds, besides `context`: `me` (the caller), `csrf`, `now`,
    `real_now`, `clock_rate`, `said` (what the page before wants told), `open_tasks` and `path`."""
    desk = desk_of(request)
    visitor = None if caller is not None else request.cookies.get(VISITOR) or secrets.token_urlsafe(24)
    said = _told(desk.cookies, request.cookies.get(SAID))
    known = _surroundings(request, caller) | {
        "csrf": caller.csrf if caller is not None else desk.cookies.csrf(f"visitor:{visitor}"),
        "said": said,
        "open_tasks": desk.store.tasks.count_open() if caller is not None else 0,
    }
    response = HTMLResponse(_templates().get_template(template).render(known | context), status)
    if visitor is not None and VISITOR not in request.cookies:
        response.set_cookie(VISITOR, visitor, httponly=True, secure=desk.secure, samesite="lax", path="/")
    if said is not None or SAID in request.cookies:
        response.delete_cookie(SAID, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return response


def fragment(request: Request, caller: Caller | None, template: str, *, status: int = 200, **context: Any) -> Response:
    """A part of a page, for htmx: as `draw`, without what the frame alone needs."""
    known = _surroundings(request, caller) | {"csrf": caller.csrf if caller is not None else ""}
    return HTMLResponse(_templates().get_template(template).render(known | context), status)


def _surroundings(request: Request, caller: Caller | None) -> dict[str, Any]:
    desk = desk_of(request)
    clock = desk.linewright.clock
    return {
        "me": caller,
        "now": clock.now(),
        "now_text": rfc3339(clock.now()),
        "real_now": desk.now(),
        "clock_rate": clock.rate if isinstance(clock, HomeClock) else 1.0,
        "path": request.url.path,
    }


# What is said after it


def goto(request: Request, path: str, *, said: str | None = None, kind: str = "good") -> Response:
    """To another page of this site, which says `said` once; `kind` is good, warn or bad. Never a secret."""
    desk = desk_of(request)
    response = RedirectResponse(path, 303)
    if said is not None:
        text = base64.urlsafe_b64encode(json.dumps([kind, said[:600]], ensure_ascii=False).encode()).decode()
        response.set_cookie(
            SAID,
            desk.cookies.marked("said", text),
            max_age=SAID_SECONDS,
            httponly=True,
            secure=desk.secure,
            samesite="lax",
            path="/",
        )
    return response


def _told(cookies: Cookies, cookie: str | None) -> tuple[str, str] | None:
    text = cookies.unmarked("said", cookie)
    if text is None:
        return None
    kind, said = json.loads(base64.urlsafe_b64decode(text))
    return str(kind), str(said)


def own_path(path: str) -> str:
    """A path of this site to go to after the login; `/` for anything else, so that a link leads nowhere else."""
    try:
        parts = urlsplit(path)
    except ValueError:  # such as //[
        return "/"
    plain = path.isascii() and path.isprintable() and "\\" not in path
    if not plain or parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//"):
        return "/"
    return "/" if parts.path in ("/login", "/logout") else path
