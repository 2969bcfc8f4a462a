"""Buys the token of an account with the code of an Embedded Signup: the one call that has no token of its own."""

from __future__ import annotations

from linewright.domain.journal import Answer
from linewright.graph import wire
from linewright.graph.sender import Sender, Transport
from linewright.secret import Secret

__all__ = ["PURCHASE_SECONDS", "buy_token"]

PURCHASE_SECONDS = 10.0
"""Real: the code lives 30 s; an answer that comes later than this would leave no time for a second try."""


async def buy_token(
    app: str, app_secret: Secret, code: Secret, *, base_url: str, version: str, transport: Transport | None = None
) -> tuple[Answer, Secret | None]:
    """The answer, without the token, and the token where it brought one. Raises `UsageError` as `GraphClient` does."""
    sender = Sender(None, base_url=base_url, version=version, transport=transport, timeout=PURCHASE_SECONDS)
    try:
        return await sender.buy(wire.buy_token(app, app_secret, code))
    finally:
        await sender.aclose()
