"""An unkind remote with a small truth of its own, steered by the weather that Hypothesis draws.

Its rules and texts are its own; nothing here is taken from `linewright.domain` but the shapes of calls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.support.memory import MemoryClock

from linewright.domain.entries import Entry
from linewright.domain.journal import Answer, CallKind, Outcome, RemoteError
from linewright.domain.operation import Goal
from linewright.engine.ports import Order

__all__ = ["MISLEADING", "TOLD", "Heard", "ScriptedRemote", "Truth", "Weather", "error_of"]

HOUR = 3600
TOLD = (
    ("Please wait 45 seconds before you try again.", 45),
    ("Try again in 7 hours.", 7 * HOUR),
    ("Tente novamente em 1 hour.", HOUR),
    ("Bitte warten Sie 10 Minuten.", 600),
    ("Please retry after 2 to 5 minutes.", 300),
    ("You can try again in 3 days.", 72 * HOUR),
    ("Please wait 10 days.", 7 * 24 * HOUR),
)
"""Texts and the least number of seconds that they ask for (what lies beyond seven days counts as seven)."""
MISLEADING = (
    "You can make only 10 requests in 72 hours.",
    "More than 24 hours have passed since the customer last replied.",
    "Try again in 0 seconds.",
    "Please wait 90 days.",
    "Something went wrong. +1 555 010 7788, error 24, 12:30.",
    "",
)
LIES: tuple[dict[str, Any], ...] = (
    {"status": "CONNECTED", "platform_type": "CLOUD_API"},
    {"status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE"},
    {"status": "PENDING"},
    {"status": "RESTRICTED", "platform_type": "CLOUD_API"},
    {"status": "CONNECTED", "platform_type": "NOT_APPLICABLE"},
    {"status": "FLOATING"},
    {"is_on_biz_app": True},
    {"platform_type": "ON_PREMISE"},
    {"status": "BANNED"},
    {"status": "DELETED"},
    {"status": "MIGRATED"},
    {"account_mode": "SANDBOX"},
    {"code_verification_status": "VERIFIED"},
    {"code_verification_status": "NOT_VERIFIED"},
    {"code_verification_status": "EXPIRED"},
    {"is_pin_enabled": False},
    {"is_pin_enabled": True},
    {"name_status": "PENDING_REVIEW"},
    {"name_status": "DECLINED"},
)
WISHED = ("platform_type", "is_on_biz_app", "is_pin_enabled", "account_mode", "name_status", "last_onboarded_time")
LOST_READS = ("html", "timeout", "unreachable", "no-status", "other-id", "empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How unkind the remote, the machine and the people are; shares are between 0 and 1."""

    seed: int = 0
    goals: tuple[Goal, ...] = (Goal.REGISTER,)
    start: str = "offline"
    two_step: bool = False
    given: str = "none"
    pin_reset: str = "ask"
    method: str = "SMS"
    subscribe: bool = False
    use_reserve: bool = False
    ask_first: bool = False
    evidence: bool = False
    storage: bool = False
    seen: bool = False
    errors: float = 0.0
    codes: tuple[int, ...] = ()
    sticky: float = 0.0
    lost: float = 0.0
    unread: float = 0.0
    lies: float = 0.0
    told: float = 0.0
    missing: bool = False
    jumps: float = 0.0
    set_back: bool = False
    crashes: float = 0.0
    rivals: float = 0.0
    slow: bool = False
    answers: float = 0.7
    unkind_people: bool = False
    meddling: float = 0.0
    compare_clocks: bool = False
    fixed: tuple[CallKind, int] | None = None
    steps: int = 60
    settles: int = 0
    """Seconds until a reading shows what a registration or deregistration did."""


