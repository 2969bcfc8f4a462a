"""An imagined case: the real one, carried on by answers that nobody gave. Nothing is sent, nothing is kept.

Each step does to the case what a turn of the engine does to the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from linewright.domain.action import Ask, Call, Reason, Wait
from linewright.domain.case import Case, Look
from linewright.domain.guesses import Guess
from linewright.domain.holds import hold_after
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.moving import Moving
from linewright.domain.number import REGISTERED, Number, Reading, Storage
from linewright.domain.operation import OperationState, Reply, ReplyKind, TaskKind, Topic
from linewright.domain.pins import Change, ChangeKind, Pin, PinBook, PinOrigin, PinState, pin_book
from linewright.domain.standing import contradictory_since, judge
from linewright.domain.weather import Weather, after_answer, claimed, is_shared

__all__ = ["IMAGINED", "Cost", "Imagined", "begin"]

ANSWERED_AFTER = timedelta(minutes=1)
"""A person is imagined to answer so long after a question; it is no part of the time that a path waits."""
IMAGINED = "imagined-"
"""How the ids begin of what is only imagined."""
TICK = timedelta(microseconds=1)
READINGS_KEPT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a path has spent. `waited` leaves out the time that people take."""

    registrations: int = 0
    deregistrations: int = 0
    codes: int = 0
    questions: int = 0
    waited: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagined:
    """A case on one imagined path. `shows` is what the next reading would show, None where nobody knows."""

    case: Case
    shows: Reading | None
    cost: Cost = field(default_factory=Cost)
    settled: frozenset[Reason] = frozenset()
    """Waits that were imagined to bring nothing: the next ones like them do not either."""
    made: int = 0

    # What a turn sees

    def looked(self, kind: CallKind) -> Imagined:
        """After a call that only looks, answered as the path has it."""
        if kind is CallKind.READ:
            return self.read(self.shows) if self.shows is not None else self.read(_nothing(self.case.now))
        if kind is CallKind.READ_STORAGE:
            kept = self.case.number.storage
            storage = Storage(read_at=self._stamp(), settings=kept.settings if kept else None)
            number = replace(self.case.number, storage=storage)
            return self._with(number=number, storage_read=True)
        if kind is CallKind.READ_SUBSCRIPTION:
            return self._with(subscription_read=True, subscribed=True)
        return self._with(look=Look(account_readable=True, listed=True))

    def read(self, reading: Reading) -> Imagined:
        """After a reading, as the ledger keeps one."""
        case, seen = self.case, replace(reading, at=self._stamp())
        readings = (*case.readings, seen)[-READINGS_KEPT:]
        after = self._with(reading=seen, readings=readings, read_this_turn=True, fresh=seen.good)
        if not seen.good:
            return after._held(Answer(call=CallKind.READ, outcome=Outcome.REFUSED, error=seen.error))
        off = seen.is_pin_enabled is False and case.two_step is not False
        changes = (Change(at=seen.at, kind=ChangeKind.OFF),) if off else ()
        account = replace(case.account, hold=None)
        after = after._with(last_good=seen, number=_read(case.number, seen), account=account)
        return after._with(pins=after._book(changes=changes))

    # What comes back

    def answered(self, call: Call, guess: Guess) -> Imagined:
        """After a call that writes was answered as guessed; or its answer was lost."""
        outcome = guess.outcome or Outcome.OK
        world, pin = self._pin_for(call)
        case, at = world.case, world._stamp()
        attempt = Attempt(
            id=f"{IMAGINED}{world.made}",
            operation=case.operation.id,
            number=case.number.id,
            call=call.kind,
            at=at,
            answered_at=at,
            outcome=outcome,
            error=guess.error,
            before=case.standing,
            pin=pin.id if pin else None,
            fingerprint=pin.fingerprint if pin else None,
            reply=call.reply,
            method=call.method,
        )
        answer = Answer(call=call.kind, outcome=outcome, error=guess.error)
        world = world._with(
            attempts=(*case.attempts, attempt),
            replies=_code_used(case, attempt),
            weather=_weather(case, answer, at),
            fresh=False,
            moving=_unseen(case.moving),
        )
        world = world._with(pins=world._book(sent=(attempt,) if pin else ()))._held(answer)
        return replace(world.showing(guess.shows), made=world.made + 1, cost=_spent(self.cost, attempt))

    def waited(self, wait: Wait, guess: Guess) -> Imagined:
        """At the end of a wait."""
        now = max(wait.until, self.case.now)
        rested = self._rested(OperationState.WAITING, wait.reason)._turn(now)
        cost = replace(self.cost, waited=self.cost.waited + (now - self.case.now))
        settled = self.settled | {wait.reason} if guess.again else self.settled
        return replace(rested.showing(guess.shows), cost=cost, settled=settled)

    def unanswered(self, ask: Ask, guess: Guess) -> Imagined:
        """When a question was left alone until Linewright looks again."""
        return self.waited(Wait(until=ask.wake_at or self.case.now, reason=ask.reason, message=""), guess)

    def replied(self, ask: Ask, guess: Guess, answer: ReplyKind) -> Imagined:
        """After a person's answer to a question."""
        world = self._rested(OperationState.ASKING, ask.reason)._turn(self.case.now + ANSWERED_AFTER)
        at, brings = world._stamp(), answer is ReplyKind.VALUE
        pin = world._imagined_pin(PinOrigin.GIVEN, at) if brings and ask.kind is TaskKind.PIN else None
        reply = Reply(
            id=f"{IMAGINED}{world.made}",
            kind=ask.kind,
            topic=ask.topic,
            answer=answer,
            at=at,
            pin=pin.id if pin else None,
            has_code=brings and ask.kind is TaskKind.OTP,
        )
        off = answer is ReplyKind.DONE and ask.kind is TaskKind.PIN
        changes = (Change(at=at, kind=ChangeKind.OFF),) if off else ()
        world = world._with(replies=(*world.case.replies, reply))
        world = world._with(pins=world._book(pins=(pin,) if pin else (), changes=changes))
        if ask.topic is Topic.ACCOUNT and answer is ReplyKind.DONE:
            world = world._with(account=replace(world.case.account, hold=None, paused=False))
        cost = replace(world.cost, questions=world.cost.questions + 1)
        return replace(world.showing(guess.shows), made=world.made + 1, cost=cost)

    def showing(self, fields: Mapping[str, Any]) -> Imagined:
        """The same path, on which readings show these fields from now on."""
        if not fields:
            return self
        base = self.shows or Reading(at=self.case.now, good=True, id=self.case.number.id)
        return replace(self, shows=replace(base, **fields))

    # Inside

    def _with(self, **fields: Any) -> Imagined:
        return replace(self, case=replace(self.case, **fields))

    def _stamp(self) -> datetime:
        """The time to journal under, as the engine has it: after everything that the journal holds."""
        return max(self.case.now, self.case.latest + TICK)

    def _rested(self, state: OperationState, reason: Reason) -> Imagined:
        return self._with(operation=replace(self.case.operation, state=state, reason=reason.value))

    def _turn(self, now: datetime) -> Imagined:
        """A new turn has seen nothing yet."""
        return self._with(
            now=now,
            read_this_turn=False,
            fresh=False,
            look=None,
            subscribed=None,
            subscription_read=False,
            storage_read=False,
            moving=_unseen(self.case.moving),
        )

    def _held(self, answer: Answer) -> Imagined:
        """The account's hold after an answer; only a good reading releases it."""
        if answer.outcome is Outcome.OK:
            return self
        case = self.case
        hold = hold_after(case.account.hold, answer, case.catalogue, case.now)
        return self._with(account=replace(case.account, hold=hold))

    def _pin_for(self, call: Call) -> tuple[Imagined, Pin | None]:
        if not call.fresh_pin:
            return self, self.case.pins.by_id(call.pin)
        origin = PinOrigin.SET if call.kind is CallKind.SET_PIN else PinOrigin.MADE
        pin = self._imagined_pin(origin, self._stamp())
        return replace(self._with(pins=self._book(pins=(pin,))), made=self.made + 1), pin

    def _imagined_pin(self, origin: PinOrigin, at: datetime) -> Pin:
        name = f"{IMAGINED}{self.made}"
        return Pin(id=name, fingerprint=name, origin=origin, at=at)

    def _book(
        self,
        *,
        pins: tuple[Pin, ...] = (),
        sent: tuple[Attempt, ...] = (),
        changes: tuple[Change, ...] = (),
    ) -> PinBook:
        """What is known of the PINs once these come to what was known."""
        book = self.case.pins
        proven = any(a.ok and a.call is CallKind.REGISTER for a in sent)
        return pin_book(
            (*book.pins, *pins),
            (*book.sent, *sent),
            (*book.changes, *changes),
            two_step=self.case.two_step,
            unused=book.state is PinState.NOT_USED and not proven,
        )


