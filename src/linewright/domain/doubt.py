"""A call in doubt: sent, perhaps, and its answer lost. One rule per kind of call (DESIGN 5.4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from linewright.domain.action import Reason, Wait
from linewright.domain.case import Case
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.ladders import server_down_wait
from linewright.domain.number import REGISTERED, Standing
from linewright.domain.operation import ReplyKind, Topic
from linewright.domain.pins import Pin
from linewright.domain.remedies import Step, support

__all__ = ["SETTLES_IN", "doubtful", "in_doubt", "lost_too_often", "unsettled"]

SETTLES_IN = timedelta(minutes=2)
"""Readings over this time tell whether a register or deregister happened."""
LOOKS = (timedelta(seconds=15), timedelta(minutes=1), SETTLES_IN)
SURE_PIN = (timedelta(minutes=10), timedelta(hours=1))
"""When a register in doubt, whose PIN cannot be wrong, is made again; after that as 133004."""
SHOWN = frozenset({CallKind.REGISTER, CallKind.DEREGISTER, CallKind.CREATE})
REPEATS = 4
TRIES_UNSURE = 2
"""A PIN that may be wrong is repeated at most once (promise 7)."""


def was_registered(attempt: Attempt) -> bool:
    return attempt.before in {standing.value for standing in REGISTERED}


def happened(case: Case, attempt: Attempt) -> bool:
    """Whether a reading since shows that the call in doubt took place."""
    if attempt.call is CallKind.CREATE:
        return case.number.id != attempt.number  # the destination listed it, and it became the operation's number
    seen = case.last_good
    if seen is None or seen.at < attempt.ended_at:
        return False
    if attempt.call is CallKind.REGISTER:
        return not was_registered(attempt) and case.registered
    if attempt.call is CallKind.DEREGISTER:
        return was_registered(attempt) and case.standing in (Standing.OFFLINE, Standing.UNVERIFIED)
    return attempt.call is CallKind.VERIFY_CODE and seen.verified


def next_look(case: Case, attempt: Attempt) -> datetime | None:
    """The next reading within the two minutes, or None once they are over."""
    return next((attempt.ended_at + look for look in LOOKS if attempt.ended_at + look > case.now), None)


def unsettled(case: Case) -> Attempt | None:
    """The phone's call in doubt that still bars every other write: no reading has settled it yet."""
    for kind in SHOWN:
        last = next((a for a in reversed(case.attempts) if a.call is kind and a.spent), None)
        if last is None or not last.in_doubt or happened(case, last):
            continue
        if next_look(case, last) is not None:
            return last
    return None


def in_doubt(case: Case, attempt: Attempt) -> Wait | None:
    """Rest until the next reading that may settle it."""
    look = next_look(case, attempt)
    if look is None:
        return None
    return Wait(
        until=look,
        reason=Reason.IN_DOUBT,
        message=f"The answer to the call {attempt.call} was lost; it may have happened. Nothing is sent "
        "before readings have told.",
        next_step="Reads the number again.",
    )


def doubtful(case: Case, attempt: Attempt) -> Step:
    """What to do about this operation's latest call of a kind when it is in doubt."""
    if attempt.call in SHOWN and not happened(case, attempt):
        wait = in_doubt(case, attempt)
        if wait:
            return wait
    rule = {CallKind.REGISTER: _register, CallKind.DEREGISTER: _deregister}.get(attempt.call, _harmless)
    return rule(case, attempt)


def _times(case: Case, attempt: Attempt) -> int:
    """How many calls of this kind in a row are in doubt."""
    count = 0
    for earlier in reversed(case.of_kind(attempt.call)):
        if not earlier.in_doubt:
            break
        count += 1
    return count


def lost_too_often(case: Case, pin: Pin) -> bool:
    """Whether this PIN may be wrong and went out twice with its answer lost; given again by a person,
    or with their word that two-step verification is off, it begins anew.

    A refusal for another reason in between says nothing about the PIN, and neither does a new operation.
    """
    if _sure(case, pin.fingerprint):
        return False
    word = case.reply(Topic.PIN, ReplyKind.DONE) or case.reply(Topic.LOCKED, ReplyKind.DONE)
    since = max(pin.at, word.at) if word else pin.at
    lost = [a for a in case.attempts if a.call is CallKind.REGISTER and a.fingerprint == pin.fingerprint and a.in_doubt]
    return sum(a.at >= since for a in lost) >= TRIES_UNSURE


def _sure(case: Case, fingerprint: str | None) -> bool:
    accepted = case.pins.accepted
    return case.two_step is False or (accepted is not None and accepted.fingerprint == fingerprint)


def _register(case: Case, attempt: Attempt) -> Step:
    if not _sure(case, attempt.fingerprint):
        return CallKind.REGISTER
    times = _times(case, attempt)
    wait = (
        SURE_PIN[times - 1]
        if times <= len(SURE_PIN)
        else server_down_wait(attempt.number, times + 2 - len(SURE_PIN) + 1)
    )
    until = attempt.ended_at + wait
    word = case.reply(Topic.PIN, since=attempt.ended_at) or case.reply(Topic.LOCKED, since=attempt.ended_at)
    if case.now >= until or word:
        return CallKind.REGISTER
    return Wait(
        until=until,
        reason=Reason.IN_DOUBT,
        message="The answer to the registration was lost, and "
        + ("no reading can show it." if was_registered(attempt) else "readings do not show the number online."),
        next_step="Registers again by itself.",
    )


def _deregister(case: Case, attempt: Attempt) -> Step:
    if happened(case, attempt) or not was_registered(attempt):
        told = case.last(CallKind.REGISTER)
        answered = told is not None and not told.in_doubt and told.ended_at > attempt.ended_at
        return CallKind.DEREGISTER if answered else CallKind.REGISTER
    if _times(case, attempt) < 2:
        return CallKind.DEREGISTER
    return support(case, attempt, "Two answers to a deregistration were lost, and the number still shows.")


def _harmless(case: Case, attempt: Attempt) -> Step:
    """Calls whose repetition changes nothing: the same PIN set, the same settings kept."""
    times = _times(case, attempt)
    if times > REPEATS:
        return support(case, attempt, f"The answers to the call {attempt.call} are lost again and again.")
    until = attempt.ended_at + server_down_wait(attempt.number, times)
    if case.now >= until:
        return attempt.call
    return Wait(
        until=until,
        reason=Reason.IN_DOUBT,
        message=f"The answer to the call {attempt.call} was lost; repeating it does no harm.",
        next_step="Makes the same call again.",
    )
