"""What people are told of a change, and when: once for each that is real, never for one that goes back at once.

One `Change` is kept for each subject (a number, an account) and each statement about it. It is moved by sights: what
one look showed. A look that could not read is no sight. A check that is looked at twice counts once, so it does not
matter who looks, or how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from linewright.domain.conditions import (
    CALM,
    Condition,
    ConditionType,
    Status,
    warnings_of,
)
from linewright.domain.number import Standing, Wanted

__all__ = [
    "ACCOUNT_TYPES",
    "AT_ONCE",
    "NUMBER_TYPES",
    "STANDS_CHECKS",
    "STANDS_FOR",
    "Change",
    "Seen",
    "account_sights",
    "is_watched",
    "number_sights",
    "step",
]

STANDS_CHECKS = 2
STANDS_FOR = timedelta(minutes=10)
"""A change is told when it has stood for so many checks and so long; one that goes back before is a flap."""
AT_ONCE = frozenset({"banned", "heard-131031"})
"""Reasons of warnings that are told when they are first seen: a ban, and the lock of an account (131031)."""
NUMBER_TYPES = (
    ConditionType.REGISTERED,
    ConditionType.NOT_RESTRICTED,
    ConditionType.CAN_SEND,
    ConditionType.NAME_APPROVED,
    ConditionType.QUALITY_GOOD,
)
ACCOUNT_TYPES = (ConditionType.TOKEN_VALID, ConditionType.WEBHOOK_SUBSCRIBED)
"""What all numbers of an account share: told once for the account, not once for each number."""
HEARD_OF = frozenset({"account-disabled", "account-deleted"})
"""Told once for the account when it is heard; of a single number the next reading shows it."""
NO_SIGHT = frozenset({"unknown-reading", "contradictory", "in-review", "not-seen"})
"""Reasons of unknown conditions that show neither a warning nor that all is well: what was known stays."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look showed of one statement: the reason of a warning (None: nothing to warn of) and its words."""

    reason: str | None
    message: str = ""
    fix: str | None = None

    @property
    def at_once(self) -> bool:
        return self.reason in AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`told` is the reason that people know of (None: that all is well), `told_at` when they were told. `seen` was
    seen last, since `since`, by `count` checks in a row; `check` is the moment of the last one that was counted."""

    told: str | None = None
    told_at: datetime | None = None
    seen: str | None = None
    since: datetime
    count: int = 0
    check: datetime | None = None

    @property
    def at_rest(self) -> bool:
        """Whether there is nothing to remember: people know that all is well, and so it is."""
        return self.told is None and self.seen is None


def step(known: Change | None, seen: Seen, *, check: datetime, now: datetime) -> tuple[Change, bool]:
    """The change after a look, and whether people are to be told of it now.

    `check` is the moment of the check that the sight is of: the same one seen again counts once. A sight between two
    checks may change what is seen, but counts as none. `now` is when it was looked at.
    """
    known = known or Change(since=check, check=None)
    new = check != known.check
    if seen.reason == known.seen:
        moved = replace(known, count=known.count + new, check=check)
    else:
        moved = replace(known, seen=seen.reason, since=check if new else now, count=int(new), check=check)
    moved = replace(moved, since=min(moved.since, max(check, now)))  # a clock that was set back
    if moved.seen == moved.told or not (seen.at_once or _stands(moved, new=new)):
        return moved, False
    return replace(moved, told=moved.seen, told_at=now), True


def _stands(change: Change, *, new: bool) -> bool:
    """Only a check shows that something still stands: time alone does not."""
    assert change.check is not None  # noqa: S101 - set by whoever asks
    return new and change.count >= STANDS_CHECKS and change.check - change.since >= STANDS_FOR


def is_watched(standing: Standing, wanted: Wanted) -> bool:
    """Whether people are told of a number at all; of one that is let go the story ends in silence."""
    return wanted is not Wanted.RELEASED and not (wanted is Wanted.UNMANAGED and standing in CALM)


def number_sights(
    conditions: Iterable[Condition], standing: Standing, wanted: Wanted
) -> Mapping[ConditionType, Seen | None]:
    """What the conditions of a number show, for each of `NUMBER_TYPES`; None is no sight. What merely follows from
    something else that is told (an unregistered number cannot send) is no sight of its own. Conditions that are true
    may be left out."""
    by_type = {condition.type: condition for condition in conditions}
    warned = {each.type: each for each in warnings_of(by_type.values(), standing, wanted)}
    return {
        type_: None if _follows(type_, warned) else _sight(by_type.get(type_), warned.get(type_))
        for type_ in NUMBER_TYPES
    }


def account_sights(
    numbers: Iterable[tuple[Iterable[Condition], Standing, Wanted]],
) -> Mapping[ConditionType, Seen | None]:
    """The same for `ACCOUNT_TYPES`, from all numbers of the account: warned of where one of them is. Without a number
    that is watched there is no sight."""
    found: dict[ConditionType, Seen | None] = dict.fromkeys(ACCOUNT_TYPES)
    for conditions, standing, wanted in numbers:
        by_type = {condition.type: condition for condition in conditions}
        warned = {each.type: each for each in warnings_of(by_type.values(), standing, wanted)}
        for type_ in ACCOUNT_TYPES:
            seen, before = _sight(by_type.get(type_), warned.get(type_)), found[type_]
            if seen is not None and (before is None or before.reason is None):
                found[type_] = seen
    return found


def _sight(condition: Condition | None, warning: Condition | None) -> Seen | None:
    if warning is not None:
        return Seen(warning.reason, warning.message, warning.fix)
    if condition is not None and condition.status is Status.UNKNOWN and condition.reason in NO_SIGHT:
        return None
    return Seen(None)


def _follows(type_: ConditionType, warned: Mapping[ConditionType, Condition]) -> bool:
    """Whether this warning says once more what another one says."""
    this = warned.get(type_)
    if this is None:
        return False
    if this.reason in HEARD_OF:
        return True
    if type_ is ConditionType.CAN_SEND:
        off = ConditionType.REGISTERED in warned
        return this.reason in ("not-registered", "restricted") or (off and this.reason == "heard-133010")
    registered = warned.get(ConditionType.REGISTERED)
    return type_ is ConditionType.NOT_RESTRICTED and registered is not None and registered.reason == this.reason
