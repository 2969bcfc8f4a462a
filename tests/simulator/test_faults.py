"""Every fault, seen from the caller and from the truth."""

from __future__ import annotations

import httpx
import pytest
from graph_script import HOUR, OTHER_PIN, PIN, Script, said

from linewright.simulator.faults import DOINGS

BODY = {"messaging_product": "whatsapp", "pin": PIN}


@pytest.mark.parametrize(
    ("do", "raised", "happened"),
    [
        ("drop_before", httpx.RemoteProtocolError, False),
        ("drop_after", httpx.RemoteProtocolError, True),
        ("hang", httpx.ReadTimeout, False),
        ("hang_after", httpx.ReadTimeout, True),
        ("refuse", httpx.ConnectError, False),
    ],
)
def test_answers_that_never_come(script: Script, do: str, raised: type[Exception], happened: bool) -> None:
    number = script.number("133010")
    script.control.add_fault("register", do)
    with pytest.raises(raised):
        script.register(number)
    truth = script.control.number(number.id)
    assert truth["registered"] is happened
    assert truth["register"]["used"] == int(happened)
    call = script.control.calls()[-1]
    assert (call.fault, call.happened, call.delivered) == (do, happened, False)


@pytest.mark.parametrize(("do", "happened"), [("html503", False), ("html503_after", True)])
def test_a_page_instead_of_json(script: Script, do: str, happened: bool) -> None:
    number = script.number("133010")
    script.control.add_fault("register", do)
    answer = script.call("POST", f"/{number.id}/register", json=BODY)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert script.control.number(number.id)["registered"] is happened


def test_an_empty_and_a_truncated_answer(script: Script) -> None:
    number = script.number("133010")
    script.control.add_fault("register", "empty")
    answer = script.call("POST", f"/{number.id}/register", json=BODY)
    assert (answer.status_code, answer.content) == (200, b"")
    assert script.online(number)
    script.control.add_fault("read", "truncated")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        script.read(number)


@pytest.mark.parametrize(
    ("error", "answer", "status"),
    [
        (133004, "133004", 503),
        ({"code": 133016, "details": "Try in 3 days."}, "133016", 400),
        ({"code": 136024, "subcode": 2388367}, "136024/2388367", 400),
        ({"code": 131000, "http_status": 418}, "131000", 418),
        ({"code": 999999}, "999999", 400),
        ({"code": 190, "subcode": 463}, "190/463", 401),
        ({"error": {"message": "as it is", "code": 2}}, "2", 400),
    ],
)
def test_any_error_can_be_asked_for(script: Script, error: int | dict[str, object], answer: str, status: int) -> None:
    number = script.number("133010")
    script.control.add_fault("register", "error", error=error)
    response = script.call("POST", f"/{number.id}/register", json=BODY)
    assert (said(response), response.status_code) == (answer, status)
    assert not script.online(number)
    assert script.register(number) == "ok"


def test_a_told_wait_can_be_asked_for(script: Script) -> None:
    number = script.number("133010")
    script.control.add_fault("register", "error", error={"code": 133008, "wait_seconds": 5400})
    body = script.call("POST", f"/{number.id}/register", json=BODY).json()
    assert "90 minutes" in body["error"]["error_data"]["details"]


def test_an_error_can_hide_that_it_happened(script: Script) -> None:
    number = script.number("133010")
    script.control.add_fault("register", "error_after", error=131000)
    assert script.register(number) == "131000"
    assert script.online(number)


def test_times_every_and_until(script: Script) -> None:
    number = script.number("131045")

    def answers(count: int) -> list[str]:
        return [said(script.call("GET", f"/{number.id}")) for _ in range(count)]

    script.control.add_fault("read", "error", error=2, times=2)
    assert answers(3) == ["2", "2", "ok"]
    script.control.add_fault("read", "error", error=2, every=3)
    assert answers(6) == ["ok", "ok", "2", "ok", "ok", "2"]
    script.control.clear_faults()
    script.control.add_fault("read", "error", error=2, until=HOUR)
    assert answers(2) == ["2", "2"]
    script.wait(HOUR)
    assert answers(2) == ["ok", "ok"]


def test_a_fault_can_mean_one_number_or_every_kind(script: Script) -> None:
    one, other = script.number("133010"), script.number("131045")
    script.control.add_fault("*", "error", error=2, number=one.phone.e164, times=99)
    assert script.register(one) == "2"
    assert said(script.call("GET", f"/{one.id}")) == "2"
    assert said(script.call("GET", f"/{other.id}")) == "ok"
    script.control.clear_faults()
    script.control.add_fault("read", "error", error=2, number=other.id)
    assert said(script.call("GET", f"/{one.id}")) == "ok"
    assert said(script.call("GET", f"/{other.id}")) == "2"


@pytest.mark.parametrize(
    "wrong", [{"do": "explode"}, {"do": "error"}, {"do": "hang", "every": 0}], ids=["do", "error", "every"]
)
def test_a_fault_that_makes_no_sense_is_refused(script: Script, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|needs"):
        script.control.add_fault("read", **wrong)


def test_a_fault_costs_the_phone_nothing(script: Script) -> None:
    number = script.number("133005")
    for do in DOINGS:
        if not DOINGS[do].happens and DOINGS[do].ending == "delivered":
            script.control.add_fault("register", do, error=133016)
            script.call("POST", f"/{number.id}/register", json=BODY | {"pin": OTHER_PIN})
    truth = script.control.number(number.id)
    assert (truth["wrong_pins"], truth["register"]["used"], truth["first_write_at"]) == (0, 0, None)
