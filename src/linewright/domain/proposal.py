"""The first question of an operation that Linewright opened by itself: nothing is sent before a person approves."""

from __future__ import annotations

from linewright.domain.action import Ask, Reason
from linewright.domain.case import Case
from linewright.domain.journal import CallKind
from linewright.domain.operation import ReplyKind, TaskKind, Topic

__all__ = ["LOST", "proposal"]

LOST = frozenset({133010, 131045})
"""Errors of sending that say of a number that it must be registered (DESIGN 5.2)."""


def proposal(case: Case) -> Ask | None:
    """The question, while it is open; None once it was approved, its time is over, or a webhook told meanwhile that
    somebody could not send; where nothing was proposed; and where a register went through, which is seen to its
    end."""
    operation = case.operation
    if operation.proposed is None or case.reply(Topic.PROPOSAL, ReplyKind.APPROVE):
        return None
    until, last = operation.proposed_until, case.last(CallKind.REGISTER)
    if (until is not None and (case.now >= until or _heard(case))) or (last is not None and last.ok):
        return None
    alone = f"Without an answer it is registered from {until:%Y-%m-%d %H:%M} UTC on." if until is not None else ""
    return Ask(
        kind=TaskKind.APPROVE,
        topic=Topic.PROPOSAL,
        reason=Reason.NEEDS_APPROVAL,
        message=f"Linewright proposes to register this number again. {operation.proposed}",
        question=f"Bring {case.number.display or case.number.e164} back online? Approve, and it is registered now; "
        f"decline, and it is left as it is. {operation.proposed}",
        next_step=alone or "Nothing is sent before you answer.",
        wake_at=until,
    )


def _heard(case: Case) -> bool:
    since = case.operation.opened_at
    return any(heard.source == "webhook" and heard.code in LOST and heard.at >= since for heard in case.evidence)
