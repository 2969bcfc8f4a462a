"""The settings: one's own password, and for admins the people, the programs' tokens and how the installation stands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from linewright.clock import HomeClock
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.service.desk import Desk
from linewright.service.page.frame import Administering, Form, Person, TheDesk, draw, goto, text_of
from linewright.service.page.login import begin
from linewright.service.people import hashed, let_in, shown_once, welcome_path
from linewright.service.problems import Problem
from linewright.service.who import Caller
from linewright.store.api_tokens import SCOPES
from linewright.store.users import Role, User
from linewright.store.workers import ALIVE_SECONDS

__all__ = ["router"]

router = APIRouter(prefix="/settings")
ROLES = {
    Role.VIEWER: "sees everything and changes nothing",
    Role.OPERATOR: "acts on numbers and answers questions",
    Role.ADMIN: "also looks after accounts, people and tokens",
}
SCOPE_WORDS = {
    "read": "reads everything but secrets",
    "operate": "also acts on numbers and answers questions",
    "admin": "also adds, changes and removes accounts",
}


# One's own password


@router.get("")
def settings(request: Request, caller: Person) -> Response:
    return draw(request, caller, "settings.html", wrong={}, words=ROLES)


@router.post("/password")
def password(request: Request, desk: TheDesk, caller: Person, form: Form) -> Response:
    """A new password ends every session of this person but the one that begins with it."""
    current, new, again = (Secret(text_of(form, name, strip=False)) for name in ("current", "password", "again"))
    try:
        user = _themselves(request, desk, caller, current)
        if new != again:
            raise UsageError("The two new passwords are not the same.", fix="Type it twice.", reason="again")
        desk.store.users.change(user.id, password=hashed(new, user.name))
    except (UsageError, Problem) as error:
        field = error.reason if error.reason in ("again", "password") else "current"
        wrong = {field: f"{error.message} {error.fix}"}
        return draw(request, caller, "settings.html", status=422, wrong=wrong, words=ROLES)
    _note(desk, caller, "password change", caller.who)
    return begin(request, desk, user, "/settings", said="Your new password holds. Other browsers are logged out.")


def _themselves(request: Request, desk: Desk, caller: Caller, current: Secret) -> User:
    """Whoever sits here knows the old password, and tries it as often as at the login."""
    user = let_in(desk.store, caller.who, current, request.client.host if request.client else "")
    if user is None:
        raise UsageError("This is not your password.", fix="Nothing was changed.")
    return user


# People


@router.get("/people")
def people(request: Request, desk: TheDesk, caller: Administering) -> Response:
    return _people(request, desk, caller)


def _people(request: Request, desk: Desk, caller: Caller, **more: Any) -> Response:
    """The list, and once the link that was just made."""
    known = {"link": None, "link_for": None, "trouble": None} | more
    return draw(
        request,
        caller,
        "settings_people.html",
        people=sorted(desk.store.users.all(), key=lambda user: (user.closed_at is not None, user.name)),
        invitations=desk.store.users.invitations(desk.now()),
        roles=ROLES,
        **known,
    )


@router.post("/people")
def invite(request: Request, desk: TheDesk, caller: Administering, form: Form) -> Response:
    """A one-time link, shown once: whoever opens it becomes a user of this role."""
    role = _role(text_of(form, "role"))
    bearer = desk.store.users.invite(role, caller.who, desk.now())
    _note(desk, caller, "user invite", role.value)
    return _people(request, desk, caller, link=desk.public_url + welcome_path(bearer), link_for=f"a new {role.value}")


@router.post("/people/withdraw")
def withdraw(request: Request, desk: TheDesk, caller: Administering, form: Form) -> Response:
    desk.store.users.withdraw(desk.now(), digest=text_of(form, "invitation"))
    _note(desk, caller, "user invitation withdrawn", caller.who)
    return goto(request, "/settings/people", said="The invitation is taken back.")


@router.post("/people/{user}/role")
def change_role(request: Request, desk: TheDesk, caller: Administering, user: str, form: Form) -> Response:
    """Ends the user's sessions: what they may do is looked at anew."""
    changed = desk.store.users.change(user, role=_role(text_of(form, "role")))
    _note(desk, caller, "user role", changed.name, role=changed.role.value)
    return goto(request, "/settings/people", said=f"{changed.name} is {_a(changed.role)} now.")


