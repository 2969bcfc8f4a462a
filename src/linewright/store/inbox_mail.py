"""Codes that come by themselves: matched to the phone that waits for one, given as an answer once, and forgotten.

A message may come before the question that it answers is committed: the remote sends the code while its own answer to
our request is still on the way. Its code is then kept sealed, and given when the question is asked. Both sides lock the
operation first, so that one of them sees the other whatever the order.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from linewright.domain.journal import CallKind, Outcome
from linewright.domain.operation import ReplyKind, TaskKind
from linewright.domain.verification import CODE_VALID
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.ids import new_id
from linewright.store.inboxes import Inbox, count
from linewright.store.people import Brought, file_reply
from linewright.store.sealing import Vault, bound, fingerprint_key, seal

__all__ = ["CLOCKS_APART", "KNOWN_FOR", "InboxMail", "forget", "forget_old", "stale", "take_up"]

CLOCKS_APART = timedelta(seconds=30)
"""A message that was sent so shortly before our request, by another's clock, may be its answer. Code requests are a
minute apart, so that it is not the answer to the one before."""
KNOWN_FOR = timedelta(days=30)
"""So long a message is known by its id: not every provider's signature tells a time."""
WHO = "inbox:"


class InboxMail:
    """Takes messages. What they say is never kept, but for a sealed code that waits for its question."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def take(
        self, inbox: Inbox, id: str, e164: str, text: Secret, *, sent_at: datetime | None, now: datetime
    ) -> tuple[str, str | None]:
        """What became of a message, in one transaction, and the operation that it answered.

        `used`; `kept` for a question that is about to be asked; `repeated`; `no-code`; `nobody-waits`; `old`: sent
        before the code that is waited for was requested; `other-account`.
        """
        code = self._vault.code_in(text, from_whatsapp=True)
        if code is None:
            return self._counted(inbox, "no-code", now), None
        name = self._vault.fingerprint(fingerprint_key(self._database, self._vault), e164, code)
        with self._database.writing() as connection:
            waits = _locked(connection, e164)
            message = _noted(connection, inbox, id, now)
            outcome = "repeated" if message is None else _unfit(inbox, waits, sent_at, now)
            if outcome is None and waits is not None:
                outcome = _given_before(connection, e164, name, waits["requested_at"])
            if outcome is None and waits is not None and message is not None:
                kept = seal(connection, self._vault, code, bound("code", message))
                here = update(t.inbox_messages).where(t.inbox_messages.c.id == message)
                connection.execute(here.values(e164=e164, code=kept, fingerprint=name))
                outcome = "used" if take_up(connection, self._vault, waits["id"], now) else "kept"
            if outcome != "used":
                count(connection, inbox.id, outcome or "nobody-waits", now)
            forget_old(connection, now)
        return outcome or "nobody-waits", waits["id"] if waits is not None and outcome == "used" else None

    def _counted(self, inbox: Inbox, outcome: str, now: datetime) -> str:
        with self._database.writing() as connection:
            count(connection, inbox.id, outcome, now)
        return outcome


def take_up(connection: Connection, vault: Vault, operation: str, now: datetime) -> bool:
    """Gives the kept code of an operation's phone, if there is one, as the answer to its open question for a code.

    Within the caller's transaction, which has locked the operation. The code is forgotten here; what is kept sealed
    is the reply's. Counts the message as used.
    """
    task = connection.execute(_question(operation)).mappings().one_or_none()
    if task is None or ReplyKind.VALUE.value not in task["answers"]:
        return False
    message = connection.execute(_kept(task["e164"])).mappings().first()
    if message is None:
        return False
    forget(connection, task["e164"])
    asked = _requested_at(connection, task["e164"])
    if asked is None or not _in_time(asked, message["received_at"], now):
        return False
    code = vault.open(bytes(message["code"]), bound("code", message["id"]))
    reply = new_id("reply")
    sealed = seal(connection, vault, code, bound("code", reply))
    file_reply(connection, task, ReplyKind.VALUE, now, Brought(code=sealed), id=reply)
    detail = {"answer": ReplyKind.VALUE.value}
    values = {"at": now, "who": WHO + message["name"], "action": "task answer", "subject": task["id"], "detail": detail}
    connection.execute(insert(t.audit).values(values))
    count(connection, message["inbox"], "used", now)
    return True


def forget(connection: Connection, e164: str) -> None:
    """Forgets the codes that are kept for a phone."""
    kept = (t.inbox_messages.c.e164 == e164, t.inbox_messages.c.code.is_not(None))
    connection.execute(update(t.inbox_messages).where(*kept).values(code=None))


def forget_old(connection: Connection, now: datetime) -> None:
    """Forgets ids that are old, and codes whose question never came; what somebody else is at is theirs to forget."""
    connection.execute(update(t.inbox_messages).where(_unlocked(stale(now))).values(code=None))
    connection.execute(delete(t.inbox_messages).where(_unlocked(t.inbox_messages.c.received_at <= now - KNOWN_FOR)))


def _unlocked(which: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(t.inbox_messages.c.id).where(which).order_by(t.inbox_messages.c.id)
    return t.inbox_messages.c.id.in_(found.with_for_update(skip_locked=True))


def stale(now: datetime) -> ColumnElement[bool]:
    """Kept codes that are no longer valid."""
    return and_(t.inbox_messages.c.code.is_not(None), t.inbox_messages.c.received_at <= now - CODE_VALID)


def _noted(connection: Connection, inbox: Inbox, id: str, now: datetime) -> str | None:
    """Notes a message by its sender's id; None where it had come before."""
    new: Any = insert_sqlite if connection.dialect.name == "sqlite" else insert_pg
    values = {"id": new_id("mail"), "inbox": inbox.id, "digest": _digest(id), "received_at": now}
    statement = new(t.inbox_messages).values(values).on_conflict_do_nothing().returning(t.inbox_messages.c.id)
    return connection.execute(statement).scalar()


