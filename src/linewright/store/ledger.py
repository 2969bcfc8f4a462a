"""The ledger in a database: what a turn reads and writes. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.number import Reading, Storage
from linewright.domain.operation import OPEN_STATES, Hold, TaskKind
from linewright.domain.pins import Pin, PinOrigin
from linewright.engine.ports import SEND_SECONDS, Lease, Rested
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.checks import hasten
from linewright.store.conditions import refresh
from linewright.store.engine import Database
from linewright.store.fence import real_time, stand
from linewright.store.gather import Parts, gather
from linewright.store.ids import new_id
from linewright.store.inbox_mail import forget, forget_old, stale, take_up
from linewright.store.keep import keep_reading, wake
from linewright.store.pages import add_number
from linewright.store.pin_safe import PinSafe
from linewright.store.rest import rest
from linewright.store.rows import (
    CODE_KEPT,
    answer_values,
    attempt_values,
    hold_of,
    hold_value,
    storage_value,
)
from linewright.store.sealing import Vault, bound
from linewright.store.weather import claim_probe, hear

__all__ = ["HELD", "SqlLedger"]

HELD = ("account-on-hold", "account-paused", "usage-limit")
"""The reasons for which an operation rests when its account is held."""


class SqlLedger:
    """`engine.ports.Ledger` on SQLite or PostgreSQL. `real` stands in for the database's clock, in epoch seconds."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        name: Callable[[str], str] = new_id,
        *,
        real: Callable[[], float] | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._safe = PinSafe(database, vault, name)
        self._real = real_time(database, real)
        self._lease: Lease | None = None
        self._parts = Parts()
        self._held = False
        self._catalogue: Catalogue | None = None

    def under(self, lease: Lease) -> SqlLedger:
        held = copy(self)
        held._lease = lease if lease.token is not None else None
        held._held, held._parts = True, Parts()
        return held

    @contextmanager
    def _writing(self, changes: Callable[[Parts], None] = Parts.everything) -> Iterator[Connection]:
        """Every write of this ledger goes through here: none passes the fence unseen. What it `changes` is read
        again, whether it is committed or not."""
        changes(self._parts)
        with self._database.writing() as connection:
            if self._lease is not None:
                stand(connection, self._lease, self._real)
            yield connection

    def whose(self, operation: str) -> tuple[str, str]:
        query = select(t.operations.c.e164, t.operations.c.account).where(t.operations.c.id == operation)
        with self._database.reading() as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            raise KeyError(operation)
        return str(found.e164), str(found.account)

    def case(self, operation: str, now: datetime, catalogue: Catalogue) -> Case:
        self._catalogue = catalogue
        with self._database.reading() as connection:
            return gather(connection, operation, now, catalogue, self._parts if self._held else Parts())

    def adopt_intents(self, e164: str, now: datetime) -> int:
        if not self._left_behind(e164, now):
            return 0
        with self._writing(Parts.attempted) as connection:
            _forget_codes(connection, t.replies.c.at <= now - CODE_KEPT)
            forget_old(connection, now)
            adopted = connection.execute(
                update(t.attempts)
                .where(t.attempts.c.e164 == e164, t.attempts.c.outcome.is_(None))
                .values(outcome=Outcome.IN_DOUBT.value, answered_at=now)
            )
            return int(adopted.rowcount)

    def _left_behind(self, e164: str, now: datetime) -> bool:
        """Whether there is anything to adopt or to forget: seldom, and a write costs a turn more than a look."""
        intent = select(t.attempts.c.seq).where(t.attempts.c.e164 == e164, t.attempts.c.outcome.is_(None))
        code = select(t.replies.c.seq).where(t.replies.c.code.is_not(None), t.replies.c.at <= now - CODE_KEPT)
        with self._database.reading() as connection:
            brought = select(t.inbox_messages.c.id).where(stale(now))
            return connection.execute(select(intent.exists() | code.exists() | brought.exists())).scalar_one()

    def save_reading(self, operation: str, reading: Reading) -> None:
        with self._writing(Parts.read) as connection:
            query = select(t.operations.c.number).where(t.operations.c.id == operation)
            number = connection.execute(query).scalar()
            if number is None:
                raise KeyError(operation)
            keep_reading(connection, number, operation, reading)

    def save_source_reading(self, operation: str, reading: Reading) -> None:
        with self._writing(Parts.read) as connection:
            query = select(t.operations.c.source).where(t.operations.c.id == operation)
            keep_reading(connection, connection.execute(query).scalar_one(), operation, reading)

    def save_destination(self, operation: str, number: str, display: str, at: datetime) -> None:
        with self._writing() as connection:
            here = t.operations.c.id == operation
            account = connection.execute(select(t.operations.c.account).where(here)).scalar_one()
            add_number(connection, account, number, display, at)
            connection.execute(update(t.operations).where(here).values(number=number))

    def save_intent(self, attempt: Attempt) -> None:
        """Raises `RuntimeError` while an intent of the phone is open, `KeyError` for an unknown operation, and
        `Overtaken` when another phone is the probe of a shared outage by now."""
        try:
            with self._writing(Parts.attempted) as connection:
                e164 = self._lease.e164 if self._lease is not None else _phone(connection, attempt.operation)
                claim_probe(connection, attempt, e164)
                values = attempt_values(attempt, e164) | {"send_by": self._real + SEND_SECONDS}
                connection.execute(insert(t.attempts).values(values))
        except IntegrityError:
            raise RuntimeError("an intent of this phone is still open, or this attempt was made already") from None

    def save_answer(self, attempt: str, answer: Answer, at: datetime) -> None:
        with self._writing(Parts.attempted) as connection:
            hear(connection, attempt, answer, at)
            here = t.attempts.c.id == attempt
            saved = connection.execute(
                update(t.attempts).where(here, t.attempts.c.outcome.is_(None)).values(answer_values(answer, at))
            )
            if saved.rowcount and answer.call is CallKind.SUBSCRIBE and answer.outcome is Outcome.OK:
                _look_anew(connection, attempt, at)
            if not saved.rowcount and connection.execute(select(t.attempts.c.id).where(here)).scalar() is None:
                raise KeyError(attempt)

    def save_hold(self, account: str, hold: Hold | None, *, sealed: bytes | None = None) -> None:
        """An answer to an earlier token says nothing of the account's new one, and nothing is written. `sealed` is
        the token that was used (`Accounts.token_seal`); in a turn it is the one that the case was gathered with."""
        used = sealed if sealed is not None else self._parts.tokens.get(account)
        with self._writing() as connection:
            query = select(t.accounts.c.hold, t.accounts.c.app_id, t.accounts.c.token)
            found = connection.execute(query.where(t.accounts.c.name == account).with_for_update()).one_or_none()
            if found is None:
                raise KeyError(account)
            if used is not None and found.token != used:
                return
            connection.execute(update(t.accounts).where(t.accounts.c.name == account).values(hold=hold_value(hold)))
            if hold is None:
                _release(connection, account, hold_of(found.hold))
            elif hold.whole_app and found.app_id is not None:
                _hold_siblings(connection, account, found.app_id, hold)

    def save_storage(self, number: str, storage: Storage) -> None:
        with self._writing() as connection:
            connection.execute(update(t.numbers).where(t.numbers.c.id == number).values(storage=storage_value(storage)))

    def keep_pin(self, e164: str, digits: Secret, origin: PinOrigin, at: datetime) -> Pin:
        pin = self._safe.fresh(e164, digits, origin, at)
        with self._writing(Parts.pin_kept) as connection:
            return self._safe.keep(connection, pin, e164, digits)

    def open_pin(self, pin: str) -> Secret:
        with self._database.reading() as connection:
            query = select(t.pins.c.digits, t.pins.c.e164).where(t.pins.c.id == pin)
            found = connection.execute(query).one_or_none()
        if found is None:
            raise KeyError(pin)
        return self._vault.open(bytes(found.digits), bound("digits", pin, found.e164))

    def open_code(self, reply: str, now: datetime) -> Secret | None:
        with self._database.reading() as connection:
            query = select(t.replies.c.code, t.replies.c.at).where(t.replies.c.id == reply)
            found = connection.execute(query).one_or_none()
        if found is None or found.code is None:
            return None
        if now - found.at >= CODE_KEPT:
            self.erase_code(reply)
            return None
        return self._vault.open(bytes(found.code), bound("code", reply))

    def erase_code(self, reply: str) -> None:
        with self._writing() as connection:
            _forget_codes(connection, t.replies.c.id == reply)

    def rest(self, operation: str, rested: Rested, at: datetime, version: int) -> bool:
        with self._writing() as connection:
            done = rest(connection, operation, rested, at, version)
            if done and rested.state not in OPEN_STATES:
                forget(connection, _phone(connection, operation))
            if done and _asks_for_a_code(rested) and take_up(connection, self._vault, operation, at):
                return False  # the code was here before its question: the turn goes on with it
            if done and rested.state not in OPEN_STATES and self._catalogue is not None:
                refresh(connection, _numbers(connection, operation), at, self._catalogue)
            return done


