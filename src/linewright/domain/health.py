"""From a case to its conditions: one small rule for each, with its reason, its words, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linewright.domain.addresses import address_in_force, is_same
from linewright.domain.budget import budget_of
from linewright.domain.case import Case
from linewright.domain.conditions import AccountFacts, Condition, ConditionType, Status, kept_since
from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.journal import CallKind
from linewright.domain.names import REGISTER_WITHIN, register_until
from linewright.domain.number import Reading, Standing, Wanted
from linewright.domain.pins import PinState
from linewright.domain.rails import NOT_OURS, WAY_BACK
from linewright.domain.signup import last_day_words
from linewright.domain.signup import register_until as signup_until

__all__ = ["EXPIRES_SOON", "HEARD_FOR", "RULES", "conditions_of"]

EXPIRES_SOON = timedelta(days=7)
"""So long before its end a token is warned of."""
HEARD_FOR = timedelta(hours=24)
"""An error of sending that was heard elsewhere counts so long, unless a register ended well since (DESIGN 5.2)."""
SENDING = frozenset({131005, 131031, 131042, 131045, 133010})
"""Errors of sending that tell of the number or its account, not of one message."""
TOKEN_DEAD = frozenset({0, 102, 104, 190})
LAPSED = 133006
NO_REGISTER = frozenset({Standing.COEXISTENCE, Standing.TEST})
"""Connected, though never by a register of ours."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a rule says: status, stable reason, words for people, what to do."""

    status: Status
    reason: str
    message: str
    fix: str | None = None


_Rule = Callable[[Case, AccountFacts], _Told]


def _true(reason: str, message: str, fix: str | None = None) -> _Told:
    return _Told(Status.TRUE, reason, message, fix)


def _false(reason: str, message: str, fix: str | None = None) -> _Told:
    return _Told(Status.FALSE, reason, message, fix)


def _unknown(reason: str, message: str, fix: str | None = None) -> _Told:
    return _Told(Status.UNKNOWN, reason, message, fix)


NEVER_READ = _unknown("unknown-reading", "No reading of it has succeeded yet.", "It is read again by itself.")


def conditions_of(case: Case, facts: AccountFacts, earlier: Iterable[Condition] = ()) -> tuple[Condition, ...]:
    """All conditions of a number now, in the order of `ConditionType`. `earlier` are those known before: where the
    status is unchanged, `since` stays. A failed read changes nothing: `case.last_good` is what is judged."""
    before = {condition.type: condition for condition in earlier}
    return tuple(_now(type_, rule(case, facts), before.get(type_), case) for type_, rule in RULES.items())


def _now(type_: ConditionType, told: _Told, before: Condition | None, case: Case) -> Condition:
    return kept_since(before, case.now, type_, told.status, told.reason, told.message, told.fix)


def registered(case: Case, facts: AccountFacts) -> _Told:
    """By the standing alone: `code_verification_status` says nothing of it."""
    standing, reason = case.judged.standing, case.judged.reason
    if standing is Standing.ONLINE:
        return _true("online", "It is registered and online.")
    if standing is Standing.RESTRICTED:
        return _true("restricted", "It is registered, but Meta restricts what it may send.")
    if standing in NO_REGISTER:
        return _true(standing.value, NOT_OURS[standing])
    if standing in NOT_OURS:
        return _false(standing.value, NOT_OURS[standing], WAY_BACK[standing])
    if standing is Standing.UNKNOWN:
        return _not_understood(case)
    if reason == "name-in-review":
        waits = "Wait for the decision, at most about 48 h, and do not edit the name meanwhile."
        return _false("name-in-review", "It is not registered yet: Meta is reviewing its display name.", waits)
    return _unregistered(case)


def _unregistered(case: Case) -> _Told:
    if case.number.wanted is Wanted.RELEASED:
        return _false("released", "It is not registered: it was given up on purpose, and stays so.")
    until, register = signup_until(case), f"linewright register {case.number.e164}"
    if until is not None and case.now >= until:
        over = f"It is not registered, and the 14 days after its Embedded Signup were over on {_day(until)}."
        return _false("signup-over", over, "Have its owner go through Embedded Signup again, then adopt it again.")
    last = f" {last_day_words(until)}" if until is not None else ""
    if case.judged.standing is Standing.UNVERIFIED:
        first = f"It was never registered: it needs a code first.{last}"
        return _false("unverified", first, f"{register} asks for the code.")
    return _false("offline", f"It is not registered: it can neither send nor receive.{last}", register)


