"""The nouns of the remote, and what is true of each: accounts, tokens, numbers, and the phones behind them.

A `Number` is one id in one account. A `Phone` is the line behind it, known by its E.164 form: PIN, attempt
budgets, code requests and a deletion belong to the phone and outlive any id.
"""

from __future__ import annotations

import types
import typing
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

__all__ = [
    "ACCOUNT_TRUTHS",
    "ALL_SCOPES",
    "KINDS",
    "Account",
    "App",
    "Budget",
    "NameDecision",
    "Number",
    "OneTimeCode",
    "Phone",
    "SignupCode",
    "Temper",
    "Token",
]

MANAGEMENT = "whatsapp_business_management"
MESSAGING = "whatsapp_business_messaging"
ALL_SCOPES = frozenset({MANAGEMENT, MESSAGING})

HOUR = 3600
DAY = 24 * HOUR
BUSINESS = "900000000000001"
"""The portfolio of every account that was given none."""


@dataclass
class Temper:
    """How strict and how unkind the remote is. Every time is in seconds of its clock.

    `languages` are those its texts may come in; `varied_units` lets "7 hours" come as "420 minutes" too;
    `echo_secrets` puts token, PIN and code into the error texts; `nonexisting_fields` are fields that this
    Graph version does not know; `pin_retired` ignores the PIN, as the remote announced for September 2026;
    `enforce_usage` refuses calls above the hourly limit of an account with 80008; `migration_code_as` says where the
    migration's codes stand: as `code`, as `subcode` of 100, or `either`, as the seed has it; `granular_targets` off
    leaves the accounts out of what `debug_token` says of a permission.
    """

    pin_spacing_seconds: int = 30
    pin_guesses: int = 5
    pin_guess_window_seconds: int = DAY
    pin_lock_seconds: int = 7 * HOUR
    attempt_limit: int = 10
    attempt_window_seconds: int = 72 * HOUR
    block_seconds: int = 72 * HOUR
    code_spacing_seconds: int = 60
    code_quota: int = 8
    code_quota_window_seconds: int = DAY
    code_hold_seconds: int = DAY
    code_valid_seconds: int = 600
    code_delay_seconds: int = 0
    code_guesses: int = 5
    signup_code_seconds: int = 30
    signup_window_seconds: int = 14 * DAY
    granular_targets: bool = True
    deletion_seconds: int = 300
    paid_hold_seconds: int = 30 * DAY
    reading_lag_seconds: int = 0
    weak_pins_refused: bool = True
    pin_retired: bool = False
    languages: tuple[str, ...] = ("en",)
    varied_units: bool = False
    echo_secrets: bool = False
    nonexisting_fields: frozenset[str] = frozenset()
    enforce_usage: bool = False
    migration_code_as: str = "either"
    registration_down_until: datetime | None = None


@dataclass
class Budget:
    """Attempts of one kind on one phone: `limit` in a moving window, and a block when it is overrun."""

    used: list[datetime] = field(default_factory=list)
    blocked_until: datetime | None = None

    def spend(self, now: datetime, temper: Temper) -> bool:
        """Count one call and say whether it may go on. A refused call counts like any other."""
        within = self.within(now, temper)
        self.used = [*within, now]
        if self.blocked_until is not None and now < self.blocked_until:
            return False
        if len(within) >= temper.attempt_limit:
            self.blocked_until = now + timedelta(seconds=temper.block_seconds)
            return False
        return True

    def within(self, now: datetime, temper: Temper) -> list[datetime]:
        """The calls of the moving window that ends now."""
        window = timedelta(seconds=temper.attempt_window_seconds)
        return [at for at in self.used if now - at < window]


@dataclass
class OneTimeCode:
    """A code on its way to a phone."""

    text: str = field(repr=False)
    number_id: str
    method: str
    language: str
    sent_at: datetime
    arrives_at: datetime
    expires_at: datetime
    used: bool = False
    wrong_guesses: int = 0


@dataclass
class Phone:
    """One line, over all the ids it ever had. `pin` is None while two-step verification is off."""

    e164: str
    pin: str | None = field(default=None, repr=False)
    first_write_at: datetime | None = None
    wrong_pins: list[datetime] = field(default_factory=list)
    locked_until: datetime | None = None
    last_pin_at: datetime | None = None
    pin_hold_until: datetime | None = None
    down_until: datetime | None = None
    deletion_ends_at: datetime | None = None
    register: Budget = field(default_factory=Budget)
    deregister: Budget = field(default_factory=Budget)
    codes: list[OneTimeCode] = field(default_factory=list)
    code_requests: list[datetime] = field(default_factory=list)
    code_hold_until: datetime | None = None
    failing_methods: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NameDecision:
    """What the review of a display name will say, and when."""

    at: datetime
    status: str


