"""Who is asking: a program with a bearer token, or a person with a session; and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from linewright.secret import Secret
from linewright.service.desk import Desk, desk_of
from linewright.service.problems import Problem
from linewright.store.users import Role

__all__ = ["COOKIE", "Admin", "Caller", "Operator", "Viewer", "may", "page_caller"]

COOKIE = "linewright"
OF_ROLE = {
    Role.VIEWER: frozenset({"read"}),
    Role.OPERATOR: frozenset({"read", "operate"}),
    Role.ADMIN: frozenset({"read", "operate", "admin"}),
}
INCLUDES = {
    "read": frozenset({"read"}),
    "operate": frozenset({"read", "operate"}),
    "admin": frozenset({"read", "operate", "admin"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`who` is how the audit names them; `session` and `csrf` belong to people only."""

    who: str
    scopes: frozenset[str]
    session: str | None = None
    user: str | None = None
    csrf: str = ""
    maker: str | None = None
    """The person who made the program's token."""

    @property
    def person(self) -> str:
        """Who answers for it: a program is nobody of its own."""
        return self.maker or self.who

    def may(self, scope: str) -> bool:
        return scope in self.scopes


def api_caller(request: Request, desk: Annotated[Desk, Depends(desk_of)]) -> Caller:
    """The bearer of a token. A session's cookie does not open the API: another site could send it along."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    token = desk.store.api_tokens.find(Secret(text.strip()), desk.now()) if kind.lower() == "bearer" and text else None
    if token is None:
        raise Problem(
            401,
            "unauthorized",
            "This needs an API token." if not text else "This API token is not known, or was revoked.",
            fix="Send `Authorization: Bearer TOKEN`; an admin makes one in the settings.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    scopes = frozenset[str]().union(*(INCLUDES[scope] for scope in token.scopes))
    return Caller(who=f"token {token.name}", scopes=scopes, maker=token.made_by)


def page_caller(request: Request, desk: Annotated[Desk, Depends(desk_of)]) -> Caller | None:
    """The person of the session's cookie; None for a visitor."""
    bearer = desk.cookies.opened(request.cookies.get(COOKIE))
    session = desk.store.users.session(bearer, desk.now()) if bearer is not None else None
    if session is None:
        return None
    return Caller(
        who=session.user.name,
        scopes=OF_ROLE[session.user.role],
        session=session.digest,
        user=session.user.id,
        csrf=desk.cookies.csrf(session.digest),
    )


def may(scope: str) -> Any:
    """A dependency that lets an API caller of that scope through."""

    def allowed(request: Request) -> Caller:  # one dependency: each of them costs a thread
        caller = api_caller(request, desk_of(request))
        if not caller.may(scope):
            raise Problem(
                403,
                "forbidden",
                f"This token may not do that: it lacks the scope {scope}.",
                fix="Ask an admin for a token with it.",
            )
        return caller

    return Depends(allowed)


Viewer = Annotated[Caller, may("read")]
Operator = Annotated[Caller, may("operate")]
Admin = Annotated[Caller, may("admin")]
