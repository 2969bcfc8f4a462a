"""How long each refusal holds its kind of call: told by the remote where it tells, else by ladder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from linewright.domain.case import Case
from linewright.domain.holds import NUMBER_ONLY
from linewright.domain.journal import WRITES, Attempt, CallKind, RemoteError
from linewright.domain.waits import told, with_margin
from linewright.domain.weather import is_shared, may_register_at, rules, server_down_wait, spent_on

__all__ = ["BLOCK", "LADDERS", "Held", "held_kinds", "held_until", "server_down_wait", "told_wait", "unsent_until"]

Held = Callable[[Case, Attempt], timedelta | None]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BLOCK = timedelta(hours=72, minutes=5)
"""133016: 72 h from the answer, and five minutes for the clocks to differ."""
TROUBLE = (timedelta(seconds=30), 2 * MINUTE, 10 * MINUTE, HOUR)
MAINTENANCE = frozenset({131057, 2494100})
TOO_SOON = (timedelta(seconds=30), 5 * MINUTE, HOUR)
DELETED = (5 * MINUTE, 10 * MINUTE)
UNSENT = TROUBLE
"""After a call that could not be sent at all."""
MIGRATION = 15 * MINUTE
"""A change at the source may take so long to arrive, and the one fault that passes, to pass."""
USAGE = (5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR)


def rung(ladder: tuple[timedelta, ...], step: int) -> timedelta:
    """The wait after the `step`-th answer (from 1); the last rung repeats."""
    return ladder[min(max(step, 1), len(ladder)) - 1]


def told_wait(attempt: Attempt) -> timedelta | None:
    """What the remote told, with its margin."""
    return _told(attempt.error) if attempt.error else None


@lru_cache(maxsize=1024)
def _told(error: RemoteError) -> timedelta | None:
    """Remembered: each turn asks it anew of every refusal in the journal."""
    said = told(error)
    return with_margin(said.wait) if said else None


def _longer(attempt: Attempt, own: timedelta) -> timedelta:
    return max(told_wait(attempt) or timedelta(0), own)


def _server_down(case: Case, attempt: Attempt) -> timedelta | None:
    """The number's own ladder; while an outage is shared, until its turn as the probe; what was told always holds."""
    weather = case.weather
    if weather is None or attempt.call is not CallKind.REGISTER or _alone(case, attempt):
        return _longer(attempt, server_down_wait(attempt.number, case.streak(attempt)))
    if not is_shared(weather, case.now):
        return told_wait(attempt)
    turn = may_register_at(weather, case.number.e164, spent_on(weather, case.attempts))
    return _longer(attempt, turn - attempt.ended_at)


def _alone(case: Case, attempt: Attempt) -> bool:
    return case.weather is None or not rules(case.weather, case.began(attempt), attempt.ended_at)


def _trouble(case: Case, attempt: Attempt) -> timedelta:
    step = case.streak(attempt)
    first = MINUTE if attempt.code in MAINTENANCE and step == 1 else rung(TROUBLE, step)
    return _longer(attempt, first)


LADDERS: dict[str, Held] = {
    "server_down": _server_down,
    "guesses_locked": lambda case, a: told_wait(a) or 12 * HOUR,
    "pin_too_soon": lambda case, a: _longer(a, rung(TOO_SOON, case.streak(a))),
    "recently_deleted": lambda case, a: _longer(a, rung(DELETED, case.streak(a))),
    "attempts_used_up": lambda case, a: _longer(a, BLOCK),
    "code_requests_used_up": lambda case, a: _longer(a, 24 * HOUR),
    "code_not_sent": lambda case, a: told_wait(a) or HOUR,
    "code_not_needed": lambda case, a: _longer(a, 24 * HOUR),
    "too_many_calls": lambda case, a: told_wait(a) or rung(USAGE, case.streak(a)),
    "their_trouble": _trouble,
    "migration_precondition": lambda case, a: _longer(a, MIGRATION) if case.streak(a) < 2 else told_wait(a),
}
"""The wait of each remedy that has one; any other refusal holds its call only as long as it tells."""


def unsent_until(case: Case, kind: CallKind) -> datetime | None:
    """When a kind of call that could not be sent, however often in a row, is tried again."""
    alike = [a for a in case.attempts if a.call is kind]
    unsent = list(takewhile(lambda a: not a.spent, reversed(alike)))
    return unsent[0].ended_at + rung(UNSENT, len(unsent)) if unsent else None


def held_until(case: Case, attempt: Attempt) -> datetime | None:
    """Until when this refusal holds the kinds of call it speaks of, or None where it holds nothing.

    A refusal dated in the future (the clock was set back) holds until that time and its wait have passed:
    a clock set back delays, never hastens.
    """
    if not attempt.refused:
        return None
    held = LADDERS.get(case.remedy(attempt))
    wait = held(case, attempt) if held else told_wait(attempt)
    return attempt.ended_at + wait if wait else None


def held_kinds(case: Case, attempt: Attempt) -> frozenset[CallKind]:
    """A refusal holds the kind of call that was refused; 133016 holds both halves of the budget too.

    A usage limit holds every write, so that the wait outlives a crash before the account's hold was kept;
    613 on a code request is the number's own.
    """
    remedy = case.remedy(attempt)
    if remedy == "attempts_used_up":
        return frozenset({CallKind.REGISTER, CallKind.DEREGISTER, attempt.call})
    if remedy == "too_many_calls" and not (attempt.code == NUMBER_ONLY and attempt.call is CallKind.REQUEST_CODE):
        return WRITES
    return frozenset({attempt.call})
