"""The people of the page, asked from the machine that holds the home."""

from __future__ import annotations

from datetime import datetime

from linewright.clock import SystemClock
from linewright.errors import UsageError
from linewright.face.base import Face, Shape
from linewright.shapes import when
from linewright.store.digest import address_of
from linewright.store.users import INVITED_FOR, Role

__all__ = ["People"]


class People(Face):
    """Who may log in to the page."""

    async def people(self) -> list[Shape]:
        """Who may log in to the page: `{"name","role","made_at"}` each."""
        users = [user for user in self._store.users.all() if user.closed_at is None]
        return [{"name": user.name, "role": user.role.value, "made_at": when(user.made_at)} for user in users]

    async def invite(self, name: str | None = None, *, now: datetime | None = None) -> Shape:
        """A one-time address, good for two days: it gives the user of this name a new password, or, without a
        name, makes a new admin. Raises `UsageError`: `unknown-user`, `public-url`."""
        public_url, now = self._public_url(), now or SystemClock().now()
        users = self._store.users
        if name is None:
            bearer = users.invite(Role.ADMIN, "terminal", now)
        else:
            plain = " ".join(name.split()).casefold()
            known = next((user for user in users.all() if user.name == plain and user.closed_at is None), None)
            if known is None:
                raise UsageError(
                    f"Nobody named {name[:80]!r} can log in here.",
                    fix="`linewright user list` shows who can.",
                    reason="unknown-user",
                )
            bearer = users.invite_again(known.id, "terminal", now)
        self._store.audit.append(self.clock.now(), "terminal", "user invite", name or Role.ADMIN.value)
        return {"url": address_of(public_url, "welcome", bearer), "expires_at": when(now + INVITED_FOR)}
