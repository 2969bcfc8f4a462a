"""The operations: opened or joined, listed, cancelled, taken up again, and told when they are due."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from linewright.domain.number import REGISTERED, Number, Standing
from linewright.domain.operation import Goal, Operation, OperationState, ReplyKind, TaskKind, Topic
from linewright.domain.pins import Pin
from linewright.errors import StoreUnavailable, UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.ids import new_id
from linewright.store.keep import after_attempts, note, set_timers, wake
from linewright.store.people import Brought, PinDesk, file_reply
from linewright.store.releases import begin, paid_until
from linewright.store.rows import Row, number_of, operation_of
from linewright.store.sealing import Vault

__all__ = ["FirstKey", "Operations", "Options"]

_RACES = 5
_OPEN = t.operations.c.ended_at.is_(None)
LARGEST_CODE = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The flags of a command; None is *not given*. `code_method` is SMS or VOICE."""

    code_method: str | None = None
    code_language: str | None = None
    use_reserve: bool | None = None
    subscribe: bool | None = None
    ask_first: bool | None = None
    proposed: str | None = None
    proposed_until: datetime | None = None

    def given(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


_DEFAULTS: dict[str, Any] = {"code_method": "SMS", "code_language": "en_US", "use_reserve": False, "subscribe": True}


@dataclass(frozen=True, slots=True)
class FirstKey:
    """What opens a release: the person who turned the first key, and the day of the last paid message, if known."""

    who: str
    last_paid: date | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody asks for, looked at before the transaction."""

    goal: Goal
    options: dict[str, Any]
    pin: tuple[Pin, Secret] | None
    because: int | None
    now: datetime
    said: str
    source: str = "person"
    release: FirstKey | None = None
    to: str | None = None
    """Of a migration: the account that the phone moves to."""

    def joins(self, found: Row, number: Number) -> bool:
        """Whether that open operation of the phone is what is asked for."""
        if (found["goal"], found["release"]) != (self.goal.value, self.release is not None):
            return False
        return bool(found["account"] == self.to if self.goal is Goal.MIGRATE else found["number"] == number.id)


class Operations:
    """Every method is one transaction. An unknown id raises `UsageError` (reason `unknown-operation`)."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._desk = PinDesk(database, vault)

    def open(
        self,
        goal: Goal,
        number: Number,
        *,
        now: datetime,
        options: Options | None = None,
        pin: Secret | None = None,
        because: int | None = None,
        release: FirstKey | None = None,
        to: str | None = None,
    ) -> tuple[Operation, bool]:
        """Opens an operation, or joins the phone's open one of the same goal, applying what is given; whether
        it was opened. A PIN answers an open `pin` question. `because` is kept as evidence. With `release` a deregister
        gives the number up. A migration moves the phone to the account `to`: `number` is its source, or the id that
        the destination has of it already, the source then being `elsewhere`.

        Raises `UsageError`: reason `operation-open` for another goal, `answer-refused` or `pin-refused` for
        the PIN, `account-removed`, `works-elsewhere` for a register that would take the phone from another account.
        Of two processes that race, one opens and the other joins.
        """
        if because is not None and not 0 <= because < LARGEST_CODE:
            raise UsageError(f"{because} is no error code.", fix="Give the code as Meta names it, such as 131045.")
        looked_at = self._desk.look_at(pin, number, goal, now) if pin is not None else None
        said = f"Opened: {'release' if release else goal.value}{f' to {to}' if to is not None else ''}."
        asked = _Asked(goal, (options or Options()).given(), looked_at, because, now, said, release=release, to=to)
        for _ in range(_RACES):
            try:
                with self._database.writing() as connection:
                    return self._open(connection, number, asked)
            except IntegrityError:
                continue
        raise StoreUnavailable(
            "Other processes keep opening and ending operations of this phone.", fix="Run this again."
        )

    def _open(self, connection: Connection, number: Number, asked: _Asked) -> tuple[Operation, bool]:
        query = select(t.operations).where(t.operations.c.e164 == number.e164, _OPEN).with_for_update()
        found = connection.execute(query).mappings().one_or_none()
        if found is not None:
            _refuse_other(found, number, asked)
            return self._join(connection, found, number, asked), False
        _refuse_removed(connection, asked.to or number.account)
        if asked.goal is Goal.REGISTER:
            _refuse_taking(connection, number)
        return _get(connection, self._new(connection, number, asked)), True

    def _new(self, connection: Connection, number: Number, asked: _Asked) -> str:
        operation = new_id("op")
        values = {
            "id": operation,
            "goal": asked.goal.value,
            "number": number.id,
            "e164": number.e164,
            "account": asked.to or number.account,
            "source": None if asked.to is None else number.id if number.account != asked.to else number.e164,
            "opened_at": asked.now,
            "state": OperationState.RUNNING.value,
            "wake_at": asked.now,
            "release": asked.release is not None,
            **_DEFAULTS,
            **asked.options,
        }
        connection.execute(insert(t.operations).values(values))
        set_timers(connection, [operation], asked.now)
        note(connection, operation, asked.now, OperationState.RUNNING, message=asked.said)
        _hear(connection, number, asked)
        if asked.release:
            first = asked.release
            begin(connection, operation, number.id, number.account, asked.now, first.who, first.last_paid)
        if asked.pin:
            self._desk.keep(connection, number, *asked.pin, changed=False)
        return operation

    def open_by_itself(
        self, connection: Connection, number: Number, options: Options, *, now: datetime, because: int | None, said: str
    ) -> str:
        """Opens a register within the caller's transaction, which found none open; its id. `said` tells why."""
        asked = _Asked(Goal.REGISTER, options.given(), None, because, now, said, "recovery")
        return self._new(connection, number, asked)

    def open_for_import(
        self,
        connection: Connection,
        number: Number,
        goal: Goal,
        options: Options,
        *,
        now: datetime,
        pin: str | None,
    ) -> str:
        """Opens or joins within the caller's transaction; the operation's id. `pin` names one that was kept before: it
        answers an open question for one. Raises `UsageError` before anything is written: see `open`."""
        asked = _Asked(goal, options.given(), None, None, now, f"Opened by an import: {goal.value}.")
        opened, is_new = self._open(connection, number, asked)
        if pin is not None and not is_new:
            shown = connection.execute(select(t.operations.c.task).where(t.operations.c.id == opened.id)).scalar()
            question = _open_pin_question(connection, shown)
            if question is not None:
                file_reply(connection, question, ReplyKind.VALUE, now, Brought(pin=pin))
        return opened.id

    def _join(self, connection: Connection, found: Row, number: Number, asked: _Asked) -> Operation:
        here = t.operations.c.id == found["id"]
        _hear(connection, number, asked)
        if asked.release and asked.release.last_paid:
            paid_until(connection, found["id"], asked.release.last_paid)
        if asked.pin:
            kept = self._desk.keep(connection, number, *asked.pin, changed=False)
            question = _open_pin_question(connection, found["task"])
            if question is not None:
                file_reply(connection, question, ReplyKind.VALUE, asked.now, Brought(pin=kept))
        if asked.pin or asked.options or asked.because is not None:
            wake(connection, here, at=asked.now, **asked.options)
        return _get(connection, found["id"])

    def get(self, operation: str) -> Operation:
        with self._database.reading() as connection:
            return _get(connection, operation)

    def open_of(self, e164: str) -> Operation | None:
        """The open operation of a phone."""
        query = select(t.operations).where(t.operations.c.e164 == e164, _OPEN)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return operation_of(row) if row is not None else None

    def listing(
        self,
        *,
        states: Collection[OperationState] | None = None,
        account: str | None = None,
        number: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[list[Operation], str | None]:
        """The newest first, and the cursor of the next page (None at the end)."""
        query = select(t.operations).order_by(t.operations.c.seq.desc()).limit(limit + 1)
        if states is not None:
            query = query.where(t.operations.c.state.in_([state.value for state in states]))
        if account is not None:
            query = query.where(t.operations.c.account == account)
        if number is not None:
            query = query.where(or_(t.operations.c.number == number, t.operations.c.source == number))
        if after is not None:
            last = select(t.operations.c.seq).where(t.operations.c.id == after).scalar_subquery()
            query = query.where(t.operations.c.seq < last)
        with self._database.reading() as connection:
            found = [operation_of(row) for row in connection.execute(query).mappings()]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def cancel(self, operation: str, *, now: datetime) -> Operation:
        """Asks an open operation to stop; its next turn does so. Raises `UsageError` once it has ended."""
        with self._database.writing() as connection:
            asked: Any = func.coalesce(t.operations.c.cancel_asked_at, now, type_=t.operations.c.cancel_asked_at.type)
            if _withdrawn(connection, operation):
                asked = now
            if not wake(connection, t.operations.c.id == operation, at=now, cancel_asked_at=asked):
                ended = _get(connection, operation)
                raise UsageError(
                    f"The operation {operation} has ended already ({ended.state.value}).",
                    fix="Nothing is to be cancelled.",
                    reason="operation-ended",
                )
            return _get(connection, operation)

    def retry(self, operation: str, *, now: datetime) -> tuple[Operation, bool]:
        """Wakes an open operation; takes an ended one up again as a new one of the same goal and flags.

        Whether a new one was opened. Raises what `open` raises.
        """
        with self._database.writing() as connection:
            old = _get(connection, operation)
            if wake(connection, t.operations.c.id == operation, at=now):
                return _get(connection, operation), False
            _refuse_release(old)
            row = connection.execute(select(t.numbers).where(t.numbers.c.id == _begun(old))).mappings().one()
        options = Options(
            code_method=old.code_method,
            code_language=old.code_language,
            use_reserve=old.use_reserve,
            subscribe=old.subscribe,
            ask_first=old.ask_first,
        )
        to = old.account if old.goal is Goal.MIGRATE else None
        return self.open(old.goal, number_of(row), now=now, options=options, to=to)

    def due(self, now: datetime) -> list[str]:
        """Open operations whose `wake_at` has come; the longest due first."""
        query = select(t.operations.c.id).where(_OPEN, t.operations.c.wake_at <= now)
        with self._database.reading() as connection:
            ordered = query.order_by(t.operations.c.wake_at, t.operations.c.seq)
            return [str(each) for each in connection.execute(ordered).scalars()]

    def due_in_turns(self, now: datetime, limit: int) -> list[str]:
        """The first `limit` of those that are due, one of each account before the second of any."""
        account = t.operations.c.account + ""  # else SQLite walks the index of all accounts' waits for the order
        rank = func.row_number().over(partition_by=account, order_by=(t.operations.c.wake_at, t.operations.c.seq))
        found = select(t.operations.c.id, t.operations.c.wake_at, t.operations.c.seq, rank.label("rank"))
        due = found.where(_OPEN, t.operations.c.wake_at <= now).subquery()
        query = select(due.c.id).order_by(due.c.rank, due.c.wake_at, due.c.seq).limit(limit)
        with self._database.reading() as connection:
            return [str(each) for each in connection.execute(query).scalars()]

    def count_open(self) -> int:
        """How many operations are open."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(t.operations).where(_OPEN)).scalar_one())

    def next_wake(self) -> datetime | None:
        """The earliest `wake_at` of an open operation."""
        query = select(t.operations.c.wake_at).where(_OPEN, t.operations.c.wake_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(query.order_by(t.operations.c.wake_at).limit(1)).scalar()


def _withdrawn(connection: Connection, operation: str) -> bool:
    """Whether the person went on after all when asked about an earlier cancel."""
    declined = t.replies.c.answer == ReplyKind.DECLINE.value
    here = (t.replies.c.operation == operation, t.replies.c.topic == Topic.CANCEL.value, declined)
    return connection.execute(select(t.replies.c.id).where(*here).limit(1)).scalar() is not None


def _get(connection: Connection, operation: str) -> Operation:
    query = select(t.operations).where(t.operations.c.id == operation)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UsageError(
            f"There is no operation {operation[:80]}.",
            fix="See `linewright operation list`.",
            reason="unknown-operation",
        )
    return operation_of(row)


def _begun(old: Operation) -> str:
    """The number that it was opened for: a migration's source, unless that is another provider's."""
    return old.source if old.source is not None and old.source != old.e164 else old.number


def _refuse_other(found: Row, number: Number, asked: _Asked) -> None:
    if asked.joins(found, number):
        return
    goal = "release" if found["release"] else found["goal"]
    what = goal if found["number"] == number.id else f"{goal} of its id {found['number']}"
    if goal == Goal.MIGRATE.value:
        what = f"migrate to {found['account']}"
    raise UsageError(
        f"The operation {found['id']} ({what}) is open on this phone.",
        fix=f"Let it end, or cancel it (`linewright operation cancel {found['id']}`), then run this again.",
        reason="operation-open",
    )


def _refuse_release(old: Operation) -> None:
    """Nobody gives a number up by repeating something: both keys are turned anew."""
    if old.release:
        raise UsageError(
            "A release is not taken up again: it needs both of its keys anew.",
            fix=f"Run `linewright release {old.e164}` and type its last four digits.",
            reason="confirm",
        )


def _refuse_taking(connection: Connection, number: Number) -> None:
    """A register of an id that was never verified takes a phone that works in another account from there; there is no
    way back from it, so it is a migration, which looks at both accounts and asks first."""
    here, works = t.numbers.c.id == number.id, t.numbers.c.standing.in_([each.value for each in REGISTERED])
    fresh = select(t.numbers.c.id).where(here, t.numbers.c.standing == Standing.UNVERIFIED.value)
    query = select(t.numbers.c.id, t.numbers.c.account).join(t.accounts)
    there = (t.numbers.c.e164 == number.e164, t.numbers.c.account != number.account, works)
    living = (t.numbers.c.forgotten_at.is_(None), t.accounts.c.removed_at.is_(None))
    source = connection.execute(query.where(*there, *living, fresh.exists())).first()
    if source is not None:
        raise UsageError(
            f"{number.display} works in the account {source.account}; to register it in {number.account} takes it "
            "from there, and there is no way back.",
            fix=f"Run `linewright migrate {source.account}/{source.id} --to {number.account}`, which looks at both "
            f"accounts and asks first. If it no longer works there: `linewright sync {source.account}`.",
            reason="works-elsewhere",
        )


def _refuse_removed(connection: Connection, account: str) -> None:
    query = select(t.accounts.c.removed_at).where(t.accounts.c.name == account)
    if connection.execute(query).scalar() is not None:
        raise UsageError(
            f"The account {account} of this number was removed.",
            fix="Add it again (`linewright account add`), then run this again.",
            reason="account-removed",
        )


def _hear(connection: Connection, number: Number, asked: _Asked) -> None:
    if asked.because is None:
        return
    at = after_attempts(connection, number.e164, asked.now)
    values = {"e164": number.e164, "code": asked.because, "at": at, "source": asked.source}
    connection.execute(insert(t.evidence).values(values))


def _open_pin_question(connection: Connection, task: str | None) -> Row | None:
    query = select(t.tasks).where(t.tasks.c.id == task, t.tasks.c.state == "open", t.tasks.c.kind == TaskKind.PIN.value)
    return connection.execute(query).mappings().one_or_none()
