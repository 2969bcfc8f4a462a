"""What Meta tells of an account or a number by itself, without being asked: the kinds, and one told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = ["Happening", "HappeningKind"]


class HappeningKind(StrEnum):
    """Every kind (facts, section 6). A kind that Meta adds later is `OTHER` until it is known here."""

    PARTNER_ADDED = "partner-added"
    PARTNER_REMOVED = "partner-removed"
    ACCOUNT_OFFBOARDED = "account-offboarded"
    ACCOUNT_RECONNECTED = "account-reconnected"
    ACCOUNT_DELETED = "account-deleted"
    ACCOUNT_VIOLATION = "account-violation"
    ACCOUNT_RESTRICTED = "account-restricted"
    ACCOUNT_DISABLED = "account-disabled"
    ACCOUNT_REINSTATED = "account-reinstated"
    ACCOUNT_ALERT = "account-alert"
    REVIEW = "review"
    QUALITY = "quality"
    NAME_APPROVED = "name-approved"
    NAME_DECLINED = "name-declined"
    NAME_OTHER = "name-other"
    PIN_CHANGED = "pin-changed"
    PIN_RESET_REQUESTED = "pin-reset-requested"
    PIN_REQUEST_SUCCEEDED = "pin-request-succeeded"
    CAPABILITY = "capability"
    SEND_REFUSED = "send-refused"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that was told. `number` is a phone_number_id, None where it is of the whole account or the number
    is not known here; `at` is when it happened by Meta's word, `heard_at` when it came in."""

    account: str
    kind: HappeningKind
    at: datetime
    heard_at: datetime
    number: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    event: int | None = None
    """The post that told it, while that is kept."""
    seq: int = 0
    """0 until it is kept."""
