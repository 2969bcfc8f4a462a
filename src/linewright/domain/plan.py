"""The plan for each goal, when nothing is wrong; a refusal on the way goes to its remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from linewright.domain.action import Action, Call, Done, Reason, Wait
from linewright.domain.case import Case
from linewright.domain.doubt import doubtful, lost_too_often, was_registered
from linewright.domain.journal import Attempt, CallKind, Outcome
from linewright.domain.names import register_until
from linewright.domain.number import Standing
from linewright.domain.operation import Evidence, Goal, ReplyKind, Topic
from linewright.domain.pins import Pin, PinOrigin, PinState
from linewright.domain.proposal import proposal
from linewright.domain.release import second_key, second_look
from linewright.domain.remedies import REMEDIES, Step, after_the_name, ask_pin, certificate, reset_possible, support
from linewright.domain.signup import signup_over
from linewright.domain.verification import is_verified, next_move, request_code

__all__ = ["PLANS", "PROOF_LOOKS", "needs_restoring", "online", "plan", "proof_look", "settling", "toward"]

PROOF_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))
"""When the number is read after an ok register or deregister; then every hour."""
PROOF_PATIENCE = timedelta(hours=1)
STORAGE_LOOKS = timedelta(minutes=1)
NOT_REGISTERED = 133010
"""Heard of a number that read offline, a reading shows that it is gone."""
DEEPEST = 8
"""Remedies that send each other on more often than this have met a remote that contradicts itself."""


def plan(case: Case) -> Action:
    """What the goal wants next, before the rails."""
    return PLANS[case.operation.goal](case)


# Goals


def register(case: Case) -> Action:
    heard = _heard(case)
    named = case.standing is Standing.ONLINE and register_until(case) is not None
    asked = proposal(case) if heard or named or not case.registered else None
    if asked is not None:
        return asked
    if named and not heard:
        return toward(case, CallKind.REGISTER)
    if case.registered:
        if heard and case.standing is Standing.ONLINE and not _registered_since(case, heard):
            down = case.ok_since(CallKind.DEREGISTER, heard.at)
            if down:
                return _proof_wait(case, down, "Deregistered; the reading does not show it yet.") or support(
                    case, down, "The deregistration was answered ok an hour ago, but the number still reads online."
                )
            return _follow(case, certificate(case, heard))
        return online(case, heard)
    last = case.last(CallKind.REGISTER)
    if last and last.ok:
        return settling(case, last)
    late = signup_over(case)
    if late is not None:
        return late
    if case.standing is Standing.UNVERIFIED and not is_verified(case, case.operation.opened_at):
        return toward(case, CallKind.VERIFY_CODE)
    return toward(case, CallKind.REGISTER)


def verify(case: Case) -> Action:
    seen = case.last_good
    done = is_verified(case, case.operation.opened_at)
    if done and (case.registered or (seen and seen.verified)):
        return Done(reason=Reason.VERIFIED, message="The number is verified.")
    lapsed = any(heard.code == 133006 for heard in case.evidence)
    if seen and seen.verified and not lapsed and not case.mine:
        return Done(
            reason=Reason.VERIFIED,
            message="The number reads as verified already; no code was sent.",
            next_step="If a registration was refused with 133006, run verify with --because 133006.",
        )
    proven = case.ok_since(CallKind.VERIFY_CODE, case.operation.opened_at)
    if proven:
        return _proof_wait(case, proven, "The code was accepted; the reading does not show it yet.") or support(
            case, proven, "The code was accepted, but an hour later the number still reads as unverified."
        )
    return toward(case, CallKind.VERIFY_CODE)


def deregister(case: Case) -> Action:
    last = case.last(CallKind.DEREGISTER)
    first = second_key(case) if case.operation.release else None
    if first is not None:
        return first
    if not case.registered:
        if case.operation.release:
            return _released(case, last)
        if last and (last.ok or last.in_doubt):
            return Done(reason=Reason.DEREGISTERED, message="The number is deregistered; a reading shows it.")
        sent = "" if last else " Nothing was sent."
        return Done(reason=Reason.NOT_REGISTERED, message=f"The number is not registered.{sent}")
    denied = last is not None and last.refused and case.remedy(last) == "not_registered"
    if denied and not case.operation.release:
        return Done(
            reason=Reason.NOT_REGISTERED,
            message="The remote says that the number is not registered, though it still reads as online.",
            proven=False,
        )
    if last and (last.ok or denied) and not case.settled_by_person(last.ended_at):
        return _proof_wait(case, last, "Deregistered; the reading does not show it yet.") or support(
            case, last, "The deregistration was answered an hour ago, but the number still reads online."
        )
    return toward(case, CallKind.DEREGISTER)


def _released(case: Case, last: Attempt | None) -> Action:
    """Given up, and proven by two readings where something was sent; what remains is done by hand."""
    sent = last is not None and (last.ok or last.in_doubt)
    wait = second_look(case, last) if last is not None and sent else None
    said = "Deregistered; two readings show it." if sent else "It was offline already, so nothing was sent."
    return wait or Done(
        reason=Reason.DEREGISTERED if sent else Reason.NOT_REGISTERED,
        message=f"The number is released. {said} Linewright never brings it back by itself.",
        next_step=f"`linewright release {case.number.e164} --status` tells what remains to be done by hand, and when.",
    )


def set_pin(case: Case) -> Action:
    done = case.ok_since(CallKind.SET_PIN, case.operation.opened_at)
    if done:
        return Done(
            reason=Reason.PIN_SET,
            message="The remote took the new PIN. No reading can show a PIN: it counts as accepted once a "
            "registration went through with it.",
            proven=False,
        )
    return toward(case, CallKind.SET_PIN)


PLANS: dict[Goal, Callable[[Case], Action]] = {
    Goal.REGISTER: register,
    Goal.VERIFY: verify,
    Goal.DEREGISTER: deregister,
    Goal.SET_PIN: set_pin,
}


# Toward a call


def toward(case: Case, kind: CallKind, depth: int = 0, since: datetime | None = None) -> Action:
    """The next action on the way to a call: the call itself, or what the latest answer to it asks for.

    `since` is the answer to another kind of call that leads here: what was answered before it is past.
    """
    if depth > DEEPEST:
        return support(case, case.last_write(), "The remote's answers contradict each other.")
    if kind in (CallKind.LOOK, CallKind.READ):
        return Call(kind=kind)
    if kind is CallKind.VERIFY_CODE:
        return _verification(case, depth)
    last = case.last(kind)
    past = last is not None and since is not None and last.ended_at < since and not last.in_doubt
    if last is None or past or last.ok or (last.refused and case.settled_by_person(last.ended_at)):
        return _make(case, kind, depth)
    step = doubtful(case, last) if last.in_doubt else REMEDIES[case.remedy(last)](case, last)
    if step is kind:
        return _make(case, kind, depth)
    return _follow(case, step, depth, last.ended_at)


def _follow(case: Case, step: Step, depth: int = 0, since: datetime | None = None) -> Action:
    return toward(case, step, depth + 1, since) if isinstance(step, CallKind) else step


def _verification(case: Case, depth: int) -> Action:
    request = case.last(CallKind.REQUEST_CODE)
    tried = case.last(CallKind.VERIFY_CODE)
    if request is None or _outlived(request, tried):
        return request_code(case, case.operation.code_method)
    if request.refused:
        if case.settled_by_person(request.ended_at):
            return request_code(case, _method(case))
        step = REMEDIES[case.remedy(request)](case, request)
        again = step is CallKind.REQUEST_CODE
        return request_code(case, _method(case)) if again else _follow(case, step, depth)
    move = next_move(case, request)
    if move is not None:
        return move
    if tried is None:  # next_move leaves only a refusal of the verify call undecided
        return Call(kind=CallKind.REQUEST_CODE, method=_method(case))
    reply = case.reply(Topic.CODE, ReplyKind.VALUE, since=request.at)
    again_call = Call(kind=CallKind.VERIFY_CODE, reply=reply.id if reply else None)
    if case.settled_by_person(tried.ended_at):
        return again_call
    step = REMEDIES[case.remedy(tried)](case, tried)
    return again_call if step is CallKind.VERIFY_CODE else _follow(case, step, depth)


def _outlived(request: Attempt, tried: Attempt | None) -> bool:
    """A request whose code was already accepted belongs to an earlier verification."""
    return tried is not None and tried.ok and tried.ended_at >= request.ended_at


def _method(case: Case) -> str:
    """The other way after a code could not be sent, once (136024/2388091)."""
    last = case.last(CallKind.REQUEST_CODE)
    used = last.method or case.operation.code_method if last else case.operation.code_method
    if last and last.refused and case.remedy(last) == "code_not_sent":
        return "VOICE" if used == "SMS" else "SMS"
    return used


# Making a call, with what must come first


def _make(case: Case, kind: CallKind, depth: int) -> Action:
    if kind is CallKind.REGISTER:
        return _make_register(case, depth)
    if kind is CallKind.DEREGISTER:
        return _make_deregister(case)
    if kind is CallKind.SET_PIN:
        return _make_set_pin(case)
    return Call(kind=kind)


def _make_register(case: Case, depth: int) -> Action:
    """Storage settings first, then a PIN that may be sent (DESIGN 5.5)."""
    if needs_restoring(case):
        kept = case.last(CallKind.KEEP_STORAGE)
        if kept is None or not kept.ok:
            return toward(case, CallKind.KEEP_STORAGE, depth + 1)
    approved = case.reply(Topic.PIN, ReplyKind.APPROVE) or case.reply(Topic.LOCKED, ReplyKind.APPROVE)
    if approved and not case.ok_since(CallKind.SET_PIN, approved.at):
        return toward(case, CallKind.SET_PIN, depth + 1)
    if case.moving is not None and not any(a.ok for a in case.of_kind(CallKind.REGISTER)):
        return _make_register_anew(case)  # once one was accepted the phone's PIN is ours, or changed since: as any
    if case.candidates:
        best = _best_pin(case)
        if lost_too_often(case, best) and case.account.pin_reset == "auto" and reset_possible(case):
            return toward(case, CallKind.SET_PIN, depth + 1)
        return Call(kind=CallKind.REGISTER, pin=best.id)
    off = case.reply(Topic.PIN, ReplyKind.DONE) or case.reply(Topic.LOCKED, ReplyKind.DONE)
    unused = case.pins.state is PinState.NOT_USED
    if case.two_step is False or unused or (off and case.two_step is None):
        return Call(kind=CallKind.REGISTER, fresh_pin=True)
    if case.account.pin_reset == "auto" and reset_possible(case):
        return toward(case, CallKind.SET_PIN, depth + 1)
    why = (
        "Two-step verification is switched on, and Linewright keeps no PIN of this number that may be sent."
        if case.two_step
        else "Linewright keeps no PIN of this number, and the remote does not say whether one is set."
    )
    return ask_pin(case, why)


def _make_register_anew(case: Case) -> Action:
    """Of a migration, which registers with two-step verification off alone (`migration.after`): a PIN given with it,
    or a fresh one, that nobody at the source knows."""
    given = next((pin for pin in case.candidates if pin.at >= case.operation.opened_at), None)
    if given is not None:
        return Call(kind=CallKind.REGISTER, pin=given.id)
    return Call(kind=CallKind.REGISTER, fresh_pin=True)


def _best_pin(case: Case) -> Pin:
    """The newest that may be sent; the accepted one where a wrong guess would cost most: after a lock, and
    for a number that is online."""
    last = case.last(CallKind.REGISTER)
    locked = last is not None and last.refused and case.remedy(last) == "guesses_locked"
    if last is not None and locked:
        locked = not any(case.reply(topic, since=last.ended_at) for topic in (Topic.PIN, Topic.LOCKED))
    accepted = case.pins.accepted
    if accepted is not None and accepted in case.candidates and (locked or case.registered):
        return accepted
    return case.candidates[0]


def _make_deregister(case: Case) -> Action:
    kept = case.number.storage
    read = kept is not None and kept.read_at >= case.operation.opened_at
    if not read and not needs_restoring(case):
        if case.storage_read:
            return Wait(
                until=case.now + STORAGE_LOOKS,
                reason=Reason.UNKNOWN_READING,
                message="The number's local storage settings could not be read; a deregister would switch them off.",
                next_step="Reads them again; nothing is sent before that.",
            )
        return Call(kind=CallKind.READ_STORAGE)
    return Call(kind=CallKind.DEREGISTER)


def _make_set_pin(case: Case) -> Action:
    """The PIN in doubt; else the PIN given for it, or one already made for it and not yet set; else a fresh one."""
    last = case.last(CallKind.SET_PIN)
    if last is not None and last.in_doubt:
        return Call(kind=CallKind.SET_PIN, pin=last.pin)
    spoiled = {
        a.pin for a in case.of_kind(CallKind.SET_PIN) if a.ok or (a.refused and case.remedy(a) == "pin_malformed")
    }
    for pin in reversed(case.pins.pins):
        to_set = pin.origin in (PinOrigin.SET, PinOrigin.CHOSEN)
        if to_set and pin.at >= case.operation.opened_at and pin.id not in spoiled:
            return Call(kind=CallKind.SET_PIN, pin=pin.id)
    return Call(kind=CallKind.SET_PIN, fresh_pin=True)


def needs_restoring(case: Case) -> bool:
    """Whether a deregister of ours switched local storage off and it was not set again since."""
    kept = case.number.storage
    if kept is None or not kept.settings:
        return False
    off = [a for a in case.attempts if a.call is CallKind.DEREGISTER and (a.ok or a.in_doubt)]
    off = [a for a in off if a.ended_at >= kept.read_at]
    back = [a for a in case.attempts if a.call is CallKind.KEEP_STORAGE and a.ok]
    return bool(off) and not any(a.ended_at >= off[-1].ended_at for a in back)


# Proof


def proof_look(case: Case, since: datetime) -> datetime:
    """The next reading that may prove an ok answer: after 5 and 15 s, 1, 5, 15 min, then every hour."""
    looks = (*PROOF_LOOKS, PROOF_PATIENCE * (case.ago(since) // PROOF_PATIENCE + 1))
    return next(since + look for look in looks if since + look > case.now)


def _proof_wait(case: Case, ok: Attempt, message: str) -> Wait | None:
    if case.ago(ok.ended_at) >= PROOF_PATIENCE:
        return None
    return Wait(
        until=proof_look(case, ok.ended_at),
        reason=Reason.SETTLING,
        message=message,
        next_step="Reads the number again; nothing is sent meanwhile.",
    )


def settling(case: Case, ok: Attempt) -> Action:
    """After a registration that was accepted: readings, then the name's review, then support."""
    if case.settled_by_person(ok.ended_at):
        return toward(case, CallKind.REGISTER)
    wait = _proof_wait(case, ok, "The registration was accepted; the number does not read as online yet.")
    if wait:
        return wait
    step = after_the_name(case, ok)
    if step is not None:
        return _follow(case, step)
    return support(case, ok, "The registration was accepted an hour ago, but the number still does not read as online.")


