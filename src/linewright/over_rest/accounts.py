"""Accounts and adoption, asked of a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from linewright.over_rest.base import Remote, Shape
from linewright.rest_client import segment
from linewright.secret import Secret

__all__ = ["Accounts"]


class Accounts(Remote):
    """What is asked of accounts."""

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
        body = {"name": name, "waba": waba, "token": token, "app_secret": app_secret}
        return await self._shape("/accounts", body | {"pin_reset": pin_reset, "subscribe": subscribe})

    async def accounts(self) -> list[Shape]:
        return await self._rest.items("/accounts")

    async def check_account(self, name: str) -> Shape:
        return await self._shape(f"/accounts/{segment(name)}/check")

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
        body = {"names": list(names), "token": token, "app_secret": app_secret, "recover": recover}
        changed = await self._rest.patch("/accounts", body | {"pin_reset": pin_reset, "paused": paused})
        return list(changed["items"])

    async def adopt(
        self,
        waba: str | None = None,
        *,
        number: str | None = None,
        code: Secret | None = None,
        token: Secret | None = None,
        app: str | None = None,
        event: str | Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Shape:
        """See `Linewright.adopt`; the service needs the secret of the app."""
        body = {"waba": waba, "number": number, "code": code, "token": token, "app": app}
        return await self._shape("/adopt", body | {"event": event, "name": name})

    async def remove_account(self, name: str) -> Shape:
        gone: Shape = await self._rest.delete(f"/accounts/{segment(name)}")
        return gone
