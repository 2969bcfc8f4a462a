"""From a reading to a standing: one ordered table, the first match wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from linewright.domain.action import Reason
from linewright.domain.number import Number, Reading, Standing

__all__ = ["RECHECK", "RULES", "Judged", "Rule", "contradictory", "judge"]

RECHECK = timedelta(minutes=15)
"""A contradictory reading counts as offline once a second one, this much later, says the same."""

GONE = {"DELETED": Standing.DELETED, "MIGRATED": Standing.MIGRATED, "BANNED": Standing.BANNED}
LIVE = frozenset({"CONNECTED", "FLAGGED", "RATE_LIMITED", "LINKED"})
DOWN = frozenset({"PENDING", "DISCONNECTED", "UNLINKED", "UNVERIFIED"})
NEVER_VERIFIED = frozenset({"NOT_VERIFIED", "UNVERIFIED"})
NOT_LINKED = 141000
"""The health code of a number that is not registered."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A standing and, where the bare word would mislead, its reason."""

    standing: Standing
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what it looks for, in words, and how it is told."""

    says: str
    standing: Standing | None
    holds: Callable[[Reading, Number], bool]
    reason: Reason | None = None


def on_cloud(reading: Reading) -> bool:
    return reading.platform_type in (None, "CLOUD_API")


def contradictory(reading: Reading) -> bool:
    """A live status on a platform that says *not registered*."""
    live = LIVE | {"RESTRICTED"}
    return reading.good and reading.status in live and reading.platform_type == "NOT_APPLICABLE"


def _confirmed_down(reading: Reading, number: Number) -> bool:
    since = number.contradictory_since
    twice = since is not None and reading.at - since >= RECHECK
    return contradictory(reading) and (NOT_LINKED in reading.health_codes or twice)


def _never_verified(reading: Reading, number: Number) -> bool:
    fresh = number.seen_online_at is None and not reading.last_onboarded_time
    return fresh and reading.code_verification_status in NEVER_VERIFIED


RULES = (
    Rule("status DELETED, MIGRATED or BANNED", None, lambda r, n: r.status in GONE),
    Rule(
        "account_mode SANDBOX, or the name Test Number",
        Standing.TEST,
        lambda r, n: r.account_mode == "SANDBOX" or r.verified_name == "Test Number",
    ),
    Rule("is_on_biz_app true", Standing.COEXISTENCE, lambda r, n: r.is_on_biz_app is True),
    Rule("platform_type ON_PREMISE", Standing.ON_PREMISE, lambda r, n: r.platform_type == "ON_PREMISE"),
    Rule("a live status on the Cloud API", Standing.ONLINE, lambda r, n: r.status in LIVE and on_cloud(r)),
    Rule(
        "RESTRICTED on the Cloud API",
        Standing.RESTRICTED,
        lambda r, n: r.status == "RESTRICTED" and on_cloud(r),
    ),
    Rule("a live status, twice or by health not linked", Standing.OFFLINE, _confirmed_down),
    Rule(
        "a live status, platform_type NOT_APPLICABLE",
        Standing.UNKNOWN,
        lambda r, n: contradictory(r),
        Reason.CONTRADICTORY,
    ),
    Rule("never online here and never verified", Standing.UNVERIFIED, _never_verified),
    Rule(
        "a status of a number that is down, its name in review",
        Standing.OFFLINE,
        lambda r, n: r.status in DOWN and r.name_in_review,
        Reason.NAME_IN_REVIEW,
    ),
    Rule("a status of a number that is down", Standing.OFFLINE, lambda r, n: r.status in DOWN),
    Rule("anything else", Standing.UNKNOWN, lambda r, n: True, Reason.UNRECOGNISED),
)


def judge(reading: Reading | None, number: Number) -> Judged:
    """The standing that `reading` shows; unknown without a good one. Source: DESIGN, section 2.

    A number that is gone from its account has no reading to show it: the listing did, and its own read (5.2,
    row 100/33).
    """
    if number.absent_since is not None:
        return Judged(Standing.DELETED, Reason.DELETED)
    if reading is None or not reading.good:
        return Judged(Standing.UNKNOWN, Reason.UNKNOWN_READING)
    rule = next(rule for rule in RULES if rule.holds(reading, number))
    return Judged(rule.standing or GONE[reading.status or ""], rule.reason)


def contradictory_since(reading: Reading, number: Number) -> datetime | None:
    """What `Number.contradictory_since` becomes after this reading; a failed one changes nothing."""
    if not reading.good:
        return number.contradictory_since
    if not contradictory(reading):
        return None
    return number.contradictory_since or reading.at
