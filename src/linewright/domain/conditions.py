"""Conditions: what is known of a number, one plain statement each, in the manner of Kubernetes.

A condition is true, false or unknown, since a moment, for a reason. Unknown is not broken: it warns nobody by itself.
`health.py` says when each is what; here stand the words, and which of them people are warned of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linewright.domain.happenings import Happening
from linewright.domain.number import Standing, Wanted

__all__ = ["AccountFacts", "Condition", "ConditionType", "Status", "kept_since", "warning_of", "warnings_of"]


class ConditionType(StrEnum):
    """The statements, in the order in which they are shown."""

    REGISTERED = "Registered"
    CAN_SEND = "CanSend"
    VERIFIED = "Verified"
    PIN_KNOWN = "PinKnown"
    NAME_APPROVED = "NameApproved"
    WEBHOOK_SUBSCRIBED = "WebhookSubscribed"
    TOKEN_VALID = "TokenValid"  # noqa: S105 - a name, no secret
    QUALITY_GOOD = "QualityGood"
    NOT_RESTRICTED = "NotRestricted"
    BUDGET_FREE = "BudgetFree"


class Status(StrEnum):
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One statement. `reason` is a stable name for scripts, `message` says it to people, `fix` what to do (None
    where there is nothing to do); `since` is when the status was first seen so."""

    type: ConditionType
    status: Status
    reason: str
    message: str
    fix: str | None = None
    since: datetime

    @property
    def true(self) -> bool:
        return self.status is Status.TRUE

    @property
    def false(self) -> bool:
        return self.status is Status.FALSE


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What the fleet check knows of an account beside its hold. None in a field means *not seen yet*.

    `listed_at`: the last whole listing with the present token; `token_lacks`: the permissions that it lacks.
    """

    listed_at: datetime | None = None
    token_valid: bool | None = None
    token_expires_at: datetime | None = None
    token_lacks: tuple[str, ...] = ()
    subscribed: bool | None = None
    expected: str | None = None
    """Where the account's webhooks should come, if they are looked for here (decision 9)."""
    override: str | None = None
    """Where the account itself sends them; None where it has no address of its own."""
    against: Happening | None = None
    """What Meta told by webhook against the account, or the number at hand, and still counts."""


def kept_since(
    before: Condition | None,
    now: datetime,
    type_: ConditionType,
    status: Status,
    reason: str,
    message: str,
    fix: str | None = None,
) -> Condition:
    """What is said now, since the moment from which its status is what it is: the very condition that was known where
    nothing of it changed, as with most of a fleet's."""
    same = before is not None and before.status is status
    if before is not None and same and (before.reason, before.message, before.fix) == (reason, message, fix):
        return before
    since = before.since if before is not None and same else now
    return Condition(type=type_, status=status, reason=reason, message=message, fix=fix, since=since)


CALM = frozenset({Standing.COEXISTENCE, Standing.TEST, Standing.MIGRATED, Standing.DELETED})
"""Standings of numbers that need nobody, unless they are wanted online."""
URGENT = frozenset({"deleted", "migrated", "banned"})
"""Why a number is gone for good: that is told before anything else about it."""
OF_ACCOUNT = frozenset({"account-disabled", "account-deleted", "account-restricted"})
"""What Meta told of the whole account by webhook: the kinds of happenings are the reasons."""
_Sign = tuple[ConditionType, Callable[[Condition], bool]]


def _false(condition: Condition) -> bool:
    return condition.false


def _for(*reasons: str) -> Callable[[Condition], bool]:
    return lambda condition: condition.reason in reasons


ALWAYS: tuple[_Sign, ...] = (
    (ConditionType.REGISTERED, _for(*URGENT)),
    (ConditionType.TOKEN_VALID, _false),
    (ConditionType.REGISTERED, _false),
    (ConditionType.REGISTERED, _for("unrecognised")),
    (ConditionType.NOT_RESTRICTED, _for("banned", "restricted", *OF_ACCOUNT)),
    (ConditionType.CAN_SEND, _false),
)
"""What people are warned of in every number that is looked after, the most important first."""
WANTED_ONLINE: tuple[_Sign, ...] = (
    *ALWAYS,
    (ConditionType.NOT_RESTRICTED, _false),
    (ConditionType.WEBHOOK_SUBSCRIBED, _for("not-subscribed", "elsewhere")),
    (ConditionType.NAME_APPROVED, _for("declined", "expired", "register-again")),
    (ConditionType.QUALITY_GOOD, _for("red", "flagged")),
    (ConditionType.TOKEN_VALID, _for("expires-soon")),
)
"""The same for a number that its owner wants online."""


def warnings_of(
    conditions: Iterable[Condition], standing: Standing, wanted: Wanted = Wanted.UNMANAGED
) -> tuple[Condition, ...]:
    """The conditions that people should be warned of, the most important first.

    A released number warns nobody; one that is not ours to bring online only where it is wanted online.
    """
    if wanted is Wanted.RELEASED or (wanted is Wanted.UNMANAGED and standing in CALM):
        return ()
    by_type = {condition.type: condition for condition in conditions}
    found: dict[ConditionType, Condition] = {}
    for type_, shows in WANTED_ONLINE if wanted is Wanted.ONLINE else ALWAYS:
        condition = by_type.get(type_)
        if condition is not None and type_ not in found and shows(condition):
            found[type_] = condition
    return tuple(found.values())


def warning_of(
    conditions: Iterable[Condition], standing: Standing, wanted: Wanted = Wanted.UNMANAGED
) -> Condition | None:
    """The one warning that a list of numbers shows, or None."""
    return next(iter(warnings_of(conditions, standing, wanted)), None)
