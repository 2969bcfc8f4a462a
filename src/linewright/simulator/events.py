"""What the remote tells by itself: the value of each webhook, and which one fits a truth that changed.

Shapes after Meta's webhook reference and samples seen in the wild. A number appears by the digits of its display
form, never by its id; only `messages` and a few alerts carry an id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from linewright.simulator.truth import Account, Number

__all__ = ["EVENTS", "Scene", "Told", "digits_of", "seen_of", "told_by"]

SEND_ERRORS = {
    131031: ("Business Account locked", "Business account has been locked."),
    131042: (
        "Business eligibility payment issue",
        "Failed to send message because there were one or more errors related to your payment method.",
    ),
    131045: ("Incorrect certificate", "Message failed to send due to a phone number registration error."),
    133010: ("Phone number not registered", "The phone number this message was sent from is not on the platform."),
}


@dataclass(frozen=True)
class Told:
    """One change as a webhook carries it, and when it happened (`None`: now)."""

    field: str
    value: dict[str, Any]
    at: datetime | None = None


@dataclass(frozen=True)
class Scene:
    """What an event is about."""

    now: datetime
    account: Account
    number: Number | None

    def line(self) -> Number:
        if self.number is None:
            raise ValueError("this event needs a number")
        return self.number

    def phone(self) -> dict[str, str]:
        """The number where the event has one; an account's events do without."""
        return {} if self.number is None else {"phone_number": digits_of(self.number)}

    def display(self) -> dict[str, str]:
        return {"display_phone_number": digits_of(self.line())}

    def waba(self) -> dict[str, Any]:
        return {"waba_id": self.account.id, "owner_business_id": self.account.business}


def digits_of(number: Number) -> str:
    """How a webhook names a number."""
    return "".join(each for each in number.display if each.isdigit())


def told_by(number: Number, before: dict[str, Any], now: datetime) -> list[str | tuple[str, dict[str, Any]]]:
    """The events that a changed truth brings by itself, by name, with what else they need.

    A number that merely goes offline tells nothing: that is found by looking, or by a message that fails.
    """
    after, found = seen_of(number, now), list[str | tuple[str, dict[str, Any]]]()

    def became(name: str, value: str) -> bool:
        return bool(before[name] != value and after[name] == value)

    def left(name: str, value: str) -> bool:
        return bool(before[name] == value and after[name] != value)

    if became("state", "BANNED"):
        found.append("disabled")
    if left("state", "BANNED") and after["state"] == "live":
        found.append("reinstated")
    if became("live_status", "RESTRICTED"):
        found.append("restricted")
    if became("live_status", "FLAGGED") or became("quality", "RED"):
        found.append(("quality", {"event": "FLAGGED"}))
    elif left("live_status", "FLAGGED") or left("quality", "RED"):
        found.append(("quality", {"event": "UNFLAGGED"}))
    if became("name_status", "APPROVED"):
        found.append("name-approved")
    if became("name_status", "DECLINED"):
        found.append("name-declined")
    return found


def seen_of(number: Number, now: datetime) -> dict[str, Any]:
    """The truths that the remote tells about when they change."""
    return {
        "state": number.state,
        "live_status": number.live_status,
        "quality": number.quality,
        "name_status": number.name_status_at(now),
    }


def _account(event: str) -> Callable[..., Told]:
    def told(scene: Scene) -> Told:
        return Told("account_update", {"event": event} | scene.phone())

    return told


def _partner(event: str) -> Callable[..., Told]:
    def told(scene: Scene, reason: str | None = None, initiated_by: str = "USER") -> Told:
        value = {"event": event} | scene.phone() | {"waba_info": scene.waba()}
        if reason is not None:
            value["disconnection_info"] = {"reason": reason, "initiated_by": initiated_by}
        return Told("account_update", value)

    return told


def _ban(state: str) -> Callable[..., Told]:
    def told(scene: Scene) -> Told:
        day = scene.now.astimezone(UTC)
        ban = {"waba_ban_state": state, "waba_ban_date": f"{day:%B} {day.day}, {day.year}"}
        return Told("account_update", {"event": "DISABLED_UPDATE"} | scene.phone() | {"ban_info": ban})

    return told