def begin(case: Case) -> Imagined:
    """The case as a turn would find it that began now: what was under way has no answer."""
    attempts = tuple(
        replace(a, outcome=Outcome.IN_DOUBT, answered_at=case.now) if a.outcome is None else a for a in case.attempts
    )
    seen = case.last_good
    found = Imagined(case=replace(case, attempts=attempts), shows=seen)
    return found._turn(case.now)


def _unseen(moving: Moving | None) -> Moving | None:
    """What a turn saw of a migration's two sides no longer counts."""
    if moving is None:
        return None
    return replace(moving, surveyed=False, survey=None, source_read=None, source_account=None)


def _nothing(now: datetime) -> Reading:
    return Reading(at=now, good=False, failure="no answer")


def _read(number: Number, seen: Reading) -> Number:
    there = replace(number, contradictory_since=contradictory_since(seen, number), absent_since=None)
    online = judge(seen, there).standing in REGISTERED
    display, since = seen.display or number.display, number.seen_online_at or (seen.at if online else None)
    return replace(there, display=display, seen_online_at=since)


def _code_used(case: Case, attempt: Attempt) -> tuple[Reply, ...]:
    """A code is erased once the remote judged it."""
    judged = attempt.ok or (attempt.refused and case.remedy(attempt) == "wrong_code")
    if attempt.call is not CallKind.VERIFY_CODE or not judged:
        return case.replies
    return tuple(replace(r, has_code=False) if r.id == attempt.reply else r for r in case.replies)


def _weather(case: Case, answer: Answer, at: datetime) -> Weather | None:
    if answer.call is not CallKind.REGISTER:
        return case.weather
    phone, weather = case.number.e164, case.weather
    if weather is not None and is_shared(weather, at):
        weather = claimed(weather, phone, at)
    return after_answer(weather, phone, answer, at)


def _spent(cost: Cost, attempt: Attempt) -> Cost:
    if not attempt.spent:
        return cost
    return replace(
        cost,
        registrations=cost.registrations + (attempt.call is CallKind.REGISTER),
        deregistrations=cost.deregistrations + (attempt.call is CallKind.DEREGISTER),
        codes=cost.codes + (attempt.call is CallKind.REQUEST_CODE),
    )
