"""One turn: gather, decide, perform, until the operation must wait, ask or end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from linewright.domain.action import Ask, Call, Done, GiveUp, Reason, Wait
from linewright.domain.case import Case, Look
from linewright.domain.decide import decide
from linewright.domain.holds import hold_after, hold_unreadable
from linewright.domain.journal import WRITES, Answer, Attempt, CallKind, Outcome
from linewright.domain.moving import AccountSeen, Moving, Survey, account_seen, survey_of
from linewright.domain.number import Reading, Storage, reading_of
from linewright.domain.operation import OPEN_STATES, OperationState
from linewright.domain.pins import PinOrigin
from linewright.engine.crash import CrashPoint
from linewright.engine.ports import SEND_SECONDS, Lease, LeaseLost, Order, Overtaken, Ports, Rested
from linewright.errors import StoreUnavailable

__all__ = ["LONGEST", "Turned", "turn"]

log = logging.getLogger(__name__)

TICK = timedelta(microseconds=1)
CLOCKS_APART = timedelta(minutes=5)
LONGEST = 60
"""Steps of one turn; more than that would be a fault of ours, and the operation rests for a minute."""


@dataclass(frozen=True, slots=True)
class Turned:
    """How a turn ended: `rested` is None when another process has the phone, or it had ended before.

    `again_seconds`, real ones, is when to look again at a phone that its former holder may still write to.
    """

    rested: Rested | None
    calls: int = 0
    again_seconds: float | None = None


@dataclass(slots=True)
class _Sight:
    """What this turn has seen so far; it does not outlive it."""

    read: bool = False
    fresh: bool = False
    good: Reading | None = None
    """The latest good reading of this turn: it counts, also beside one that a clock set back dates later."""
    look: Look | None = None
    subscribed: bool | None = None
    subscription_read: bool = False
    storage_read: bool = False
    surveyed: bool = False
    survey: Survey | None = None
    source: Reading | None = None
    source_account: AccountSeen | None = None
    """Of a migration: what this turn saw of its two sides."""
    calls: int = 0
    lease: Lease | None = None
    admitted: datetime | None = None
    """When the account's pace lets this turn make its calls; None while it was not asked."""
    calls_allowed: bool = False
    usage: int | None = None
    """The percentage of the account's calls that the last usage header told."""
    ahead: timedelta = timedelta(0)
    """By how much our clock runs ahead of the remote's; the earlier of the two is this turn's time."""

    written: datetime | None = None
    """The latest moment that the phone's journal holds."""

    def now(self, ports: Ports) -> datetime:
        return ports.clock.now() - self.ahead

    def may_call(self, case: Case, ports: Ports) -> bool:
        """Asked once a turn: whoever begins to call may finish."""
        if self.admitted is None:
            now = ports.clock.now()
            later = ports.pace.admit(case.account.name, case.operation.id, now, urgent=_answered(case))
            self.admitted, self.calls_allowed = later or now, later is None
        return self.calls_allowed

    def looks_anew(self) -> None:
        """Something was written: what was seen before it no longer counts."""
        self.fresh, self.surveyed = False, False
        self.survey, self.source, self.source_account = None, None, None

    def stamp(self, ports: Ports) -> datetime:
        """The time to journal under: never before what is journalled already, though the clock was set back.

        What came later is dated later, so that a reply is never taken for one to a later refusal.
        """
        now = self.now(ports)
        self.written = now if self.written is None or now > self.written else self.written + TICK
        return self.written


async def turn(operation: str, ports: Ports, *, phone: tuple[str, str] | None = None) -> Turned:
    """Runs one turn of an operation; its `phone` (E.164 and account) is looked up unless it is given.

    Raises `KeyError` for an unknown one, `StoreUnavailable` when the ledger cannot be written: whatever was sent
    is then in doubt, and the next turn settles it.
    """
    e164, account = phone or ports.ledger.whose(operation)
    with ports.locks.hold(e164, account) as lease:
        if lease is None:
            return Turned(None)
        ports.reached(CrashPoint.LOCKED)
        if lease.quiet_seconds > 0:
            return Turned(None, again_seconds=lease.quiet_seconds)
        sight = _Sight(lease=lease)
        try:
            return await _whole(operation, replace(ports, ledger=ports.ledger.under(lease)), sight)
        except LeaseLost:
            log.warning("%s: the phone went to another worker meanwhile; nothing more is done here", operation)
            return Turned(None)
        finally:
            if sight.calls_allowed and sight.admitted is not None:
                ports.pace.settle(account, sight.admitted, sight.calls, sight.usage, ports.clock.now())


async def _whole(operation: str, ports: Ports, sight: _Sight) -> Turned:
    """The turn of one who holds the phone."""
    case = _gather(operation, ports, sight)
    with ports.witness.turn(case.operation):
        return await _steps(case, ports, sight)


