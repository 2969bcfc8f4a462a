"""A whole ledger, its locks and a clock in memory: what was committed survives a simulated crash, nothing else.

It is as strict as the real store, and fast enough for thousands of operations in a test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from linewright.domain.action import Ask, Reason
from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.moving import Moving
from linewright.domain.number import Number, Reading, Standing, Storage, Wanted
from linewright.domain.operation import (
    OPEN_STATES,
    Account,
    Evidence,
    Goal,
    Hold,
    Operation,
    OperationState,
    Reply,
    ReplyKind,
    TaskKind,
    Topic,
)
from linewright.domain.pins import Change, ChangeKind, Pin, PinOrigin, pin_book
from linewright.domain.standing import contradictory_since, judge
from linewright.domain.weather import (
    Weather,
    after_answer,
    claimed,
    freed_at,
    is_shared,
    may_register_at,
    postponed,
    spent_on,
    words,
)
from linewright.engine.ports import Lease, Overtaken, Rested
from linewright.engine.shift import is_due
from linewright.secret import Secret

__all__ = ["AnswerRefused", "MemoryClock", "MemoryLedger", "MemoryLocks", "Question"]

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
CODE_KEPT = timedelta(minutes=15)
EVIDENCE_KEPT = timedelta(days=30)
ATTEMPTS_SEEN, READINGS_SEEN = 500, 50


class AnswerRefused(Exception):
    """A person's answer that is turned away; the question stays open."""


class MemoryClock:
    """Virtual time. `true` only moves forward; `now` is what a machine's clock shows, which somebody may set."""

    def __init__(self, start: datetime = START) -> None:
        self.true = start
        self.off = timedelta()

    def now(self) -> datetime:
        return self.true + self.off

    def advance(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)

    def set_by(self, seconds: float) -> None:
        """Sets the machine's clock forward, or back where `seconds` is below zero."""
        self.off += timedelta(seconds=seconds)

    def seconds_until(self, moment: datetime) -> float:
        return max((moment - self.now()).total_seconds(), 0.0)

    async def until(self, moment: datetime) -> None:
        self.true += max(moment - self.now(), timedelta())


class MemoryLocks:
    """One holder per phone; a crash lets go, as the end of a process does."""

    def __init__(self) -> None:
        self._held: set[str] = set()

    @contextmanager
    def hold(self, e164: str, account: str) -> Iterator[Lease | None]:
        if e164 in self._held:
            yield None
            return
        self._held.add(e164)
        try:
            yield Lease(e164=e164)
        finally:
            self._held.discard(e164)


@dataclass(kw_only=True)
class Question:
    """A question to a person, as the ledger keeps it."""

    id: str
    operation: str
    account: str | None
    """Set where the question is the account's: every operation that it holds shows it."""
    kind: TaskKind
    topic: Topic
    text: str
    answers: tuple[ReplyKind, ...]
    opened_at: datetime
    state: str = "open"


@dataclass
class _Phone:
    """What is kept by E.164, over all ids."""

    attempts: list[Attempt] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


