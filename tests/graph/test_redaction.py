"""Secrets become dots in every form an answer can carry them in, and what is no secret stays whole."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.journal import RemoteError
from linewright.graph.redact import HeadersUnseen, redact, redact_error, redact_text, redact_trace
from linewright.secret import DOTS, Secret

PIN = Secret("246810")
APP_TOKEN = Secret('12|app/secret "x" é')
TOKEN_LIKE = "EA" + "b1" * 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pin 246810", f"pin {DOTS}"),
        ("246810", DOTS),
        ("pin=246810&x", f"pin={DOTS}&x"),
        ("PIN246810.", f"PIN{DOTS}."),
        ("code 246-810, 246 810", f"code {DOTS}, {DOTS}"),
        ("id 1246810", "id 1246810"),
        ("id 2468101", "id 2468101"),
        ("at 1772468100", "at 1772468100"),
        ("id 300000002468109", "id 300000002468109"),
        ("246 8101", "246 8101"),
        (f"token {TOKEN_LIKE}!", f"token {DOTS}!"),
        (f"x{TOKEN_LIKE}", f"x{DOTS}"),
        ("EA" + "b" * 19, "EA" + "b" * 19),
        ("EASY READING, EARLIER", "EASY READING, EARLIER"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    assert redact_text(text, (PIN,)) == shown
    assert redact({"a": [{"b": text}]}, (PIN,)) == {"a": [{"b": shown}]}


@pytest.mark.parametrize("form", [str, lambda text: quote(text, safe=""), lambda text: quote(text, safe="").lower()])
def test_a_token_of_another_form_is_found_raw_and_quoted(form: Any) -> None:
    said = f"GET /debug_token?input_token={form(APP_TOKEN.open_secret())}&x=1"
    assert redact_text(said, (APP_TOKEN,)) == f"GET /debug_token?input_token={DOTS}&x=1"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"pin": 246810}, {"pin": DOTS}),
        ({"pin": 246810.0}, {"pin": DOTS}),
        ({"count": 246811, "ok": True, "none": None}, {"count": 246811, "ok": True, "none": None}),
        ({"246810": 1}, {DOTS: 1}),
        ({"fbtrace_id": f"A{TOKEN_LIKE}"}, {"fbtrace_id": f"A{TOKEN_LIKE}"}),
        ({"fbtrace_id": "A-246810-b"}, {"fbtrace_id": "A-246810-b"}),
        ({"fbtrace_id": "246810"}, {"fbtrace_id": DOTS}),
        ({"cursors": {"after": f"QV{TOKEN_LIKE}ZD"}}, {"cursors": {"after": f"QV{TOKEN_LIKE}ZD"}}),
        ({"after": {"text": "246810"}}, {"after": {"text": DOTS}}),
        ({"next": f"https://x/?access_token={TOKEN_LIKE}"}, {"next": f"https://x/?access_token={DOTS}"}),
    ],
)
def test_values(value: Any, shown: Any) -> None:
    assert redact(value, (PIN,)) == shown


def test_a_pin_with_leading_zeros_is_found_as_a_number() -> None:
    assert redact({"pin": 12345, "text": "012345 12345"}, (Secret("012345"),)) == {
        "pin": DOTS,
        "text": f"{DOTS} 12345",
    }


def test_an_error_keeps_its_code_and_trace_id() -> None:
    error = RemoteError(
        code=246810,
        subcode=246810,
        message="(#246810) m",
        details="pin 246810",
        user_title="246810",
        user_message=TOKEN_LIKE,
        type="246810",
        fbtrace_id=f"A{TOKEN_LIKE}",
    )
    assert redact_error(error, (PIN,)) == RemoteError(
        code=246810,
        subcode=246810,
        message=f"(#{DOTS}) m",
        details=f"pin {DOTS}",
        user_title=DOTS,
        user_message=DOTS,
        type=DOTS,
        fbtrace_id=f"A{TOKEN_LIKE}",
    )


def test_a_trace_id_that_repeats_the_token_is_dots() -> None:
    token = Secret(TOKEN_LIKE)
    assert redact_trace(f"x{TOKEN_LIKE}", (token,)) == f"x{DOTS}"
    assert redact_error(RemoteError(fbtrace_id=TOKEN_LIKE), (token,)).fbtrace_id == DOTS
    assert redact_trace(None, (token,)) is None


def test_an_empty_secret_blackens_nothing() -> None:
    assert redact({"a": "text", "b": 0}, (Secret(""), Secret("0"))) == {"a": "text", "b": 0}


def test_what_lies_too_deep_is_dots() -> None:
    deep: Any = "246810"
    for _ in range(400):
        deep = [deep]
    assert "246810" not in json.dumps(redact(deep, (PIN,)))


@given(before=st.text(), after=st.text(), secret=st.sampled_from([APP_TOKEN, Secret(TOKEN_LIKE)]))
def test_a_token_is_found_wherever_it_stands(before: str, after: str, secret: Secret) -> None:
    text = secret.open_secret()
    value = {before: [before + text + after], text: {text: {"fbtrace_id": text}}}
    assert text not in repr(redact(value, (secret,)))


NO_DIGIT = st.characters(exclude_characters="0123456789")


@given(before=st.text(NO_DIGIT), after=st.text(NO_DIGIT), form=st.sampled_from(["246810", "246-810", "246 810"]))
def test_a_pin_is_found_wherever_no_digit_touches_it(before: str, after: str, form: str) -> None:
    shown = redact_text(before + form + after, (PIN,))
    assert form not in shown
    assert DOTS in shown


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("send_request_headers.started request=<Request [b'POST']>", True),
        ("receive_response_headers.complete return_value=(b'HTTP/1.1', 401, [(b'WWW-Authenticate', b'…')])", False),
        ("send_request_headers.failed exception=LocalProtocolError(…)", False),
        ("receive_response_body.complete", True),
    ],
)
def test_headers_stay_out_of_the_log(line: str, kept: bool) -> None:
    record = logging.LogRecord("httpcore.http11", logging.DEBUG, "", 0, line, (), None)
    assert HeadersUnseen().filter(record) is kept
