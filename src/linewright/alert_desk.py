"""What people do with alerts: add a channel, try it, remove it, read what was told, send a link by it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from linewright.clock import SystemClock
from linewright.domain.alerts import is_urgent
from linewright.errors import RemoteUnavailable, UsageError
from linewright.secret import Secret
from linewright.senders import MOST_ITEMS, Message, Outcome, checked, masked, new_secret, send, told_once
from linewright.shapes import when
from linewright.store.channels import APPRISE, WEBHOOK, Channel
from linewright.store.deliveries import Told
from linewright.store.ids import new_id
from linewright.store.rows import Row
from linewright.wiring import Installation

__all__ = ["AlertDesk", "quiet_hours"]

Shape = dict[str, Any]
TEST_TITLE = "A test from Linewright"
TEST_BODY = "This channel works: alerts reach you here. Nothing is wrong, and nothing needs to be done."


class AlertDesk:
    """Results are JSON shapes. Every act leaves a line in the audit, by `who`. Nothing here shows an address."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store

    def add(self, name: str, kind: str, address: Secret, *, quiet: Mapping[str, str] | None, who: str) -> Shape:
        """Keeps a channel: CHANNEL, and as `secret` what signs the posts of a webhook, shown this once. Raises
        `UsageError`: `channel-name`, `channel-exists`, `channel-kind`, `channel-address`."""
        if kind not in (APPRISE, WEBHOOK):
            raise UsageError(
                "A channel is of the kind apprise or webhook.", fix="Choose one of the two.", reason="channel-kind"
            )
        secret = new_secret() if kind == WEBHOOK else None
        kept, now = checked(kind, address), self._office.clock.now()
        made = self._store.channels.add(name, kind, kept, secret=secret, quiet=quiet, by=who, now=now)
        self._note(who, "channel add", name, kind=kind)
        return self._shape(made) | {"secret": told_once(secret) if secret is not None else None}

    def channels(self) -> list[Shape]:
        """CHANNEL `{"name","kind","address","quiet","made_by","made_at"}` each; of an address what may be shown."""
        return [self._shape(channel) for channel in self._store.channels.all()]

    def named(self, name: str) -> Shape:
        """CHANNEL by its name. Raises `UsageError` (reason `unknown-channel`)."""
        return self._shape(self._store.channels.find(name))

    def remove(self, name: str, *, who: str) -> Shape:
        """Raises `UsageError` (reason `unknown-channel`)."""
        shown = self._shape(self._store.channels.find(name))
        self._store.channels.close(name, self._office.clock.now())
        self._note(who, "channel remove", shown["name"])
        return shown

    async def test(self, name: str | None, *, who: str) -> list[Shape]:
        """Sends a test at once, whatever the hour: `{"channel","ok","error"}` each. Raises `UsageError`:
        `unknown-channel`, `no-channel`."""
        chosen = [self._store.channels.find(name)] if name else self._store.channels.all()
        if not chosen:
            raise UsageError(
                "There is no channel to test.",
                fix="Add one first: `linewright alert add NAME --apprise-file FILE`.",
                reason="no-channel",
            )
        now = self._office.clock.now()
        message = Message(id=new_id("alert"), kind="test", at=now, account=None, title=TEST_TITLE, body=TEST_BODY)
        outcomes = await asyncio.gather(*(self._send(channel, message) for channel in chosen))
        pairs = list(zip(chosen, (outcome.error for outcome in outcomes), strict=True))
        self._store.deliveries.note("test", TEST_TITLE, TEST_BODY, [(each.id, error) for each, error in pairs], now)
        for channel, error in pairs:
            self._note(who, "channel test", channel.name, worked=error is None)
        return [{"channel": channel.name, "ok": error is None, "error": error} for channel, error in pairs]

    async def send_link(self, task: str, name: str, url: str, expires_at: str, *, who: str) -> Shape:
        """Sends a question's link by a channel, at once and this once: the link is a secret, so it is kept nowhere,
        and what was sent is noted without it. `{"channel","expires_at"}`. Raises `UsageError` (`unknown-channel`) and
        `RemoteUnavailable` (`channel-failed`)."""
        channel = self._store.channels.find(name)
        found, now = self._store.tasks.get(task), self._office.clock.now()
        phone = (found.number.display or found.number.e164) if found.number else found.account
        title = f"A question about {phone}"
        body = f"Please answer one question about {phone}. It needs no login, and works until {expires_at}:\n{url}"
        message = Message(id=new_id("alert"), kind="task", at=now, account=found.account, title=title, body=body)
        outcome = await self._send(channel, message)
        told = f"The link of the question {task} was sent. Its address is kept nowhere."
        self._store.deliveries.note("task", title, told, [(channel.id, outcome.error)], now)
        self._note(who, "task link send", task, channel=channel.name, worked=outcome.error is None)
        if outcome.error is not None:
            raise RemoteUnavailable(
                f"The channel {channel.name} did not take the link: {outcome.error}",
                fix="Nobody has the link. Try `linewright alert test`, or send the question by another channel.",
                reason="channel-failed",
            )
        return {"channel": channel.name, "expires_at": expires_at}

    def log(self, *, limit: int = 50, before: str | None = None) -> tuple[list[Shape], str | None]:
        """The alerts, the newest first, with their deliveries; and where the next page begins."""
        told, more = self._store.deliveries.listing(limit=limit, before=before)
        return [_alert(each) for each in told], more

    async def _send(self, channel: Channel, message: Message) -> Outcome:
        address, secret = self._store.channels.open(channel.id)
        return await send(channel.kind, address, secret, message, now=SystemClock().now())

    def _shape(self, channel: Channel) -> Shape:
        address, _ = self._store.channels.open(channel.id)
        return {
            "name": channel.name,
            "kind": channel.kind,
            "address": masked(channel.kind, address),
            "quiet": dict(channel.quiet) if channel.quiet else None,
            "made_by": channel.made_by,
            "made_at": when(channel.made_at),
        }

    def _note(self, who: str, action: str, subject: str, **detail: Any) -> None:
        self._store.audit.append(self._office.clock.now(), who, action, subject, detail or None)


