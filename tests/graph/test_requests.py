"""What each call sends, and that a secret never reaches a URL or a printed request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from linewright.domain.journal import WRITES, CallKind, RemoteError
from linewright.graph import wire
from linewright.graph.wire import Request
from linewright.secret import Secret

PIN, CODE, TOKEN = Secret("012345"), Secret("123830"), Secret("123|secret&of=app")
ALL_FIELDS = (
    "id,display_phone_number,status,code_verification_status,platform_type,is_on_biz_app,is_pin_enabled,"
    "account_mode,name_status,health_status,throughput,verified_name,last_onboarded_time,"
    "quality_rating,webhook_configuration"
)
STORAGE = {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": "DE"}

TABLE: list[tuple[Request, CallKind, str, dict[str, str], dict[str, Any] | None]] = [
    (wire.read_number("300"), CallKind.READ, "GET /300", {"fields": ALL_FIELDS}, None),
    (wire.list_numbers("100"), CallKind.LOOK, "GET /100/phone_numbers", {"fields": ALL_FIELDS, "limit": "100"}, None),
    (
        wire.list_numbers("100", "Cursor"),
        CallKind.LOOK,
        "GET /100/phone_numbers",
        {"fields": ALL_FIELDS, "limit": "100", "after": "Cursor"},
        None,
    ),
    (wire.read_account("100"), CallKind.LOOK, "GET /100", {"fields": "id,name"}, None),
    (
        wire.register("300", PIN),
        CallKind.REGISTER,
        "POST /300/register",
        {},
        {"messaging_product": "whatsapp", "pin": "012345"},
    ),
    (wire.deregister("300"), CallKind.DEREGISTER, "POST /300/deregister", {}, None),
    (
        wire.request_code("300", "VOICE", "pt_BR"),
        CallKind.REQUEST_CODE,
        "POST /300/request_code",
        {},
        {"code_method": "VOICE", "language": "pt_BR"},
    ),
    (wire.verify_code("300", CODE), CallKind.VERIFY_CODE, "POST /300/verify_code", {}, {"code": "123830"}),
    (wire.set_pin("300", PIN), CallKind.SET_PIN, "POST /300", {}, {"pin": "012345"}),
    (
        wire.create_number("100", "49", "15112345678", "Bäckerei"),
        CallKind.CREATE,
        "POST /100/phone_numbers",
        {},
        {"cc": "49", "phone_number": "15112345678", "verified_name": "Bäckerei"},
    ),
    (
        wire.create_number("100", "49", "15112345678", "B", migrate=True),
        CallKind.CREATE,
        "POST /100/phone_numbers",
        {},
        {"cc": "49", "phone_number": "15112345678", "verified_name": "B", "migrate_phone_number": True},
    ),
    (wire.subscribed_apps("100"), CallKind.READ_SUBSCRIPTION, "GET /100/subscribed_apps", {}, None),
    (wire.subscribe("100"), CallKind.SUBSCRIBE, "POST /100/subscribed_apps", {}, None),
    (wire.read_storage("300"), CallKind.READ_STORAGE, "GET /300/settings", {}, None),
    (
        wire.keep_storage("300", STORAGE),
        CallKind.KEEP_STORAGE,
        "POST /300/settings",
        {},
        {"storage_configuration": STORAGE},
    ),
]


@pytest.mark.parametrize(("request_", "call", "line", "params", "body"), TABLE)
def test_what_is_sent(
    request_: Request, call: CallKind, line: str, params: dict[str, str], body: dict[str, Any] | None
) -> None:
    content = request_.content()
    assert request_.call is call
    assert f"{request_.method} {request_.path}" == line
    assert dict(request_.params) == params
    assert (json.loads(content) if content is not None else None) == body
    assert request_.writes is (request_.method == "POST")


def test_every_write_has_a_request() -> None:
    assert {request.call for request, *_ in TABLE} >= WRITES


def test_the_token_is_looked_at_in_a_body() -> None:
    request = wire.debug_token(TOKEN)
    body = json.loads(request.content() or b"")
    assert (request.method, request.path, dict(request.params), body["include_headers"]) == ("POST", "/", {}, False)
    assert json.loads(body["batch"]) == [
        {"method": "GET", "relative_url": "debug_token?input_token=123%7Csecret%26of%3Dapp"}
    ]


def test_a_code_is_exchanged_in_a_form() -> None:
    request = wire.buy_token("17", TOKEN, CODE)
    assert (request.method, request.path, dict(request.params)) == ("POST", "/oauth/access_token", {})
    assert request.content() == b"client_id=17&client_secret=123%7Csecret%26of%3Dapp&code=123830"


@pytest.mark.parametrize(
    "request_", [wire.debug_token(TOKEN), wire.buy_token("17", TOKEN, CODE), *(request for request, *_ in TABLE)]
)
def test_a_printed_request_shows_no_secret(request_: Request) -> None:
    for secret in (PIN, CODE, TOKEN):
        assert secret.open_secret() not in repr(request_)
        assert secret.open_secret() not in request_.path + str(request_.params)


@pytest.mark.parametrize("number", ["../100", "300?fields=x", "300#x", "300/register", "..", "3 00", "ü"])
def test_an_id_from_a_person_reaches_no_other_address(number: str) -> None:
    path = wire.deregister(number).path
    assert path.startswith("/")
    assert path.endswith("/deregister")
    assert path.count("/") == 2
    assert not set(path) & set("?#. ")


def test_unsupported_fields_are_left_out() -> None:
    request = wire.read_number("300", {"is_on_biz_app", "status", "unheard_of"})
    left = request.params["fields"].split(",")
    assert set(wire.FIELDS) - set(left) == {"is_on_biz_app", "status"}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RemoteError(code=100, message="(#100) Tried accessing nonexisting field (is_on_biz_app)"), "is_on_biz_app"),
        (
            RemoteError(
                code=100, message="(#100) Tried accessing nonexisting field (phone_numbers) on node type (Page)"
            ),
            "phone_numbers",
        ),
        (RemoteError(code=100, message="(#100) The parameter pin is required."), None),
        (RemoteError(code=190, message="nonexisting field (status)"), None),
        (None, None),
    ],
)
def test_the_field_that_does_not_exist(error: RemoteError | None, name: str | None) -> None:
    assert wire.nonexisting_field(error) == name


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:8080", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:80/x", True),
        ("https://graph.facebook.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://0.0.0.0", False),
        ("http://[::1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    assert wire.is_loopback(url) is loopback