async def _steps(case: Case, ports: Ports, sight: _Sight) -> Turned:
    operation = case.operation.id
    if ports.ledger.adopt_intents(case.operation.e164, sight.stamp(ports)):
        case = _gather(operation, ports, sight)
    for _ in range(LONGEST):
        if case.operation.state not in OPEN_STATES:
            return Turned(None, sight.calls)
        action = decide(case)
        ports.reached(CrashPoint.DECIDED)
        if isinstance(action, Call) and sight.may_call(case, ports):
            with suppress(Overtaken):
                if not await _perform(case, action, ports, sight):
                    case = _with_sight(case, ports, sight)
                    continue
        else:
            rested = _paced(sight) if isinstance(action, Call) else _rested(action, sight)
            if _rest(case, rested, ports, sight):
                return Turned(rested, sight.calls)
        case = _gather(operation, ports, sight)
    return _breathe(case, ports, sight)


def _answered(case: Case) -> bool:
    """Whether a person said something that was not acted on yet."""
    return bool(case.replies) and not any(attempt.at >= case.replies[-1].at for attempt in case.mine)


def _paced(sight: _Sight) -> Rested:
    """The account's calls are used up for now; nothing was refused, and nothing is spent."""
    return Rested(
        state=OperationState.WAITING,
        reason=Reason.USAGE_LIMIT,
        message="The account's calls of this hour are used up; Linewright keeps below the remote's limit.",
        next_step="Goes on by itself when its turn comes.",
        wake_at=sight.admitted,
    )


async def _send(order: Order, ports: Ports, sight: _Sight) -> Answer:
    """Sends while the lease is kept, and counts the call."""
    answer = await _keeping(sight.lease, ports.remote.send(order))
    sight.calls += 1
    sight.usage = answer.usage if answer.usage is not None else sight.usage
    return answer


async def _keeping(lease: Lease | None, sending: Coroutine[Any, Any, Answer]) -> Answer:
    """Renews the lease while a call is in flight; a call that is out is always heard to its end."""
    if lease is None or lease.renew is None:
        return await sending
    task = asyncio.ensure_future(sending)
    try:
        while not (await asyncio.wait([task], timeout=lease.renew_seconds))[0]:
            with suppress(LeaseLost, StoreUnavailable):  # the next write of this turn tells
                lease.renew()
        return task.result()
    finally:
        task.cancel()  # of a turn that is handed over: nobody would hear the answer


def _gather(operation: str, ports: Ports, sight: _Sight) -> Case:
    """The case as the ledger has it, with what this turn has seen."""
    case = ports.ledger.case(operation, sight.now(ports), ports.catalogue)
    sight.written = max(case.latest, sight.written or case.latest)
    return _with_sight(case, ports, sight)


def _with_sight(case: Case, ports: Ports, sight: _Sight) -> Case:
    return replace(
        case,
        now=sight.now(ports),
        last_good=sight.good or case.last_good,
        read_this_turn=sight.read,
        fresh=sight.fresh,
        look=sight.look,
        subscribed=sight.subscribed,
        subscription_read=sight.subscription_read,
        storage_read=sight.storage_read,
        moving=_moving(case.moving, sight),
    )


def _moving(moving: Moving | None, sight: _Sight) -> Moving | None:
    if moving is None:
        return None
    return replace(
        moving,
        surveyed=sight.surveyed,
        survey=sight.survey,
        source_read=sight.source,
        source_account=sight.source_account,
    )


def _rested(action: Wait | Ask | Done | GiveUp, sight: _Sight) -> Rested:
    """An action that ends the turn, in the words of the ledger. The timer goes by this machine's clock."""
    state: OperationState
    wake: datetime | None
    ask: Ask | None
    match action:
        case Wait():
            state, wake, ask = OperationState.WAITING, action.until, action.ask
        case Ask():
            state, wake, ask = OperationState.ASKING, action.wake_at, action
        case Done():
            state, wake, ask = OperationState.DONE, None, None
        case GiveUp():
            ended = OperationState.CANCELLED if action.reason is Reason.CANCELLED else OperationState.GAVE_UP
            state, wake, ask = ended, None, None
    return Rested(
        state=state,
        reason=action.reason,
        message=action.message,
        next_step=action.next_step,
        wake_at=wake + sight.ahead if wake else None,
        ask=ask,
    )


def _rest(case: Case, rested: Rested, ports: Ports, sight: _Sight) -> bool:
    done = ports.ledger.rest(case.operation.id, rested, sight.now(ports), case.operation.version)
    if done:
        ports.witness.rested(case.operation, rested)
        over = rested.state not in OPEN_STATES
        ports.reached(CrashPoint.ENDED if over else CrashPoint.RESTED)
    return done