def _restricted(
    scene: Scene, restriction: str = "RESTRICTED_BIZ_INITIATED_MESSAGING", days: float = 7, remediation: str = ""
) -> Told:
    told = scene.number.restricted_until if scene.number is not None else None
    ends = int((told or scene.now + timedelta(days=days)).timestamp())
    info: dict[str, Any] = {"restriction_type": restriction, "expiration": ends}
    if remediation:
        info["remediation"] = remediation
    return Told("account_update", {"event": "ACCOUNT_RESTRICTION"} | scene.phone() | {"restriction_info": [info]})


def _violation(scene: Scene, violation: str = "SCAM") -> Told:
    value = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": violation}}
    return Told("account_update", value | scene.phone())


def _quality(scene: Scene, event: str = "FLAGGED", limit: str = "TIER_1K") -> Told:
    value = scene.display() | {"event": event, "current_limit": limit, "max_daily_conversations_per_business": limit}
    return Told("phone_number_quality_update", value)


def _name(decision: str, reason: str | None = None) -> Callable[..., Told]:
    def told(scene: Scene, name: str | None = None) -> Told:
        value: dict[str, Any] = {"decision": decision, "requested_verified_name": name or scene.line().name}
        return Told("phone_number_name_update", scene.display() | value | {"rejection_reason": reason})

    return told


def _security(event: str) -> Callable[..., Told]:
    def told(scene: Scene) -> Told:
        asked = {"requester": scene.account.id[::-1]} if event == "PIN_RESET_REQUEST" else {}
        return Told("security", scene.display() | {"event": event} | asked)

    return told


def _capability(scene: Scene, limit: int = 2000, numbers: int = 25) -> Told:
    value = {"max_daily_conversations_per_business": limit, "max_phone_numbers_per_waba": numbers}
    return Told("business_capability_update", value)


def _alert(scene: Scene, type: str = "OBA_APPROVED", severity: str = "INFORMATIONAL", description: str = "") -> Told:
    about = ("PHONE_NUMBER", scene.number.id) if scene.number else ("BUSINESS", scene.account.id[::-1])
    info = {"alert_severity": severity, "alert_status": "ACTIVE", "alert_type": type, "alert_description": description}
    return Told("account_alerts", {"entity_type": about[0], "entity_id": about[1], "alert_info": info})


def _review(scene: Scene, decision: str = "APPROVED") -> Told:
    return Told("account_review_update", {"decision": decision})


def _message_failed(scene: Scene, code: int = 133010, to: str = "15550109999") -> Told:
    number, at = scene.line(), int(scene.now.timestamp())
    title, details = SEND_ERRORS[code]
    error = {"code": code, "title": title, "message": title, "error_data": {"details": details}}
    status = {"id": f"wamid.{number.id}.{at}.{code}", "status": "failed", "timestamp": str(at), "recipient_id": to}
    return Told(
        "messages",
        {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": digits_of(number), "phone_number_id": number.id},
            "contacts": [{"profile": {"name": "A customer"}, "wa_id": to}],
            "statuses": [status | {"errors": [error]}],
        },
    )


EVENTS: dict[str, Callable[..., Told]] = {
    "partner-added": _partner("PARTNER_ADDED"),
    "partner-removed": _partner("PARTNER_REMOVED"),
    "offboarded": _partner("ACCOUNT_OFFBOARDED"),
    "reconnected": _partner("ACCOUNT_RECONNECTED"),
    "account-deleted": _account("ACCOUNT_DELETED"),
    "violation": _violation,
    "restricted": _restricted,
    "disabled": _ban("DISABLE"),
    "disable-scheduled": _ban("SCHEDULE_FOR_DISABLE"),
    "reinstated": _ban("REINSTATE"),
    "quality": _quality,
    "name-approved": _name("APPROVED"),
    "name-declined": _name("REJECTED", "NAME_NOT_CONSISTENT"),
    "name-deferred": _name("DEFERRED"),
    "pin-changed": _security("PIN_CHANGED"),
    "pin-reset-requested": _security("PIN_RESET_REQUEST"),
    "pin-request-succeeded": _security("PIN_REQUEST_SUCCESS"),
    "capability": _capability,
    "alert": _alert,
    "review": _review,
    "message-failed": _message_failed,
}
"""What can be told by name; the rest of the request are the event's own words. Each wants a `Scene` first."""
