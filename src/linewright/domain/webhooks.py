"""What a post of Meta's webhooks tells: pure, and for any shape (facts, section 6).

`told` says what happened, one `Told` each, and never raises: what has another shape is left out, and the rest of the
post still counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from linewright.domain.happenings import HappeningKind as Kind
from linewright.domain.posts import (
    LIMITS,
    Shape,
    changes,
    codes,
    date,
    dicts,
    digits,
    entries,
    flat,
    moment,
    scalar,
    seconds,
    text,
)

__all__ = ["Told", "told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that a post tells. `number` is a phone_number_id, `phone` the digits that Meta displays; with neither
    it is of the whole account."""

    kind: Kind
    at: datetime
    number: str = ""
    phone: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def of_account(self) -> bool:
        return not self.number and not self.phone

    @property
    def code(self) -> int | None:
        """The error code of a refused send."""
        return self.detail.get("code") if self.kind is Kind.SEND_REFUSED else None


def told(body: Any, waba: str, received: datetime) -> list[Told]:
    """What a post, whole or as `kept` left it, tells of the account `waba`, in its order. Nothing happened later than
    it was `received`; what has no time of its own happened then."""
    found: list[Told] = []
    for entry in entries(body, waba):
        at = moment(entry.get("time"), received)
        for change in changes(entry):
            name, value = change.get("field"), change.get("value")
            reads = _READS.get(name) if isinstance(name, str) else None
            if reads is not None and isinstance(value, dict):
                found += reads(value, at, received)
    return _collapsed(found)


def _collapsed(found: list[Told]) -> list[Told]:
    """The same thing at the same moment once; of refused sends of one number the latest of each code."""
    latest: dict[Any, Told] = {}
    for each in found:
        key: Any = (each.kind, each.number, each.phone, str(sorted(each.detail.items(), key=str)))
        if each.kind is not Kind.SEND_REFUSED:
            key = (*key, each.at)
        if key not in latest or latest[key].at <= each.at:
            latest[key] = each
    return list(latest.values())


def _account_update(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    event, phone = text(value.get("event")), digits(value.get("phone_number"))
    detail: dict[str, Any] = {"event": event}
    for part in ("violation_info", "disconnection_info", "ban_info"):
        detail |= flat(value.get(part))
    if event == "ACCOUNT_RESTRICTION":
        yield from _restrictions(value, at, phone, detail)
        return
    kind = _UPDATES.get(event, Kind.OTHER)
    if event == "DISABLED_UPDATE":
        kind = _BANS.get(text(detail.get("waba_ban_state")), Kind.OTHER)
    if kind in (Kind.PARTNER_ADDED, Kind.PARTNER_REMOVED):
        detail |= flat(value.get("waba_info"))
    if kind is Kind.ACCOUNT_ALERT:
        detail |= {"severity": "CRITICAL", "status": "ACTIVE", "type": "SCHEDULE_FOR_DISABLE"}
    yield Told(kind=kind, at=at, phone=phone, detail=detail)


def _restrictions(value: Shape, at: datetime, phone: str, detail: Shape) -> Iterator[Told]:
    listed = value.get("restriction_info")
    for each in dicts(listed if isinstance(listed, list) else [listed]) or [{}]:
        ends = seconds(each.get("expiration"))
        more = {"type": text(each.get("restriction_type")), "until": date(ends) if ends else None}
        yield Told(kind=Kind.ACCOUNT_RESTRICTED, at=at, phone=phone, detail={**detail, **more})


_UPDATES = {
    "PARTNER_ADDED": Kind.PARTNER_ADDED,
    "PARTNER_APP_INSTALLED": Kind.PARTNER_ADDED,
    "PARTNER_REMOVED": Kind.PARTNER_REMOVED,
    "PARTNER_APP_UNINSTALLED": Kind.PARTNER_REMOVED,
    "ACCOUNT_OFFBOARDED": Kind.ACCOUNT_OFFBOARDED,
    "ACCOUNT_RECONNECTED": Kind.ACCOUNT_RECONNECTED,
    "ACCOUNT_DELETED": Kind.ACCOUNT_DELETED,
    "ACCOUNT_VIOLATION": Kind.ACCOUNT_VIOLATION,
}
_BANS = {
    "DISABLE": Kind.ACCOUNT_DISABLED,
    "REINSTATE": Kind.ACCOUNT_REINSTATED,
    "SCHEDULE_FOR_DISABLE": Kind.ACCOUNT_ALERT,  # it is not disabled yet
}


def _account_alert(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    info = value.get("alert_info")
    said = info if isinstance(info, dict) else {}
    detail = {key: text(said.get(f"alert_{key}")) for key in ("severity", "status", "type", "description")}
    entity = text(value.get("entity_type"))
    number = text(value.get("entity_id")) if entity == "PHONE_NUMBER" else ""
    yield Told(kind=Kind.ACCOUNT_ALERT, at=at, number=number, detail={"entity": entity, **detail})


def _review(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    yield Told(kind=Kind.REVIEW, at=at, detail={"decision": text(value.get("decision"))})


def _quality(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    limits = {key: scalar(value.get(key)) for key in ("old_limit", "current_limit") if value.get(key) is not None}
    most = value.get("max_daily_conversations_per_business")
    limits |= {} if most is None else {"limit": scalar(most)}
    yield _of_phone(Kind.QUALITY, value, at, {"event": text(value.get("event")), **limits})


def _name(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    decision = text(value.get("decision"))
    kind = {"APPROVED": Kind.NAME_APPROVED, "REJECTED": Kind.NAME_DECLINED}.get(decision, Kind.NAME_OTHER)
    said = {"name": text(value.get("requested_verified_name")), "rejection": text(value.get("rejection_reason"))}
    yield _of_phone(kind, value, at, {"decision": decision, **said})


def _security(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    event = text(value.get("event"))
    kinds = {
        "PIN_CHANGED": Kind.PIN_CHANGED,
        "PIN_RESET_REQUEST": Kind.PIN_RESET_REQUESTED,
        "PIN_REQUEST_SUCCESS": Kind.PIN_REQUEST_SUCCEEDED,
    }
    yield _of_phone(kinds.get(event, Kind.OTHER), value, at, {"event": event})


def _capability(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    limits = {key: scalar(value.get(key)) for key in LIMITS if key in value}
    yield Told(kind=Kind.CAPABILITY, at=at, detail=limits)


def _messages(value: Shape, at: datetime, received: datetime) -> Iterator[Told]:
    metadata = value.get("metadata")
    of = metadata if isinstance(metadata, dict) else {}
    number, phone = text(of.get("phone_number_id")), digits(of.get("display_phone_number"))
    if not number and not phone:
        return  # an error of nobody knows which number
    for status in dicts(value.get("statuses")):
        for code in codes(status):
            when = moment(status.get("timestamp"), received, at)
            yield Told(kind=Kind.SEND_REFUSED, at=when, number=number, phone=phone, detail={"code": code})


_READS: Mapping[str, Callable[[Shape, datetime, datetime], Iterator[Told]]] = {
    "account_update": _account_update,
    "account_alerts": _account_alert,
    "account_review_update": _review,
    "phone_number_quality_update": _quality,
    "phone_number_name_update": _name,
    "security": _security,
    "business_capability_update": _capability,
    "messages": _messages,
}


def _of_phone(kind: Kind, value: Shape, at: datetime, detail: Shape) -> Told:
    """A thing of one phone; without its digits it still is not of the whole account, and is `other`."""
    phone = digits(value.get("display_phone_number"))
    return Told(kind=kind if phone else Kind.OTHER, at=at, phone=phone, detail=detail)