@dataclass(slots=True)
class Truth:
    """What is really so at the remote."""

    number: str
    registered: bool = False
    half: bool = False
    pin: str | None = None
    verified: bool = True
    onboarded: bool = False
    status: str | None = None
    platform: str | None = None
    on_app: bool = False
    mode: str = "LIVE"
    name: str = "APPROVED"
    guesses: int = 0
    locked_until: datetime | None = None
    deleted_until: datetime | None = None
    code: str | None = None
    code_at: datetime | None = None
    registers: list[datetime] = field(default_factory=list)
    requests: list[datetime] = field(default_factory=list)

    shown: bool | None = None
    """What readings still show of `registered`, until `shown_until`."""
    shown_until: datetime | None = None

    def settle(self, registered: bool, until: datetime) -> None:
        self.shown, self.shown_until = self.registered, until
        self.registered = registered

    def fields(self, now: datetime) -> dict[str, Any]:
        late = self.shown is not None and self.shown_until is not None and now < self.shown_until
        registered = self.shown if late else self.registered
        return {
            "id": self.number,
            "display_phone_number": "+1 555-010-7788",
            "status": self.status or ("CONNECTED" if registered else "DISCONNECTED"),
            "platform_type": self.platform or ("CLOUD_API" if registered else "NOT_APPLICABLE"),
            "code_verification_status": "VERIFIED" if self.verified else "NOT_VERIFIED",
            "is_on_biz_app": self.on_app,
            "is_pin_enabled": self.pin is not None,
            "account_mode": self.mode,
            "name_status": self.name,
            "verified_name": "Example Shop",
            "last_onboarded_time": "2026-01-05T08:00:00+0000" if self.onboarded else None,
        }


