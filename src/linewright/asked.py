"""What is asked for in words, looked at before anything is done: the same for a home and for a service."""

from __future__ import annotations

from datetime import date

from linewright.domain.foresight import DEEPEST, DEPTH
from linewright.domain.imports import SHOWN
from linewright.domain.number import Number, Standing, Wanted
from linewright.domain.operation import OPEN_STATES, Goal, OperationState, ReplyKind
from linewright.errors import UsageError
from linewright.secret import Secret

__all__ = [
    "GOALS",
    "confirmed",
    "day",
    "depth",
    "destination",
    "goal_of",
    "method",
    "one_answer",
    "planned",
    "row_state",
    "standing",
    "states",
    "wanted",
]

METHODS = {"sms": "SMS", "voice": "VOICE"}
GOALS = {goal.value: goal for goal in Goal}


def goal_of(text: str) -> Goal:
    """Raises `UsageError`, as everything here does."""
    if text not in GOALS:
        raise UsageError(f"There is no goal {text}.", fix=f"One of: {', '.join(GOALS)}.")
    return GOALS[text]


def destination(goal: Goal, to: str | None) -> str | None:
    """The account that a migration moves to; no other goal has one."""
    if (goal is Goal.MIGRATE) == bool(to):
        return to or None
    if to:
        raise UsageError(f"A {goal.value} moves nothing to {to[:80]}.", fix="Ask for migrate, or leave `to` out.")
    raise UsageError(
        "Where the number shall move to is not said.",
        fix="Name the account with --to; `linewright account list` shows them.",
        reason="destination",
    )


def standing(text: str | None) -> Standing | None:
    if text is None:
        return None
    try:
        return Standing(text)
    except ValueError:
        names = ", ".join(standing.value for standing in Standing)
        raise UsageError(f"There is no standing {text[:40]}.", fix=f"One of: {names}.") from None


def wanted(text: str) -> Wanted:
    """`released` is not asked for: it is what a deregister leaves."""
    if text not in (Wanted.ONLINE.value, Wanted.UNMANAGED.value):
        raise UsageError(f"A number is not wanted {text[:20]}.", fix="Either online or unmanaged.")
    return Wanted(text)


def states(text: str | None) -> list[OperationState] | None:
    if text is None:
        return None
    if text == "open":
        return list(OPEN_STATES)
    try:
        return [OperationState(text)]
    except ValueError:
        names = ", ".join(state.value for state in OperationState)
        raise UsageError(f"There is no state {text[:40]}.", fix=f"One of: open, {names}.") from None


def row_state(text: str | None) -> str | None:
    """The state in which rows of an import are shown."""
    if text is not None and text not in SHOWN:
        raise UsageError(f"No row has the state {text[:40]}.", fix=f"One of: {', '.join(SHOWN)}.")
    return text


def planned(text: str | None) -> Goal | None:
    """A goal that a plan may suppose: a migration is told once it is asked for."""
    goal = goal_of(text) if text is not None else None
    if goal is Goal.MIGRATE:
        raise UsageError(
            "A migration is not supposed: what it needs is looked up on both accounts.",
            fix="Once one is open, `linewright plan` without --goal tells how it goes on.",
        )
    return goal


def method(text: str | None) -> str | None:
    if text is None:
        return None
    if text.lower() not in METHODS:
        raise UsageError(f"A code comes by sms or voice, not by {text[:20]}.", fix="Name one of the two.")
    return METHODS[text.lower()]


def confirmed(number: Number, confirm: str | None) -> None:
    if confirm == number.e164[-4:]:
        return
    raise UsageError(
        "The last four digits do not match." if confirm else "This takes the number's last four digits.",
        fix="Give them with --confirm; nothing was changed.",
        reason="confirm",
    )


def day(text: str | None, today: date) -> date | None:
    """A day of the past, as 2026-03-01."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found > today:
        raise UsageError(
            "The day of the last paid message lies in the future." if found else f"{text[:20]} is no day.",
            fix="Give it as YEAR-MONTH-DAY, such as 2026-03-01; without it the latest possible day is reckoned with.",
            reason="last-paid",
        )
    return found


def depth(deep: int | None) -> int:
    """How deep a plan's tree is to be."""
    if deep is not None and not 1 <= deep <= DEEPEST:
        raise UsageError(f"A plan is 1 to {DEEPEST} choices deep.", fix=f"Give a depth from 1 to {DEEPEST}.")
    return DEPTH if deep is None else deep


def one_answer(*, value: Secret | None, approve: bool, done: bool, decline: bool, resend: str | None) -> ReplyKind:
    given = [
        kind
        for kind, chosen in (
            (ReplyKind.VALUE, value is not None),
            (ReplyKind.APPROVE, approve),
            (ReplyKind.DONE, done),
            (ReplyKind.DECLINE, decline),
            (ReplyKind.RESEND, resend is not None),
        )
        if chosen
    ]
    if len(given) != 1:
        raise UsageError(
            "An answer is one thing: a value, approve, done, decline or resend.",
            fix="Give exactly one. The question stays open.",
            reason="answer-refused",
        )
    return given[0]
