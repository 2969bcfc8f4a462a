"""`explain` on every body that was collected, and on whatever else a person may paste."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pywa.errors import WhatsAppError

import linewright
from linewright.domain.journal import CallKind, RemoteError
from linewright.explain import explain, identify

PAYLOADS = [json.loads(line) for line in Path(__file__).with_name("error-payloads.jsonl").read_text().splitlines()]
KEYS = [
    "known",
    "code",
    "subcode",
    "name",
    "summary",
    "meaning",
    "steps",
    "notes",
    "who",
    "owner",
    "retry",
    "wait_seconds",
    "wait_from",
    "costs",
    "documentation",
    "source",
    "fbtrace_id",
]

# The right entry for each REAL body, by its line in error-payloads.jsonl. Written from the facts: section 3 of
# whatsapp-registration.md. None: no section describes the code, so it must be shown as it came.
REAL: dict[int, str | None] = {
    1: "136024/2388091",  # 3.3 could not send, no time told
    2: "136025",  # 3.3 the code is incorrect
    3: "100/33",  # 3.2 wrong id, deleted number, or token without the asset
    4: "100/SMB",  # 3.2 number lives in the Business app
    5: "136024/2388367",  # 3.3 OTP quota
    6: "136024/2388091",  # 3.3 could not send, 1 hour told
    7: "136024/2388091",  # the same by voice
    8: "200000/3095008",  # 3.5 cannot add number to WABA
    9: "136024/2388091",  # 3.3 try again in some time
    10: "136024",  # 3.3 without subcode, whatever its words say
    11: "100/pin",  # 3.2 the parameter pin is required
    12: "133010",  # 3.1, from smb_app_data
    **dict.fromkeys(range(13, 21), "133010"),  # 3.1, from messages, production
    21: "133010",  # 1.13 the header repeats the error text
    22: "100/33",  # 3.2, on register
    23: "100/object",  # the same words in the header, which holds neither code nor subcode
    24: "190",  # 3.5 token, 463 expired
    25: "190",
    26: "190",  # 3.5 token that cannot be parsed
    27: "4",  # 3.5 app rate limit
    28: "4",
    29: "200-299",  # 3.5 permission
    30: "131005",  # 3.5 access denied
    31: "100/object",  # 2. missing object in a batch, without its subcode
    32: "100/object",
    33: "131000",  # 3.2 unknown
    34: "131000",  # 3.6, with a subcode that says nothing more
    35: "1",  # 3.5 unknown / bad request
    36: "1",
    37: "131009",  # 3.2 bad parameter value
    38: "131009",
    39: None,  # 132001 is a template error
    40: "100",  # 3.5 invalid parameter
    41: "100",
    42: None,  # 131030 is a receiver's error; its subcode 2655007 is no sign-up refusal
    43: None,
    44: "100",  # a template's name; 2388046 is not described
    45: "100",  # a template's text; 2388293 is not described
    46: "131031",  # 3.6 webhook, account locked
    47: None,  # 131026 is a receiver's error
    48: None,  # 131053 is a media error
    49: "131042",  # 3.5 payment
}
TOKEN = "EAAG" + "x1Y2" * 10


def test_the_table_names_every_real_body() -> None:
    real = [line for line, payload in enumerate(PAYLOADS, 1) if payload["source"].startswith("REAL")]
    assert len(PAYLOADS) == 195
    assert real == list(REAL)


@pytest.mark.parametrize("line", REAL)
def test_a_real_body_gets_the_right_entry(line: int) -> None:
    payload = PAYLOADS[line - 1]
    _, entry = identify(payload["body"])
    assert (entry.key if entry else None) == REAL[line]


@pytest.mark.parametrize("line", range(1, 196))
def test_every_body_is_answered(line: int) -> None:
    body = PAYLOADS[line - 1]["body"]
    answer = explain(body)
    assert list(answer) == KEYS
    assert answer == explain(json.dumps(body)) == explain(f"12:00:01 ERROR call failed: {json.dumps(body)} (try 2)")
    assert answer["code"] is not None
    assert answer["name"]
    assert answer["summary"]
    inner = body.get("error")
    if inner is not None:
        assert answer["code"] == inner["code"]
        assert answer["subcode"] == inner.get("error_subcode")
        assert answer["fbtrace_id"] == inner.get("fbtrace_id")
    json.dumps(answer)


@pytest.mark.parametrize(
    "form", [133005, "133005", " #133005 ", "(#133005)", "error 133005", b"133005", "got 133005 again"]
)
def test_a_code_alone(form: object) -> None:
    answer = explain(form)
    assert (answer["known"], answer["code"], answer["subcode"]) == (True, 133005, None)
    assert answer["name"] == "Two-step PIN does not match"
    assert (answer["wait_seconds"], answer["wait_from"], answer["fbtrace_id"]) == (None, None, None)


def test_a_code_with_its_subcode() -> None:
    answer = explain("136024/2388091")
    assert (answer["code"], answer["subcode"], answer["wait_seconds"]) == (136024, 2388091, 3_600)
    assert answer["wait_from"] == "default"


def test_an_unknown_code_is_shown_as_it_came() -> None:
    answer = explain(
        {"error": {"code": 987654, "message": "Odd", "error_data": {"details": "Very odd"}, "fbtrace_id": "A1"}}
    )
    assert list(answer) == KEYS
    assert (answer["known"], answer["code"], answer["fbtrace_id"]) == (False, 987654, "A1")
    assert (answer["summary"], answer["meaning"]) == ("Odd", "Odd\nVery odd")
    assert (answer["retry"], answer["steps"], answer["wait_seconds"]) == ("never", [], None)


@pytest.mark.parametrize(
    "nothing", [None, "", "   ", {}, [], True, object(), 3.5, -4, "no error here", {"success": True}]
)
def test_what_holds_no_error_is_unknown(nothing: object) -> None:
    answer = explain(nothing)
    assert (list(answer), answer["known"], answer["code"]) == (KEYS, False, None)


def told(details: str) -> dict[str, Any]:
    return {"error": {"code": 133008, "message": "(#133008) Locked", "error_data": {"details": details}}}


def test_a_told_wait_gets_its_margin() -> None:
    answer = explain(told("Please wait 7 hours before you try again."))
    assert (answer["wait_seconds"], answer["wait_from"]) == (7 * 3_600 + 1_260, "text")
    assert any("Please wait 7 hours" in note for note in answer["notes"])


def test_no_told_wait_leaves_the_default() -> None:
    answer = explain(told("Too many guesses."))
    assert (answer["wait_seconds"], answer["wait_from"]) == (43_200, "default")


def test_a_very_long_wait_is_cut_and_said() -> None:
    answer = explain(told("Wait 20 days"))
    assert answer["wait_seconds"] == 7 * 86_400 + 1_800
    assert any("more than 7 days" in note for note in answer["notes"])


def test_a_remote_error_is_taken_as_it_is() -> None:
    assert explain(RemoteError(code=133015))["wait_seconds"] == 300


def response(body: object, path: str, status: int = 400, headers: dict[str, str] | None = None) -> httpx.Response:
    request = httpx.Request("POST", f"https://graph.facebook.com/v25.0/123{path}")
    return httpx.Response(status, json=body, headers=headers, request=request)


def test_a_response_tells_the_call_and_the_headers() -> None:
    body = {"error": {"code": 100, "error_subcode": 2388001, "message": "Cannot Create Certificate"}}
    assert explain(body)["name"] == "A condition is not met (2388001)"
    assert explain(response(body, "/register"))["name"] == "Name not processed yet, or still in the app"
    usage = json.dumps({"1": [{"type": "whatsapp", "estimated_time_to_regain_access": 12}]})
    held = explain(response({"error": {"code": 80007}}, "", headers={"X-Business-Use-Case-Usage": usage}))
    assert (held["wait_seconds"], held["wait_from"]) == (756, "header")


def test_a_response_without_json_is_shown() -> None:
    page = httpx.Response(503, html="<html><body><h1>Sorry, something went wrong.</h1></body></html>")
    answer = explain(page)
    assert (answer["known"], answer["code"]) == (False, None)
    assert answer["summary"] == "HTTP 503 without an error body: Sorry, something went wrong."


def test_a_log_line_tells_the_call() -> None:
    line = (
        """POST /v25.0/123/deregister -> 400 {'error': {'message': 'not linked', 'code': 100, 'is_transient': False}}"""
    )
    found, entry = identify(line)
    assert found.call is CallKind.DEREGISTER
    assert entry is not None
    assert entry.key == "100/not-linked"


def test_escaped_json_in_a_log_line() -> None:
    line = json.dumps({"level": "error", "body": json.dumps({"error": {"code": 133006, "message": "Lapsed"}})})
    assert explain(line)["code"] == 133006


def test_an_exception_that_carries_a_response() -> None:
    refused = response({"error": {"code": 133010, "message": "(#133010) Account not registered"}}, "/register")
    with pytest.raises(httpx.HTTPStatusError) as raised:
        refused.raise_for_status()
    assert explain(raised.value)["code"] == 133010


def test_an_exception_tells_by_its_text_or_its_cause() -> None:
    assert explain(RuntimeError("register failed: (#133015) Deleted"))["code"] == 133015
    outer = RuntimeError("no luck")
    outer.__cause__ = ValueError("(#133009) Too fast")
    assert explain(outer)["code"] == 133009
    assert explain(httpx.ConnectError("refused"))["known"] is False


def test_an_exception_of_pywa_and_its_print() -> None:
    error = {
        "message": "(#133008) Too many two step verification PIN guesses",
        "code": 133008,
        "error_data": {"messaging_product": "whatsapp", "details": "Please wait 2 hours before it's tried again"},
        "fbtrace_id": "Axyz1234567",
    }
    for refused in (
        WhatsAppError.from_dict(error),
        WhatsAppError.from_dict(error, response({"error": error}, "/register")),
    ):
        for form in (refused, str(refused)):
            answer = explain(form)
            assert (answer["code"], answer["wait_seconds"], answer["wait_from"]) == (133008, 7_560, "text")
            assert answer["fbtrace_id"] == "Axyz1234567"


def test_anything_with_a_code() -> None:
    class Foreign:
        code = 136025
        subcode = 2388093
        message = "Verify code error"

        @property
        def response(self) -> object:
            raise RuntimeError("not here")

    assert explain(Foreign())["name"] == "Wrong code"


@pytest.mark.parametrize(
    "source",
    [
        {"error": {"code": 190, "message": f"Malformed access token {TOKEN}", "error_user_msg": TOKEN}},
        {"error": {"code": 987654, "message": f"Odd {TOKEN}", "error_data": {"details": TOKEN}, "fbtrace_id": TOKEN}},
        f"Authorization: Bearer {TOKEN} went wrong",
        f"WhatsAppError(code=190, message='bad {TOKEN}', details='{TOKEN}')",
        RuntimeError(f"(#190) {TOKEN}"),
        {"unknown": TOKEN},
    ],
)
def test_a_token_never_comes_back(source: object) -> None:
    assert TOKEN not in json.dumps(explain(source))


def test_the_package_offers_it_by_name() -> None:
    assert linewright.explain(133004)["code"] == 133004
    assert "explain" in dir(linewright)
    with pytest.raises(AttributeError):
        _ = linewright.nothing_of_the_kind


@pytest.mark.parametrize("first", ["import linewright", "import linewright.explain", "from linewright import explain"])
def test_it_starts_light_and_can_be_called_either_way(first: str) -> None:
    program = (
        f"{first}\nimport sys, linewright\nassert linewright.explain(133005)['known']\n"
        "heavy = {'httpx', 'pydantic', 'rich', 'typer', 'sqlalchemy', 'asyncio'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


WORDS = st.sampled_from(
    [
        "error",
        "errors",
        "code",
        "error_code",
        "error_subcode",
        "message",
        "title",
        "details",
        "error_data",
        "blame_field_specs",
        "fbtrace_id",
        "body",
        "headers",
        "entry",
        "changes",
        "value",
        "statuses",
        "is_transient",
        "type",
        "error_user_msg",
        "www-authenticate",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)
FRAGMENTS = st.sampled_from(
    [
        '{"error":',
        "{'error':",
        '"code":',
        "133005",
        "}",
        "{",
        "[",
        "]",
        '\\"',
        "code=1",
        "message='",
        "\\",
        "(#",
        ")",
        "/register",
        " wait 5 min ",
    ]
)


@given(JSON)
def test_no_json_breaks_it(body: object) -> None:
    assert list(explain(body)) == KEYS
    assert list(explain(json.dumps(body))) == KEYS


@given(st.text(max_size=200) | st.binary(max_size=80) | st.lists(FRAGMENTS, max_size=20).map("".join))
def test_no_text_breaks_it(text: str | bytes) -> None:
    assert list(explain(text)) == KEYS
