"""What a read shows of the truth: the fields of a number and of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from linewright.simulator.codes import Refusal
from linewright.simulator.remote import Remote
from linewright.simulator.truth import Account, Number

__all__ = ["DEFAULT_FIELDS", "read_account", "read_number", "shown_registered", "why_not_online"]

DEFAULT_FIELDS = (
    "id",
    "display_phone_number",
    "verified_name",
    "quality_rating",
    "code_verification_status",
    "platform_type",
    "throughput",
    "last_onboarded_time",
    "webhook_configuration",
)


def read_number(remote: Remote, number: Number, fields: str | None) -> dict[str, Any]:
    """The fields asked for, and `id` always. A field without a value is left out, as Graph does."""
    wanted = [name.strip() for name in fields.split(",")] if fields else list(DEFAULT_FIELDS)
    unknown = remote.temper.nonexisting_fields
    shown: dict[str, Any] = {}
    for name in wanted:
        if not name:
            continue
        if name in unknown or name not in _FIELDS:
            if fields is None:
                continue
            raise _nonexisting(name, "WhatsAppBusinessPhoneNumber")
        value = number.shows[name] if name in number.shows else _FIELDS[name](remote, number)
        if value is not None:
            shown[name] = value
    return shown | {"id": number.id}


def read_account(remote: Remote, account: Account, fields: str | None) -> dict[str, Any]:
    """The fields of an account; without `fields` those that Graph sends by itself."""
    known: dict[str, Any] = {
        "id": account.id,
        "name": account.name,
        "timezone_id": "1",
        "currency": "USD",
        "message_template_namespace": f"{remote.chance('namespace', account.id).getrandbits(128):032x}",
        "account_review_status": account.review,
        "business_verification_status": account.verification,
        "owner_business_info": {"id": account.business, "name": f"Business {account.business[-4:]}"},
        "status": "ACTIVE",
        "ownership_type": "SELF",
        "country": "US",
        "health_status": _health(remote, account, None),
    }
    if account.messaging_for is not None:
        business = {"id": account.business, "name": account.name, "status": account.messaging_for, "type": "SELF"}
        known["on_behalf_of_business_info"] = business
    by_itself = ("id", "name", "timezone_id", "currency", "message_template_namespace")
    wanted: Iterable[str] = [name.strip() for name in fields.split(",") if name] if fields else by_itself
    shown = {}
    for name in wanted:
        if name not in known and name != "on_behalf_of_business_info":
            raise _nonexisting(name, "WhatsAppBusinessAccount")
        if name in known and name not in account.hides:
            shown[name] = known[name]
    return shown | {"id": account.id}


def shown_registered(remote: Remote, number: Number) -> bool:
    """Whether a read says registered: the truth, late by the reading lag."""
    changed, lag = number.registration_changed_at, timedelta(seconds=remote.temper.reading_lag_seconds)
    late = changed is not None and remote.now() - changed < lag
    return number.registered is not late


def why_not_online(remote: Remote, number: Number) -> str | None:
    """The truth in a few words: why this number cannot send now, or None."""
    if remote.accounts[number.account].locked or number.state == "BANNED":
        return "locked by policy"
    if number.state != "live":
        return number.state.lower()
    if number.on_premise:
        return "lives in the Business app or on premise"
    if number.registered:
        return "certificate fault: sends fail" if number.certificate_fault else None
    if number.deregisters_owed:
        return "half deregistered"
    return "not registered" if number.verified else "not registered, needs a code first"


def _nonexisting(name: str, node: str) -> Refusal:
    message = "(#100) Tried accessing nonexisting field ({field}) on node type ({node})"
    return Refusal(100, message=message, field=name, node=node)


def _status(remote: Remote, number: Number) -> str:
    if number.state != "live":
        return number.state
    if number.on_premise:
        return "DISCONNECTED"
    if number.on_biz_app or shown_registered(remote, number):
        return number.live_status
    return "DISCONNECTED" if number.ever_registered and not number.registered else "PENDING"


def _platform(remote: Remote, number: Number) -> str:
    if number.on_premise:
        return "ON_PREMISE"
    live = number.state == "live" and (number.on_biz_app or shown_registered(remote, number))
    return "CLOUD_API" if live else "NOT_APPLICABLE"


def _throughput(remote: Remote, number: Number) -> dict[str, str]:
    return {"level": "STANDARD" if _platform(remote, number) == "CLOUD_API" else "NOT_APPLICABLE"}


def _health(remote: Remote, account: Account, number: Number | None) -> dict[str, Any]:
    waba: dict[str, Any] = {"entity_type": "WABA", "id": account.id, "can_send_message": "AVAILABLE"}
    if not account.has_payment:
        waba["can_send_message"] = "BLOCKED"
        waba["errors"] = [
            {
                "error_code": 141006,
                "error_description": "There is an error with the payment method.",
                "possible_solution": "Add a payment method to the account.",
            }
        ]
    business = {"entity_type": "BUSINESS", "id": account.business, "can_send_message": "AVAILABLE"}
    entities = [waba, business]
    if number is None:
        return {"can_send_message": waba["can_send_message"], "entities": entities}
    able = number.on_biz_app or shown_registered(remote, number)
    phone: dict[str, Any] = {
        "entity_type": "PHONE_NUMBER",
        "id": number.id,
        "can_send_message": "AVAILABLE" if able else "BLOCKED",
    }
    if not able:
        phone["errors"] = [
            {
                "error_code": 141000,
                "error_description": "The phone number you are trying to send messages from is not linked "
                "to your WhatsApp account.",
                "possible_solution": "Register and finish the OTP authentication process for this number.",
            }
        ]
    worst = "BLOCKED" if "BLOCKED" in (phone["can_send_message"], waba["can_send_message"]) else "AVAILABLE"
    return {"can_send_message": worst, "entities": [phone, *entities]}


def _number_health(remote: Remote, number: Number) -> dict[str, Any]:
    return _health(remote, remote.accounts[number.account], number)


def _callbacks(remote: Remote, number: Number) -> dict[str, str]:
    """The addresses of the first app that hears of this number: its own, the account's and the number's."""
    subscribed = remote.accounts[number.account].subscribed
    app = next(iter(subscribed), None)
    own = remote.apps[app].callback if app else None
    found = {
        "application": own or "https://example.com/webhook",
        "whatsapp_business_account": subscribed[app].get("override_callback_uri") if app else None,
        "phone_number": number.callbacks.get(app) if app else None,
    }
    return {name: url for name, url in found.items() if url}


def _graph_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


_FIELDS: dict[str, Callable[[Remote, Number], Any]] = {
    "id": lambda _, n: n.id,
    "display_phone_number": lambda _, n: n.display,
    "verified_name": lambda _, n: "Test Number" if n.test_number else n.name,
    "status": _status,
    "platform_type": _platform,
    "throughput": _throughput,
    "health_status": _number_health,
    "code_verification_status": lambda _, n: "VERIFIED" if n.verified else "NOT_VERIFIED",
    "account_mode": lambda _, n: "SANDBOX" if n.test_number else "LIVE",
    "name_status": lambda r, n: n.name_status_at(r.now()),
    "new_name_status": lambda _, n: n.new_name_status,
    "new_display_name": lambda _, n: None,
    "quality_rating": lambda r, n: n.quality if shown_registered(r, n) else "UNKNOWN",
    "quality_score": lambda _, n: {"score": n.quality},
    "is_pin_enabled": lambda r, n: n.phone.pin is not None and not r.temper.pin_retired,
    "is_on_biz_app": lambda _, n: n.on_biz_app,
    "is_official_business_account": lambda _, n: False,
    "is_preverified_number": lambda _, n: False,
    "last_onboarded_time": lambda _, n: _graph_time(n.last_onboarded_at),
    "messaging_limit_tier": lambda _, n: "TIER_1K",
    "search_visibility": lambda _, n: "VISIBLE",
    "webhook_configuration": _callbacks,
    "country_dial_code": lambda _, n: n.display.split()[0].lstrip("+"),
    "host_platform": _platform,
    "conversational_automation": lambda _, n: {"id": n.id, "enable_welcome_message": False},
    "unified_cert_status": lambda r, n: (
        "NAME_PENDING_REVIEW" if n.name_status_at(r.now()) == "PENDING_REVIEW" else "APPROVED"
    ),
    "whatsapp_business_manager_messaging_limit": lambda _, n: "TIER_1K",
    "eligibility_for_api_business_global_search": lambda _, n: "NON_ELIGIBLE_NUMBER_OUTSIDE_ROLLOUT_COUNTRIES",
} | {name: lambda _, n: None for name in ("certificate", "new_certificate", "username", "country_code")}
