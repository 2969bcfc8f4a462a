"""In and out: the login, the invitation, the log out, and where a visit begins."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.service.desk import Desk
from linewright.service.page.frame import Form, Person, TheDesk, Visitor, draw, goto, own_path, text_of
from linewright.service.people import FIRST, accepted_name, hashed, let_in
from linewright.service.problems import Problem
from linewright.service.who import COOKIE, Caller
from linewright.store.users import SESSION_LASTS, Invitation, User

__all__ = ["begin", "router"]

router = APIRouter()
NO_FIT = "This name and this password do not fit together."


@router.get("/")
def beginning(caller: Person) -> Response:
    return RedirectResponse("/fleet", 303)


@router.get("/login")
def login_page(request: Request, caller: Visitor, next: str = "/") -> Response:
    if caller is not None:
        return RedirectResponse(own_path(next), 303)
    return draw(request, None, "login.html", name="", next=own_path(next), wrong="")


@router.post("/login")
def login(request: Request, desk: TheDesk, caller: Visitor, form: Form) -> Response:
    name, password = text_of(form, "name")[:200], Secret(text_of(form, "password", strip=False))
    following = own_path(text_of(form, "next"))
    address = request.client.host if request.client else ""
    try:
        user = let_in(desk.store, name, password, address)
    except Problem as problem:
        wrong, status, headers = f"{problem.message} {problem.fix}", problem.status, problem.headers
    else:
        wrong, status, headers = NO_FIT, 403, {}
        if user is not None:
            _note(desk, user, "log in")
            return begin(request, desk, user, following, replaces=caller.session if caller else None)
        _note_refused(desk, name)
    response = draw(request, caller, "login.html", status=status, name=name, next=following, wrong=wrong)
    response.headers.update(headers)
    return response


def begin(
    request: Request, desk: Desk, user: User, path: str, *, replaces: str | None = None, said: str | None = None
) -> Response:
    """A session that begins now: whatever cookie the browser brought opens nothing any more."""
    if replaces is not None:
        desk.store.users.end(replaces)
    bearer = desk.store.users.begin(user.id, desk.now())
    response = goto(request, path, said=said)
    response.set_cookie(
        COOKIE,
        desk.cookies.closed(bearer),
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        secure=desk.secure,
        samesite="lax",
        path="/",
    )
    return response


@router.post("/logout")
def logout(request: Request, desk: TheDesk, caller: Person) -> Response:
    if caller.session is not None:
        desk.store.users.end(caller.session)
    desk.store.audit.append(desk.linewright.clock.now(), caller.who, "log out", caller.who)
    response = goto(request, "/login", said="You are logged out.")
    response.delete_cookie(COOKIE, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return response


@router.get("/welcome/{bearer}")
def welcome_page(request: Request, desk: TheDesk, caller: Visitor, bearer: str) -> Response:
    invited = _invited(desk, Secret(bearer))
    return _welcome(request, caller, invited, name="", wrong={})


def _welcome(
    request: Request, caller: Caller | None, invited: Invitation, *, name: str, wrong: Mapping[str, str]
) -> Response:
    first = invited.made_by == FIRST
    status = 422 if wrong else 200
    return draw(
        request, caller, "welcome.html", status=status, invited=invited, first=first, name=name, wrong=dict(wrong)
    )


@router.post("/welcome/{bearer}")
def welcome(request: Request, desk: TheDesk, caller: Visitor, bearer: str, form: Form) -> Response:
    """Makes the user that the invitation is for, and logs them in."""
    invited = _invited(desk, Secret(bearer))
    name = text_of(form, "name")[:200]
    password, again = (Secret(text_of(form, field, strip=False)) for field in ("password", "again"))
    try:
        if password != again:
            raise UsageError("The two passwords are not the same.", fix="Type it twice.", reason="again")
        name = invited.user or accepted_name(name)
        user = desk.store.users.accept(Secret(bearer), name, hashed(password, name), desk.now())
    except UsageError as error:
        if error.reason == "invitation":
            raise
        wrong = {error.reason: f"{error.message} {error.fix}"}
        return _welcome(request, caller, invited, name=name, wrong=wrong)
    if invited.made_by == FIRST:
        desk.store.users.withdraw(desk.now(), by=FIRST)
    _note(desk, user, "password change" if invited.user else "join", role=user.role.value, invited_by=invited.made_by)
    return begin(request, desk, user, "/", replaces=caller.session if caller else None)


def _invited(desk: Desk, bearer: Secret) -> Invitation:
    invited = desk.store.users.invitation(bearer, desk.now())
    if invited is None:
        raise Problem(
            404,
            "invitation",
            "This invitation was used already, or is too old.",
            fix="Ask an admin for a new one. If nobody has come in yet, start the service again: it prints a new link.",
        )
    return invited


def _note(desk: Desk, user: User, action: str, **detail: str) -> None:
    desk.store.audit.append(desk.linewright.clock.now(), user.name, action, user.name, detail or None)


def _note_refused(desk: Desk, name: str) -> None:
    """Never the name as it was typed: it may be a password in the wrong field. A row for each, known name or not,
    so that neither takes longer."""
    known = desk.store.users.password_of(name)
    subject = known[0].name if known is not None else "an unknown name"
    desk.store.audit.append(desk.linewright.clock.now(), "a visitor", "log in: refused", subject)