def _not_understood(case: Case) -> _Told:
    reason = case.judged.reason
    if case.last_good is None:
        return NEVER_READ
    if reason == "contradictory":
        return _unknown("contradictory", "Its reading contradicts itself.", "A second reading in 15 minutes will tell.")
    said = case.last_good.status
    return _unknown("unrecognised", f"Meta says {said}, which is not understood.", "Look at it in WhatsApp Manager.")


def can_send(case: Case, facts: AccountFacts) -> _Told:
    """`health_status`, unless something stronger is known: it may say AVAILABLE during a lock (facts, 1.9)."""
    standing, reading = case.standing, case.last_good
    if reading is None:
        return NEVER_READ
    heard = _heard_elsewhere(case)
    if heard is not None:
        return _false(f"heard-{heard}", f"Sending was refused with {heard}.", f"linewright explain {heard}")
    if facts.against is not None and facts.against.kind is HappeningKind.ACCOUNT_DISABLED:
        return _against(facts.against)
    if standing is Standing.RESTRICTED:
        return _false("restricted", "Meta restricts what it may send.", "See Account Quality in Meta Business Suite.")
    if standing not in (Standing.ONLINE, Standing.UNKNOWN, *NO_REGISTER):
        return _false("not-registered", "It is not registered, so it cannot send.", "See Registered.")
    return _by_health(reading)


def _heard_elsewhere(case: Case) -> int | None:
    """The latest error of sending of the last 24 h, unless a register ended well since."""
    for heard in reversed(case.evidence):
        if heard.code in SENDING and case.ago(heard.at) < HEARD_FOR:
            done = (a.ok and a.call is CallKind.REGISTER and a.ended_at >= heard.at for a in case.attempts)
            return None if any(done) else heard.code
    return None


def _by_health(reading: Reading) -> _Told:
    health = reading.said.get("health_status")
    able = health.get("can_send_message") if isinstance(health, dict) else None
    if able == "AVAILABLE":
        return _true("available", "Meta says that it can send.")
    if able == "LIMITED":
        return _true("limited", f"It can send, within limits. {_said_by_health(health, 'additional_info')}".strip())
    if able == "BLOCKED":
        said = _said_by_health(health, "errors")
        return _false("blocked", f"Meta says that it cannot send. {said}".strip(), "See Account Quality in Meta.")
    return _unknown("not-said", "Meta does not say whether it can send.")


def _said_by_health(health: Any, key: str) -> str:
    """The first thing that an entity of the health status has to say."""
    entities = health.get("entities")
    for entity in entities if isinstance(entities, list) else []:
        for each in _list(entity.get(key)) if isinstance(entity, dict) else []:
            if isinstance(each, str):
                return each[:300]
            if isinstance(each, dict) and isinstance(each.get("error_description"), str):
                return f"{each['error_description'][:300]} ({each.get('error_code')})"
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def verified(case: Case, facts: AccountFacts) -> _Told:
    """What is read is the state of the last code: on a registered number it means nothing (DESIGN, section 2)."""
    reading = case.last_good
    if reading is None:
        return NEVER_READ
    if case.registered or case.standing in NO_REGISTER:
        return _true("registered", "It is connected; its verification no longer matters.")
    asks = "A register asks for a code; whoever has the phone reads it out."
    if _lapsed(case):
        return _false("lapsed", "Its verification has lapsed: the remote asks for a new code (133006).", asks)
    if reading.verified:
        return _true("verified", "Its phone is verified.")
    if reading.code_verification_status is None:
        return _unknown("not-said", "Meta does not say whether its phone is verified.")
    return _false("not-verified", f"Its verification reads {reading.code_verification_status}.", asks)


def _lapsed(case: Case) -> bool:
    """Whether the last register was answered with 133006, and no code was taken since."""
    for attempt in reversed(case.attempts):
        if attempt.ok and attempt.call is CallKind.VERIFY_CODE:
            return False
        if attempt.call is CallKind.REGISTER and attempt.spent and not attempt.in_doubt:
            return attempt.code == LAPSED
    return False


