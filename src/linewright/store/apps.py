"""The apps that Embedded Signup is started with, and their secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.sealing import Vault, bound, seal

__all__ = ["App", "Apps", "unknown_app"]

_ID = re.compile(r"[0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class App:
    id: str
    added_at: datetime


class Apps:
    """Every method is one transaction."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, id: str, secret: Secret, *, now: datetime) -> App:
        """Keeps an app's secret, in place of the one that was kept. Raises `UsageError` (reason `app-id`)."""
        if not _ID.fullmatch(id):
            raise UsageError(
                f"{id[:40]!r} is not the id of an app: it holds digits only.",
                fix="Copy the App ID from the top of Meta's App Dashboard.",
                reason="app-id",
            )
        here = t.apps.c.id == id
        with self._database.writing() as connection:
            values = {"secret": seal(connection, self._vault, secret, bound("secret", id)), "added_at": now}
            if not connection.execute(update(t.apps).where(here).values(values)).rowcount:
                connection.execute(insert(t.apps).values(id=id, **values))
        return App(id, now)

    def all(self) -> list[App]:
        """By id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(t.apps.c.id, t.apps.c.added_at).order_by(t.apps.c.id)).all()
        return [App(row.id, row.added_at) for row in rows]

    def remove(self, id: str) -> None:
        """Forgets an app's secret; the accounts that have it keep it. Raises `UsageError` (reason `unknown-app`)."""
        with self._database.writing() as connection:
            if not connection.execute(delete(t.apps).where(t.apps.c.id == id)).rowcount:
                raise unknown_app(id)

    def secret_of(self, id: str) -> Secret | None:
        """The secret of an app: the one kept for it, else that of an account whose token is of this app."""
        own = select(t.apps.c.secret).where(t.apps.c.id == id)
        theirs = (
            select(t.accounts.c.name, t.accounts.c.app_secret)
            .where(t.accounts.c.app_id == id, t.accounts.c.app_secret.is_not(None), t.accounts.c.removed_at.is_(None))
            .order_by(t.accounts.c.added_at.desc(), t.accounts.c.name)
            .limit(1)
        )
        with self._database.reading() as connection:
            kept = connection.execute(own).scalar()
            account = None if kept is not None else connection.execute(theirs).one_or_none()
        if kept is not None:
            return self._vault.open(bytes(kept), bound("secret", id))
        if account is not None:
            return self._vault.open(bytes(account.app_secret), bound("app_secret", account.name))
        return None


def unknown_app(id: str) -> UsageError:
    return UsageError(
        f"No secret of an app {id[:40]} is kept here.",
        fix=f"Keep it: linewright app add {id[:40]} --secret-file FILE. See `linewright app list`.",
        reason="unknown-app",
    )