def _heard(case: Case) -> Evidence | None:
    """The latest evidence against a number that reads online, brought by this operation."""
    return next(
        (
            heard
            for heard in reversed(case.evidence)
            if heard.code in (131045, 133010) and heard.at >= case.operation.opened_at
        ),
        None,
    )


def _registered_since(case: Case, heard: Evidence) -> Attempt | None:
    return case.ok_since(CallKind.REGISTER, heard.at)


def online(case: Case, heard: Evidence | None) -> Action:
    """The reading shows it registered: subscribe after a register of ours, then done."""
    sent = [a for a in case.of_kind(CallKind.REGISTER) if a.ok or a.in_doubt]
    if not sent:
        spent = "" if case.mine else " Nothing was spent."
        return Done(reason=Reason.ALREADY_ONLINE, message=_online_words(case) + spent)
    if case.operation.subscribe and case.account.subscribe:
        if case.subscribed is None and not case.subscription_read:
            return Call(kind=CallKind.READ_SUBSCRIPTION)
        if case.subscribed is False and not case.mine_called(CallKind.SUBSCRIBE):
            return Call(kind=CallKind.SUBSCRIBE)
    extra = _subscription_words(case)
    shown = heard is not None and heard.code == NOT_REGISTERED and not was_registered(sent[-1])
    if heard and not shown:
        return Done(
            reason=Reason.NOT_YET_PROVEN,
            message=f"The registration was accepted and the number reads online. No reading can show that "
            f"{heard.code} is gone: 24 hours without it prove it.{extra}",
            next_step=f"If {heard.code} comes again, run register with --because {heard.code} once more.",
            proven=False,
        )
    return Done(reason=Reason.REGISTERED, message=_online_words(case) + extra)


def _online_words(case: Case) -> str:
    if case.standing is Standing.RESTRICTED:
        return "The number is registered, but restricted: Meta limits what it may send. See Account Quality."
    return "The number is online."


def _subscription_words(case: Case) -> str:
    last = next((a for a in reversed(case.mine) if a.call is CallKind.SUBSCRIBE), None)
    if last is None or last.outcome is Outcome.OK:
        return ""
    return " The app could not be subscribed to the account's webhooks; run `linewright doctor`."