def _asks_for_a_code(rested: Rested) -> bool:
    return rested.ask is not None and rested.ask.kind is TaskKind.OTP


def _numbers(connection: Connection, operation: str) -> list[str]:
    """Those that it was about; what stands for another provider's number has no conditions."""
    query = select(t.operations.c.number, t.operations.c.source, t.operations.c.e164)
    found = connection.execute(query.where(t.operations.c.id == operation)).one()
    return sorted({found.number, found.source} - {found.e164, None})


def _look_anew(connection: Connection, attempt: str, now: datetime) -> None:
    """The daily look may have seen the account without the subscription that was made now."""
    of = select(t.operations.c.account).join_from(t.attempts, t.operations).where(t.attempts.c.id == attempt)
    hasten(connection, connection.execute(of).scalar_one(), now, anew=True)


def _phone(connection: Connection, operation: str) -> str:
    e164 = connection.execute(select(t.operations.c.e164).where(t.operations.c.id == operation)).scalar()
    if e164 is None:
        raise KeyError(operation)
    return str(e164)


def _forget_codes(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(update(t.replies).where(t.replies.c.code.is_not(None), which).values(code=None))


def _release(connection: Connection, account: str, held: Hold | None) -> None:
    """Wakes what rested for the hold, at a time that has come: nobody says here what time it is."""
    if held is None:
        return
    mine = t.operations.c.account == account
    wake(connection, mine, t.operations.c.reason.in_(HELD), at=min(held.since, held.probe_at))


def _hold_siblings(connection: Connection, account: str, app_id: str, hold: Hold) -> None:
    """Every other account of the app, but for those whose token is dead: a person must see that."""
    others = select(t.accounts.c.name, t.accounts.c.hold).where(
        t.accounts.c.app_id == app_id, t.accounts.c.name != account, t.accounts.c.removed_at.is_(None)
    )
    for name, value in connection.execute(others.order_by(t.accounts.c.name).with_for_update()).all():
        kept = hold_of(value)
        if kept is None or kept.usage:
            connection.execute(update(t.accounts).where(t.accounts.c.name == name).values(hold=hold_value(hold)))
