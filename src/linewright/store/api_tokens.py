"""The tokens of programs: shown once, kept as a digest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.digest import digest_of, new_bearer
from linewright.store.engine import Database
from linewright.store.ids import new_id

__all__ = ["SCOPES", "ApiToken", "ApiTokens"]

SCOPES = ("read", "operate", "admin")
"""Each includes those before it."""
_GOOD = t.api_tokens.c.revoked_at.is_(None)
USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    id: str
    name: str
    scopes: frozenset[str]
    made_by: str
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class ApiTokens:
    """Every method is one transaction; `now` is real time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, name: str, scopes: Iterable[str], by: str, now: datetime) -> tuple[ApiToken, Secret]:
        """A new token, and the only time that it is told. Raises `UsageError` (reason `scopes`, `token-name`)."""
        wanted = sorted(set(scopes), key=lambda each: SCOPES.index(each) if each in SCOPES else len(SCOPES))
        if not wanted or not set(wanted) <= set(SCOPES):
            raise UsageError("A token has scopes.", fix=f"One or more of {', '.join(SCOPES)}.", reason="scopes")
        if not 1 <= len(name.strip()) <= 80:
            raise UsageError(
                "A token has a name of 1 to 80 characters.", fix="Say what it is for.", reason="token-name"
            )
        bearer = new_bearer("lwt")
        values = {"id": new_id("token"), "name": name.strip(), "scopes": wanted, "made_by": by, "made_at": now}
        with self._database.writing() as connection:
            connection.execute(insert(t.api_tokens).values(**values, digest=digest_of(bearer)))
            row = connection.execute(select(t.api_tokens).where(t.api_tokens.c.id == values["id"])).one()
        return _token(row), bearer

    def find(self, bearer: Secret, now: datetime) -> ApiToken | None:
        """Whose token this is, unless it was revoked."""
        here = t.api_tokens.c.digest == digest_of(bearer)
        with self._database.reading() as connection:
            row = connection.execute(
                select(t.api_tokens).where(here, t.api_tokens.c.revoked_at.is_(None))
            ).one_or_none()
        if row is None:
            return None
        if row.used_at is None or now - row.used_at > USED_EVERY:
            with self._database.writing() as connection:
                connection.execute(update(t.api_tokens).where(here).values(used_at=now))
        return _token(row)

    def all(self) -> list[ApiToken]:
        """The newest first, revoked ones too."""
        with self._database.reading() as connection:
            query = select(t.api_tokens).order_by(t.api_tokens.c.made_at.desc(), t.api_tokens.c.id)
            return [_token(row) for row in connection.execute(query)]

    def revoke(self, id: str, now: datetime) -> ApiToken:
        """Raises `UsageError` (reason `unknown-token`)."""
        here = t.api_tokens.c.id == id
        with self._database.writing() as connection:
            connection.execute(
                update(t.api_tokens).where(here, t.api_tokens.c.revoked_at.is_(None)).values(revoked_at=now)
            )
            row = connection.execute(select(t.api_tokens).where(here)).one_or_none()
        if row is None:
            raise UsageError("There is no such token.", fix="See the list of tokens.", reason="unknown-token")
        return _token(row)


def _token(row: Row[tuple[Any, ...]]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes),
        made_by=row.made_by,
        made_at=row.made_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