def pin_known(case: Case, facts: AccountFacts) -> _Told:
    """The PIN of two-step verification (DESIGN 5.5)."""
    state, give = case.pins.state, f"linewright set-pin {case.number.e164} sets a new one."
    if case.standing in NO_REGISTER:
        return _true("not-needed", "It needs no PIN here.")
    match state:
        case PinState.ACCEPTED:
            return _true("accepted", "A PIN is kept that the remote has accepted.")
        case PinState.NOT_USED:
            return _true("not-used", "The remote no longer asks for its PIN.")
        case PinState.PENDING:
            return _unknown("pending", "A PIN is kept; the remote has not proven it yet.")
        case PinState.DOUBTED:
            return _unknown("doubted", "A PIN is kept; the remote refused it together with the account (131031).")
        case PinState.REFUSED:
            return _false("refused", "The PIN that was given is not its PIN.", f"Give the right one, or: {give}")
        case PinState.STALE:
            return _false("stale", "The PIN was changed since; the new one is not known.", f"Give it, or: {give}")
    if case.two_step is False:
        return _true("two-step-off", "Two-step verification is off: no PIN is needed.")
    return _false("none", "Its PIN is not known here: the next register would ask for it.", give)


def name_approved(case: Case, facts: AccountFacts) -> _Told:
    reading = case.last_good
    if reading is None:
        return NEVER_READ
    change = "Change it in WhatsApp Manager; when it is approved, register again within 14 days."
    until = register_until(case) if case.registered else None
    if until is not None:
        approved, last = until - REGISTER_WITHIN, f"{_day(until)} at {until:%H:%M} UTC"
        said = f"Its new display name was approved on {_day(approved)}. Register it again until {last}, or the name is "
        return _false("register-again", f"{said}lost.", f"linewright register {case.number.e164}")
    match reading.name_status:
        case "APPROVED" | "AVAILABLE_WITHOUT_REVIEW":
            return _true("approved", "Its display name is approved.")
        case "PENDING_REVIEW":
            return _unknown("in-review", "Meta is reviewing its display name.", "Do not edit the name meanwhile.")
        case "DECLINED":
            return _false("declined", "Meta declined its display name.", change)
        case "EXPIRED":
            return _false("expired", "The approval of its display name has expired.", change)
        case "NONE" | "NON_EXISTS":
            return _false("none", "It has no display name.", change)
    return _unknown("not-said", "Meta does not say whether its display name is approved.")


def webhook_subscribed(case: Case, facts: AccountFacts) -> _Told:
    if facts.subscribed is None:
        return _unknown("not-seen", "Whether the app hears its webhooks was not seen yet.")
    if facts.subscribed:
        return _elsewhere(case, facts) or _true("subscribed", "The app hears the account's webhooks.")
    if not case.account.subscribe:
        return _false("not-wanted", "The app does not hear its webhooks, as was asked for (--no-subscribe).")
    fix = "The next register subscribes it, unless --no-subscribe is given."
    return _false("not-subscribed", "The app does not hear its webhooks: what comes in is told to nobody.", fix)


def _elsewhere(case: Case, facts: AccountFacts) -> _Told | None:
    """Where its webhooks are looked for here, and another address wins."""
    told = case.last_good.said.get("webhook_configuration") if case.last_good is not None else None
    address = address_in_force(told, facts.override)
    if facts.expected is None or address is None or is_same(address.url, facts.expected):
        return None
    fix = f"linewright account webhook {case.account.name} --set"
    if address.level == "number":
        fix = "Remove the number's own address (override_callback_uri) at Meta: it wins over the account's."
    said = f"Its webhooks go to {address.host}, by the address of the {address.level}: none comes here."
    return _false("elsewhere", said, fix)


def token_valid(case: Case, facts: AccountFacts) -> _Told:
    """The hold of the account counts first: it is what the remote answered last."""
    name, hold, ends = case.account.name, case.account.hold, facts.token_expires_at
    renew = f"Make a new system-user token, then: linewright account update {name} --token-file FILE"
    if hold is not None and not hold.usage:
        if hold.code in TOKEN_DEAD:
            return _false("refused", "The remote does not take the account's token any more.", renew)
        return _false(
            "unreadable", "The account cannot be read with its token.", f"Assign it to the token, or: {renew}"
        )
    if ends is not None and ends <= case.now:
        return _false("expired", f"The account's token expired at {_minute(ends)}.", renew)
    if facts.token_valid is False:
        return _false("invalid", "The remote says that the account's token is no longer valid.", renew)
    if facts.token_lacks:
        return _false("lacks-permission", f"The account's token lacks {' and '.join(facts.token_lacks)}.", renew)
    if ends is not None and ends - case.now < EXPIRES_SOON:
        days = (ends - case.now).days
        left = "in less than a day" if days < 1 else f"in {days} day{'' if days == 1 else 's'}"
        return _true("expires-soon", f"The account's token expires {left}, at {_minute(ends)}.", renew)
    if ends is not None:
        return _true("valid", f"The account's token is valid for {(ends - case.now).days} days.")
    if facts.token_valid:
        return _true("valid", "The account's token is valid and does not expire.")
    if facts.listed_at is not None:
        return _true("works", "The remote takes the account's token; it does not tell until when.")
    return _unknown("not-seen", "The account's token was not tried yet.")