class MemoryLedger:
    """Implements `engine.ports.Ledger` and what the command line and the engine ask beside it."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.numbers: dict[str, Number] = {}
        self.operations: dict[str, Operation] = {}
        self.questions: list[Question] = []
        self.replies: dict[str, list[Reply]] = {}
        self.readings: dict[str, list[Reading]] = {}
        self.source_readings: dict[str, list[Reading]] = {}
        """Of a migration's source, by operation."""
        self.last_good: dict[str, Reading] = {}
        self.apps: dict[str, str] = {}
        """Of which app an account's token is."""
        self.weather: Weather | None = None
        self._shown: dict[str, Question] = {}
        self._phones: dict[str, _Phone] = {}
        self._digits: dict[str, Secret] = {}
        self._codes: dict[str, tuple[Secret, datetime]] = {}
        self._rested_at: dict[str, datetime] = {}
        self._made = 0

    def under(self, lease: Lease) -> MemoryLedger:
        return self

    def whose(self, operation: str) -> tuple[str, str]:
        known = self.operations[operation]
        return known.e164, known.account

    # What people and other parts put in

    def add_account(self, account: Account, app: str | None = None) -> None:
        self.accounts[account.name] = account
        self.apps[account.name] = app or account.name

    def add_number(self, number: Number) -> None:
        self.numbers[number.id] = number

    def open(self, goal: Goal, number: str, at: datetime, *, to: str | None = None, **flags: object) -> Operation:
        """Opens an operation; a migration takes the line of `number` to the account `to`. Raises `ValueError` when the
        phone has an open one already."""
        known = self.numbers[number]
        if any(o.e164 == known.e164 and o.state in OPEN_STATES for o in self.operations.values()):
            raise ValueError("operation-open")
        operation = Operation(
            id=self._name("op"),
            goal=goal,
            number=number,
            e164=known.e164,
            account=to or known.account,
            source=number if to is not None else None,
            opened_at=at,
        )
        operation = replace(operation, **{"opened_at": self._after(known.e164, at)} | flags)
        self.operations[operation.id] = operation
        self.replies[operation.id], self.readings[operation.id], self.source_readings[operation.id] = [], [], []
        return operation

    def hear(self, number: str, code: int, at: datetime) -> None:
        """Evidence from elsewhere; it wakes the phone's operation."""
        e164 = self.numbers[number].e164
        self._phone(e164).evidence.append(Evidence(code=code, at=self._after(e164, at)))
        for operation in self.operations.values():
            if operation.e164 == e164:
                self._wake(operation.id, at)

    def pin_changed(self, e164: str, at: datetime) -> None:
        """The remote says that a PIN was changed (webhook)."""
        self._phone(e164).changes.append(Change(at=self._after(e164, at), kind=ChangeKind.CHANGED))

    def cancel(self, operation: str, at: datetime) -> None:
        self.operations[operation] = replace(self.operations[operation], cancel_asked_at=at)
        self._wake(operation, at)

    def give_pin(self, e164: str, digits: str, at: datetime) -> Pin:
        """A PIN given with the operation (`--pin-stdin`). Raises `AnswerRefused`."""
        if not _is_pin(digits):
            raise AnswerRefused("a PIN has six digits")
        if _fingerprint(digits) in self._book(e164, None, ()).refused:
            raise AnswerRefused("this PIN was refused")
        return self.keep_pin(e164, Secret(digits), PinOrigin.GIVEN, self._after(e164, at))

    def question_of(self, operation: str) -> Question | None:
        return self._shown.get(operation)

    def answer(
        self,
        question: Question,
        answer: ReplyKind,
        at: datetime,
        *,
        value: str = "",
        pin_changed: bool = False,
        method: str | None = None,
    ) -> Reply:
        """Journals a person's answer and wakes the operation. Raises `AnswerRefused`, the question stays open."""
        if question.state != "open" or answer not in question.answers:
            raise AnswerRefused("no such answer to this question")
        pin, has_code = None, False
        e164 = self.operations[question.operation].e164
        at = self._after(e164, at)
        if answer is ReplyKind.VALUE and question.kind is TaskKind.PIN:
            if pin_changed and _is_pin(value):
                self._phone(e164).changes.append(Change(at=at, kind=ChangeKind.CHANGED))
            pin = self.give_pin(e164, value, at).id
        elif answer is ReplyKind.VALUE:
            if not _is_pin(value):
                raise AnswerRefused("a code has six digits")
            has_code = True
        if answer is ReplyKind.DONE and question.kind is TaskKind.PIN:
            self._phone(e164).changes.append(Change(at=at, kind=ChangeKind.OFF))
        reply = Reply(
            id=self._name("reply"),
            kind=question.kind,
            topic=question.topic,
            answer=answer,
            at=at,
            pin=pin,
            has_code=has_code,
            pin_changed=pin_changed,
            method=method,
        )
        if has_code:
            self._codes[reply.id] = (Secret(value), at)
        self._close(question, "answered", reply, at)
        return reply

    def release(self, account: str, at: datetime) -> None:
        """`account update`: the hold is over, its operations look again."""
        self.save_hold(account, None)

    # The alarm

    def get(self, operation: str) -> Operation:
        return self.operations[operation]

    def due(self, now: datetime) -> list[str]:
        return [o.id for o in self.operations.values() if self.is_due(o, now)]

    def is_due(self, operation: Operation, now: datetime) -> bool:
        return is_due(operation, now)

    def next_wake(self) -> datetime | None:
        return min(
            (o.wake_at for o in self.operations.values() if o.wake_at and o.state in OPEN_STATES),
            default=None,
        )

    # The port

    def case(self, operation: str, now: datetime, catalogue: Catalogue) -> Case:
        opened = self.operations[operation]
        number = self.numbers[opened.number]
        phone = self._phone(opened.e164)
        readings = tuple(self.readings[operation][-READINGS_SEEN:])
        good, said = self.last_good.get(number.id), self.replies[operation]
        return Case(
            now=now,
            catalogue=catalogue,
            operation=opened,
            number=number,
            account=self.accounts[opened.account],
            reading=readings[-1] if readings else None,
            last_good=good,
            readings=readings,
            attempts=tuple(phone.attempts[-ATTEMPTS_SEEN:]),
            evidence=tuple(e for e in phone.evidence if now - e.at <= EVIDENCE_KEPT),
            replies=tuple(r if r.has_code is self._has_code(r, now) else replace(r, has_code=False) for r in said),
            pins=self._book(opened.e164, good, readings),
            weather=self._counted(self.weather),
            moving=self._moving(opened),
        )

    def _moving(self, opened: Operation) -> Moving | None:
        if opened.source is None:
            return None
        source = self.numbers[opened.source]
        return Moving(
            source=source,
            account=None if source.elsewhere else self.accounts[source.account],
            created=opened.number != opened.source,
            readings=tuple(self.source_readings[opened.id][-READINGS_SEEN:]),
        )

    def adopt_intents(self, e164: str, now: datetime) -> int:
        attempts = self._phone(e164).attempts
        orphans = [i for i, a in enumerate(attempts) if a.outcome is None]
        for i in orphans:
            attempts[i] = replace(attempts[i], outcome=Outcome.IN_DOUBT, answered_at=now)
        return len(orphans)

    def save_reading(self, operation: str, reading: Reading) -> None:
        self.readings[operation].append(reading)
        self._keep_reading(self.operations[operation].number, reading)

    def save_source_reading(self, operation: str, reading: Reading) -> None:
        source = self.operations[operation].source
        assert source is not None
        self.source_readings[operation].append(reading)
        self._keep_reading(source, reading)

    def save_destination(self, operation: str, number: str, display: str, at: datetime) -> None:
        opened = self.operations[operation]
        if number not in self.numbers:
            self.add_number(Number(id=number, e164=opened.e164, account=opened.account, display=display))
        self.operations[operation] = replace(opened, number=number)

    def _keep_reading(self, id: str, reading: Reading) -> None:
        if not reading.good:
            return
        number, newest = self.numbers[id], self.last_good.get(id)
        if _is_off(reading) and not (newest is not None and _is_off(newest)):
            self._phone(number.e164).changes.append(Change(at=reading.at, kind=ChangeKind.OFF))
        if newest is not None and newest.at > reading.at:
            return
        self.last_good[number.id] = reading
        number = replace(number, contradictory_since=contradictory_since(reading, number))
        online = judge(reading, number).standing is Standing.ONLINE
        self.numbers[number.id] = replace(
            number,
            seen_online_at=number.seen_online_at or (reading.at if online else None),
            display=reading.display or number.display,
        )

    def save_intent(self, attempt: Attempt) -> None:
        e164 = self.operations[attempt.operation].e164
        attempts = self._phone(e164).attempts
        if any(a.outcome is None for a in attempts):
            raise RuntimeError("an intent of this phone is still open")
        weather = self.weather
        if attempt.call is CallKind.REGISTER and weather is not None and is_shared(weather, attempt.at):
            if may_register_at(weather, e164, spent_on(weather, attempts)) > attempt.at:
                raise Overtaken
            self.weather = claimed(weather, e164, attempt.at)
        attempts.append(attempt)

    def save_answer(self, attempt: str, answer: Answer, at: datetime) -> None:
        for e164, phone in self._phones.items():
            for i, kept in enumerate(phone.attempts):
                if kept.id == attempt and kept.call is CallKind.REGISTER:
                    self._hear(e164, answer, at)
                if kept.id == attempt and kept.outcome is None:
                    phone.attempts[i] = replace(
                        kept,
                        answered_at=at,
                        outcome=answer.outcome,
                        error=answer.error,
                        fbtrace_id=answer.fbtrace_id,
                        http_status=answer.http_status,
                    )

    def save_hold(self, account: str, hold: Hold | None) -> None:
        whole_app = hold is not None and hold.whole_app
        alike = [name for name, app in self.apps.items() if app == self.apps[account]]
        for name in alike if whole_app else [account]:
            self.accounts[name] = replace(self.accounts[name], hold=hold)
        if hold is None:
            for operation in self.operations.values():
                if operation.account == account and operation.wake_at is not None:
                    self._wake(
                        operation.id, min(operation.wake_at, self._rested_at.get(operation.id, operation.wake_at))
                    )

    def save_storage(self, number: str, storage: Storage) -> None:
        self.numbers[number] = replace(self.numbers[number], storage=storage)

    def keep_pin(self, e164: str, digits: Secret, origin: PinOrigin, at: datetime) -> Pin:
        pin = Pin(id=self._name("pin"), fingerprint=_fingerprint(digits.open_secret()), origin=origin, at=at)
        self._digits[pin.id] = digits
        self._phone(e164).pins.append(pin)
        return pin

    def open_pin(self, pin: str) -> Secret:
        return self._digits[pin]

    def open_code(self, reply: str, now: datetime) -> Secret | None:
        kept = self._codes.get(reply)
        return kept[0] if kept and now - kept[1] < CODE_KEPT else None

    def erase_code(self, reply: str) -> None:
        self._codes.pop(reply, None)

    def rest(self, operation: str, rested: Rested, at: datetime, version: int) -> bool:
        opened = self.operations[operation]
        if opened.version != version:
            return False
        over = rested.state not in OPEN_STATES
        self.operations[operation] = replace(
            opened,
            state=rested.state,
            reason=rested.reason,
            message=rested.message,
            next_step=rested.next_step,
            wake_at=rested.wake_at,
            ended_at=at if over else None,
        )
        self._rested_at[operation] = at
        if rested.state is OperationState.DONE:
            self._want(opened)
        self._put_question(operation, rested, at)
        return True

    # Inside

    def _hear(self, phone: str, answer: Answer, at: datetime) -> None:
        before, after = self.weather, after_answer(self.weather, phone, answer, at)
        self.weather = after
        if before is None or after is None or not is_shared(before, at):
            return
        for_it = [o for o in self.operations.values() if o.reason == Reason.SERVER_DOWN and o.state in OPEN_STATES]
        for place, operation in enumerate(for_it):
            wake = operation.wake_at
            if after.ended_at is not None:
                freed = freed_at(place, len(for_it), at)
                self._wake(operation.id, wake if wake is not None and wake <= at else freed)
            elif wake is not None and (later := postponed(wake, before, after, at)) is not None:
                message = words(replace(after, waiting=len(for_it)))
                self.operations[operation.id] = replace(operation, wake_at=later, message=message)

    def _counted(self, weather: Weather | None) -> Weather | None:
        waiting = sum(o.reason == Reason.SERVER_DOWN and o.state in OPEN_STATES for o in self.operations.values())
        return replace(weather, waiting=waiting) if weather is not None else None

    def attempts_of(self, e164: str) -> list[Attempt]:
        return self._phone(e164).attempts

    def _want(self, operation: Operation) -> None:
        wanted = {
            Goal.REGISTER: Wanted.ONLINE,
            Goal.MIGRATE: Wanted.ONLINE,
            Goal.DEREGISTER: Wanted.RELEASED,
        }.get(operation.goal)
        if operation.source is not None:
            self.numbers[operation.source] = replace(self.numbers[operation.source], wanted=Wanted.RELEASED)
        if wanted is not None:
            self.numbers[operation.number] = replace(self.numbers[operation.number], wanted=wanted)

    def _put_question(self, operation: str, rested: Rested, at: datetime) -> None:
        shown, ask = self.question_of(operation), rested.ask
        if shown is not None and ask is not None and (shown.kind, shown.topic) == (ask.kind, ask.topic):
            shown.text, shown.answers = ask.question, ask.taken
            return
        if shown is not None:
            del self._shown[operation]
            if shown not in self._shown.values():
                shown.state = "closed"
        if ask is not None:
            self._shown[operation] = self._asked(operation, ask, at)

    def _asked(self, operation: str, ask: Ask, at: datetime) -> Question:
        account = self.operations[operation].account if ask.of_account else None
        same = (
            q
            for q in self.questions
            if q.state == "open" and account and (q.account, q.kind, q.topic) == (account, ask.kind, ask.topic)
        )
        found = next(same, None)
        if found is None:
            found = Question(
                id=self._name("task"),
                operation=operation,
                account=account,
                kind=ask.kind,
                topic=ask.topic,
                text=ask.question,
                answers=ask.taken,
                opened_at=at,
            )
            self.questions.append(found)
        return found

    def _close(self, question: Question, state: str, reply: Reply, at: datetime) -> None:
        """The question ends; everybody who shows it hears the reply and looks again."""
        question.state = state
        for operation in [name for name, shown in self._shown.items() if shown is question]:
            del self._shown[operation]
            self.replies[operation].append(reply)
            self._wake(operation, at)
        hold = self.accounts[question.account].hold if question.account else None
        if question.account and hold is not None:
            looks_at_once = replace(hold, probe_at=min(hold.probe_at, at))
            self.accounts[question.account] = replace(self.accounts[question.account], hold=looks_at_once)

    def _after(self, e164: str, at: datetime) -> datetime:
        """Never before the phone's latest attempt: what a person says now comes after it, whatever the clock says."""
        attempts = self.attempts_of(e164)
        latest = attempts[-1].ended_at if attempts else None
        return at if latest is None or at > latest else latest + TICK

    def _wake(self, operation: str, at: datetime) -> None:
        known = self.operations[operation]
        if known.state in OPEN_STATES:
            self.operations[operation] = replace(known, wake_at=at, version=known.version + 1)

    def _has_code(self, reply: Reply, now: datetime) -> bool:
        return reply.has_code and self.open_code(reply.id, now) is not None

    def _book(self, e164: str, good: Reading | None, readings: tuple[Reading, ...]):
        phone = self._phone(e164)
        sent = [a for a in phone.attempts if a.pin]
        return pin_book(
            phone.pins,
            sent,
            phone.changes,
            two_step=good.is_pin_enabled if good else None,
            unused=_unused(sent, readings),
        )

    def _phone(self, e164: str) -> _Phone:
        return self._phones.setdefault(e164, _Phone())

    def _name(self, what: str) -> str:
        self._made += 1
        return f"{what}-{self._made}"


def _is_pin(digits: str) -> bool:
    return len(digits) == 6 and digits.isascii() and digits.isdigit()


def _is_off(reading: Reading) -> bool:
    return reading.is_pin_enabled is False


def _fingerprint(digits: str) -> str:
    return hashlib.sha256(digits.encode()).hexdigest()[:16]


def _unused(sent: list[Attempt], readings: tuple[Reading, ...]) -> bool:
    """Whether the two readings after the last ok register showed two-step verification off."""
    ok = next((a for a in reversed(sent) if a.call is CallKind.REGISTER and a.ok), None)
    if ok is None:
        return False
    after = [r for r in readings if r.good and r.at >= ok.ended_at][:2]
    return len(after) == 2 and all(r.is_pin_enabled is False for r in after)
