"""Embedded Signup: what its window told, and the fourteen days in which a number that came by it is registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from linewright.domain.action import Action, Ask, Reason, Wait
from linewright.domain.case import Case
from linewright.domain.journal import CallKind
from linewright.domain.operation import Goal, TaskKind, Topic

__all__ = [
    "REGISTER_WITHIN",
    "Signup",
    "SignupEvent",
    "last_day_words",
    "moment_of",
    "register_until",
    "signup_of",
    "signup_over",
    "with_last_day",
]

REGISTER_WITHIN = timedelta(days=14)
"""Facts, section 4: register within 14 days of Embedded Signup, else the customer goes through it again."""


class SignupEvent(StrEnum):
    """How a signup ended (facts, 5.F and 5.G)."""

    FINISH = "FINISH"
    ONLY_ACCOUNT = "FINISH_ONLY_WABA"
    IN_THE_APP = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """What the page's listener heard. `event` is None for a name that is not known: then the listing tells. `step`
    is where a cancelled one was left, `trouble` what went wrong there."""

    event: SignupEvent | None = None
    waba: str | None = None
    number: str | None = None
    step: str | None = None
    trouble: str | None = None


def signup_of(told: str | Mapping[str, Any] | None) -> Signup | None:
    """The session event, whole as the window posted it or its name alone; None where nothing was told."""
    if told is None:
        return None
    name = told if isinstance(told, str) else told.get("event")
    known = next((event for event in SignupEvent if event.value == name), None)
    given = told.get("data") if isinstance(told, Mapping) else None
    data = given if isinstance(given, Mapping) else {}
    return Signup(
        event=known,
        waba=_text(data, "waba_id"),
        number=_text(data, "phone_number_id"),
        step=_text(data, "current_step"),
        trouble=_text(data, "error_message") or _text(data, "error_id") or _text(data, "error_code"),
    )


def _text(data: Mapping[str, Any], name: str) -> str | None:
    """What can be shown: half a surrogate pair, which JSON may hold, is a question mark."""
    value = data.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        return None
    return str(value)[:200].encode("utf-8", "replace").decode()


def moment_of(last_onboarded_time: str | None) -> datetime | None:
    """`last_onboarded_time` as a moment; None for what is none."""
    try:
        moment = datetime.fromisoformat(last_onboarded_time or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


# The fourteen days


def register_until(case: Case) -> datetime | None:
    """Until when a number must be registered that came by a signup; None where it did not, or was registered since."""
    since = case.number.signed_up_at
    if since is None or case.registered:
        return None
    if any(a.ok and a.call is CallKind.REGISTER and a.ended_at >= since for a in case.attempts):
        return None
    seen = case.number.seen_online_at
    return None if seen is not None and seen >= since else since + REGISTER_WITHIN


def last_day_words(until: datetime) -> str:
    return f"It must be registered by {until.day} {until:%B %Y}, {until:%H:%M} UTC: 14 days after its Embedded Signup."


def signup_over(case: Case) -> Ask | None:
    """The days are over: nothing is sent before the customer signed up again, or a person says to try all the same."""
    until = register_until(case)
    if until is None or case.now < until or case.settled_by_person(until):
        return None
    return Ask(
        kind=TaskKind.FIX,
        topic=Topic.CHANGE,
        reason=Reason.NEEDS_FIX,
        message=f"The 14 days after its Embedded Signup were over on {until.day} {until:%B %Y}; Meta registers it no "
        "more.",
        question="Have the owner of the number go through Embedded Signup once more and adopt it again; then the "
        "registration goes on by itself. Answer done to try all the same.",
        next_step="Nothing is sent before that: a refused registration would be spent for nothing.",
    )


def with_last_day(case: Case, action: Action) -> Action:
    """Tells the last day beside whatever a registration waits for."""
    until = register_until(case) if case.operation.goal is Goal.REGISTER else None
    if until is None or case.now >= until or not isinstance(action, Ask | Wait):
        return action
    return replace(action, next_step=f"{action.next_step} {last_day_words(until)}".strip())
