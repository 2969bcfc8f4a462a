"""Where alerts go. Addresses and signing secrets are kept sealed: most addresses hold a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.domain.quiet import Quiet
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.ids import PATH_NAME, new_id
from linewright.store.sealing import Vault, bound, seal

__all__ = ["APPRISE", "WEBHOOK", "Channel", "Channels", "open_channels", "quiet_of"]

APPRISE, WEBHOOK = "apprise", "webhook"
REMOVED = "The channel was removed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`quiet` is `{"from","until","zone"}` ("22:00", "07:00", "Europe/Berlin"), or None."""

    id: str
    name: str
    kind: str
    quiet: Mapping[str, str] | None
    made_by: str
    made_at: datetime


class Channels:
    """Every method is one transaction."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(
        self,
        name: str,
        kind: str,
        address: Secret,
        *,
        secret: Secret | None,
        quiet: Mapping[str, str] | None,
        by: str,
        now: datetime,
    ) -> Channel:
        """Keeps a channel. Raises `UsageError`: `channel-name`, `channel-exists`."""
        if PATH_NAME.fullmatch(name) is None:
            raise UsageError(
                "A channel's name has 1 to 64 letters, digits, dots, dashes or underscores, and is not . or .. alone.",
                fix="Choose a short name, such as ops-mail.",
                reason="channel-name",
            )
        id = new_id("channel")
        try:
            with self._database.writing() as connection:
                values = {
                    "id": id,
                    "name": name,
                    "kind": kind,
                    "url": seal(connection, self._vault, address, bound("url", id)),
                    "secret": seal(connection, self._vault, secret, bound("secret", id)) if secret else None,
                    "quiet": dict(quiet) if quiet else None,
                    "made_by": by,
                    "made_at": now,
                }
                return _channel(connection.execute(insert(t.channels).values(values).returning(t.channels)).one())
        except IntegrityError:
            raise UsageError(
                f"There is a channel named {name} already.",
                fix="Choose another name, or remove that one first.",
                reason="channel-exists",
            ) from None

    def all(self) -> list[Channel]:
        """Those that are open, by name."""
        with self._database.reading() as connection:
            return open_channels(connection)

    def find(self, name: str) -> Channel:
        """By name or id. Raises `UsageError` (reason `unknown-channel`)."""
        found = [channel for channel in self.all() if name in (channel.name, channel.id)]
        if not found:
            raise UsageError(
                f"There is no channel named {name[:80]}.",
                fix="`linewright alert list` shows the channels.",
                reason="unknown-channel",
            )
        return found[0]

    def open(self, id: str) -> tuple[Secret, Secret | None]:
        """The address of a channel, and the secret that signs what goes there."""
        query = select(t.channels.c.url, t.channels.c.secret).where(t.channels.c.id == id)
        with self._database.reading() as connection:
            address, secret = connection.execute(query).one()
        opened = self._vault.open(bytes(secret), bound("secret", id)) if secret is not None else None
        return self._vault.open(bytes(address), bound("url", id)), opened

    def close(self, name: str, now: datetime) -> Channel:
        """Sends nothing there any more, and forgets the address; what waited for it is given up. Raises
        `UsageError` (reason `unknown-channel`)."""
        channel = self.find(name)
        waiting = t.deliveries.c.channel == channel.id, t.deliveries.c.state == "waiting"
        with self._database.writing() as connection:
            connection.execute(update(t.deliveries).where(*waiting).values(state="gave_up", error=REMOVED))
            here = update(t.channels).where(t.channels.c.id == channel.id)
            gone = seal(connection, self._vault, Secret(" "), bound("url", channel.id))
            connection.execute(here.values(closed_at=now, url=gone, secret=None))
        return channel


def open_channels(connection: Connection) -> list[Channel]:
    query = select(t.channels).where(t.channels.c.closed_at.is_(None)).order_by(t.channels.c.name)
    return [_channel(row) for row in connection.execute(query)]


def quiet_of(kept: Mapping[str, str] | None) -> Quiet | None:
    """Raises `ValueError` for hours or a time zone that there are not (`ZoneInfoNotFoundError` is a `KeyError`)."""
    if not kept:
        return None
    begins, ends = (time.fromisoformat(kept[name]) for name in ("from", "until"))
    return Quiet(begins, ends, ZoneInfo(kept["zone"]))


def _channel(row: Row[Any]) -> Channel:
    return Channel(id=row.id, name=row.name, kind=row.kind, quiet=row.quiet, made_by=row.made_by, made_at=row.made_at)