def quiet_hours(span: str, zone: str) -> dict[str, str] | None:
    """From "22:00-07:00" and a time zone's name; None for an empty span. Raises `UsageError` (`quiet-hours`)."""
    if not span.strip():
        return None
    begins, _, ends = (part.strip() for part in span.partition("-"))
    try:
        first, last = time.fromisoformat(begins), time.fromisoformat(ends)
        good = first != last and not (first.tzinfo or last.tzinfo)
    except ValueError:
        good = False
    if not good:
        raise UsageError(
            "These are no quiet hours.", fix="Give two times of the day, such as 22:00-07:00.", reason="quiet-hours"
        )
    zone = zone.strip() or "UTC"
    if zone not in available_timezones():
        raise UsageError(
            "There is no such time zone.", fix="Give a name such as Europe/Berlin or UTC.", reason="quiet-hours"
        )
    return {"from": f"{first:%H:%M}", "until": f"{last:%H:%M}", "zone": zone}


def _alert(told: Told) -> Shape:
    row = told.alert
    items = row["items"]
    return {
        "id": row["id"],
        "at": when(row["at"]),
        "kind": row["kind"],
        "account": row["account"],
        "title": row["title"],
        "body": row["body"],
        "urgent": is_urgent(items),
        "total": len(items),
        "items": items[:MOST_ITEMS],
        "deliveries": [_way(each) for each in told.deliveries],
    }


def _way(row: Row) -> Shape:
    waiting = row["state"] == "waiting"
    return {
        "channel": row["channel_name"],
        "state": row["state"],
        "tries": row["tries"],
        "due_at": when(row["due_at"]) if waiting else None,
        "sent_at": when(row["sent_at"]),
        "error": row["error"],
    }
