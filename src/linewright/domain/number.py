"""The number: what the remote said of it (a reading) and where it is in its life (a standing)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from linewright.domain.journal import Answer, Outcome, RemoteError

__all__ = ["REGISTERED", "Number", "Reading", "Standing", "Storage", "Wanted", "health_codes", "reading_of"]


class Standing(StrEnum):
    """Where a number is in its life; computed by `standing.judge`, never stored as truth."""

    DELETED = "deleted"
    MIGRATED = "migrated"
    BANNED = "banned"
    TEST = "test"
    COEXISTENCE = "coexistence"
    ON_PREMISE = "on_premise"
    ONLINE = "online"
    RESTRICTED = "restricted"
    UNVERIFIED = "unverified"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


REGISTERED = frozenset({Standing.ONLINE, Standing.RESTRICTED})
"""The standings of a number that is registered on the Cloud API."""


class Wanted(StrEnum):
    """What the owner wants of a number."""

    ONLINE = "online"
    RELEASED = "released"
    UNMANAGED = "unmanaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the remote said of a number at one moment. None in a field means *not said*, never *no*.

    A reading is good when it is a 200 for this id that carries `status`; anything else is evidence of
    nothing about the number, and its `error` goes through the remedies like any answer.
    """

    at: datetime
    good: bool
    id: str | None = None
    display: str | None = None
    status: str | None = None
    code_verification_status: str | None = None
    platform_type: str | None = None
    account_mode: str | None = None
    name_status: str | None = None
    verified_name: str | None = None
    last_onboarded_time: str | None = None
    is_on_biz_app: bool | None = None
    is_pin_enabled: bool | None = None
    health_codes: frozenset[int] = frozenset()
    error: RemoteError | None = None
    failure: str = ""
    said: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The body as it came, secrets replaced."""

    @property
    def verified(self) -> bool:
        return self.code_verification_status == "VERIFIED"

    @property
    def name_in_review(self) -> bool:
        return self.name_status == "PENDING_REVIEW"

    @property
    def name_approved(self) -> bool:
        return self.name_status in ("APPROVED", "AVAILABLE_WITHOUT_REVIEW")


def reading_of(answer: Answer, number: str, at: datetime) -> Reading:
    """Turns the answer to a read of `number` into a reading; a body of another shape is not good."""
    body = answer.body
    text = {key: value for key, value in body.items() if isinstance(value, str)}
    flag = {key: value for key, value in body.items() if isinstance(value, bool)}
    right_id = str(body.get("id", "")) == number
    good = answer.outcome is Outcome.OK and right_id and bool(text.get("status"))
    failure = answer.failure
    if answer.outcome is Outcome.OK and not good:
        failure = "the answer speaks of another number" if not right_id else "the answer carries no status"
    return Reading(
        at=at,
        good=good,
        id=text.get("id"),
        display=text.get("display_phone_number"),
        status=text.get("status"),
        code_verification_status=text.get("code_verification_status"),
        platform_type=text.get("platform_type"),
        account_mode=text.get("account_mode"),
        name_status=text.get("name_status"),
        verified_name=text.get("verified_name"),
        last_onboarded_time=text.get("last_onboarded_time"),
        is_on_biz_app=flag.get("is_on_biz_app"),
        is_pin_enabled=flag.get("is_pin_enabled"),
        health_codes=health_codes(body.get("health_status")),
        error=answer.error,
        failure=failure,
        said=body,
    )


def health_codes(health: Any) -> frozenset[int]:
    """Every `error_code` that the health status of the number itself carries."""
    entities = health.get("entities") if isinstance(health, dict) else None
    found: set[int] = set()
    for entity in entities if isinstance(entities, list) else []:
        errors = entity.get("errors") if isinstance(entity, dict) else None
        for error in errors if isinstance(errors, list) else []:
            code = error.get("error_code") if isinstance(error, dict) else None
            if isinstance(code, int) and not isinstance(code, bool):
                found.add(code)
    return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The local storage settings of a number, kept before a deregister switches them off.

    `settings` is the `storage_configuration` to be set again, None when there is none to keep.
    """

    read_at: datetime
    settings: Mapping[str, Any] | None = None
    unreadable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One phone number of an account, as Linewright knows it. `id` is the `phone_number_id`."""

    id: str
    e164: str
    account: str
    display: str = ""
    wanted: Wanted = Wanted.UNMANAGED
    seen_online_at: datetime | None = None
    """The first reading that showed it online here."""
    contradictory_since: datetime | None = None
    """The first of the latest unbroken run of contradictory readings."""
    absent_since: datetime | None = None
    """When a whole listing first lacked it while its own read said that there is none; None again with the next
    good reading."""
    name_approved_at: datetime | None = None
    """When its latest display name was approved, by a webhook or a reading that showed it."""
    signed_up_at: datetime | None = None
    """When its owner last finished Embedded Signup, where Linewright adopted it."""
    storage: Storage | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether it stands for an id at another provider, of which only the phone is known: its id is the phone."""
        return self.id == self.e164
