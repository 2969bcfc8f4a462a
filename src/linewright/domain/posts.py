"""A post of Meta's webhooks as JSON: what of it is kept, and the pieces that it is made of. Pure, for any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "EVIDENCE",
    "LIMITS",
    "Shape",
    "changes",
    "codes",
    "date",
    "dicts",
    "digits",
    "entries",
    "flat",
    "kept",
    "moment",
    "scalar",
    "seconds",
    "text",
]

EVIDENCE = frozenset({131031, 131042, 131045, 133010})
"""Errors of sending that tell of the number, not of one message: the first to tell of a dead number."""
LONGEST = 500
"""Characters kept of a text."""
MOST_CHANGES = 5_000
"""Of one post; Meta says 1,000 at most."""
LATEST_SECONDS = 253_402_300_799
"""The last second that a calendar holds; what is larger is in milliseconds, or nonsense."""

Shape = Mapping[str, Any]
_Spec = Mapping[str, Any]

LIMITS = (
    "max_daily_conversation_per_phone",
    "max_daily_conversations_per_business",
    "max_phone_numbers_per_business",
    "max_phone_numbers_per_waba",
)

# What is kept

_PHONE: _Spec = {"display_phone_number": None}
_KEPT: Mapping[str, _Spec] = {
    "account_update": {
        "event": None,
        "phone_number": None,
        "violation_info": {"violation_type": None},
        "restriction_info": {"restriction_type": None, "expiration": None},
        "ban_info": {"waba_ban_state": None, "waba_ban_date": None},
        "waba_info": {"waba_id": None, "owner_business_id": None, "partner_app_id": None, "solution_id": None},
        "disconnection_info": {"reason": None, "initiated_by": None},
    },
    "account_alerts": {
        "entity_type": None,
        "entity_id": None,
        "alert_info": {"alert_severity": None, "alert_status": None, "alert_type": None, "alert_description": None},
    },
    "account_review_update": {"decision": None},
    "phone_number_quality_update": {
        **_PHONE,
        "event": None,
        "old_limit": None,
        "current_limit": None,
        "max_daily_conversations_per_business": None,
    },
    "phone_number_name_update": {
        **_PHONE,
        "decision": None,
        "requested_verified_name": None,
        "rejection_reason": None,
    },
    "security": {**_PHONE, "event": None},
    "business_capability_update": dict.fromkeys(LIMITS),
    "messages": {
        "metadata": {**_PHONE, "phone_number_id": None},
        "statuses": {"timestamp": None, "errors": {"code": None}},
    },
}
"""By field, what is read of a change; everything else is never kept. Not `requester`: that is a person."""


def kept(body: Any, waba: str) -> dict[str, Any] | None:
    """The post without what is not read here; None where nothing of it is. Entries of other accounts are left out."""
    found = []
    for entry in entries(body, waba):
        parts = [part for part in map(_kept_change, changes(entry)) if part is not None]
        if parts:
            found.append({"id": waba, "time": scalar(entry.get("time")), "changes": parts})
    return {"entry": found} if found else None


def _kept_change(change: Shape) -> dict[str, Any] | None:
    name = change.get("field")
    spec = _KEPT.get(name) if isinstance(name, str) else None
    if spec is None:
        return None
    value = _picked(change.get("value"), spec)
    if not isinstance(value, dict) or not value:
        return None
    if name == "messages":
        value["statuses"] = _of_the_number(value.get("statuses"))
        if not value["statuses"]:
            return None
    return {"field": name, "value": value}


def _of_the_number(statuses: Any) -> list[dict[str, Any]]:
    """Of thousands of messages refused with the same code, the latest."""
    latest: dict[int, tuple[int, dict[str, Any]]] = {}
    for status in dicts(statuses):
        at = seconds(status.get("timestamp")) or 0
        for code in codes(status):
            if code not in latest or latest[code][0] <= at:
                latest[code] = at, {"timestamp": status.get("timestamp"), "errors": [{"code": code}]}
    return [status for _, status in latest.values()]


def _picked(value: Any, spec: _Spec | None) -> Any:
    """The parts of a value that a spec names, in the same shape; None where there is none."""
    if spec is None:
        return scalar(value)
    if isinstance(value, list):
        return [picked for picked in (_picked(each, spec) for each in value if isinstance(each, dict)) if picked]
    if not isinstance(value, dict):
        return None
    found = {name: _picked(value.get(name), inner) for name, inner in spec.items()}
    return {name: part for name, part in found.items() if part is not None}


# The pieces of JSON


def entries(body: Any, waba: str) -> Iterator[Shape]:
    for entry in dicts(body.get("entry")) if isinstance(body, dict) else []:
        if text(entry.get("id")) == waba:
            yield entry


def changes(entry: Shape) -> list[dict[str, Any]]:
    return dicts(entry.get("changes"))[:MOST_CHANGES]


def dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def flat(value: Any) -> dict[str, Any]:
    """The scalars of an object."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(key): said for key, inner in pairs if (said := scalar(inner)) is not None}


def text(value: Any) -> str:
    """A text, or an id that came as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**30 else ""
    return value[:LONGEST] if isinstance(value, str) else ""


def digits(value: Any) -> str:
    return "".join(each for each in text(value) if each.isascii() and each.isdigit())


def whole(value: Any) -> int | None:
    """A whole number, also where it came as text."""
    if isinstance(value, str) and 0 < len(value) <= 18 and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def seconds(value: Any) -> int | None:
    """Seconds since 1970, also where they came as text or as milliseconds."""
    found = whole(value)
    if found is not None and 10**11 < found < 1000 * LATEST_SECONDS:
        found //= 1000
    return found if found is not None and 0 < found <= LATEST_SECONDS else None


def moment(value: Any, received: datetime, otherwise: datetime | None = None) -> datetime:
    """When it happened; never after it was received, whatever the clocks say."""
    since = seconds(value)
    at = datetime.fromtimestamp(since, UTC) if since is not None else otherwise or received
    return min(at, received)


def date(since: int) -> str:
    return datetime.fromtimestamp(since, UTC).isoformat()


def codes(status: Shape) -> Iterator[int]:
    for error in dicts(status.get("errors")):
        code = whole(error.get("code"))
        if code in EVIDENCE:
            yield code


def scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST]
    return value if isinstance(value, bool | int | float) else None
