"""The decision: one look at the whole case, one action. No memory, no clock, no side effects."""

from __future__ import annotations

from linewright.domain.action import Action, Ask, Call, GiveUp, Reason
from linewright.domain.case import Case
from linewright.domain.journal import CallKind
from linewright.domain.migration import migrate, what_stays, with_way_back
from linewright.domain.operation import Goal, ReplyKind, TaskKind, Topic
from linewright.domain.plan import plan
from linewright.domain.rails import judge
from linewright.domain.shelter import still_sheltered
from linewright.domain.signup import with_last_day

__all__ = ["decide"]


def decide(case: Case) -> Action:
    """What to do now. Level-triggered: it looks at everything each time and remembers nothing.

    Order: a person's word that ends the operation; a shared outage that it waits out; a reading, if this turn
    has none; the plan with its remedies; the rails.
    """
    if case.moving is not None:
        return with_way_back(case, _moving(case))
    return _decide(case)


def _moving(case: Case) -> Action:
    """A migration: before the destination has an id for the line, the look at both accounts is the reading."""
    if case.moving is not None and case.moving.created:
        return _decide(case)
    return _ended_by_person(case) or judge(case, migrate(case))


def _decide(case: Case) -> Action:
    ended = _ended_by_person(case)
    if ended is not None:
        return ended
    sheltered = still_sheltered(case)
    if sheltered is not None:
        return judge(case, sheltered)
    seen = case.read_this_turn and case.reading is not None and case.reading.good
    if not seen:
        return judge(case, Call(kind=CallKind.READ))
    if case.moving is not None:
        return judge(case, migrate(case))
    return with_last_day(case, judge(case, plan(case)))


def _ended_by_person(case: Case) -> Action | None:
    declined = next((r for r in case.replies if r.answer is ReplyKind.DECLINE and r.topic is not Topic.CANCEL), None)
    if declined is not None:
        return GiveUp(
            reason=Reason.DECLINED,
            message=f"The question ({declined.kind}) was declined. {_what_stays(case)}",
            next_step=_again(case),
        )
    if case.operation.cancel_asked_at is None:
        return None
    word = case.reply(Topic.CANCEL, since=case.operation.cancel_asked_at)
    if word is not None and word.answer is ReplyKind.DECLINE:
        return None
    if word is None and _between(case):
        return Ask(
            kind=TaskKind.APPROVE,
            topic=Topic.CANCEL,
            reason=Reason.NEEDS_APPROVAL,
            message="The number is deregistered and not yet registered again.",
            question="Cancel now and leave the number offline? Approve to cancel; decline, and it is brought back "
            "online.",
            next_step="Nothing is sent until you answer.",
        )
    return GiveUp(
        reason=Reason.CANCELLED,
        message=f"Cancelled. {_what_stays(case)}",
        next_step=_again(case),
    )


def _again(case: Case) -> str:
    """Both keys of a release are turned anew."""
    if case.operation.release:
        return "The number is not given up. `linewright release` asks for both keys anew."
    return "`linewright operation retry` takes it up again."


def _between(case: Case) -> bool:
    """Whether a register operation has deregistered the number and not registered it since."""
    if case.operation.goal is not Goal.REGISTER or case.registered:
        return False
    down = next((a for a in reversed(case.of_kind(CallKind.DEREGISTER)) if a.ok or a.in_doubt), None)
    return down is not None and case.ok_since(CallKind.REGISTER, down.ended_at) is None


def _what_stays(case: Case) -> str:
    if case.moving is not None:
        return what_stays(case)
    spent = sum(a.spent for a in case.mine)
    calls = f"{spent} call{'s' if spent != 1 else ''} of this operation stay counted" if spent else "Nothing was sent"
    return f"{calls}; the number was last seen {case.standing}."