def begin(weather: Weather, number: str, now: datetime) -> Truth:
    """The truth at the start of a life."""
    truth = Truth(number=number, pin="246810" if weather.two_step else None, onboarded=weather.start != "unverified")
    match weather.start:
        case "online":
            truth.registered = True
        case "half":
            truth.half = True
        case "unverified" | "lapsed":
            truth.verified = False
        case "coexistence":
            truth.on_app, truth.status, truth.platform = True, "CONNECTED", "CLOUD_API"
        case "on_premise":
            truth.platform = "ON_PREMISE"
        case "banned" | "deleted" | "migrated" | "restricted":
            truth.status = weather.start.upper()
        case "test":
            truth.mode = "SANDBOX"
        case "name-in-review":
            truth.name = "PENDING_REVIEW"
        case "just-deleted":
            truth.deleted_until = now + timedelta(minutes=7)
    return truth


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer as the remote gave it, with the wait it truly asked for (None: it asked for none)."""

    answer: Answer
    told: timedelta | None = None
    lost: bool = False


def error_of(entry: Entry, chance: Random, told: float = 0.0) -> tuple[RemoteError, timedelta | None]:
    """An error body that this entry speaks of; sometimes with a wait, told in a text or in a header."""
    code: int = chance.randint(entry.code, entry.through) if entry.through else entry.code
    subcode = entry.subcode
    if entry.either_place and chance.random() < 0.5:
        code, subcode = 100, entry.code
    message = f"({code}) {entry.tokens[0]} refused" if entry.tokens else f"({code}) refused"
    wait, header, details, for_user = None, None, chance.choice(MISLEADING), ""
    if chance.random() < told:
        text, least = chance.choice(TOLD)
        wait = timedelta(seconds=least)
        place = chance.randrange(3)
        if place == 0:
            details = text
        elif place == 1:
            details, for_user = "", text
        else:
            details, header = "", wait
    error = RemoteError(
        code=code, subcode=subcode, message=message, details=details, user_message=for_user, told_by_header=header
    )
    return error, wait


class ScriptedRemote:
    """Implements `engine.ports.Remote`. `watch` sees each call before and after; `beside` runs during one."""

    def __init__(
        self,
        weather: Weather,
        entries: tuple[Entry, ...],
        clock: MemoryClock,
        chance: Random,
        truth: Truth,
    ) -> None:
        self.weather, self.clock, self.chance, self.truth = weather, clock, chance, truth
        self._entries = entries
        self._pool = [entries[i % len(entries)] for i in weather.codes] or list(entries)
        self._traces = 0
        self._again: dict[CallKind, Entry] = {}
        self.before: Callable[[Order], None] = lambda order: None
        self.after: Callable[[Order, Heard], None] = lambda order, heard: None
        self.beside: Callable[[], Awaitable[None]] | None = None
        self._acts: dict[CallKind, Callable[[Order], tuple[int, int | None, str] | dict[str, Any]]] = {
            CallKind.READ: lambda order: self.truth.fields(self.clock.true),
            CallKind.REGISTER: self._register,
            CallKind.DEREGISTER: self._deregister,
            CallKind.REQUEST_CODE: self._request_code,
            CallKind.VERIFY_CODE: self._verify_code,
            CallKind.SET_PIN: self._set_pin,
            CallKind.SUBSCRIBE: lambda order: {"success": True},
            CallKind.KEEP_STORAGE: lambda order: {"success": True},
            CallKind.LOOK: lambda order: {"account_readable": True, "listed": True},
            CallKind.READ_STORAGE: self._storage,
            CallKind.READ_SUBSCRIPTION: lambda order: {"subscribed": False},
        }

    async def send(self, order: Order) -> Answer:
        self.before(order)
        if self.beside is not None and self.chance.random() < self.weather.rivals:
            await self.beside()
        heard = self._heard(order)
        self.clock.advance(
            self.chance.choice((1, 20, 61)) if self.weather.slow and not self.weather.compare_clocks else 1
        )
        self.after(order, heard)
        return heard.answer

    def _heard(self, order: Order) -> Heard:
        weather, chance = self.weather, self.chance
        if weather.fixed is not None and weather.fixed[0] is order.call:
            return self._refuse(order.call, self._entries[weather.fixed[1]])
        if order.call is CallKind.READ:
            return self._reading(order)
        if chance.random() < weather.lost:
            return self._lose(order)
        entry = self._again.pop(order.call, None)
        if entry is None and chance.random() < weather.errors:
            entry = chance.choice(self._pool)
        if entry is not None:
            if chance.random() < weather.sticky:
                self._again[order.call] = entry
            return self._refuse(order.call, entry)
        return self._truly(order)

    def _truly(self, order: Order) -> Heard:
        found = self._acts[order.call](order)
        if isinstance(found, dict):
            return Heard(self._answer(order.call, Outcome.OK, body=found, http_status=200))
        code, subcode, details = found
        error = RemoteError(code=code, subcode=subcode, message=f"({code}) refused", details=details)
        told = next((timedelta(seconds=least) for text, least in TOLD if text == details), None)
        return Heard(self._answer(order.call, Outcome.REFUSED, error=error, http_status=400), told)

    def _refuse(self, call: CallKind, entry: Entry) -> Heard:
        error, wait = error_of(entry, self.chance, self.weather.told)
        return Heard(self._answer(call, Outcome.REFUSED, error=error, http_status=400), wait)

    def _lose(self, order: Order) -> Heard:
        how = self.chance.randrange(5)
        if how == 0:
            return Heard(Answer(call=order.call, outcome=Outcome.UNREACHABLE, failure="connection refused"), lost=True)
        if how == 1:
            return Heard(Answer(call=order.call, outcome=Outcome.NOT_SENT, failure="too late to send"), lost=True)
        if how == 2:
            self._acts[order.call](order)
        return Heard(
            Answer(call=order.call, outcome=Outcome.IN_DOUBT, http_status=503 if how == 3 else None, failure="lost"),
            lost=True,
        )

    def _reading(self, order: Order) -> Heard:
        weather, chance = self.weather, self.chance
        if chance.random() < weather.unread:
            if chance.random() < 0.4:
                return self._refuse(CallKind.READ, chance.choice(self._pool))
            return self._unreadable(order)
        body = self.truth.fields(self.clock.true)
        if chance.random() < weather.lies:
            body |= chance.choice(LIES)
        if weather.missing:
            for name in WISHED:
                if chance.random() < 0.6:
                    del body[name]
        body = {key: value for key, value in body.items() if value is not None}
        return Heard(self._answer(CallKind.READ, Outcome.OK, body=body, http_status=200))

    def _unreadable(self, order: Order) -> Heard:
        how = self.chance.choice(LOST_READS)
        body = self.truth.fields(self.clock.true)
        if how == "no-status":
            body.pop("status")
        elif how == "other-id":
            body["id"] = "9"
        elif how == "empty":
            body = {}
        else:
            outcome = Outcome.UNREACHABLE if how == "unreachable" else Outcome.IN_DOUBT
            return Heard(Answer(call=order.call, outcome=outcome, failure=how), lost=True)
        return Heard(self._answer(order.call, Outcome.OK, body=body, http_status=200))

    def _answer(self, call: CallKind, outcome: Outcome, **more: Any) -> Answer:
        self._traces += 1
        return Answer(
            call=call, outcome=outcome, fbtrace_id=f"T{self._traces}", remote_time=self.clock.true, usage=None, **more
        )

    # What really happens

    def _register(self, order: Order) -> tuple[int, int | None, str] | dict[str, Any]:
        truth, now = self.truth, self.clock.true
        truth.registers = [moment for moment in truth.registers if now - moment < timedelta(hours=72)]
        if len(truth.registers) >= 10:
            return 133016, None, "Too many attempts."
        truth.registers.append(now)
        digits = order.pin.open_secret() if order.pin else ""
        if truth.deleted_until and now < truth.deleted_until:
            return 133015, None, "Please wait a moment."
        if truth.half:
            return 133000, None, "An unfinished deregistration."
        if truth.on_app:
            return 100, None, "SMB"
        if truth.locked_until and now < truth.locked_until:
            return 133008, None, TOLD[1][0]
        if truth.pin is not None and digits != truth.pin:
            truth.guesses += 1
            if truth.guesses >= 5:
                truth.locked_until, truth.guesses = now + timedelta(hours=7), 0
                return 133008, None, TOLD[1][0]
            return 133005, None, "The PIN does not match."
        if not truth.verified:
            return 133006, None, "Verify the number again."
        truth.settle(True, now + timedelta(seconds=self.weather.settles))
        truth.pin, truth.guesses, truth.onboarded = digits, 0, True
        return {"success": True}

    def _deregister(self, order: Order) -> tuple[int, int | None, str] | dict[str, Any]:
        truth = self.truth
        if truth.half:
            truth.half = False
            return {"success": True}
        if not truth.registered:
            return 133010, None, "The number is not registered."
        truth.settle(False, self.clock.true + timedelta(seconds=self.weather.settles))
        return {"success": True}

    def _request_code(self, order: Order) -> tuple[int, int | None, str] | dict[str, Any]:
        truth, now = self.truth, self.clock.true
        truth.requests = [moment for moment in truth.requests if now - moment < timedelta(days=1)]
        if len(truth.requests) >= 8:
            return 136024, 2388367, "Too many."
        truth.requests.append(now)
        truth.code, truth.code_at = f"{self.chance.randrange(1_000_000):06d}", now
        return {"success": True}

    def _verify_code(self, order: Order) -> tuple[int, int | None, str] | dict[str, Any]:
        truth = self.truth
        fresh = truth.code_at is not None and self.clock.true - truth.code_at < timedelta(minutes=10)
        if not fresh or order.code is None or order.code.open_secret() != truth.code:
            return 136025, None, "The code is wrong."
        truth.verified, truth.code = True, None
        return {"success": True}

    def _set_pin(self, order: Order) -> tuple[int, int | None, str] | dict[str, Any]:
        if order.pin is None:
            return 100, None, "pin is required"
        self.truth.pin, self.truth.guesses = order.pin.open_secret(), 0
        return {"success": True}

    def _storage(self, order: Order) -> dict[str, Any]:
        settings = {"status": "IN_COUNTRY_STORAGE_ENABLED", "region": "DE"} if self.weather.storage else None
        return {"storage_configuration": settings}
