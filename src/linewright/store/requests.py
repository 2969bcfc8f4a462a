"""What was answered to requests that carried an `Idempotency-Key`, kept for a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.digest import digest_of
from linewright.store.engine import Database
from linewright.store.rows import Row
from linewright.store.sealing import Vault, fingerprint_key

__all__ = ["RENEW_SECONDS", "Begun", "Kept", "Refusal", "Requests"]

KEPT_FOR = timedelta(hours=24)
LEFT_BEHIND = timedelta(minutes=1)
"""A request without an answer, and not renewed for so long, died with its process: the next one takes its place."""
RENEW_SECONDS = 20.0
"""Real: so often whoever answers a request says that it is under way still."""
PRUNED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that is under way, last renewed at `at`; nobody else answers it."""

    caller: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What was answered; `answer` is None where it held a secret."""

    status: int
    answer: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The key is taken: by another request (`reused`), or by this one, which is still under way."""

    reused: bool


class Requests:
    """Every method is one transaction; `now` is real time. Bodies are kept as a keyed digest only: some hold a
    PIN, which a plain digest would give away to whoever tries a million of them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._pruned_at: datetime | None = None

    def begin(self, bearer: Secret, key: str, request: bytes, now: datetime) -> Begun | Kept | Refusal:
        """`bearer` is who asks, `request` all that tells this request from another."""
        begun = Begun(digest_of(bearer), key, now)
        digest = self._digest(request)
        for _ in range(2):
            try:
                with self._database.writing() as connection:
                    self._prune(connection, now)
                    return _begin(connection, begun, digest)
            except IntegrityError:
                continue  # two began together
        return Refusal(reused=False)

    def renew(self, begun: Begun, now: datetime) -> Begun | None:
        """The same request, under way still; None when another took its place by now, or it was answered."""
        here = (*_mine(begun), t.requests.c.status.is_(None))
        with self._database.writing() as connection:
            mine = connection.execute(update(t.requests).where(*here).values(at=now)).rowcount
        return replace(begun, at=now) if mine else None

    def finish(self, begun: Begun, status: int, answer: dict[str, Any] | None) -> None:
        """Keeps the answer, unless another took the request's place meanwhile."""
        with self._database.writing() as connection:
            connection.execute(update(t.requests).where(*_mine(begun)).values(status=status, answer=answer))

    def release(self, begun: Begun) -> None:
        """As if it had never come: nothing was done, or it may be done again."""
        with self._database.writing() as connection:
            connection.execute(delete(t.requests).where(*_mine(begun), t.requests.c.status.is_(None)))

    def _digest(self, request: bytes) -> str:
        said = Secret(hashlib.sha256(request).hexdigest())
        return self._vault.fingerprint(fingerprint_key(self._database, self._vault), "request", said)

    def _prune(self, connection: Connection, now: datetime) -> None:
        if self._pruned_at is None or now - self._pruned_at >= PRUNED_EVERY:
            connection.execute(delete(t.requests).where(t.requests.c.at <= now - KEPT_FOR))
            self._pruned_at = now


def _begin(connection: Connection, begun: Begun, digest: str) -> Begun | Kept | Refusal:
    here = (t.requests.c.caller == begun.caller, t.requests.c.key == begun.key)
    row = connection.execute(select(t.requests).where(*here).with_for_update()).mappings().one_or_none()
    fresh = {"digest": digest, "at": begun.at, "status": None, "answer": None}
    if row is None:
        connection.execute(insert(t.requests).values(caller=begun.caller, key=begun.key, **fresh))
        return begun
    if _is_over(row, begun.at):
        connection.execute(update(t.requests).where(*here).values(fresh))
        return begun
    if row["digest"] != digest:
        return Refusal(reused=True)
    if row["status"] is None:
        return Refusal(reused=False)
    return Kept(row["status"], row["answer"])


def _is_over(row: Row, now: datetime) -> bool:
    """Whether its day is over, or its process died; a clock set back makes it neither."""
    age = now - row["at"]
    return bool(age >= KEPT_FOR or (row["status"] is None and age >= LEFT_BEHIND))


def _mine(begun: Begun) -> tuple[Any, ...]:
    here = (t.requests.c.caller == begun.caller, t.requests.c.key == begun.key)
    return (*here, t.requests.c.at == begun.at)
