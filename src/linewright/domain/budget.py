"""Attempts are money: how many remain in the moving window, and when the next one frees up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from linewright.domain.case import Case, Restored
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.ladders import held_kinds, held_until

__all__ = [
    "AUTOMATIC_LIMIT",
    "LIMIT",
    "LIMITED",
    "RESERVE",
    "WINDOW",
    "Budget",
    "automatic_limit",
    "budget_of",
    "counts_still",
    "spent_until",
    "used_in",
]

LIMIT = 10
"""The remote's own limit for each kind in 72 hours; the next call blocks the phone (133016)."""
AUTOMATIC_LIMIT = 8
"""What Linewright spends by itself; the rest is a person's reserve."""
RESERVE = LIMIT - AUTOMATIC_LIMIT
WINDOW = timedelta(hours=72)
LIMITED = (CallKind.REGISTER, CallKind.DEREGISTER)
CODE_LIMIT, CODE_WINDOW = 6, timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One kind's budget at one moment; `used` counts the calls that Linewright made."""

    used: int
    limit: int
    automatic_limit: int
    window: timedelta
    next_free_at: datetime | None
    blocked_until: datetime | None


def used_in(attempts: Iterable[Attempt], kind: CallKind, window: timedelta, now: datetime) -> list[datetime]:
    """When each call of the window was answered, oldest first; one dated in the future lies in the window."""
    times = sorted(a.ended_at for a in attempts if a.call is kind and a.spent)
    return [moment for moment in times if now - moment < window]


def counts_still(restored: Restored | None, now: datetime) -> bool:
    """Whether calls that this home does not know of may lie in the window."""
    return restored is not None and now - restored.at < WINDOW


def automatic_limit(case: Case, kind: CallKind) -> int:
    """How many of the window Linewright spends by itself.

    Put back from a copy, it counts the eight as spent: the home it was copied from may have made as many since.
    Two are then left, and ten are never passed.
    """
    if case.restored is None or not counts_still(case.restored, case.now):
        return AUTOMATIC_LIMIT
    copied_at = case.restored.copied_at
    used = used_in(case.attempts, kind, WINDOW, case.now)
    since = used_in((a for a in case.attempts if a.at > copied_at), kind, WINDOW, case.now)
    return min(AUTOMATIC_LIMIT, len(used) - len(since) + RESERVE)


def spent_until(case: Case, kind: CallKind) -> datetime | None:
    """When the next call of a kind may be made within the budget; None where one is left now."""
    cap = LIMIT if case.operation.use_reserve else automatic_limit(case, kind)
    used = used_in(case.attempts, kind, WINDOW, case.now)
    if len(used) < cap:
        return None
    if case.restored is not None and cap < AUTOMATIC_LIMIT:
        return case.restored.at + WINDOW
    return used[-cap] + WINDOW


def budget_of(case: Case, kind: CallKind) -> Budget:
    """The budget of a kind of call for this phone, over all its ids."""
    codes = kind is CallKind.REQUEST_CODE
    limit, automatic = (CODE_LIMIT, CODE_LIMIT) if codes else (LIMIT, automatic_limit(case, kind))
    window = CODE_WINDOW if codes else WINDOW
    used = used_in(case.attempts, kind, window, case.now)
    frees = used[0] + window if used else None
    if case.restored is not None and automatic <= len(used) and automatic < AUTOMATIC_LIMIT and not codes:
        frees = case.restored.at + window
    blocks = [
        until
        for a in case.attempts
        if kind in held_kinds(case, a) and (until := held_until(case, a)) and until > case.now
    ]
    return Budget(
        used=len(used),
        limit=limit,
        automatic_limit=automatic,
        window=window,
        next_free_at=frees,
        blocked_until=max(blocks, default=None),
    )
