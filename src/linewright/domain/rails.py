"""The rails: what no plan and no remedy may do. Asked in order after each decision; the first match wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeGuard

from linewright.domain.action import Action, Ask, Call, Done, GiveUp, Reason, Wait
from linewright.domain.budget import LIMIT, LIMITED, WINDOW, automatic_limit, counts_still, spent_until, used_in
from linewright.domain.case import Case
from linewright.domain.doubt import in_doubt, lost_too_often, unsettled
from linewright.domain.holds import PROBE_EVERY
from linewright.domain.journal import WRITES, Attempt, CallKind, RemoteError
from linewright.domain.ladders import held_kinds, held_until, unsent_until
from linewright.domain.number import Standing
from linewright.domain.operation import ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinState
from linewright.domain.release import WAY, second_key
from linewright.domain.remedies import ask_pin, support
from linewright.domain.shelter import outage_wait
from linewright.domain.standing import RECHECK
from linewright.domain.waits import told, with_margin
from linewright.domain.weather import is_shared

__all__ = ["CODES_AN_HOUR", "CODES_A_DAY", "NOT_OURS", "RAILS", "SPACING", "Rail", "judge"]

Rail = Callable[[Case, Action], Action | None]

SPACING = timedelta(seconds=30 + 5)
"""Between two registrations or deregistrations, from the answer of the last (errors page, 133009)."""
AFTER_SET_PIN = timedelta(seconds=60)
CODE_SPACING = timedelta(seconds=60)
AFTER_RESTORE = max(SPACING, AFTER_SET_PIN, CODE_SPACING)
"""From when a home was put back from a copy: a call of the former one may have been answered a moment before."""
CODES_AN_HOUR, CODES_A_DAY = 3, 6
SAME_ANSWERS = 4
LOOK_AGAIN = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900))
WAYS_BACK = 2
"""Automatic registrations that must be left before a number that is online is deregistered."""
PERSISTENT = 5

NOT_OURS = {
    Standing.COEXISTENCE: "It is shared with the WhatsApp Business app (coexistence): it is registered and "
    "released from the app alone.",
    Standing.ON_PREMISE: "It is tied to the retired On-Premises API.",
    Standing.BANNED: "Meta has banned it.",
    Standing.MIGRATED: "It has moved to another account.",
    Standing.DELETED: "It was deleted.",
    Standing.TEST: "It is a test number, which Meta registers itself.",
}
WAY_BACK = {
    Standing.COEXISTENCE: "Disconnect it in the app (Settings, Account, Business Platform) if it shall live "
    "on the Cloud API alone.",
    Standing.ON_PREMISE: "Bring it in by Embedded Signup; `linewright doctor` tells when it is ours.",
    Standing.BANNED: "Appeal in WhatsApp Manager; when it is lifted, run register again.",
    Standing.MIGRATED: "Run `linewright sync` on the account that has it now.",
    Standing.DELETED: "Add it again (`linewright number add`), then register it under its new id.",
    Standing.TEST: "Nothing is needed: it can send as it is.",
}


def account_on_hold(case: Case, action: Action) -> Action | None:
    """1. A dead token or a usage limit holds every call of the account; one read may look now and then."""
    if case.account.paused:
        return Ask(
            kind=TaskKind.FIX,
            topic=Topic.ACCOUNT,
            reason=Reason.ACCOUNT_PAUSED,
            message=f"The account {case.account.name} is paused{_put_back(case)}.",
            question=(
                "See that the home it was copied from is stopped for good. Then resume" if case.restored else "Resume"
            )
            + f" it with `linewright account update {case.account.name} --resume`.",
            next_step="Once resumed, the work goes on by itself.",
            of_account=True,
        )
    hold = case.account.hold
    if hold is None:
        return None
    looking = isinstance(action, Call) and action.kind in (CallKind.READ, CallKind.SURVEY)
    probing = looking and not case.read_this_turn and not (case.moving is not None and case.moving.surveyed)
    if probing and case.now >= hold.probe_at:
        return None
    wake = hold.probe_at if hold.probe_at > case.now else case.now + PROBE_EVERY
    if hold.usage:
        often = f" It is the {hold.streak}th time in a row." if hold.streak >= PERSISTENT else ""
        return Wait(
            until=wake,
            reason=Reason.USAGE_LIMIT,
            message=f"The account {case.account.name} made too many calls ({hold.code}).{often}",
            next_step="Looks again when the limit has had time to pass.",
        )
    return Ask(
        kind=TaskKind.FIX,
        topic=Topic.ACCOUNT,
        reason=Reason.ACCOUNT_ON_HOLD,
        message=f"The remote no longer takes the access token of {case.account.name} ({hold.code}).",
        question=f"Please give a new token: `linewright account update {case.account.name} --token-file FILE`.",
        next_step="Every 15 minutes, and as soon as a token is given, one read looks whether it works again.",
        wake_at=wake,
        of_account=True,
    )


def _put_back(case: Case) -> str:
    if case.restored is None:
        return ""
    return f": this home was put back from a copy of {case.restored.copied_at:%Y-%m-%d %H:%M} UTC"


def unknown_reading(case: Case, action: Action) -> Action | None:
    """2. Without a good reading nothing is known, and nothing is written."""
    if not case.read_this_turn:
        return None
    reading = case.reading
    if reading is not None and not reading.good and reading.error is not None:
        entry = case.catalogue.find(reading.error, CallKind.READ)
        if entry is not None and entry.remedy == "not_permitted":
            looked = _looked_around(case)
            if looked is not None:
                return looked
    if reading is not None and reading.good and case.standing is not Standing.UNKNOWN:
        return None
    if reading is not None and reading.good and case.judged.reason is Reason.CONTRADICTORY:
        return Wait(
            until=(case.number.contradictory_since or case.now) + RECHECK
            if case.ago(case.number.contradictory_since or case.now) < RECHECK
            else case.now + RECHECK,
            reason=Reason.CONTRADICTORY,
            message="The reading contradicts itself: a live status, yet not registered.",
            next_step="Reads again; a second reading like this counts as offline.",
        )
    return Wait(
        until=case.now + LOOK_AGAIN[min(_blind(case), len(LOOK_AGAIN)) - 1],
        reason=Reason.UNKNOWN_READING,
        message=f"The number could not be read{_why(case)}. That says nothing about the number itself.",
        next_step="Reads again; nothing is sent before a good reading.",
    )


def _looked_around(case: Case) -> Action | None:
    """A refused read: is it this number, or the whole account (DESIGN 5.2, row 100/33)?"""
    if case.look is None:
        return Call(kind=CallKind.LOOK)
    if not case.look.account_readable or case.look.listed is None:
        return None
    if not case.look.listed:
        return GiveUp(
            reason=Reason.DELETED,
            message=f"The account {case.account.name} works, but this number is no longer in it.",
            next_step="If it was added again it has a new id: run `linewright sync`, then register that one.",
        )
    return Ask(
        kind=TaskKind.FIX,
        topic=Topic.CHANGE,
        reason=Reason.NEEDS_FIX,
        message=f"The number is in the account, but reading it is not allowed{_why(case)}.",
        question="Please give the token's system user the permission whatsapp_business_management and this "
        "account as an asset. Answer done when it is changed.",
        next_step="Reads the number again.",
        wake_at=case.now + RECHECK,
    )


def _why(case: Case) -> str:
    reading = case.reading
    if reading is None:
        return ""
    if reading.good:
        return f": the status {reading.status!r} is not known here"
    if reading.error is not None:
        return f": {(reading.error.message or reading.failure).rstrip('.')} ({reading.error.code})"
    return f": {reading.failure.rstrip('.')}" if reading.failure else ""


def _blind(case: Case) -> int:
    """How many readings in a row told nothing."""
    count = 0
    for reading in reversed(case.readings):
        if reading.good and case.standing is not Standing.UNKNOWN:
            break
        count += 1
    return max(count, 1)


def look_first(case: Case, action: Action) -> Action | None:
    """2b. No write, and no success, without a good reading in the same turn, newer than the last write."""
    if (_writes(action) or isinstance(action, Done)) and not case.fresh:
        created = case.moving is None or case.moving.created
        return Call(kind=CallKind.READ if created else CallKind.SURVEY)
    return None


def call_in_doubt(case: Case, action: Action) -> Action | None:
    """3. No other write of the phone before a call in doubt is settled."""
    doubt = unsettled(case) if _writes(action) else None
    return in_doubt(case, doubt) if doubt else None


def not_ours(case: Case, action: Action) -> Action | None:
    """4. Hands off what is not ours."""
    if not case.read_this_turn or case.standing not in NOT_OURS:
        return None
    reason = Reason.DELETED if case.standing is Standing.DELETED else Reason.NOT_OURS
    return GiveUp(
        reason=reason,
        message=f"This number is not for Linewright to change. {NOT_OURS[case.standing]}",
        next_step=WAY[case.standing] if case.operation.release else WAY_BACK[case.standing],
    )


def told_to_wait(case: Case, action: Action) -> Action | None:
    """5. A wait holds the kind of call that was refused, over all operations of the phone; a shared outage holds
    every registration."""
    if not _writes(action):
        return None
    holding = [
        (until, a)
        for a in case.attempts
        if action.kind in held_kinds(case, a) and (until := held_until(case, a)) and until > case.now
    ]
    together = outage_wait(case) if action.kind is CallKind.REGISTER else None
    if not holding or (together is not None and all(until <= together.until for until, _ in holding)):
        return together
    until, attempt = max(holding, key=lambda held: held[0])
    blocked = case.remedy(attempt) == "attempts_used_up"
    return Wait(
        until=until,
        reason=Reason.BLOCKED if blocked else Reason.TOLD_TO_WAIT,
        message=f"The remote holds the call {action.kind} of this phone ({attempt.code}).",
        next_step=f"Makes the call {action.kind} when that time is over.",
    )


def spacing(case: Case, action: Action) -> Action | None:
    """6. Time between two calls of a kind, counted from the answer; and after one that could not be sent."""
    if not _writes(action):
        return None
    unsent = unsent_until(case, action.kind)
    if unsent is not None and unsent > case.now:
        return Wait(
            until=unsent,
            reason=Reason.THEIR_TROUBLE,
            message=f"The remote could not be reached: the call {action.kind} was not sent, and nothing was spent.",
            next_step=f"Makes the call {action.kind} again.",
        )
    until = _spaced_until(case, action.kind)
    if until is None or until <= case.now:
        return None
    return Wait(
        until=until,
        reason=Reason.SPACING,
        message=f"Some time must lie between two calls like {action.kind}.",
        next_step=f"Makes the call {action.kind}.",
    )


def _spaced_until(case: Case, kind: CallKind) -> datetime | None:
    ends = [case.restored.at + AFTER_RESTORE] if case.restored else []
    if kind in LIMITED:
        ends += [a.ended_at + SPACING for a in case.attempts if a.call in LIMITED and a.spent]
    if kind is CallKind.REGISTER:
        ends += [a.ended_at + AFTER_SET_PIN for a in case.attempts if a.call is CallKind.SET_PIN and a.spent]
    if kind is CallKind.REQUEST_CODE:
        ends += [a.ended_at + CODE_SPACING for a in case.attempts if a.call is kind and a.spent]
        for limit, window in ((CODES_AN_HOUR, timedelta(hours=1)), (CODES_A_DAY, timedelta(days=1))):
            used = used_in(case.attempts, kind, window, case.now)
            if len(used) >= limit:
                ends.append(used[-limit] + window)
    return max(ends, default=None)


def automatic_cap(case: Case, action: Action) -> Action | None:
    """7. Never more than eight of the ten by ourselves; the reserve is a person's, ten is the end."""
    if not _writes(action) or action.kind not in LIMITED:
        return None
    until = spent_until(case, action.kind)
    if until is None:
        return None
    used = used_in(case.attempts, action.kind, WINDOW, case.now)
    reserve = "" if case.operation.use_reserve else " The last two are kept for a person (--use-reserve)."
    if counts_still(case.restored, case.now) and not case.operation.use_reserve:
        return Wait(
            until=until,
            reason=Reason.AUTOMATIC_CAP,
            message=f"How many calls {action.kind} this phone has left is not known: this home was put back from a "
            "copy, and what was made after the copy counts too. A person may go on (--use-reserve).",
            next_step=f"Makes the call {action.kind} when all of that is 72 hours old.",
        )
    return Wait(
        until=until,
        reason=Reason.AUTOMATIC_CAP,
        message=f"{len(used)} of the {LIMIT} calls {action.kind} that this phone has in 72 hours are spent.{reserve}",
        next_step=f"Makes the call {action.kind} when the oldest of them is 72 hours old.",
    )