def _breathe(case: Case, ports: Ports, sight: _Sight) -> Turned:
    rested = Rested(
        state=OperationState.WAITING,
        reason=Reason.READING,
        message="This took more steps than one turn has.",
        next_step="Goes on in a minute.",
        wake_at=ports.clock.now() + timedelta(minutes=1),
    )
    _rest(case, rested, ports, sight)
    return Turned(rested, sight.calls)


async def _perform(case: Case, action: Call, ports: Ports, sight: _Sight) -> bool:
    """Whether the ledger knows more than before, so that the case must be gathered again."""
    if action.kind in WRITES:
        await _write(case, action, ports, sight)
        return True
    return await _read(case, action, ports, sight)


SOURCES = frozenset({CallKind.READ_SOURCE, CallKind.SURVEY_SOURCE})
"""Reads of a migration's source, by the token of its own account."""


async def _read(case: Case, action: Call, ports: Ports, sight: _Sight) -> bool:
    """A call that changes nothing at the remote; whether something of it was kept."""
    if action.kind in SOURCES:
        return await _read_source(case, action, ports, sight)
    sent_at = ports.clock.now()
    answer = await _send(_order(case, action.kind), ports, sight)
    _compare_clocks(answer, sent_at, ports, sight)
    now = sight.now(ports)
    ports.reached(CrashPoint.READ)
    match action.kind:
        case CallKind.READ:
            reading = reading_of(answer, case.number.id, sight.stamp(ports))
            ports.ledger.save_reading(case.operation.id, reading)
            ports.reached(CrashPoint.READING_SAVED)
            sight.read, sight.fresh = True, reading.good
            sight.good = reading if reading.good else sight.good
            _hold(case, answer, ports, sight, released=reading.good)
        case CallKind.LOOK:
            readable = answer.body.get("account_readable")
            sight.look = Look(account_readable=readable, listed=answer.body.get("listed"))
            if readable is False and answer.error:
                error = answer.error
                hold = hold_unreadable(case.account.hold, error.code, error.message, now)
                ports.ledger.save_hold(case.account.name, hold)
        case CallKind.READ_SUBSCRIPTION:
            sight.subscription_read = True
            if answer.outcome is Outcome.OK:
                sight.subscribed = answer.body.get("subscribed") is True
        case CallKind.SURVEY:
            if _take_survey(case, answer, ports, sight):
                return True
        case CallKind.READ_STORAGE:
            sight.storage_read = True
            _keep_storage(case, answer, sight.stamp(ports), ports)
    if action.kind is not CallKind.READ:
        _hold(case, answer, ports, sight, released=False)
    return action.kind in (CallKind.READ, CallKind.READ_STORAGE) or answer.outcome is not Outcome.OK


def _take_survey(case: Case, answer: Answer, ports: Ports, sight: _Sight) -> bool:
    """What the destination showed; whether it has an id for the line, which then is the operation's number."""
    sight.surveyed, sight.fresh = True, answer.outcome is Outcome.OK
    if answer.outcome is not Outcome.OK:
        entry = case.catalogue.find(answer.error, CallKind.READ) if answer.error else None
        if entry is not None and entry.remedy == "not_permitted" and answer.error is not None:
            now, error = sight.now(ports), answer.error
            ports.ledger.save_hold(
                case.account.name, hold_unreadable(case.account.hold, error.code, error.message, now)
            )
            return True
        return False
    sight.survey = survey_of(answer.body, case.operation.e164)
    _hold(case, answer, ports, sight, released=True)
    if sight.survey.listed is None:
        return case.account.hold is not None
    ports.ledger.save_destination(case.operation.id, *sight.survey.listed, sight.now(ports))
    ports.reached(CrashPoint.READING_SAVED)
    sight.looks_anew()
    return True


async def _read_source(case: Case, action: Call, ports: Ports, sight: _Sight) -> bool:
    """The source's account is not the operation's: its trouble is its own, and its calls are few."""
    moving = case.moving
    account = moving.account if moving is not None else None
    if moving is None or account is None:
        raise ValueError(f"{action.kind} of a source that is not ours")
    order = Order(call=action.kind, account=account.name, waba=account.waba, number=moving.source.id)
    answer = await _keeping(sight.lease, ports.remote.send(order))
    ports.reached(CrashPoint.READ)
    good = answer.outcome is Outcome.OK
    if action.kind is CallKind.READ_SOURCE:
        sight.source = reading_of(answer, moving.source.id, sight.stamp(ports))
        good = sight.source.good
        ports.ledger.save_source_reading(case.operation.id, sight.source)
        ports.reached(CrashPoint.READING_SAVED)
    else:
        sight.source_account = account_seen(answer.body.get("account") or {})
    hold = hold_after(account.hold, answer, case.catalogue, sight.now(ports)) if not good else None
    if hold != account.hold:
        ports.ledger.save_hold(account.name, hold)
        ports.reached(CrashPoint.HOLD_SAVED)
    return True


