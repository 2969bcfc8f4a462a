"""Every shape in which a Graph error has been seen is taken apart; nothing breaks the reader."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.journal import RemoteError
from linewright.graph.errors import http_date, parse_error, search_error, usage_percent, without_tokens

INNER: dict[str, Any] = {"message": "(#133005) PIN", "type": "OAuthException", "code": 133005, "fbtrace_id": "A1"}
PLAIN = RemoteError(message="(#133005) PIN", type="OAuthException", code=133005, fbtrace_id="A1")
USAGE = "X-Business-Use-Case-Usage"


def wrapped(error: dict[str, Any]) -> dict[str, Any]:
    value = {"messaging_product": "whatsapp", "statuses": [{"status": "failed", "errors": [error]}]}
    return {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}


@pytest.mark.parametrize(
    "body",
    [
        {"error": INNER},
        INNER,
        {"errors": [INNER]},
        [None, {"error": INNER}],
        wrapped(INNER),
        {"error": {**INNER, "code": "133005"}},
        {"error": {**INNER, "code": 133005.0}},
    ],
)
def test_the_envelopes(body: object) -> None:
    assert parse_error(body) == PLAIN


def test_all_fields_of_an_envelope() -> None:
    body = {
        "error": {
            **INNER,
            "error_subcode": "2388091",
            "is_transient": False,
            "error_user_title": "Title",
            "error_user_msg": "For the user",
            "error_data": {"messaging_product": "whatsapp", "details": "Details"},
        }
    }
    error = parse_error(body, 400)
    assert error is not None
    assert (error.subcode, error.is_transient, error.http_status) == (2388091, False, 400)
    assert (error.user_title, error.user_message, error.details) == ("Title", "For the user", "Details")


@pytest.mark.parametrize(
    ("data", "details"),
    [
        ({"details": "Wait"}, "Wait"),
        ('{"details": "Wait"}', "Wait"),
        ("Plain words", "Plain words"),
        ({"blame_field_specs": [["pin"]]}, 'blamed: [["pin"]]'),
        ('{"blame_field_specs": [["pin"]]}', 'blamed: [["pin"]]'),
        ({"details": None}, ""),
        ([1], ""),
        (None, ""),
    ],
)
def test_error_data_comes_in_many_shapes(data: object, details: str) -> None:
    error = parse_error({"error": {**INNER, "error_data": data}})
    assert error is not None
    assert error.details == details


def test_the_form_of_webhooks() -> None:
    error = parse_error(wrapped({"code": 131031, "title": "Locked", "error_data": {"details": "It is locked."}}))
    assert error == RemoteError(code=131031, message="Locked", user_title="Locked", details="It is locked.")


def test_a_part_of_a_batch_has_its_own_status_and_headers() -> None:
    part = {"code": 400, "headers": [{"name": "Retry-After", "value": "60"}], "body": json.dumps({"error": INNER})}
    for body in (part, [None, part], [{"code": 200, "body": "{}"}, part]):
        error = parse_error(body, 200, {"Retry-After": "5"})
        assert error is not None
        assert (error.code, error.http_status, error.told_by_header) == (133005, 400, timedelta(seconds=60))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("(#133010) Account not registered", 133010),
        ("Unsupported post request. Object with ID '1' does not exist", 100),
    ],
)
def test_the_challenge_header_stands_in_for_a_lost_body(message: str, code: int) -> None:
    challenge = f'OAuth "Facebook Platform" "invalid_request" "{message}"'
    expected = RemoteError(code=code, message=message, http_status=400)
    assert parse_error(None, 400, {"WWW-Authenticate": challenge}) == expected
    assert parse_error({"www-authenticate": challenge}, 400) == expected


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "text",
        7,
        [],
        {},
        {"success": True},
        {"error": {}},
        {"id": "1", "status": "CONNECTED"},
        {"code": 200, "body": "{}"},
    ],
)
def test_a_good_answer_holds_no_error(body: object) -> None:
    assert parse_error(body, 200, {"X-App-Usage": "{}"}) is None


def test_health_findings_are_no_error_of_the_call() -> None:
    finding = {"error_code": 141000, "error_description": "Not linked", "possible_solution": "Register"}
    reading = {"id": "1", "status": "CONNECTED", "health_status": {"entities": [{"errors": [finding]}]}}
    assert parse_error(reading, 200) is None
    assert search_error(reading) == RemoteError(code=141000, message="Not linked", details="Register")


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Retry-After": "120"}, 120),
        ({"retry-after": " 120 "}, 120),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "Wed, 21 Oct 2015 07:18:00 GMT"}, 600),
        ({"Retry-After": "Wed, 21 Oct 2015 07:08:00 GMT", "Date": "Wed, 21 Oct 2015 07:18:00 GMT"}, None),
        ({USAGE: '{"1":[{"estimated_time_to_regain_access":0}]}'}, None),
        (
            {USAGE: '{"1":[{"estimated_time_to_regain_access":3},{"estimated_time_to_regain_access":"12"}],"2":[{}]}'},
            720,
        ),
        ({USAGE: '{"1":[{"estimated_time_to_regain_access":1}]}', "Retry-After": "90"}, 90),
        ({USAGE: "not json"}, None),
    ],
)
def test_a_wait_in_the_headers(headers: dict[str, str], told: int | None) -> None:
    error = parse_error({"error": INNER}, 400, headers)
    assert error is not None
    assert error.told_by_header == (None if told is None else timedelta(seconds=told))


def test_the_usage_is_the_highest_figure() -> None:
    app = '{"call_count":28,"total_cputime":724,"total_time":25}'
    account = '{"1":[{"type":"whatsapp","call_count":90,"total_cputime":1,"total_time":2}]}'
    assert usage_percent({"X-App-Usage": app}) == 724
    assert usage_percent({USAGE.lower(): account}) == 90
    assert usage_percent({"x-app-usage": app, USAGE: account}) == 724
    assert usage_percent({"X-App-Usage": "[]"}) is None
    assert usage_percent({}) is None
    assert usage_percent(None) is None


def test_tokens_are_dots_at_once() -> None:
    token = "EAAB" + "z9" * 20
    error = parse_error({"error": {**INNER, "message": f"Bad token {token}.", "error_data": token}})
    assert error is not None
    assert token not in repr(error)
    assert without_tokens(f"a{token}b EASY") == "a•••• EASY"


def test_http_dates() -> None:
    assert http_date("Wed, 21 Oct 2015 07:28:00 GMT") == datetime(2015, 10, 21, 7, 28, tzinfo=UTC)
    for wrong in ("Wed, 41 Oct 2015 07:28:00 GMT", "Wed, 21 Foo 2015 07:28:00 GMT", "2015-10-21", None, 5):
        assert http_date(wrong) is None


NAMES = st.sampled_from(
    [
        "error",
        "errors",
        "code",
        "error_code",
        "error_subcode",
        "message",
        "error_data",
        "body",
        "headers",
        "entry",
        "value",
        USAGE,
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=5),
    max_leaves=25,
)
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "Date", USAGE, "X-App-Usage", "WWW-Authenticate"]),
    st.text(max_size=40) | st.integers().map(str) | JSON.map(json.dumps) | st.floats().map(str),
)


@given(JSON, st.none() | st.integers(100, 599), HEADERS)
def test_no_answer_breaks_the_reader(body: object, status: int | None, headers: dict[str, str]) -> None:
    error = parse_error(body, status, headers)
    assert error is None or error.told_by_header is None or error.told_by_header > timedelta()
    search_error(body, status, headers)
    usage_percent(headers)


def test_a_bottomless_answer_is_not_followed() -> None:
    body: dict[str, Any] = {"error": INNER}
    for _ in range(500):
        body = {"value": body}
    assert parse_error(body) is None
    assert search_error(body) is None
