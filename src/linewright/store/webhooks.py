"""Posts of Meta: taken in once each, counted with those that were turned away, and told of when they are old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.sealing import Vault, bound, verify_token

__all__ = ["KEPT_FOR", "Letter", "Sender", "Tally", "Webhooks", "put_off"]

KEPT_FOR = timedelta(days=30)
"""So long a post is kept: Meta sends one again for at most 7 days (facts, contradiction 18), and a story of what it
told is asked for within the month. What it told stays (`happenings`)."""
TRIES = 10
"""A post that still fails then is left, with its error."""
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
_LIVING = t.accounts.c.removed_at.is_(None)
_SENDER = select(t.accounts.c.waba, t.accounts.c.app_secret).where(t.accounts.c.name == bindparam("of"), _LIVING)
_OLD = and_(t.webhook_events.c.received_at < bindparam("before"), t.webhook_events.c.done_at.is_not(None))
_WAITING = t.webhook_events.c.done_at.is_(None)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose posts come to an account's address: its WABA, and the secret that its app signs with."""

    waba: str
    app_secret: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A post that came. `outcome` is `taken` for one that was signed, else why it was turned away. `body` is what
    is kept of it; None where nothing in it is read here: then it is counted, and that is all."""

    account: str
    outcome: str
    digest: str = ""
    body: Any = None


@dataclass(frozen=True, slots=True)
class Tally:
    count: int
    last_at: datetime


class Webhooks:
    """Every method is one transaction."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    # The door

    def sender(self, account: str) -> Sender | None:
        """None where there is no account of that name. Raises `KeyMismatch` when the key does not fit."""
        with self._database.reading() as connection:
            row = connection.execute(_SENDER, {"of": account}).one_or_none()
        if row is None:
            return None
        sealed = row.app_secret
        secret = None if sealed is None else self._vault.open(bytes(sealed), bound("app_secret", account))
        return Sender(row.waba, secret)

    def verify_token(self, account: str) -> Secret:
        """What Meta repeats in the handshake."""
        return verify_token(self._database, self._vault, account)

    def is_verify_token(self, account: str, given: str) -> bool:
        """Looked at in constant time."""
        return self.verify_token(account) == Secret(given)

    def mac(self, key: Secret, message: bytes) -> str:
        """The signature that a post of this text must carry, in hex."""
        return self._vault.mac(key, message)

    def take(self, letters: Sequence[Letter], now: datetime) -> list[str]:
        """Keeps these in one transaction and counts them; of each what became of it: its outcome, or `repeated`."""
        ordered = sorted(range(len(letters)), key=lambda place: (letters[place].account, letters[place].digest))
        outcomes = [letter.outcome for letter in letters]
        with self._database.writing() as connection:
            for place in ordered:
                letter = letters[place]
                if letter.body is not None and self._keep(connection, letter, now):
                    outcomes[place] = "repeated"
            counted = Counter((letter.account, outcome) for letter, outcome in zip(letters, outcomes, strict=True))
            for (account, outcome), count in sorted(counted.items()):
                self._count(connection, account, outcome, count, now)
        return outcomes

    def _keep(self, connection: Connection, letter: Letter, now: datetime) -> bool:
        """Whether it had come before."""
        table = t.webhook_events
        values = {"account": letter.account, "digest": letter.digest, "received_at": now, "body": letter.body}
        known = {"repeats": table.c.repeats + 1}
        statement = _insert(connection)(table).values(values)
        again = statement.on_conflict_do_update(index_elements=["account", "digest"], set_=known)
        return bool(connection.execute(again.returning(table.c.repeats)).scalar_one())

    def _count(self, connection: Connection, account: str, outcome: str, count: int, now: datetime) -> None:
        table = t.webhook_tallies
        values = {"account": account, "outcome": outcome, "count": count, "last_at": now}
        more = {"count": table.c.count + count, "last_at": now}
        statement = _insert(connection)(table).values(values)
        connection.execute(statement.on_conflict_do_update(index_elements=["account", "outcome"], set_=more))

    # What is known of them

    def tallies(self, account: str) -> dict[str, Tally]:
        """How many posts came, by what became of them; `""` counts those for accounts that are not here."""
        table = t.webhook_tallies
        with self._database.reading() as connection:
            rows = connection.execute(select(table).where(table.c.account == account)).mappings()
            return {row["outcome"]: Tally(row["count"], row["last_at"]) for row in rows}

    def hears(self, account: str) -> bool:
        """Whether a signed post or a handshake ever came to this account's address."""
        return bool({"taken", "repeated", "handshake"} & self.tallies(account).keys())

    def is_used(self, account: str) -> bool:
        """Whether it hears, and has a secret by which posts are taken."""
        with self._database.reading() as connection:
            row = connection.execute(_SENDER, {"of": account}).one_or_none()
        return row is not None and row.app_secret is not None and self.hears(account)

    # The work

    def waiting(self, now: datetime, limit: int) -> list[int]:
        """The posts to be worked through now, in the order in which they came."""
        due = or_(t.webhook_events.c.due_at.is_(None), t.webhook_events.c.due_at <= now)
        query = select(t.webhook_events.c.seq).where(_WAITING, due).order_by(t.webhook_events.c.seq).limit(limit)
        with self._database.reading() as connection:
            return [int(seq) for seq in connection.execute(query).scalars()]

    def failed(self, seq: int, error: str, now: datetime) -> None:
        """Puts a post off, later each time; after the last try it is left with its error."""
        here = and_(t.webhook_events.c.seq == seq, _WAITING)
        with self._database.writing() as connection:
            tries = connection.execute(select(t.webhook_events.c.tries).where(here)).scalar()
            if tries is None:
                return
            values: dict[str, Any] = {"tries": tries + 1, "error": error[:500], "due_at": put_off(tries, now)}
            if tries + 1 >= TRIES:
                values["done_at"] = now
            connection.execute(update(t.webhook_events).where(here).values(values))

    def forget_old(self, now: datetime) -> int:
        """Deletes posts that were worked through and kept long enough; what they told stays. How many."""
        before = {"before": now - KEPT_FOR}
        with self._database.writing() as connection:
            old = select(t.webhook_events.c.seq).where(_OLD)
            connection.execute(update(t.happenings).where(t.happenings.c.event.in_(old)).values(event=None), before)
            return connection.execute(delete(t.webhook_events).where(_OLD), before).rowcount


def put_off(tries: int, now: datetime) -> datetime:
    """When a post that failed so often before is tried again."""
    return now + BACK_OFF[min(tries, len(BACK_OFF) - 1)]


def _insert(connection: Connection) -> Any:
    return insert_sqlite if connection.dialect.name == "sqlite" else insert_pg