def pin_refused(case: Case, action: Action) -> Action | None:
    """8. A PIN known to be refused is never sent again, and one that may be wrong is repeated at most once."""
    if not _writes(action) or action.kind is not CallKind.REGISTER:
        return None
    if case.pins.is_refused(action.pin):
        return ask_pin(case, "The only PIN kept for this number was refused (133005).", Reason.PIN_REFUSED)
    pin = case.pins.by_id(action.pin)
    if pin is not None and lost_too_often(case, pin):
        return ask_pin(
            case,
            "Two answers to a registration were lost, and the PIN sent may be wrong: a third try could lock "
            "the number.",
            Reason.IN_DOUBT,
        )
    return None


def no_way_back(case: Case, action: Action) -> Action | None:
    """9. A number that is online is deregistered only with the way back open and a person's approval; one that is
    given up needs no way back, but a second key."""
    if not _writes(action) or action.kind is not CallKind.DEREGISTER:
        return None
    if case.operation.release:
        return second_key(case)
    maybe_app = case.last_good is not None and case.last_good.is_on_biz_app is None
    if not case.registered and not maybe_app:
        return None
    if case.registered:
        missing = _missing_way_back(case)
        if missing:
            return GiveUp(
                reason=Reason.NO_WAY_BACK,
                message=f"The number is online, and there would be no sure way back: {missing}.",
                next_step="Nothing was changed. Mend that first; to give the number up for good, "
                f"use `linewright release {case.number.e164}`.",
            )
    if case.reply(Topic.DEREGISTER, ReplyKind.APPROVE):
        return None
    return Ask(
        kind=TaskKind.APPROVE,
        topic=Topic.DEREGISTER,
        reason=Reason.NEEDS_APPROVAL,
        message="Deregistering takes the line down: nothing is sent or received until it is registered again."
        if case.registered
        else "Whether this number is shared with the WhatsApp Business app was not said; there it must not be touched.",
        question=f"Deregister {case.number.display or case.number.e164}? Coming back may need a code by SMS "
        "or call: could that phone receive one now? If the remote then refuses, the line stays down until "
        "it is cured.",
        next_step="With your approval the number is deregistered.",
    )


