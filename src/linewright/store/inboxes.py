"""Inboxes: where text messages with codes come in, whose secret checks them, and how many came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import IntegrityError

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.ids import PATH_NAME, new_id
from linewright.store.sealing import Vault, bound, seal

__all__ = ["Inbox", "Inboxes", "Tally", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """`account`: for the numbers of that account alone; None for all."""

    id: str
    name: str
    kind: str
    account: str | None
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    count: int
    last_at: datetime


class Inboxes:
    """Every method is one transaction."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, name: str, kind: str, secret: Secret, *, account: str | None, by: str, now: datetime) -> Inbox:
        """Keeps an inbox. Raises `UsageError`: `inbox-name`, `inbox-exists`."""
        if PATH_NAME.fullmatch(name) is None:
            raise UsageError(
                "An inbox's name has 1 to 64 letters, digits, dots, dashes or underscores, and is not . or .. alone.",
                fix="Choose a short name, such as main-line.",
                reason="inbox-name",
            )
        id = new_id("inbox")
        try:
            with self._database.writing() as connection:
                values = {
                    "id": id,
                    "name": name,
                    "kind": kind,
                    "secret": seal(connection, self._vault, secret, bound("secret", id)),
                    "account": account,
                    "made_by": by,
                    "made_at": now,
                }
                return _inbox(connection.execute(insert(t.inboxes).values(values).returning(t.inboxes)).one())
        except IntegrityError:
            raise UsageError(
                f"There is an inbox named {name} already.",
                fix="Choose another name, or remove that one first.",
                reason="inbox-exists",
            ) from None

    def all(self) -> list[Inbox]:
        """Those that are open, by name."""
        query = select(t.inboxes).where(t.inboxes.c.closed_at.is_(None)).order_by(t.inboxes.c.name)
        with self._database.reading() as connection:
            return [_inbox(row) for row in connection.execute(query)]

    def find(self, name: str) -> Inbox:
        """Raises `UsageError` (reason `unknown-inbox`)."""
        found = next((inbox for inbox in self.all() if inbox.name == name), None)
        if found is None:
            raise UsageError(
                f"There is no inbox named {name[:80]}.",
                fix="`linewright inbox list` shows the inboxes.",
                reason="unknown-inbox",
            )
        return found

    def opened(self, name: str) -> tuple[Inbox, Secret] | None:
        """The inbox at this address and the secret that its posts are checked with."""
        query = select(t.inboxes).where(t.inboxes.c.name == name, t.inboxes.c.closed_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return _inbox(row), self._vault.open(bytes(row.secret), bound("secret", row.id))

    def close(self, name: str, now: datetime) -> Inbox:
        """Takes nothing there any more, and forgets its secret and every code that is kept for it. Raises
        `UsageError` (reason `unknown-inbox`)."""
        inbox = self.find(name)
        with self._database.writing() as connection:
            here = update(t.inboxes).where(t.inboxes.c.id == inbox.id)
            connection.execute(here.values(closed_at=now, secret=None))
            connection.execute(update(t.inbox_messages).where(t.inbox_messages.c.inbox == inbox.id).values(code=None))
        return inbox

    def turned_away(self, inbox: str, outcome: str, now: datetime) -> None:
        """Counts a post that was not taken; `inbox` is an id, or empty where there is none of that name."""
        with self._database.writing() as connection:
            count(connection, inbox, outcome, now)

    def tallies(self, inbox: str) -> dict[str, Tally]:
        """How many posts came, by what became of them."""
        query = select(t.inbox_tallies).where(t.inbox_tallies.c.inbox == inbox)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings()
            return {row["outcome"]: Tally(row["count"], row["last_at"]) for row in rows}


def count(connection: Connection, inbox: str, outcome: str, now: datetime) -> None:
    """Counts one more."""
    table = t.inbox_tallies
    new = insert_sqlite if connection.dialect.name == "sqlite" else insert_pg
    values = {"inbox": inbox, "outcome": outcome, "count": 1, "last_at": now}
    statement: Any = new(table).values(values)
    more = {"count": table.c.count + 1, "last_at": now}
    connection.execute(statement.on_conflict_do_update(index_elements=["inbox", "outcome"], set_=more))


def _inbox(row: Row[Any]) -> Inbox:
    return Inbox(id=row.id, name=row.name, kind=row.kind, account=row.account, made_by=row.made_by, made_at=row.made_at)
