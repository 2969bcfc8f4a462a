"""The judging of answers, as tables; and that nothing a remote can send makes it raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.graph import judge, wire
from linewright.secret import DOTS, Secret

TOKEN = Secret("EAAGjudged0token0that0nobody0may0see0ZD")
PIN = Secret("246810")
READ = wire.read_number("300")
LISTING = wire.list_numbers("100")
ACCOUNT = wire.read_account("100")
STORAGE = wire.read_storage("300")
APPS = wire.subscribed_apps("100")
REGISTER = wire.register("300", PIN)
CREATE = wire.create_number("100", "1", "5550100", "Name")
BATCH = wire.debug_token(TOKEN)
REQUESTS = [
    READ,
    LISTING,
    ACCOUNT,
    STORAGE,
    APPS,
    REGISTER,
    CREATE,
    BATCH,
    wire.deregister("300"),
    wire.request_code("300", "SMS", "en_US"),
    wire.verify_code("300", Secret("123830")),
    wire.set_pin("300", PIN),
    wire.subscribe("100"),
    wire.keep_storage("300", {"status": "IN_COUNTRY_STORAGE_ENABLED"}),
]
OK, REFUSED, IN_DOUBT = Outcome.OK, Outcome.REFUSED, Outcome.IN_DOUBT
ERROR = {"error": {"message": "(#133010) Account not registered", "type": "OAuthException", "code": 133010}}


def judged(request: wire.Request, status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge.answer(request, status, headers or {}, content, (TOKEN,))


@pytest.mark.parametrize(
    ("request_", "status", "body", "outcome"),
    [
        (REGISTER, 200, {"success": True}, OK),
        (REGISTER, 201, {"success": True}, OK),
        (REGISTER, 200, {"success": True, "error": None}, OK),
        (REGISTER, 200, {"id": "300"}, IN_DOUBT),
        (REGISTER, 200, {"success": "yes"}, IN_DOUBT),
        (REGISTER, 200, {"success": False, "id": "300"}, IN_DOUBT),
        (REGISTER, 200, [], IN_DOUBT),
        (REGISTER, 200, True, IN_DOUBT),
        (REGISTER, 200, b"true", IN_DOUBT),
        (REGISTER, 200, b'{"success": true, "x": NaN}', IN_DOUBT),
        (REGISTER, 200, ERROR, REFUSED),
        (REGISTER, 200, {"code": 2, "message": "a gateway's own words"}, IN_DOUBT),
        (REGISTER, 400, ERROR, REFUSED),
        (REGISTER, 500, ERROR, REFUSED),
        (REGISTER, 503, {"error": "Bad gateway"}, IN_DOUBT),
        (REGISTER, 502, {"error": {"message": "upstream"}}, IN_DOUBT),
        (REGISTER, 504, {"message": "Endpoint request timed out", "code": 504}, IN_DOUBT),
        (REGISTER, 500, b"<html>", IN_DOUBT),
        (REGISTER, 429, b"", REFUSED),
        (REGISTER, 404, {"detail": "Not Found"}, REFUSED),
        (REGISTER, 301, b"", REFUSED),
        (REGISTER, 102, b"", IN_DOUBT),
        (CREATE, 200, {"id": "301"}, OK),
        (CREATE, 200, {"success": True}, IN_DOUBT),
        (CREATE, 200, {"success": False, "id": "301"}, IN_DOUBT),
        (READ, 200, {"id": "300", "status": "CONNECTED"}, OK),
        (READ, 200, {"success": True}, IN_DOUBT),
        (READ, 200, b"", IN_DOUBT),
        (READ, 200, b"<html>captive portal", IN_DOUBT),
        (ACCOUNT, 200, {"id": "100", "name": "A"}, OK),
        (LISTING, 200, {"data": []}, OK),
        (LISTING, 200, {"data": {}}, IN_DOUBT),
        (LISTING, 200, {}, IN_DOUBT),
        (APPS, 200, {"data": [{"whatsapp_business_api_data": {"id": "1"}}]}, OK),
        (STORAGE, 200, {}, OK),
        (STORAGE, 200, b"", IN_DOUBT),
        (BATCH, 200, [{"code": 200, "body": "{}"}], OK),
        (BATCH, 200, {"code": 200}, IN_DOUBT),
    ],
)
def test_outcome(request_: wire.Request, status: int, body: Any, outcome: Outcome) -> None:
    answer = judged(request_, status, body)
    assert (answer.call, answer.outcome, answer.http_status) == (request_.call, outcome, status)
    assert bool(answer.body) is (outcome is OK and body != {})
    assert (answer.error is not None) is (outcome is REFUSED)
    assert bool(answer.failure) is (outcome is IN_DOUBT or (answer.error is not None and answer.error.code is None))


@pytest.mark.parametrize(
    ("body", "headers", "trace"),
    [
        ({"error": {"code": 1, "message": "m", "fbtrace_id": "FromBody"}}, {"x-fb-trace-id": "FromHeader"}, "FromBody"),
        ({"error": {"code": 1, "message": "m"}}, {"X-FB-Trace-ID": "FromHeader"}, "FromHeader"),
        ({"success": True}, {"x-fb-request-id": "Second"}, "Second"),
        ({"success": True}, {"x-fb-request-id": "Second", "x-fb-trace-id": "First"}, "First"),
        ({"success": True}, {}, None),
        (b"<html>", {"x-fb-trace-id": "Proxied"}, "Proxied"),
    ],
)
def test_the_trace_id(body: Any, headers: dict[str, str], trace: str | None) -> None:
    assert judged(REGISTER, 200, body, headers).fbtrace_id == trace


def test_a_wait_in_the_headers_of_a_refusal_without_json_is_kept() -> None:
    answer = judged(REGISTER, 429, b"", {"Retry-After": "90"})
    assert answer.error is not None
    assert answer.error.told_by_header is not None
    assert answer.error.told_by_header.total_seconds() == 90
    assert answer.failure == "Empty answer, HTTP 429: this does not look like the Graph API"


def test_an_error_told_only_by_a_header_is_a_refusal() -> None:
    headers = {"WWW-Authenticate": 'OAuth "Facebook Platform" "invalid_request" "(#133010) Account not registered"'}
    answer = judged(REGISTER, 400, b"<html>", headers)
    assert answer.error is not None
    assert (answer.outcome, answer.error.code) == (REFUSED, 133010)


def test_what_no_database_takes_is_cleaned() -> None:
    body = b'{"error": {"code": 1, "message": "a\\u0000b\\ud800c", "fbtrace_id": "\\udfff"}}'
    answer = judged(REGISTER, 400, body)
    assert answer.error is not None
    assert (answer.error.message, answer.fbtrace_id) == ("ab?c", "?")


def test_an_answer_nested_without_end_is_no_answer() -> None:
    for depth in (60, 900, 100_000):
        body = b'{"success": true, "x": ' + b"[" * depth + b"]" * depth + b"}"
        assert judged(REGISTER, 200, body).outcome is IN_DOUBT


@pytest.mark.parametrize(
    ("part", "outcome"),
    [
        ({"code": 200, "body": json.dumps({"data": {"app_id": "7", "is_valid": True}})}, OK),
        ({"code": 200, "body": json.dumps({"data": {"error": {"code": 190}, "is_valid": False}})}, OK),
        ({"code": 400, "body": json.dumps(ERROR)}, REFUSED),
        ({"code": 200, "body": "{}"}, IN_DOUBT),
        ({"code": 200, "body": "<html>"}, IN_DOUBT),
        ({"code": 200, "body": 5}, IN_DOUBT),
        ({"code": 200}, IN_DOUBT),
        (None, IN_DOUBT),
        ("text", IN_DOUBT),
    ],
)
def test_the_part_of_a_batch(part: Any, outcome: Outcome) -> None:
    answer = judge.token_answer(judged(BATCH, 200, [part]), TOKEN)
    assert answer.outcome is outcome
    assert bool(answer.body) is (outcome is OK)
    assert "parts" not in answer.body
    assert (answer.error is not None) is (outcome is REFUSED)
    assert judge.token_answer(judged(BATCH, 200, []), TOKEN).outcome is IN_DOUBT


def test_the_part_of_a_batch_shows_no_token() -> None:
    said = f"Error validating access token {TOKEN.open_secret()}"
    part = {"code": 400, "body": json.dumps({"error": {"message": said, "code": 190, "fbtrace_id": "Part"}})}
    answer = judge.token_answer(judged(BATCH, 200, [part]), TOKEN)
    assert answer.error is not None
    assert (answer.error.message, answer.error.code) == (f"Error validating access token {DOTS}", 190)
    assert (answer.error.http_status, answer.fbtrace_id) == (400, "Part")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["246810", TOKEN.open_secret()]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "success", "id", "data", "body", "error_data", "paging"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Date", "Retry-After", "WWW-Authenticate", "X-App-Usage", "X-Business-Use-Case-Usage", "x-fb-trace-id"]
    ),
    st.text() | JSON.map(json.dumps) | st.sampled_from(["-1", "9" * 400, "Mon, 31 Feb 2026 25:61:00 GMT"]),
)


@given(
    request=st.sampled_from(REQUESTS),
    status=st.integers(-1, 1000),
    headers=HEADERS,
    content=st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_judging_never_raises_and_never_shows_a_secret(
    request: wire.Request, status: int, headers: dict[str, str], content: bytes
) -> None:
    answer = judge.token_answer(judge.answer(request, status, headers, content, (TOKEN,)), TOKEN)
    assert answer.call is request.call
    assert answer.outcome in (OK, REFUSED, IN_DOUBT)
    assert (answer.error is not None) is (answer.outcome is REFUSED)
    assert not answer.body or answer.outcome is OK
    assert TOKEN.open_secret() not in repr(answer)
    json.dumps(answer.body, allow_nan=False).encode()
    if request.call is not CallKind.CREATE and request.writes and answer.outcome is OK:
        assert answer.body["success"] is True