@router.post("/people/{user}/password")
def invite_again(request: Request, desk: TheDesk, caller: Administering, user: str) -> Response:
    """A one-time link for somebody who has forgotten the password."""
    bearer = desk.store.users.invite_again(user, caller.who, desk.now())
    name = next(each.name for each in desk.store.users.all() if each.id == user)
    _note(desk, caller, "user password link", name)
    return _people(request, desk, caller, link=desk.public_url + welcome_path(bearer), link_for=name)


@router.post("/people/{user}/close")
def close(request: Request, desk: TheDesk, caller: Administering, user: str) -> Response:
    closed = desk.store.users.close(user, desk.now())
    _note(desk, caller, "user close", closed.name)
    return goto(request, "/settings/people", said=f"{closed.name} cannot come in any more.")


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise UsageError("This is not a role.", fix=f"Choose one of {', '.join(Role)}.") from None


def _a(role: Role) -> str:
    return f"{'a' if role is Role.VIEWER else 'an'} {role.value}"


# Tokens


@router.get("/tokens")
def tokens(request: Request, desk: TheDesk, caller: Administering) -> Response:
    return _tokens(request, desk, caller)


def _tokens(request: Request, desk: Desk, caller: Caller, *, status: int = 200, **more: Any) -> Response:
    known = {"made": None, "text": None, "wrong": "", "name": ""} | more
    found = sorted(desk.store.api_tokens.all(), key=lambda token: token.revoked_at is not None)
    return draw(
        request, caller, "settings_tokens.html", status=status, tokens=found, words=SCOPE_WORDS, scopes=SCOPES, **known
    )


@router.post("/tokens")
def make_token(request: Request, desk: TheDesk, caller: Administering, form: Form) -> Response:
    """A new token, shown once."""
    name, scope = text_of(form, "name"), text_of(form, "scope")
    try:
        token, bearer = desk.store.api_tokens.make(name, [scope] if scope else [], caller.who, desk.now())
    except UsageError as error:
        return _tokens(request, desk, caller, status=422, name=name[:200], wrong=f"{error.message} {error.fix}")
    _note(desk, caller, "token make", token.name, scopes=" ".join(sorted(token.scopes)))
    return _tokens(request, desk, caller, made=token, text=shown_once(bearer))


@router.post("/tokens/{token}/revoke")
def revoke(request: Request, desk: TheDesk, caller: Administering, token: str) -> Response:
    revoked = desk.store.api_tokens.revoke(token, desk.now())
    _note(desk, caller, "token revoke", revoked.name)
    return goto(request, "/settings/tokens", said=f"The token {revoked.name} opens nothing any more.")


# How the installation stands


@router.get("/installation")
def installation(request: Request, desk: TheDesk, caller: Administering) -> Response:
    return _installation(request, desk, caller)


@router.post("/installation")
async def examine(request: Request, desk: TheDesk, caller: Administering) -> Response:
    """Lets the doctor look at everything; it asks the remote about each account."""
    report = await desk.linewright.doctor()
    _note(desk, caller, "doctor", "installation", trouble=sum(line["ok"] is False for line in report["items"]))
    return _installation(request, desk, caller, report["items"])


def _installation(
    request: Request, desk: Desk, caller: Caller, findings: list[dict[str, Any]] | None = None
) -> Response:
    clock = desk.linewright.clock
    return draw(
        request,
        caller,
        "settings_installation.html",
        findings=findings,
        workers=desk.store.workers.all(),
        apps=desk.store.apps.all(),
        alive_seconds=ALIVE_SECONDS,
        version=version("linewright"),
        database="SQLite, one file in the home" if desk.store.database.is_sqlite else "PostgreSQL",
        public_url=desk.public_url,
        secure=desk.secure,
        rehearsal=isinstance(clock, HomeClock),
        graph=desk.linewright.settings,
        open_operations=desk.store.operations.count_open(),
    )


def _note(desk: Desk, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    desk.store.audit.append(desk.linewright.clock.now(), caller.who, action, subject, detail or None)