def quality_good(case: Case, facts: AccountFacts) -> _Told:
    reading = case.last_good
    if reading is None:
        return NEVER_READ
    mend = "See Account Quality in Meta Business Suite; write only to people who asked for it."
    if reading.status == "FLAGGED":
        return _false("flagged", "Meta has flagged it for low quality; its limits may be lowered.", mend)
    match reading.said.get("quality_rating"):
        case "GREEN":
            return _true("green", "Its quality is rated high.")
        case "YELLOW":
            return _false("yellow", "Its quality is rated medium.", mend)
        case "RED":
            return _false("red", "Its quality is rated low.", mend)
    return _unknown("not-rated", "Its quality is not rated yet.")


def not_restricted(case: Case, facts: AccountFacts) -> _Told:
    reading, suite = case.last_good, "See Account Quality in Meta Business Suite; appeal there if it is wrong."
    if reading is None:
        return NEVER_READ
    if reading.status == "BANNED":
        return _false("banned", "Meta has banned it.", WAY_BACK[Standing.BANNED])
    if facts.against is not None:
        return _against(facts.against)
    match reading.status:
        case "RESTRICTED":
            return _false("restricted", "Meta restricts what it may send.", suite)
        case "RATE_LIMITED":
            return _false("rate-limited", "It has used up what it may send for now.", "Meta frees it within 24 hours.")
    return _true("free", "Meta has not restricted it.")


def _against(told: Happening) -> _Told:
    """In words, what Meta told of the account; the kind is the reason."""
    suite, until = "See Account Quality in Meta Business Suite; appeal there if it is wrong.", told.detail.get("until")
    match told.kind:
        case HappeningKind.ACCOUNT_DISABLED:
            return _false(told.kind.value, f"Meta told at {_minute(told.at)} that it has disabled the account.", suite)
        case HappeningKind.ACCOUNT_DELETED:
            said = f"Meta told at {_minute(told.at)} that the account, or a number of it, was deleted."
            return _false(told.kind.value, said, "It is read again by itself; look at it in WhatsApp Manager too.")
    ends = f" until {_minute(datetime.fromisoformat(until))}" if isinstance(until, str) else ""
    return _false(told.kind.value, f"Meta restricts what the account may send{ends}.", suite)


def budget_free(case: Case, facts: AccountFacts) -> _Told:
    """Whether a registration may be made now without waiting, by Linewright itself."""
    budget = budget_of(case, CallKind.REGISTER)
    if budget.blocked_until is not None:
        until = _minute(budget.blocked_until)
        return _false("blocked", f"Registrations are held until {until}.", "Nobody can shorten that.")
    if budget.used >= budget.automatic_limit and budget.next_free_at is not None:
        frees = _minute(budget.next_free_at)
        said = f"{budget.used} of {budget.limit} registrations in 72 hours are used; the next frees at {frees}."
        return _false("used-up", said, "Wait, or spend the reserve with --use-reserve.")
    return _true("free", f"{budget.used} of {budget.limit} registrations in 72 hours are used.")


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


RULES: dict[ConditionType, _Rule] = {
    ConditionType.REGISTERED: registered,
    ConditionType.CAN_SEND: can_send,
    ConditionType.VERIFIED: verified,
    ConditionType.PIN_KNOWN: pin_known,
    ConditionType.NAME_APPROVED: name_approved,
    ConditionType.WEBHOOK_SUBSCRIBED: webhook_subscribed,
    ConditionType.TOKEN_VALID: token_valid,
    ConditionType.QUALITY_GOOD: quality_good,
    ConditionType.NOT_RESTRICTED: not_restricted,
    ConditionType.BUDGET_FREE: budget_free,
}