@dataclass
class Number:
    """One id in one account.

    `state` is "live" or one of BANNED, MIGRATED, DELETED; `live_status` is what a registered number reads
    (CONNECTED, FLAGGED, RATE_LIMITED, RESTRICTED), `restricted_until` what is told of the end of a restriction;
    `name_effect` says what a name that is not approved does to a register: nothing, refuse it with 2388001, or let it
    succeed without any effect. `shows` overrides single fields of a reading (None leaves the field out), which is how
    a remote that contradicts itself is played. `deregisters_owed` is how many good deregistrations a half-done one
    still needs; `callbacks` are the addresses that apps gave for the webhooks of this number alone. `confirmed` is
    whether its owner cleared the way for a migration; `migrating_from` is the id that it takes the line from.
    `last_paid_at` is when it sent its last paid message, which holds up its deletion; `signed_up_at` is when it came by
    an Embedded Signup, until it is registered.
    """

    id: str
    account: str
    phone: Phone
    display: str
    name: str
    place: int
    registered: bool = False
    ever_registered: bool = False
    registration_changed_at: datetime | None = None
    verified: bool = True
    deregisters_owed: int = 0
    certificate_fault: bool = False
    on_biz_app: bool = False
    on_premise: bool = False
    test_number: bool = False
    state: str = "live"
    live_status: str = "CONNECTED"
    restricted_until: datetime | None = None
    quality: str = "GREEN"
    name_status: str = "APPROVED"
    name_decision: NameDecision | None = None
    name_effect: Literal["none", "refuse", "no_effect"] = "none"
    new_name_status: str = "NONE"
    confirmed: bool = True
    last_onboarded_at: datetime | None = None
    signed_up_at: datetime | None = None
    migrating_from: str | None = None
    last_paid_at: datetime | None = None
    storage: dict[str, Any] = field(default_factory=dict)
    shows: dict[str, Any] = field(default_factory=dict)
    callbacks: dict[str, str] = field(default_factory=dict)
    deregister_answer: Literal["2207051", "133010", "not_linked"] | None = None

    def name_status_at(self, now: datetime) -> str:
        """The state of the display name's review."""
        decision = self.name_decision
        return decision.status if decision is not None and now >= decision.at else self.name_status


@dataclass
class App:
    """An app that holds tokens and subscribes to accounts. `secret` signs its webhooks, `callback` is where they go
    unless an account or a number says otherwise."""

    id: str
    name: str
    secret: str = field(default="", repr=False)
    callback: str | None = None


@dataclass
class Account:
    """One WhatsApp Business Account and the ids of its numbers, oldest first.

    `active` once one of its numbers was registered; `locked` by policy; `may_create` numbers through the API.
    `review` and `verification` are what its node says of them; `owner` is the business behind it (None: the one that
    all share), `messaging_for` the state of *Messaging For* (None: it is nobody's), `set_up` whether it was set up
    for migrations away from it, `has_payment` whether a payment method is there, `number_limit` how many numbers it
    may hold, `migration_faults` how many migrations more fail for a passing fault. `hides` are fields that its node
    does not show.
    """

    id: str
    name: str
    numbers: list[str] = field(default_factory=list)
    subscribed: dict[str, dict[str, str]] = field(default_factory=dict)
    may_create: bool = True
    locked: bool = False
    active: bool = False
    review: str = "APPROVED"
    verification: str = "verified"
    owner: str | None = None
    messaging_for: str | None = "APPROVED"
    set_up: bool = True
    has_payment: bool = True
    number_limit: int | None = None
    migration_faults: int = 0
    hides: frozenset[str] = frozenset()
    calls: deque[datetime] = field(default_factory=deque)

    @property
    def business(self) -> str:
        """The portfolio behind it."""
        return self.owner or BUSINESS


@dataclass
class Token:
    """An access token: its app, what it may do, for which accounts, and until when.

    `revoked` is the subcode of the 190 that a dead token is answered with, or None while it lives.
    """

    text: str = field(repr=False)
    app: str
    accounts: set[str]
    scopes: frozenset[str] = ALL_SCOPES
    expires_at: datetime | None = None
    revoked: int | None = None
    issued_at: datetime | None = None


@dataclass
class SignupCode:
    """What an Embedded Signup gives its opener: it buys a token of `app` for these accounts, once."""

    text: str = field(repr=False)
    app: str
    accounts: set[str]
    scopes: frozenset[str]
    made_at: datetime
    used: bool = False


def _kinds(owner: type) -> dict[str, tuple[Any, ...]]:
    """The types of each field, so that JSON can be taken for it."""
    found = {}
    for name, hint in typing.get_type_hints(owner).items():
        parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        found[name] = tuple(typing.get_origin(part) or part for part in parts)
    return found


ACCOUNT_TRUTHS = frozenset(_kinds(Account)) - {"id", "name", "numbers", "subscribed", "active", "calls"}
"""What may be changed of an account."""
KINDS = _kinds(Number) | _kinds(Phone)
"""The types of each truth of a number and of its phone, by name."""
