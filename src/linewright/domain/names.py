"""The display name: once a new one is approved, the number is registered again within 14 days, or it is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from linewright.domain.case import Case
from linewright.domain.journal import CallKind
from linewright.domain.number import Reading

__all__ = ["REGISTER_WITHIN", "newly_approved", "register_until"]

REGISTER_WITHIN = timedelta(days=14)
"""Facts, section 4: re-register within 14 days of the approval, else ask for the name again."""


def newly_approved(before: Reading, after: Reading) -> bool:
    """Whether these two readings, one after the other, show that a review ended well."""
    return before.name_in_review and after.name_status == "APPROVED"


def register_until(case: Case) -> datetime | None:
    """Until when the number must be registered again for its new name; None where nothing is to be done: no name
    was approved, a register ended well since, or the time is over."""
    approved = case.number.name_approved_at
    if approved is None or case.ago(approved) >= REGISTER_WITHIN:
        return None
    if any(a.ok and a.call is CallKind.REGISTER and a.ended_at >= approved for a in case.attempts):
        return None
    return approved + REGISTER_WITHIN
