"""Accounts, as the API shows them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from linewright.service.api.models.base import Listing, Moment, like

__all__ = ["AccountShape", "Accounts"]


class AccountShape(BaseModel):
    """A WhatsApp Business Account; its secrets are never given out."""

    model_config = like("account")
    name: str
    waba: str
    state: Literal["ok", "on_hold", "paused"]
    reason: str | None
    until: Moment | None
    task: str | None
    pin_reset: Literal["ask", "auto"]
    numbers: int


class Accounts(Listing):
    items: list[AccountShape]
