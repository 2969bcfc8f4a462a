"""The plan of a migration: look at both sides, ask what only people can do, create, verify, register, prove.

The source works until the destination registers; nothing of it is ever written to. Before the destination has an id
for the line a turn looks at both accounts (`before`); after that the case is the destination's, and the source is only
read (`after`). Source: facts, 5.B.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from linewright.domain.action import Action, Ask, Call, Done, GiveUp, Reason, Wait
from linewright.domain.case import Case
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.moving import Moving
from linewright.domain.number import Reading, Standing
from linewright.domain.plan import online, proof_look, settling, toward
from linewright.domain.preflight import ask_preflight, ask_two_step, two_step
from linewright.domain.remedies import support
from linewright.domain.verification import is_verified

__all__ = ["migrate", "what_stays", "with_way_back"]

LOOK_AGAIN = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900))
"""After a reading of the source that told nothing."""
LOOK_AROUND = timedelta(minutes=5)
PROOF_PATIENCE = timedelta(hours=1)
BLIND = frozenset({"token_dead", "not_permitted"})
"""Refusals of a read that say that the source cannot be seen from here; any other passes."""

NOT_MOVABLE = {
    Standing.COEXISTENCE: (
        "It is shared with the WhatsApp Business app (coexistence), and such a number cannot be migrated.",
        "Disconnect it in the app (Settings, Account, Business Platform), then bring it into the new account by "
        "Embedded Signup for Business app users.",
    ),
    Standing.ON_PREMISE: (
        "It is tied to the retired On-Premises API, from which this way does not lead.",
        "Bring it into the new account by Embedded Signup; the On-Premises client itself has ended.",
    ),
    Standing.TEST: (
        "It is a test number, which Meta made for its account alone.",
        "Nothing is to be moved; add a number of your own to the new account.",
    ),
    Standing.BANNED: ("Meta has banned it.", "Appeal in WhatsApp Manager; when the ban is lifted, migrate again."),
    Standing.DELETED: (
        "It was deleted from its account, so there is nothing to move.",
        "Add it to the new account as a new number (`linewright number add`).",
    ),
    Standing.MIGRATED: (
        "It has moved to another account already.",
        "Run `linewright sync` on the account that has it now, and migrate it from there.",
    ),
}
CARRIED = (
    "Carried over: the display name, the quality rating, the messaging limit, the official business status, and the "
    "templates of high quality (copied and sorted anew; some may be rejected). Not carried over: templates of low "
    "quality, rejected or pending ones, and the templates' ratings. Messages sent before the move bill the old account."
)
BY_HAND = (
    "By hand: look through the templates of the new account, delete what is left of the number in the old account's "
    "WhatsApp Manager, and switch your sending to the new id."
)


def migrate(case: Case) -> Action:
    """What the migration wants next, before the rails."""
    moving = case.moving
    if moving is None:
        raise ValueError(f"the migration {case.operation.id} has no source")
    return after(case, moving) if moving.created else before(case, moving)


# Before the destination has an id for the line


def before(case: Case, moving: Moving) -> Action:
    if not moving.surveyed:
        return Call(kind=CallKind.SURVEY)
    if moving.survey is None:
        return Wait(
            until=case.now + LOOK_AROUND,
            reason=Reason.UNKNOWN_READING,
            message=f"The account {case.account.name} could not be looked at whole. That says nothing of the number.",
            next_step="Looks again; nothing is sent before that.",
        )
    blind = _look_at_source(case, moving)
    if blind is not None:
        return blind
    if moving.visible and moving.source_account is None and moving.seen is not None:
        return Call(kind=CallKind.SURVEY_SOURCE)
    if moving.standing in NOT_MOVABLE:
        why, way = NOT_MOVABLE[moving.standing]
        return GiveUp(reason=Reason.NOT_OURS, message=f"This number cannot be migrated. {why}", next_step=way)
    created = case.last(CallKind.CREATE)
    if created is not None and created.ok:
        return _not_listed_yet(case, created)
    if moving.survey.subscribed is False and _may_subscribe(case):
        return toward(case, CallKind.SUBSCRIBE)
    action = toward(case, CallKind.CREATE)
    if action != Call(kind=CallKind.CREATE):
        return action
    return ask_preflight(case) or (action if two_step(case) is False else ask_two_step(case))


def _may_subscribe(case: Case) -> bool:
    wanted = case.operation.subscribe and case.account.subscribe
    return wanted and case.ok_since(CallKind.SUBSCRIBE, case.operation.opened_at) is None


def _not_listed_yet(case: Case, created: Attempt) -> Action:
    """Created, and the answer told no id that was kept: the listing will."""
    if case.ago(created.ended_at) < PROOF_PATIENCE:
        return Wait(
            until=proof_look(case, created.ended_at),
            reason=Reason.SETTLING,
            message="The number was created at its destination; its account does not list it yet.",
            next_step="Looks at the listing again; nothing is created twice.",
        )
    return support(case, created, "The number was created an hour ago, and its new account does not list it.")


def _look_at_source(case: Case, moving: Moving) -> Action | None:
    """The read of the source that this turn still needs; None where it is read, or cannot be seen at all."""
    if not moving.visible:
        return None
    if moving.source_read is None:
        return Call(kind=CallKind.READ_SOURCE)
    if moving.seen is not None or _is_blind(case, moving.source_read):
        return None
    failures = 0
    for reading in reversed(moving.readings):
        if reading.good:
            break
        failures += 1
    return Wait(
        until=case.now + LOOK_AGAIN[min(max(failures, 1), len(LOOK_AGAIN)) - 1],
        reason=Reason.UNKNOWN_READING,
        message=f"The number could not be read at its source{_why(moving.source_read)}. That says nothing about it.",
        next_step="Reads it again; nothing is sent before that.",
    )


def _is_blind(case: Case, reading: Reading) -> bool:
    entry = case.catalogue.find(reading.error, CallKind.READ) if reading.error is not None else None
    return entry is not None and entry.remedy in BLIND


def _why(reading: Reading) -> str:
    error = reading.error
    words = f"{error.message.rstrip('.')} ({error.code})" if error is not None else reading.failure.rstrip(".")
    return f": {words}" if words else ""


# Once it has one


def after(case: Case, moving: Moving) -> Action:
    if case.registered:
        return _moved(case, moving)
    last = case.last(CallKind.REGISTER)
    if last is not None and last.ok:
        return settling(case, last)
    seen = case.last_good
    verified = (seen is not None and seen.verified) or is_verified(case, case.operation.opened_at)
    action = toward(case, CallKind.REGISTER if verified else CallKind.VERIFY_CODE)
    return _only_with_two_step_off(case, moving, action)


def _only_with_two_step_off(case: Case, moving: Moving, action: Action) -> Action:
    """No code is sent, and no registration spent, before two-step verification is known to be off."""
    if not isinstance(action, Call) or action.kind not in (CallKind.REQUEST_CODE, CallKind.REGISTER):
        return action
    return _look_at_source(case, moving) or (action if two_step(case) is False else ask_two_step(case))


def _moved(case: Case, moving: Moving) -> Action:
    """Registered at its destination: done, once the source shows that it let go, where it can be seen."""
    done = online(case, None)
    if not isinstance(done, Done):
        return done
    if done.reason is Reason.ALREADY_ONLINE:
        return replace(done, message=f"It is in {case.account.name} already. {done.message}")
    blind = _look_at_source(case, moving)
    if blind is not None:
        return blind
    registered = next(a for a in reversed(case.of_kind(CallKind.REGISTER)) if a.ok or a.in_doubt)
    if moving.works and not case.settled_by_person(registered.ended_at):
        if case.ago(registered.ended_at) >= PROOF_PATIENCE:
            return support(
                case, registered, "The number is online at its destination, and its source still reads so too."
            )
        return Wait(
            until=proof_look(case, registered.ended_at),
            reason=Reason.SETTLING,
            message="The number is online at its destination; its source does not show yet that it let go.",
            next_step="Reads both sides again; nothing is sent meanwhile.",
        )
    seen = moving.standing
    source = (
        f"its source reads {moving.seen.status if moving.seen else seen}"
        if seen is not None
        else "its source cannot be seen from here, so please look there"
    )
    return Done(
        reason=Reason.MIGRATED,
        message=f"The number has moved: it is online in {case.account.name} under the id {case.number.id}, and "
        f"{source}.{done.message.removeprefix('The number is online.')} {CARRIED}",
        next_step=BY_HAND,
        proven=seen is not None,
    )


# What going back means


def with_way_back(case: Case, action: Action) -> Action:
    """The same action; whoever reads what comes next also reads what going back would mean now."""
    if isinstance(action, Wait | Ask):
        return replace(action, next_step=f"{action.next_step} {_way_back(case)}".strip())
    if isinstance(action, GiveUp) and action.reason not in (Reason.CANCELLED, Reason.DECLINED):
        return replace(action, message=f"{action.message} {what_stays(case)}")
    return action


def _way_back(case: Case) -> str:
    moving = case.moving
    if _has_registered(case):
        return "There is no way back now but to migrate it back."
    if moving is not None and moving.created:
        return (
            "To go back, cancel: the source still works. The unverified number stays in the list of "
            f"{case.account.name} ({case.number.id}) until somebody deletes it in WhatsApp Manager."
        )
    return "To go back, cancel: nothing was changed, and the source works on."


def what_stays(case: Case) -> str:
    """What a migration leaves behind that ends here."""
    moving = case.moving
    if _has_registered(case):
        return (
            f"The number was registered in {case.account.name}, or may have been: its source may have let go. There is "
            "no way back but to migrate it back."
        )
    if moving is not None and moving.created:
        return (
            f"The source still works. The number {case.number.id}, not registered, stays in the list of "
            f"{case.account.name}; delete it in WhatsApp Manager, or migrate again and it is used."
        )
    created = case.last(CallKind.CREATE)
    if created is not None and created.in_doubt:
        return (
            f"The source still works. Whether the number was created in {case.account.name} is not known; look in its "
            "WhatsApp Manager."
        )
    return "Nothing was changed: the source still works, and the destination holds nothing of it."


def _has_registered(case: Case) -> bool:
    moving = case.moving
    tried = any(a.ok or a.in_doubt for a in case.of_kind(CallKind.REGISTER))
    return moving is not None and moving.created and (tried or case.registered)
