"""Accounts, and the apps whose signups they come from."""

from __future__ import annotations

from collections.abc import Sequence

from linewright.face.base import Face, Shape
from linewright.secret import Secret
from linewright.shapes import when

__all__ = ["Accounts"]


class Accounts(Face):
    """What is asked of accounts, and of the apps that their signups are started with."""

    async def add_account(
        self,
        name: str,
        waba: str,
        token: Secret,
        *,
        app_secret: Secret | None = None,
        pin_reset: str = "ask",
        subscribe: bool = True,
    ) -> Shape:
        """Adds an account once its id and token were seen to work together, and fetches its numbers."""
        await self._accounts.add(name, waba, token, app_secret=app_secret, pin_reset=pin_reset, subscribe=subscribe)
        return self._account(name)

    async def accounts(self) -> list[Shape]:
        return [self._views.account(line) for line in self._store.accounts.all()]

    async def check_account(self, name: str) -> Shape:
        """Reads the account once; a dead token holds it, a living one releases it."""
        await self._accounts.look(name)
        return self._account(name)

    async def update_account(
        self,
        names: Sequence[str],
        *,
        token: Secret | None = None,
        app_secret: Secret | None = None,
        pin_reset: str | None = None,
        paused: bool | None = None,
        recover: bool | None = None,
        who: str | None = "terminal",
    ) -> list[Shape]:
        """Changes what is given, of all these accounts or of none; a new token releases what waited for it.

        With `recover` its numbers are brought back by themselves; `who` changed that, where nobody else notes it.
        """
        now = self.clock.now()
        self._store.accounts.update(
            names, now=now, token=token, app_secret=app_secret, pin_reset=pin_reset, paused=paused, recover=recover
        )
        for name in names:
            if recover is not None and who is not None:
                self._store.audit.append(now, who, "account update", name, {"recover": recover})
            await self.office.clients.forget(name)
        self._store.checks.soon(names, now, new_token=token is not None)
        return [self._account(name) for name in names]

    async def remove_account(self, name: str) -> Shape:
        """Forgets an account's secrets; its numbers, attempts and sealed PINs stay."""
        shown = self._account(name)
        self._store.accounts.remove(name, now=self.clock.now())
        await self.office.clients.forget(name)
        return shown

    async def webhook(self, account: str, *, who: str = "terminal", point: bool = False) -> tuple[Shape, Secret]:
        """Where Meta should send the account's webhooks, and the token that it repeats in the handshake; leaves an
        audit event. With `point` Meta is told so: it subscribes the app and sets the account's own address.

        Raises `UsageError`: `public-url` where nobody knows how the service is reached.
        """
        name = self._store.accounts.get(account).name
        url, token = f"{self._public_url()}/webhooks/whatsapp/{name}", self._store.webhooks.verify_token(name)
        self._store.audit.append(self.clock.now(), who, "account webhook", name, None)
        if point:
            await self._accounts.point_webhooks(name, url, token)
        has_secret = self._store.accounts.line(name).has_app_secret
        heard = self._store.webhooks.hears(name)
        return {"account": name, "url": url, "app_secret": has_secret, "heard": heard, "set": point}, token

    async def add_app(self, id: str, secret: Secret) -> Shape:
        """Keeps the secret of an app that Embedded Signup is started with: `{"id","added_at"}`."""
        now = self.clock.now()
        app = self._store.apps.add(id, secret, now=now)
        self._store.audit.append(now, "terminal", "app add", id)
        return {"id": app.id, "added_at": when(app.added_at)}

    async def apps(self) -> list[Shape]:
        """The apps whose secret is kept."""
        return [{"id": app.id, "added_at": when(app.added_at)} for app in self._store.apps.all()]

    async def remove_app(self, id: str) -> None:
        """Forgets an app's secret; the accounts that have it keep it. Raises `UsageError` (`unknown-app`)."""
        self._store.apps.remove(id)
        self._store.audit.append(self.clock.now(), "terminal", "app remove", id)