def _locked(connection: Connection, e164: str) -> dict[str, Any] | None:
    """The open operation of a phone, and when it requested the code that it waits for."""
    here = (t.operations.c.e164 == e164, t.operations.c.ended_at.is_(None))
    query = select(t.operations.c.id, t.operations.c.account).where(*here).with_for_update()
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else {**found, "requested_at": _requested_at(connection, e164)}


def _requested_at(connection: Connection, e164: str) -> datetime | None:
    """When the newest code was requested here; an intent counts, since its answer may still be on the way."""
    refused = (Outcome.REFUSED.value, Outcome.NOT_SENT.value, Outcome.UNREACHABLE.value)
    mine = (t.attempts.c.e164 == e164, t.attempts.c.call == CallKind.REQUEST_CODE.value)
    sent = or_(t.attempts.c.outcome.is_(None), t.attempts.c.outcome.not_in(refused))
    query = select(t.attempts.c.at).where(*mine, sent).order_by(t.attempts.c.seq.desc()).limit(1)
    return connection.execute(query).scalar()


def _unfit(inbox: Inbox, waits: dict[str, Any] | None, sent_at: datetime | None, now: datetime) -> str | None:
    """Why a message is none that this phone waits for."""
    if waits is None or waits["requested_at"] is None or now - waits["requested_at"] >= CODE_VALID:
        return "nobody-waits"
    if inbox.account is not None and waits["account"] != inbox.account:
        return "other-account"
    return None if _in_time(waits["requested_at"], sent_at or now, now) else "old"


def _in_time(asked: datetime, sent_at: datetime, now: datetime) -> bool:
    """Whether a message can be the answer to a request, by the time that its own sender told."""
    return now - asked < CODE_VALID and sent_at >= asked - CLOCKS_APART


def _given_before(connection: Connection, e164: str, name: str, since: datetime) -> str | None:
    """`repeated` where this code came already for the same request: it is spent, whoever sends it again."""
    here = (t.inbox_messages.c.e164 == e164, t.inbox_messages.c.fingerprint == name)
    query = select(t.inbox_messages.c.id).where(*here, t.inbox_messages.c.received_at >= since - CLOCKS_APART).limit(1)
    return "repeated" if connection.execute(query).scalar() is not None else None


def _question(operation: str) -> Any:
    here = (t.tasks.c.operation == operation, t.tasks.c.state == "open", t.tasks.c.kind == TaskKind.OTP.value)
    joined = select(t.tasks, t.operations.c.e164).join_from(t.tasks, t.operations)
    return joined.where(*here, t.operations.c.ended_at.is_(None), t.operations.c.task == t.tasks.c.id)


def _kept(e164: str) -> Any:
    """The newest code that is kept for a phone."""
    named = select(t.inbox_messages, t.inboxes.c.name).join_from(t.inbox_messages, t.inboxes)
    here = named.where(t.inbox_messages.c.e164 == e164, t.inbox_messages.c.code.is_not(None))
    return here.order_by(t.inbox_messages.c.received_at.desc(), t.inbox_messages.c.id)


def _digest(id: str) -> str:
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()
