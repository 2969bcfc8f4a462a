"""A link on its way out: told to whoever asked for it, or sent by a channel."""

from __future__ import annotations

from typing import Any

from linewright.alert_desk import AlertDesk
from linewright.service.desk import Desk

__all__ = ["link_by_channel", "link_for"]


async def link_for(desk: Desk, task: str, who: str) -> dict[str, Any]:
    """A new link for an open question: `{"url","expires_at"}`; see `Linewright.link` for what it raises."""
    return await desk.linewright.link(task, who=who, public_url=desk.public_url, now=desk.now())


async def link_by_channel(desk: Desk, task: str, channel: str, who: str) -> dict[str, Any]:
    """Makes a new link and sends it by a channel: `{"channel","expires_at"}`. The channel is looked up first: a link
    that goes nowhere would end the one before. Raises what `link_for` raises, and what `AlertDesk.send_link` does."""
    alerts = AlertDesk(desk.linewright.office)
    alerts.named(channel)
    made = await link_for(desk, task, who)
    return await alerts.send_link(task, channel, made["url"], made["expires_at"], who=who)
