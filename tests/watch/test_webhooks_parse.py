"""What a post tells, of any shape; and what is kept of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.watch.posts import change, failed, post_of, security

from linewright.domain.happenings import HappeningKind as Kind
from linewright.domain.posts import kept
from linewright.domain.webhooks import Told, told

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WABA = "102030"
PHONE = "12025550001"


def heard(*changes: dict[str, Any], at: datetime = NOW) -> list[Told]:
    """What is told by a post as it is kept; the whole post tells the same."""
    post = post_of(WABA, at, changes)
    found = told(kept(post, WABA), WABA, NOW)
    assert found == told(post, WABA, NOW)
    return found


@pytest.mark.parametrize(
    ("event", "value", "kind"),
    [
        ("PARTNER_ADDED", {"waba_info": {"waba_id": WABA}}, Kind.PARTNER_ADDED),
        ("PARTNER_APP_INSTALLED", {}, Kind.PARTNER_ADDED),
        ("PARTNER_REMOVED", {"waba_info": {"waba_id": WABA}}, Kind.PARTNER_REMOVED),
        ("PARTNER_APP_UNINSTALLED", {}, Kind.PARTNER_REMOVED),
        ("ACCOUNT_OFFBOARDED", {"disconnection_info": {"reason": "CHANGE_NUMBER"}}, Kind.ACCOUNT_OFFBOARDED),
        ("ACCOUNT_RECONNECTED", {}, Kind.ACCOUNT_RECONNECTED),
        ("ACCOUNT_DELETED", {}, Kind.ACCOUNT_DELETED),
        ("ACCOUNT_VIOLATION", {"violation_info": {"violation_type": "ADULT"}}, Kind.ACCOUNT_VIOLATION),
        ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "DISABLE"}}, Kind.ACCOUNT_DISABLED),
        ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "REINSTATE"}}, Kind.ACCOUNT_REINSTATED),
        ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}, Kind.ACCOUNT_ALERT),
        ("VERIFIED_ACCOUNT", {}, Kind.OTHER),
        ("SOMETHING_OF_2027", {}, Kind.OTHER),
    ],
)
def test_an_account_update(event: str, value: dict[str, Any], kind: Kind) -> None:
    (one,) = heard(change("account_update", event=event, **value))
    assert (one.kind, one.at, one.of_account) == (kind, NOW, True)
    assert one.detail["event"] == event


def test_each_restriction_has_its_end() -> None:
    ends = NOW + timedelta(days=7)
    listed = [
        {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": int(ends.timestamp())},
        {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"},
    ]
    found = heard(change("account_update", event="ACCOUNT_RESTRICTION", restriction_info=listed))
    assert [one.kind for one in found] == [Kind.ACCOUNT_RESTRICTED] * 2
    assert [one.detail["until"] for one in found] == [ends.isoformat(), None]
    (of_phone,) = heard(change("account_update", event="ACCOUNT_RESTRICTION", phone_number="+1 (202) 555-0001"))
    assert of_phone.phone == PHONE


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (security(PHONE), Kind.PIN_CHANGED),
        (security(PHONE, "PIN_RESET_REQUEST"), Kind.PIN_RESET_REQUESTED),
        (security(PHONE, "PIN_REQUEST_SUCCESS"), Kind.PIN_REQUEST_SUCCEEDED),
        (change("phone_number_quality_update", display_phone_number=PHONE, event="FLAGGED"), Kind.QUALITY),
        (change("phone_number_name_update", display_phone_number=PHONE, decision="APPROVED"), Kind.NAME_APPROVED),
        (change("phone_number_name_update", display_phone_number=PHONE, decision="REJECTED"), Kind.NAME_DECLINED),
        (change("phone_number_name_update", display_phone_number=PHONE, decision="DEFERRED"), Kind.NAME_OTHER),
    ],
)
def test_what_is_of_a_phone(one: dict[str, Any], kind: Kind) -> None:
    (found,) = heard(one)
    assert (found.kind, found.phone) == (kind, PHONE)


def test_what_is_of_the_account() -> None:
    info = {"alert_severity": "CRITICAL", "alert_status": "ACTIVE", "alert_type": "X", "alert_description": "Look."}
    found = heard(
        change("account_alerts", entity_type="PHONE_NUMBER", entity_id="77", alert_info=info),
        change("account_review_update", decision="REJECTED"),
        change("business_capability_update", max_phone_numbers_per_waba=25),
    )
    assert [one.kind for one in found] == [Kind.ACCOUNT_ALERT, Kind.REVIEW, Kind.CAPABILITY]
    assert found[0].number == "77"
    assert found[0].detail["description"] == "Look."
    assert found[2].detail == {"max_phone_numbers_per_waba": 25}


def test_thousands_of_refused_messages_are_one_thing() -> None:
    late = NOW - timedelta(seconds=5)
    found = heard(failed("77", 131031, NOW - timedelta(minutes=1), times=2_000), failed("77", 131031, late, times=10))
    assert [(one.number, one.code, one.at) for one in found] == [("77", 131031, late)]


def test_errors_of_one_message_are_not_kept() -> None:
    assert (
        kept(post_of(WABA, NOW, [failed("77", 131026, NOW), change("messages", messages=[{"text": 1}])]), WABA) is None
    )


def test_nothing_of_customers_is_kept() -> None:
    post = post_of(WABA, NOW, [failed("77", 131031, NOW, times=3), security(PHONE), change("history", threads=["x"])])
    text = json.dumps(kept(post, WABA))
    for gone in ("Ada", "49151", "wamid", "secret words", "1234567890", "history"):
        assert gone not in text


def test_other_accounts_are_left_out() -> None:
    post = post_of("999", NOW, [security(PHONE)])
    assert kept(post, WABA) is None
    assert told(post, WABA, NOW) == []


@pytest.mark.parametrize("time", [None, "soon", -1, 0, True, 1e300, 10**40, [], {}])
def test_what_has_no_time_happened_when_it_came(time: Any) -> None:
    post = post_of(WABA, NOW, [security(PHONE)])
    post["entry"][0]["time"] = time
    assert told(kept(post, WABA), WABA, NOW)[0].at == NOW


def test_no_time_is_later_than_now_and_milliseconds_are_known() -> None:
    (one,) = heard(security(PHONE), at=NOW + timedelta(days=1))
    assert one.at == NOW
    post = post_of(WABA, NOW, [security(PHONE)])
    post["entry"][0]["time"] = int((NOW - timedelta(hours=1)).timestamp() * 1000)
    assert told(post, WABA, NOW)[0].at == NOW - timedelta(hours=1)


_NAMES = """
entry id time changes field value event messages statuses errors code metadata phone_number_id security timestamp
display_phone_number account_update restriction_info expiration ban_info account_alerts alert_info waba_ban_state
DISABLED_UPDATE ACCOUNT_RESTRICTION DISABLE PIN_CHANGED 131031 12025550001 102030
"""
_WORDS = st.sampled_from(_NAMES.split())
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | st.text(max_size=5) | st.just(131031)
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=5))
_FIELDS = st.sampled_from(["account_update", "account_alerts", "security", "messages", "business_capability_update"])
_CHANGE = st.fixed_dictionaries({"field": _FIELDS | _JSON, "value": _JSON})


@given(st.lists(_CHANGE | _JSON, max_size=5), _JSON)
def test_no_shape_raises_and_the_rest_still_counts(strange: list[Any], time: Any) -> None:
    post = post_of(WABA, NOW, [*strange, security(PHONE), *strange])
    post["entry"] = [time, {"id": WABA, "time": time, "changes": time}, *post["entry"]]
    small = kept(post, WABA)
    json.dumps(small)
    for body in (post, small):
        found = told(body, WABA, NOW)
        assert any(one.kind is Kind.PIN_CHANGED and one.phone == PHONE for one in found)
        assert all(one.at <= NOW for one in found)
        json.dumps([dict(one.detail) for one in found])


@given(_JSON)
def test_nothing_at_all_raises(body: Any) -> None:
    told(body, WABA, NOW)
    told(kept(body, WABA), WABA, NOW)
