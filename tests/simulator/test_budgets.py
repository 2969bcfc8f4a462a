"""Ten in 72 hours, then 72 hours of nothing: at the exact edges."""

from __future__ import annotations

import pytest
from graph_script import HOUR, OTHER_PIN, PIN, Script

from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Number

WINDOW = 72 * HOUR


@pytest.fixture
def number(script: Script) -> Number:
    return script.control.add_number(script.simulator.world.account.id, "+5511900000010")


def test_ten_are_allowed_and_the_eleventh_blocks_for_72_hours(script: Script, number: Number) -> None:
    for _ in range(10):
        assert script.register(number) == "ok"
        script.wait(60)
    assert script.register(number) == "133016"
    assert script.control.number(number.id)["register"]["blocked_until"] is not None
    script.wait(WINDOW - 1)
    assert script.register(number) == "133016"
    script.wait(1)
    assert script.register(number) == "ok"


def test_the_window_moves(script: Script, number: Number) -> None:
    assert script.register(number) == "ok"
    script.wait(HOUR)
    for _ in range(9):
        assert script.register(number) == "ok"
        script.wait(60)
    script.wait(WINDOW - HOUR - 9 * 60)
    assert script.register(number) == "ok"


def test_one_second_before_the_window_ends_is_too_early(script: Script, number: Number) -> None:
    assert script.register(number) == "ok"
    for _ in range(9):
        script.wait(60)
        assert script.register(number) == "ok"
    script.wait(WINDOW - 9 * 60 - 1)
    assert script.register(number) == "133016"


def test_refused_calls_count_too(script: Script) -> None:
    number = script.number("133006")
    for _ in range(10):
        assert script.register(number) == "133006"
    assert script.register(number) == "133016"


def test_calls_in_the_block_fill_the_next_window(script: Script, number: Number) -> None:
    for _ in range(10):
        script.register(number)
        script.wait(60)
    assert script.register(number) == "133016"
    script.wait(WINDOW - 60)
    for _ in range(10):
        assert script.register(number) == "133016"
    script.wait(60)
    assert script.register(number) == "133016"


def test_deregistrations_have_a_budget_of_their_own(script: Script, number: Number) -> None:
    for _ in range(10):
        assert script.register(number) == "ok"
        assert script.deregister(number) == "ok"
        script.wait(60)
    assert script.deregister(number) == "133016"
    assert script.register(number) == "133016"


def test_a_malformed_call_costs_nothing(script: Script, number: Number) -> None:
    for pin in ("12345", "abcdef", "٢٤٦٨١٠", ""):
        assert script.register(number, pin) in ("100/2388092", "100")
    assert script.register(number, "123456") == "100/2388092"
    assert script.post(number, "register", pin=PIN) == "100"
    assert script.control.number(number.id)["register"]["used"] == 0


def test_a_budget_belongs_to_the_phone_and_outlives_its_id(script: Script, number: Number) -> None:
    for _ in range(10):
        script.register(number)
        script.wait(60)
    script.control.manage(number.id, delete=True)
    again = script.control.add_number(number.account, number.phone.e164)
    assert again.id != number.id
    script.wait(HOUR)
    assert script.register(again) == "133016"


def test_wrong_pins_lock_the_number(script: Script) -> None:
    number = script.number("133005")
    answers = []
    for _ in range(5):
        answers.append(script.register(number, OTHER_PIN))
        script.wait(60)
    assert answers == ["133005"] * 4 + ["133008"]
    assert script.register(number) == "133008"
    script.wait(7 * HOUR - 60)
    assert script.register(number) == "ok"


def test_the_right_pin_forgets_the_wrong_guesses(script: Script) -> None:
    number = script.number("133005")
    for pin in (OTHER_PIN, OTHER_PIN, OTHER_PIN, OTHER_PIN, PIN, OTHER_PIN):
        answer = script.register(number, pin)
        script.wait(60)
    assert answer == "133005"


def test_guesses_leave_the_window(linewright_simulator: Simulator) -> None:
    linewright_simulator.remote.temper.pin_guesses = 2
    script = Script(linewright_simulator)
    number = script.number("133005")
    assert script.register(number, OTHER_PIN) == "133005"
    script.wait(24 * HOUR)
    assert script.register(number, OTHER_PIN) == "133005"
    script.wait(24 * HOUR - 1)
    assert script.register(number, OTHER_PIN) == "133008"


@pytest.mark.parametrize(("wait", "answer"), [(29, "133009"), (30, "133005")])
def test_the_spacing_of_pins_at_its_edge(script: Script, wait: int, answer: str) -> None:
    number = script.number("133005")
    assert script.register(number, OTHER_PIN) == "133005"
    script.wait(wait)
    assert script.register(number, OTHER_PIN) == answer