def _compare_clocks(answer: Answer, sent_at: datetime, ports: Ports, sight: _Sight) -> None:
    """A clock that runs ahead would cut waits short: over five minutes apart, the earlier time counts.

    Compared from when the read was sent: a slow answer would look like a clock that runs ahead.
    """
    if not ports.compare_clocks or answer.remote_time is None:
        return
    apart = sent_at - answer.remote_time
    if abs(apart) > CLOCKS_APART:
        log.warning("this machine's clock and the remote's are %d seconds apart", apart.total_seconds())
        sight.ahead = max(sight.ahead, apart, timedelta(0))


def _keep_storage(case: Case, answer: Answer, now: datetime, ports: Ports) -> None:
    if answer.outcome not in (Outcome.OK, Outcome.REFUSED):
        return
    found = answer.body.get("storage_configuration")
    enabled = isinstance(found, dict) and "ENABLED" in str(found.get("status", ""))
    ports.ledger.save_storage(
        case.number.id,
        Storage(
            read_at=now,
            settings=found if enabled and isinstance(found, dict) else None,
            unreadable=answer.outcome is not Outcome.OK,
        ),
    )


async def _write(case: Case, action: Call, ports: Ports, sight: _Sight) -> None:
    """A call that changes something: its intent is committed first, its answer before anything is decided."""
    pin, kept = action.pin, case.pins.by_id(action.pin)
    if action.fresh_pin:
        origin = PinOrigin.SET if action.kind is CallKind.SET_PIN else PinOrigin.MADE
        kept = ports.ledger.keep_pin(case.number.e164, ports.make_pin(), origin, sight.stamp(ports))
        ports.reached(CrashPoint.PIN_KEPT)
        pin = kept.id
    order = _order(case, action.kind)
    if pin is not None:
        order = replace(order, pin=ports.ledger.open_pin(pin))
    if action.reply is not None and action.kind is CallKind.VERIFY_CODE:
        code = ports.ledger.open_code(action.reply, sight.now(ports))
        if code is None:
            return
        order = replace(order, code=code)
    if action.method:
        order = replace(order, method=action.method)
    attempt = Attempt(
        id=ports.new_id(),
        operation=case.operation.id,
        number=case.number.id,
        call=action.kind,
        at=sight.stamp(ports),
        before=case.standing,
        pin=pin,
        fingerprint=kept.fingerprint if kept else None,
        reply=action.reply,
        method=action.method,
    )
    if ports.monotonic is not None:
        order = replace(order, send_by=ports.monotonic() + SEND_SECONDS)
    ports.ledger.save_intent(attempt)
    ports.reached(CrashPoint.INTENT_SAVED)
    answer = await _send(order, ports, sight)
    ports.reached(CrashPoint.SENT)
    sight.looks_anew()
    ports.ledger.save_answer(attempt.id, answer, sight.stamp(ports))
    ports.reached(CrashPoint.ANSWER_SAVED)
    if action.kind is CallKind.CREATE and answer.outcome is Outcome.OK:
        created, display = str(answer.body["id"]), case.number.display or case.number.e164
        ports.ledger.save_destination(case.operation.id, created, display, sight.now(ports))
    if action.reply is not None and action.kind is CallKind.VERIFY_CODE and _code_used(case, attempt, answer):
        ports.ledger.erase_code(action.reply)
    _hold(case, answer, ports, sight, released=False)


def _code_used(case: Case, attempt: Attempt, answer: Answer) -> bool:
    """A code is spent once the remote judged it; after trouble it may be tried once more."""
    if answer.outcome is Outcome.OK:
        return True
    judged = replace(attempt, outcome=answer.outcome, error=answer.error)
    return judged.refused and case.remedy(judged) == "wrong_code"


def _hold(case: Case, answer: Answer, ports: Ports, sight: _Sight, *, released: bool) -> None:
    """Holds the account when the answer says so; only a good reading releases it."""
    now = sight.now(ports)
    if answer.outcome is Outcome.OK and not released:
        return
    hold = hold_after(case.account.hold, answer, case.catalogue, now)
    if hold != case.account.hold:
        ports.ledger.save_hold(case.account.name, hold)
        ports.reached(CrashPoint.HOLD_SAVED)


def _order(case: Case, kind: CallKind) -> Order:
    storage, seen = case.number.storage, case.moving.seen if case.moving is not None else None
    return Order(
        call=kind,
        account=case.account.name,
        waba=case.account.waba,
        number=case.number.id,
        method=case.operation.code_method,
        language=case.operation.code_language,
        storage=storage.settings if storage else None,
        e164=case.operation.e164,
        verified_name=seen.verified_name if seen is not None else None,
    )
