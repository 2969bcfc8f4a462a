"""When a whole account is held: its token is dead, or it made too many calls."""

from __future__ import annotations

from datetime import datetime, timedelta

from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.domain.operation import Hold
from linewright.domain.waits import told, with_margin

__all__ = ["PROBE_EVERY", "USAGE_LADDER", "hold_after", "hold_unreadable"]

PROBE_EVERY = timedelta(minutes=15)
"""How often one read looks whether a dead token lives again (DESIGN 5.2, row 190)."""
USAGE_LADDER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
WHOLE_APP = 4
NUMBER_ONLY = 613
"""On a code request this limit is the number's own, not the account's."""


def hold_after(current: Hold | None, answer: Answer, catalogue: Catalogue, now: datetime) -> Hold | None:
    """What the account's hold becomes after an answer to one of its calls."""
    if answer.outcome is Outcome.OK:
        return None
    error = answer.error
    entry = catalogue.find(error, answer.call) if error else None
    if error is None or entry is None:
        return current
    if entry.remedy == "token_dead":
        since = current.since if current and not current.usage else now
        return Hold(usage=False, since=since, probe_at=now + PROBE_EVERY, code=error.code, detail=error.message)
    if entry.remedy != "too_many_calls" or (error.code == NUMBER_ONLY and answer.call is CallKind.REQUEST_CODE):
        return current
    streak = current.streak + 1 if current and current.usage else 1
    asked = told(error)
    wait = with_margin(asked.wait) if asked else USAGE_LADDER[min(streak, len(USAGE_LADDER)) - 1]
    since = current.since if current and current.usage else now
    return Hold(
        usage=True,
        since=since,
        probe_at=now + wait,
        code=error.code,
        streak=streak,
        detail=error.message,
        whole_app=error.code == WHOLE_APP,
    )


def hold_unreadable(current: Hold | None, code: int | None, detail: str, now: datetime) -> Hold:
    """The hold of an account that a look around could not read: as with a dead token."""
    since = current.since if current and not current.usage else now
    return Hold(usage=False, since=since, probe_at=now + PROBE_EVERY, code=code, detail=detail)
