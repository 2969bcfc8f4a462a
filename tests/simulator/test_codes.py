"""Verification codes: asking for them and giving them back."""

from __future__ import annotations

import pytest
from graph_script import HOUR, Script

from linewright.simulator.truth import Number


@pytest.fixture
def number(script: Script) -> Number:
    return script.control.add_number(script.simulator.world.account.id, "+5511900000030", verified=False)


def test_a_code_verifies_once(script: Script, number: Number) -> None:
    assert script.request_code(number) == "ok"
    code = script.control.latest_code(number.phone.e164)
    assert len(code) == 6
    assert script.verify_code(number, code) == "ok"
    assert script.verify_code(number, code) == "136025"
    assert script.request_code(number) == "136024"
    script.control.change_number(number.id, verified=False)
    assert script.verify_code(number, code) == "136025/2388093"


def test_a_wrong_code_can_be_followed_by_the_right_one(script: Script, number: Number) -> None:
    script.request_code(number)
    right = script.control.latest_code(number.phone.e164)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert script.verify_code(number, wrong) == "136025/2388093"
    assert script.verify_code(number, right) == "ok"


def test_too_many_wrong_codes_spoil_the_right_one(script: Script, number: Number) -> None:
    script.request_code(number)
    right = script.control.latest_code(number.phone.e164)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert script.verify_code(number, wrong) == "136025/2388093"
    assert script.verify_code(number, right) == "136025/2388093"


@pytest.mark.parametrize("given", ["12345", "123-830", "abcdef", ""])
def test_a_code_is_six_digits(script: Script, number: Number, given: str) -> None:
    script.request_code(number)
    assert script.post(number, "verify_code", code=given) == "100"


@pytest.mark.parametrize(("wait", "answer"), [(599, "ok"), (600, "136025/2388093")])
def test_a_code_lives_ten_minutes(script: Script, number: Number, wait: int, answer: str) -> None:
    script.request_code(number)
    script.wait(wait)
    assert script.verify_code(number) == answer


def test_a_new_code_replaces_the_old_one(script: Script, number: Number) -> None:
    script.request_code(number)
    old = script.control.latest_code(number.phone.e164)
    script.wait(60)
    script.request_code(number)
    assert script.verify_code(number, old) == "136025/2388093"
    assert script.verify_code(number) == "ok"


@pytest.mark.parametrize(("wait", "answer"), [(59, "136024/2388091"), (60, "ok")])
def test_requests_keep_a_minute_apart(script: Script, number: Number, wait: int, answer: str) -> None:
    assert script.request_code(number) == "ok"
    script.wait(wait)
    assert script.request_code(number) == answer


def test_the_quota_holds_a_day_and_each_call_starts_it_anew(script: Script, number: Number) -> None:
    for _ in range(8):
        assert script.request_code(number) == "ok"
        script.wait(60)
    assert script.request_code(number) == "136024/2388367"
    script.wait(20 * HOUR)
    assert script.request_code(number) == "136024/2388367"
    script.wait(24 * HOUR - 1)
    assert script.request_code(number) == "136024/2388367"
    script.wait(24 * HOUR)
    assert script.request_code(number) == "ok"


def test_one_method_can_fail_while_the_other_works(script: Script, number: Number) -> None:
    script.control.change_number(number.id, failing_methods=["SMS"])
    answer = script.call("POST", f"/{number.id}/request_code", params={"code_method": "SMS", "language": "en_US"})
    assert "1 hour" in answer.json()["error"]["error_user_msg"]
    script.wait(HOUR)
    assert script.request_code(number, "VOICE") == "ok"


def test_a_code_can_take_its_time(script: Script, number: Number) -> None:
    script.control.change_temper(code_delay_seconds=90)
    script.request_code(number)
    assert script.control.codes(number.phone.e164) == []
    script.wait(90)
    assert [code["method"] for code in script.control.codes(number.phone.e164)] == ["SMS"]


def test_a_number_of_the_app_gets_no_code(script: Script) -> None:
    assert script.request_code(script.number("+15550100002")) == "136024/2388091"


def test_method_and_language_are_needed(script: Script, number: Number) -> None:
    assert script.post(number, "request_code", language="en_US") == "100"
    assert script.post(number, "request_code", code_method="SMS") == "100"
    assert script.post(number, "request_code", code_method="PIGEON", language="en_US") == "100"