def _missing_way_back(case: Case) -> str:
    registers = used_in(case.attempts, CallKind.REGISTER, WINDOW, case.now)
    holding = any(
        CallKind.REGISTER in held_kinds(case, a) and (held_until(case, a) or case.now) > case.now for a in case.attempts
    )
    storage = case.number.storage
    if is_shared(case.weather, case.now):
        return "the remote's registration server is down for several numbers"
    if case.pins.accepted is None and case.pins.state is not PinState.NOT_USED:
        return "no PIN is kept that the remote has accepted in a registration"
    if len(registers) + WAYS_BACK > automatic_limit(case, CallKind.REGISTER):
        return "too few registrations are left in the 72 hours"
    if holding:
        return "registrations of this phone are blocked or held at the moment"
    if storage is None or storage.unreadable:
        return "its local storage settings could not be read and kept"
    return ""


def same_answer(case: Case, action: Action) -> Action | None:
    """10. The same answer to the same kind of call for the fourth time is for support."""
    if not isinstance(action, Call | Wait):
        return None
    last = next((a for a in reversed(case.mine) if a.spent), None)
    if last is None or not last.refused or case.settled_by_person(last.ended_at):
        return None
    if case.remedy(last) in ("server_down", "attempts_used_up", "too_many_calls"):
        return None
    if isinstance(action, Call) and action.kind is not last.call:
        return None
    alike = [a for a in case.of_kind(last.call) if a.refused and (a.code, a.subcode) == (last.code, last.subcode)]
    if len(alike) < SAME_ANSWERS:
        return None
    return support(
        case,
        last,
        f"The remote gave the same answer to the call {last.call} for the {len(alike)}th time.",
        Reason.SAME_ANSWER,
    )


