"""What Meta told by webhook against a whole account, or one number of it, and how long that counts.

A reading may show all well during a lock (facts, 1.9), so for a day no reading contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.number import Reading

__all__ = ["TELLS", "TOLD_FOR", "told_against"]

TOLD_FOR = timedelta(hours=24)
"""So long it counts whatever a reading shows, as an error of sending that was heard elsewhere does."""
TELLS = frozenset(
    {
        HappeningKind.ACCOUNT_DISABLED,
        HappeningKind.ACCOUNT_DELETED,
        HappeningKind.ACCOUNT_RESTRICTED,
        HappeningKind.ACCOUNT_REINSTATED,
    }
)
WORST_FIRST = (HappeningKind.ACCOUNT_DISABLED, HappeningKind.ACCOUNT_DELETED, HappeningKind.ACCOUNT_RESTRICTED)
SENDING = frozenset({"", "RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"})
"""Restrictions of what may be sent; the others (calls, templates, more numbers) stop no number."""


def told_against(
    happenings: Iterable[Happening], number: str, reading: Reading | None, now: datetime
) -> Happening | None:
    """The worst thing that was told of the account or of this number and still counts: until it is reinstated, its
    time is over, or a newer good reading contradicts it. `reading` is the last good one."""
    standing: dict[HappeningKind, Happening] = {}
    for each in sorted(happenings, key=lambda happening: happening.at):
        if each.number not in (None, number) or (each.number is None and "phone" in each.detail):
            continue
        if each.kind is HappeningKind.ACCOUNT_REINSTATED:
            standing.clear()
        elif each.kind in WORST_FIRST and _counts(each, reading, now):
            standing[each.kind] = each
    return next((standing[kind] for kind in WORST_FIRST if kind in standing), None)


def _counts(told: Happening, reading: Reading | None, now: datetime) -> bool:
    if told.number is not None and reading is not None and reading.at > told.at and _shows_itself(told, reading):
        return False
    if told.kind is HappeningKind.ACCOUNT_DELETED:
        return reading is None or reading.at <= told.at  # what can be read is there
    if told.kind is HappeningKind.ACCOUNT_RESTRICTED:
        if told.detail.get("type", "") not in SENDING:
            return False
        until = told.detail.get("until")
        if isinstance(until, str):
            return now < datetime.fromisoformat(until)
    if now - told.at < TOLD_FOR or reading is None:
        return True
    return reading.at <= told.at + TOLD_FOR or not _shows_well(reading)


def _shows_itself(told: Happening, reading: Reading) -> bool:
    """Whether the reading of the one number that it was told of speaks for itself: its status shows a ban, and the end
    of one; of a restriction it may be silent."""
    return told.kind is HappeningKind.ACCOUNT_DISABLED or reading.status == "RESTRICTED"


def _shows_well(reading: Reading) -> bool:
    health = reading.said.get("health_status")
    able = health.get("can_send_message") if isinstance(health, dict) else None
    return reading.status == "CONNECTED" and able == "AVAILABLE"
