"""The token that an account is adopted with: bought with a code at once and sealed, given, or kept from before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linewright.accounts import plausible
from linewright.adopt_words import code_lost, code_refused, nothing_in_hand
from linewright.clock import SystemClock, monotonic
from linewright.domain.journal import Outcome
from linewright.errors import RemoteUnavailable, UsageError
from linewright.graph.client import GraphClient
from linewright.graph.purchase import PURCHASE_SECONDS
from linewright.secret import Secret
from linewright.store.adoptions import Adoption
from linewright.store.apps import unknown_app
from linewright.wiring import Installation

__all__ = ["Hand", "TokenDesk", "Wish", "app_of"]

LOOK_SECONDS = 0.05
"""Real: so often it is looked whether the request that has the code is through with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for. A code or a token, or neither: then what is kept of this WABA is taken."""

    waba: str | None
    number: str | None = None
    code: Secret | None = None
    token: Secret | None = None
    app: str | None = None
    event: str | Mapping[str, Any] | None = None
    name: str | None = None
    who: str = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """A token in hand, and the code that it came by, where it came by one."""

    token: Secret
    adoption: Adoption | None = None


class TokenDesk:
    """Raises what `AdoptionDesk` raises."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store

    async def in_hand(self, wish: Wish, waba: str) -> Hand:
        """The token to adopt with; a code is exchanged before anything else."""
        if wish.token is not None:
            plausible(waba, wish.token)
            return Hand(token=wish.token)
        if wish.code is not None:
            return await self._by_code(wish, waba, wish.code)
        left, known = self._store.adoptions.left(waba), self._store.accounts.of_waba(waba)
        if left is not None and left.token is not None:
            return Hand(token=left.token, adoption=left)
        if known is not None:
            return Hand(token=self._store.accounts.open_token(known))
        raise nothing_in_hand(waba)

    async def _by_code(self, wish: Wish, waba: str, code: Secret) -> Hand:
        """The token of this code: bought now, or by the request that came with it before."""
        app = wish.app or ""
        secret = self._store.apps.secret_of(app)
        if secret is None:
            raise unknown_app(app)
        adoption = await self._claimed(code, waba, app)
        if adoption.account is not None:
            if adoption.waba != waba:
                raise UsageError(
                    f"This code was taken already, for the account {adoption.account} ({adoption.waba}).",
                    fix="Name that WABA, or have the customer go through Embedded Signup again.",
                    reason="code-used",
                )
            return Hand(token=self._store.accounts.open_token(adoption.account), adoption=adoption)
        if adoption.token is not None:
            return Hand(token=adoption.token, adoption=adoption)
        return Hand(token=await self._bought(adoption, secret, code, wish.who), adoption=adoption)

    async def _claimed(self, code: Secret, waba: str, app: str) -> Adoption:
        """Waits for another request that has the same code: a double click."""
        ends = monotonic() + PURCHASE_SECONDS
        while True:
            now, real = self._office.clock.now(), SystemClock().now()
            adoption = self._store.adoptions.begin(code, waba, app, now=now, real=real)
            if adoption.mine or adoption.token is not None or adoption.account is not None:
                return adoption
            if monotonic() >= ends:
                raise RemoteUnavailable(
                    "Another request is exchanging this code, and has no answer yet.",
                    fix="Send the same request again in a moment; what that one finds is used.",
                    reason="in-doubt",
                )
            await asyncio.sleep(LOOK_SECONDS)

    async def _bought(self, adoption: Adoption, secret: Secret, code: Secret, who: str) -> Secret:
        """The exchange, and before anything else the token is sealed."""
        adoptions = self._store.adoptions
        try:
            answer, token = await self._office.clients.buy_token(adoption.app, secret, code)
            if token is not None:
                adoptions.bought(adoption.digest, token)
        except BaseException:
            adoptions.release(adoption.digest)
            raise
        error = answer.error
        told: dict[str, Any] = {"outcome": answer.outcome.value, "fbtrace_id": answer.fbtrace_id, "app": adoption.app}
        told |= {"code": error.code, "subcode": error.subcode} if error is not None else {}
        self._store.audit.append(self._office.clock.now(), who, "adopt: code sent", adoption.waba, told)
        if token is not None:
            return token
        adoptions.release(adoption.digest)
        raise code_refused(answer, adoption.app) if answer.outcome is Outcome.REFUSED else code_lost(answer)


async def app_of(client: GraphClient, wish: str | None) -> str | None:
    """The app of the token, as the remote tells it; as it was named where the remote tells none."""
    told = await client.debug_token()
    found = told.body.get("app_id") if told.outcome is Outcome.OK else None
    if found and wish and str(found) != wish:
        raise UsageError(
            f"This token belongs to the app {found}, not to {wish}.",
            fix=f"Name the app {found}, or give a token of {wish}.",
            reason="other-app",
        )
    return str(found) if found else wish