RAILS: tuple[Rail, ...] = (
    account_on_hold,
    unknown_reading,
    look_first,
    call_in_doubt,
    not_ours,
    told_to_wait,
    spacing,
    automatic_cap,
    pin_refused,
    no_way_back,
    same_answer,
)
"""Their order is the design's (5.3); a test pins it."""


def judge(case: Case, action: Action) -> Action:
    """The action that the rails let through, or the first one that a rail puts in its place."""
    for rail in RAILS:
        instead = rail(case, action)
        if instead is not None:
            return told_too_long(case, instead)
    return told_too_long(case, action)


def told_too_long(case: Case, action: Action) -> Action:
    """A told wait above seven days is cut to seven, and support is asked at once beside it (DESIGN 5.2)."""
    if not isinstance(action, Wait):
        return action
    for error, at, attempt in _refusals(case):
        wait = told(error)
        held = (
            wait is not None
            and wait.too_long
            and abs(at + with_margin(wait.wait) - action.until) < timedelta(seconds=1)
        )
        if held and not case.settled_by_person(at):
            return replace(action, ask=support(case, attempt, "The remote asks for a wait of more than seven days."))
    return action


def _refusals(case: Case) -> Iterator[tuple[RemoteError, datetime, Attempt | None]]:
    """Every refusal that a wait may come from, of a write or of a read."""
    yield from ((a.error, a.ended_at, a) for a in case.attempts if a.refused and a.error)
    yield from ((reading.error, reading.at, None) for reading in case.readings if reading.error)


def _writes(action: Action) -> TypeGuard[Call]:
    return isinstance(action, Call) and action.kind in WRITES
