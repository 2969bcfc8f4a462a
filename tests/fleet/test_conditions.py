"""The conditions as a table: what is known, and what each says of it. The expected rows are written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.cases import NOW, OFFLINE, ONLINE, ago, answered, case, kept, refused

from linewright.domain.case import Case
from linewright.domain.conditions import (
    AccountFacts,
    Condition,
    ConditionType,
    Status,
    kept_since,
    warning_of,
    warnings_of,
)
from linewright.domain.health import conditions_of
from linewright.domain.journal import CallKind
from linewright.domain.number import Number, Standing, Wanted
from linewright.domain.operation import Evidence, Hold
from linewright.domain.pins import Change, ChangeKind

DAY = timedelta(days=1)
NEVER_SEEN = Number(id="1", e164="+15550100001", account="shop")
DEAD = Hold(usage=False, since=ago(hours=1), probe_at=NOW, code=190)
CLOSED = Hold(usage=False, since=ago(hours=1), probe_at=NOW, code=200)
BUSY = Hold(usage=True, since=ago(hours=1), probe_at=NOW, code=80008)


def reading(**said: Any) -> dict[str, Any]:
    """Online, and this; `health` and `quality` as the body says them."""
    body = {"health_status": said.pop("health", None), "quality_rating": said.pop("quality", None)}
    return {**ONLINE, **said, "said": {name: value for name, value in body.items() if value is not None}}


def read(said: dict[str, Any]) -> Case:
    """A case whose last reading said this."""
    app = {"is_on_biz_app": said["is_on_biz_app"]} if "is_on_biz_app" in said else {}
    seen = case(reading={name: value for name, value in said.items() if name not in app})
    return replace(seen, last_good=replace(seen.last_good, **app)) if seen.last_good else seen


def told(case: Case, type_: str, facts: AccountFacts | None = None) -> tuple[str, str]:
    found = {condition.type: condition for condition in conditions_of(case, facts or AccountFacts())}
    condition = found[ConditionType(type_)]
    return condition.status.value, condition.reason


def blocked(key: str, *said: Any) -> dict[str, Any]:
    state = {"errors": "BLOCKED", "additional_info": "LIMITED"}[key]
    return {"can_send_message": state, "entities": [{"entity_type": "PHONE_NUMBER", key: list(said)}]}


BY_READING: list[tuple[str, dict[str, Any], str, str]] = [
    ("Registered", ONLINE, "true", "online"),
    ("Registered", {**ONLINE, "status": "RESTRICTED"}, "true", "restricted"),
    ("Registered", {**ONLINE, "is_on_biz_app": True}, "true", "coexistence"),
    ("Registered", {**ONLINE, "account_mode": "SANDBOX"}, "true", "test"),
    ("Registered", OFFLINE, "false", "offline"),
    ("Registered", {**OFFLINE, "name_status": "PENDING_REVIEW"}, "false", "name-in-review"),
    ("Registered", {**OFFLINE, "platform_type": "ON_PREMISE"}, "false", "on_premise"),
    ("Registered", {"status": "DELETED"}, "false", "deleted"),
    ("Registered", {"status": "MIGRATED"}, "false", "migrated"),
    ("Registered", {"status": "BANNED"}, "false", "banned"),
    ("Registered", {"status": "SOMETHING_NEW"}, "unknown", "unrecognised"),
    ("Registered", {**ONLINE, "platform_type": "NOT_APPLICABLE"}, "unknown", "contradictory"),
    ("CanSend", reading(health={"can_send_message": "AVAILABLE"}), "true", "available"),
    ("CanSend", reading(health=blocked("additional_info", "Not verified yet.")), "true", "limited"),
    ("CanSend", reading(health=blocked("errors", {"error_code": 141006})), "false", "blocked"),
    ("CanSend", reading(health="strange"), "unknown", "not-said"),
    ("CanSend", reading(), "unknown", "not-said"),
    ("CanSend", reading(status="RESTRICTED", health={"can_send_message": "AVAILABLE"}), "false", "restricted"),
    ("CanSend", {**OFFLINE, "said": {"health_status": {"can_send_message": "AVAILABLE"}}}, "false", "not-registered"),
    ("Verified", {**ONLINE, "code_verification_status": "EXPIRED"}, "true", "registered"),
    ("Verified", OFFLINE, "true", "verified"),
    ("Verified", {**OFFLINE, "code_verification_status": "EXPIRED"}, "false", "not-verified"),
    ("Verified", {**OFFLINE, "code_verification_status": None}, "unknown", "not-said"),
    ("PinKnown", {**ONLINE, "is_pin_enabled": False}, "true", "two-step-off"),
    ("PinKnown", {**ONLINE, "is_pin_enabled": True}, "false", "none"),
    ("PinKnown", {**ONLINE, "is_on_biz_app": True}, "true", "not-needed"),
    ("NameApproved", {**ONLINE, "name_status": "APPROVED"}, "true", "approved"),
    ("NameApproved", {**ONLINE, "name_status": "AVAILABLE_WITHOUT_REVIEW"}, "true", "approved"),
    ("NameApproved", {**ONLINE, "name_status": "PENDING_REVIEW"}, "unknown", "in-review"),
    ("NameApproved", {**ONLINE, "name_status": "DECLINED"}, "false", "declined"),
    ("NameApproved", {**ONLINE, "name_status": "EXPIRED"}, "false", "expired"),
    ("NameApproved", {**ONLINE, "name_status": "NONE"}, "false", "none"),
    ("NameApproved", ONLINE, "unknown", "not-said"),
    ("QualityGood", reading(quality="GREEN"), "true", "green"),
    ("QualityGood", reading(quality="YELLOW"), "false", "yellow"),
    ("QualityGood", reading(quality="RED"), "false", "red"),
    ("QualityGood", reading(quality="GREEN", status="FLAGGED"), "false", "flagged"),
    ("QualityGood", reading(quality="NA"), "unknown", "not-rated"),
    ("QualityGood", reading(), "unknown", "not-rated"),
    ("NotRestricted", ONLINE, "true", "free"),
    ("NotRestricted", OFFLINE, "true", "free"),
    ("NotRestricted", reading(status="RESTRICTED"), "false", "restricted"),
    ("NotRestricted", reading(status="RATE_LIMITED"), "false", "rate-limited"),
    ("NotRestricted", {"status": "BANNED"}, "false", "banned"),
    ("BudgetFree", ONLINE, "true", "free"),
]


@pytest.mark.parametrize(("type_", "seen", "status", "reason"), BY_READING)
def test_what_a_reading_shows(type_: str, seen: dict[str, Any], status: str, reason: str) -> None:
    assert told(read(seen), type_) == (status, reason)


BY_ACCOUNT: list[tuple[str, AccountFacts, Hold | None, str, str]] = [
    ("TokenValid", AccountFacts(), None, "unknown", "not-seen"),
    ("TokenValid", AccountFacts(listed_at=NOW), None, "true", "works"),
    ("TokenValid", AccountFacts(listed_at=NOW, token_valid=True), None, "true", "valid"),
    ("TokenValid", AccountFacts(token_valid=True, token_expires_at=NOW + 8 * DAY), None, "true", "valid"),
    ("TokenValid", AccountFacts(token_valid=True, token_expires_at=NOW + 7 * DAY), None, "true", "valid"),
    ("TokenValid", AccountFacts(token_valid=True, token_expires_at=NOW + 6 * DAY), None, "true", "expires-soon"),
    ("TokenValid", AccountFacts(token_valid=True, token_expires_at=NOW), None, "false", "expired"),
    ("TokenValid", AccountFacts(token_valid=False), None, "false", "invalid"),
    ("TokenValid", AccountFacts(token_valid=True, token_lacks=("one",)), None, "false", "lacks-permission"),
    ("TokenValid", AccountFacts(listed_at=NOW, token_valid=True), DEAD, "false", "refused"),
    ("TokenValid", AccountFacts(listed_at=NOW, token_valid=True), CLOSED, "false", "unreadable"),
    ("TokenValid", AccountFacts(listed_at=NOW, token_valid=True), BUSY, "true", "valid"),
    ("WebhookSubscribed", AccountFacts(), None, "unknown", "not-seen"),
    ("WebhookSubscribed", AccountFacts(subscribed=True), None, "true", "subscribed"),
    ("WebhookSubscribed", AccountFacts(subscribed=False), None, "false", "not-subscribed"),
]


@pytest.mark.parametrize(("type_", "facts", "hold", "status", "reason"), BY_ACCOUNT)
def test_what_the_account_shows(type_: str, facts: AccountFacts, hold: Hold | None, status: str, reason: str) -> None:
    seen = case(reading=ONLINE)
    seen = replace(seen, account=replace(seen.account, hold=hold))
    assert told(seen, type_, facts) == (status, reason)


def test_no_subscription_that_nobody_wants_is_no_trouble() -> None:
    seen = case(reading=ONLINE)
    seen = replace(seen, account=replace(seen.account, subscribe=False))
    assert told(seen, "WebhookSubscribed", AccountFacts(subscribed=False)) == ("false", "not-wanted")


CHANGED = Change(at=ago(60), kind=ChangeKind.CHANGED)
RIGHT = kept("right")
SENT: dict[str, Any] = {"pin": RIGHT.id, "fingerprint": RIGHT.fingerprint}
BY_JOURNAL: list[tuple[str, Case, str, str]] = [
    ("PinKnown", case(pins=(RIGHT,)), "unknown", "pending"),
    ("PinKnown", case(answered("register", ago(60), **SENT), pins=(RIGHT,), reading=ONLINE), "true", "accepted"),
    ("PinKnown", case(refused("register", ago(60), 133005, **SENT), pins=(RIGHT,)), "false", "refused"),
    ("PinKnown", case(refused("register", ago(60), 131031, **SENT), pins=(RIGHT,)), "unknown", "doubted"),
    ("PinKnown", case(answered("register", ago(90), **SENT), pins=(RIGHT,), changes=(CHANGED,)), "false", "stale"),
    ("Verified", case(refused("register", ago(60), 133006)), "false", "lapsed"),
    ("Verified", case(refused("register", ago(60), 133006), answered("verify_code", ago(30))), "true", "verified"),
    ("BudgetFree", case(refused("register", ago(hours=1), 133016)), "false", "blocked"),
    ("BudgetFree", case(refused("register", ago(hours=73), 133016)), "true", "free"),
    ("BudgetFree", case(refused("register", ago(60), 133008, text="Try again in 7 hours.")), "false", "blocked"),
    ("BudgetFree", case(*(answered("register", ago(hours=hour)) for hour in range(8, 0, -1))), "false", "used-up"),
    ("BudgetFree", case(*(answered("register", ago(hours=hour)) for hour in range(7, 0, -1))), "true", "free"),
]


@pytest.mark.parametrize(("type_", "seen", "status", "reason"), BY_JOURNAL)
def test_what_the_journal_shows(type_: str, seen: Case, status: str, reason: str) -> None:
    assert told(seen, type_) == (status, reason)


@pytest.mark.parametrize(
    ("code", "hours", "registered_since", "reason"),
    [
        (131045, 1, False, "heard-131045"),
        (131031, 23, False, "heard-131031"),
        (131045, 25, False, "available"),
        (131045, 1, True, "available"),
        (131049, 1, False, "available"),
    ],
)
def test_an_error_heard_elsewhere_counts_more_than_health(
    code: int, hours: int, registered_since: bool, reason: str
) -> None:
    attempts = [answered("register", ago(60))] if registered_since else []
    seen = case(*attempts, reading=reading(health={"can_send_message": "AVAILABLE"}))
    heard = replace(seen, evidence=(Evidence(code=code, at=ago(hours=hours)),))
    assert told(heard, "CanSend")[1] == reason


def test_a_number_never_read_is_unknown_and_warns_nobody() -> None:
    seen = replace(case(number=NEVER_SEEN), reading=None, last_good=None)
    found = conditions_of(seen, AccountFacts())
    unknown = {condition.type for condition in found if condition.status is Status.UNKNOWN}
    assert unknown >= {ConditionType.REGISTERED, ConditionType.CAN_SEND, ConditionType.QUALITY_GOOD}
    assert warnings_of(found, seen.standing, Wanted.ONLINE) == ()


def test_every_condition_is_said_in_order_with_words_and_a_way_out() -> None:
    for _, seen, _, _ in BY_READING:
        found = conditions_of(read(seen), AccountFacts())
        assert [condition.type for condition in found] == list(ConditionType)
        for condition in found:
            assert condition.message.endswith(".")
            assert condition.fix is None or condition.fix
            assert condition.fix or not condition.false or condition.reason == "not-wanted", condition


# Warnings


def condition(type_: ConditionType, status: Status = Status.TRUE, reason: str = "fine") -> Condition:
    return Condition(type=type_, status=status, reason=reason, message="Words.", since=NOW)


def all_true(**other: tuple[Status, str]) -> list[Condition]:
    return [condition(each, *other.get(each.value, (Status.TRUE, "fine"))) for each in ConditionType]


FALSE, UNKNOWN, TRUE = Status.FALSE, Status.UNKNOWN, Status.TRUE
ONLY_WHERE_WANTED = {
    "WebhookSubscribed": (FALSE, "not-subscribed"),
    "NameApproved": (FALSE, "declined"),
    "QualityGood": (FALSE, "red"),
    "TokenValid": (TRUE, "expires-soon"),
    "NotRestricted": (FALSE, "rate-limited"),
}


@pytest.mark.parametrize(
    ("other", "warned"),
    [
        ({"Registered": (FALSE, "offline"), "TokenValid": (FALSE, "refused")}, ["TokenValid", "Registered"]),
        ({"Registered": (FALSE, "banned"), "TokenValid": (FALSE, "refused")}, ["Registered", "TokenValid"]),
        ({"CanSend": (FALSE, "blocked"), "NotRestricted": (FALSE, "restricted")}, ["NotRestricted", "CanSend"]),
        ({"Registered": (UNKNOWN, "contradictory")}, []),
        ({"Registered": (UNKNOWN, "unrecognised")}, ["Registered"]),
        ({"BudgetFree": (FALSE, "blocked"), "PinKnown": (FALSE, "none")}, []),
        (ONLY_WHERE_WANTED, []),
    ],
)
def test_the_most_important_comes_first(other: dict[str, tuple[Status, str]], warned: list[str]) -> None:
    found = warnings_of(all_true(**other), Standing.ONLINE)
    assert [each.type.value for each in found] == warned
    assert warning_of(all_true(**other), Standing.ONLINE) == (found[0] if found else None)


def test_what_is_wanted_online_is_looked_after_more_closely() -> None:
    for type_, said in ONLY_WHERE_WANTED.items():
        found = warnings_of(all_true(**{type_: said}), Standing.ONLINE, Wanted.ONLINE)
        assert [each.type.value for each in found] == [type_]


@pytest.mark.parametrize("standing", list(Standing))
def test_a_released_number_warns_nobody(standing: Standing) -> None:
    wrong = [condition(each, FALSE, "wrong") for each in ConditionType]
    assert warnings_of(wrong, standing, Wanted.RELEASED) == ()


@pytest.mark.parametrize("standing", [Standing.COEXISTENCE, Standing.TEST, Standing.MIGRATED, Standing.DELETED])
def test_what_is_not_ours_warns_only_where_it_is_wanted(standing: Standing) -> None:
    gone = all_true(Registered=(FALSE, "deleted"))
    assert warnings_of(gone, standing, Wanted.UNMANAGED) == ()
    assert warnings_of(gone, standing, Wanted.ONLINE) != ()


# Since

STATUSES = st.sampled_from(list(Status))


@given(st.lists(st.tuples(STATUSES, st.sampled_from(["one", "two"])), min_size=1, max_size=30))
def test_since_is_when_the_status_last_changed(story: list[tuple[Status, str]]) -> None:
    known: Condition | None = None
    for hour, (status, reason) in enumerate(story):
        known = kept_since(known, NOW + timedelta(hours=hour), ConditionType.REGISTERED, status, reason, "Said.")
        began = next(i for i in range(hour, -1, -1) if i == 0 or story[i - 1][0] is not status)
        assert known.since == NOW + timedelta(hours=began)
        assert (known.status, known.reason) == (status, reason)


SAID = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["CONNECTED", "DISCONNECTED", "RESTRICTED", "BANNED", "PENDING", "NEW", "FLAGGED"]),
        "platform_type": st.sampled_from(["CLOUD_API", "NOT_APPLICABLE", "ON_PREMISE", None]),
        "code_verification_status": st.sampled_from(["VERIFIED", "EXPIRED", None]),
        "is_pin_enabled": st.sampled_from([True, False, None]),
        "name_status": st.sampled_from(["APPROVED", "DECLINED", "PENDING_REVIEW", None]),
        "said": st.dictionaries(
            st.sampled_from(["health_status", "quality_rating"]),
            st.recursive(
                st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(
                        st.sampled_from(["can_send_message", "entities", "errors", "additional_info"]),
                        inner,
                        max_size=3,
                    )
                ),
                max_leaves=10,
            ),
        ),
    }
)
ATTEMPTS = st.lists(
    st.builds(
        lambda call, code, hours: refused(call, ago(hours=hours), code) if code else answered(call, ago(hours=hours)),
        st.sampled_from([CallKind.REGISTER, CallKind.DEREGISTER, CallKind.VERIFY_CODE]),
        st.sampled_from([None, 133004, 133006, 133008, 133016, 190]),
        st.floats(0, 100),
    ),
    max_size=12,
)


@given(SAID, ATTEMPTS, st.sampled_from(list(Wanted)))
def test_whatever_is_read_every_condition_is_judged_and_said(
    said: dict[str, Any], attempts: list[Any], wanted: Wanted
) -> None:
    seen = case(*sorted(attempts, key=lambda each: each.at), reading=said)
    found = conditions_of(seen, AccountFacts())
    assert [each.type for each in found] == list(ConditionType)
    registered = found[0]
    assert registered.true == (seen.registered or seen.standing in (Standing.COEXISTENCE, Standing.TEST))
    warnings = warnings_of(found, seen.standing, wanted)
    assert all(each.status is not Status.UNKNOWN or each.reason == "unrecognised" for each in warnings)
    assert conditions_of(seen, AccountFacts(), found) == found
