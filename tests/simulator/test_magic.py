"""Each row of the magic table: its cure works, other things do not."""

from __future__ import annotations

import pytest
from graph_script import HOUR, MINUTE, OTHER_PIN, PIN, Script, details

from linewright.simulator.magic import MAGIC
from linewright.simulator.simulator import Simulator

SPACING = 35


def test_the_table_has_the_ten_rows() -> None:
    codes = "133000 133004 133005 133006 133008 133009 133010 133015 133016 131045"
    assert list(MAGIC) == codes.split()


def test_133000_is_cured_by_one_deregister_and_by_nothing_else(script: Script) -> None:
    number = script.number("133000")
    assert script.register(number, OTHER_PIN) == "133000"
    script.wait(24 * HOUR)
    assert script.set_pin(number, "192837") == "ok"
    assert script.register(number, "192837") == "133000"
    assert script.deregister(number) == "ok"
    assert script.register(number, "192837") == "ok"
    assert script.online(number)


def test_133004_is_cured_by_twenty_minutes(script: Script) -> None:
    number = script.number("133004")
    answers = []
    for wait in (0, MINUTE, 5 * MINUTE, 20 * MINUTE):
        script.wait(wait)
        answers.append(script.register(number, OTHER_PIN))
    assert answers == ["133004", "133004", "133004", "ok"]
    assert script.online(number)


def test_133004_ends_exactly_twenty_minutes_after_the_first_write(script: Script) -> None:
    number = script.number("133004")
    script.wait(5 * HOUR)
    assert script.register(number, OTHER_PIN) == "133004"
    script.wait(20 * MINUTE - 1)
    assert script.register(number, OTHER_PIN) == "133004"
    script.wait(1)
    assert script.register(number, OTHER_PIN) == "ok"


@pytest.mark.parametrize("cure", ["right pin", "reset", "two-step off"])
def test_133005_is_cured_by_the_pin(script: Script, cure: str) -> None:
    number = script.number("133005")
    assert script.read(number, "is_pin_enabled")["is_pin_enabled"] is True
    assert script.register(number, OTHER_PIN) == "133005"
    script.wait(24 * HOUR)
    assert script.register(number, OTHER_PIN) == "133005"
    script.wait(SPACING)
    if cure == "reset":
        assert script.set_pin(number, OTHER_PIN) == "ok"
    if cure == "two-step off":
        script.control.manage(number.id, two_step="off")
    assert script.register(number, PIN if cure == "right pin" else OTHER_PIN) == "ok"
    assert script.online(number)


def test_133006_reads_verified_and_is_cured_by_a_code(script: Script) -> None:
    number = script.number("133006")
    assert script.read(number, "code_verification_status")["code_verification_status"] == "VERIFIED"
    assert script.register(number, OTHER_PIN) == "133006"
    script.wait(24 * HOUR)
    assert script.set_pin(number, OTHER_PIN) == "ok"
    assert script.register(number, OTHER_PIN) == "133006"
    assert script.request_code(number) == "ok"
    assert script.register(number, OTHER_PIN) == "133006"
    assert script.verify_code(number) == "ok"
    assert script.register(number, OTHER_PIN) == "ok"
    assert script.online(number)


def test_133008_is_locked_for_seven_hours_whatever_is_tried(script: Script) -> None:
    number = script.number("133008")
    path, body = f"/{number.id}/register", {"messaging_product": "whatsapp", "pin": PIN}
    assert "7 hours" in details(script.call("POST", path, json=body))
    script.control.manage(number.id, two_step="off")
    script.wait(SPACING)
    assert script.register(number) == "133008"
    assert script.set_pin(number, PIN) == "ok"
    script.wait(7 * HOUR - SPACING - 1)
    assert script.register(number) == "133008"
    script.wait(1)
    assert script.register(number) == "ok"
    assert script.online(number)


def test_133009_tells_45_seconds_and_means_it(script: Script) -> None:
    number = script.number("133009")
    path, body = f"/{number.id}/register", {"messaging_product": "whatsapp", "pin": PIN}
    assert "45 seconds" in details(script.call("POST", path, json=body))
    script.wait(45)
    assert script.register(number) == "ok"
    assert script.online(number)


def test_133009_comes_again_to_one_who_does_not_wait(script: Script) -> None:
    number = script.number("133009")
    assert script.register(number) == "133009"
    script.wait(44)
    assert script.register(number) == "133009"
    script.wait(29)
    assert script.register(number) == "133009"
    script.wait(30)
    assert script.register(number) == "ok"


def test_133010_was_never_registered(script: Script) -> None:
    number = script.number("133010")
    shown = script.read(number, "status", "last_onboarded_time")
    assert shown == {"status": "PENDING", "id": number.id}
    assert script.send(number) == "133010"
    assert script.register(number, OTHER_PIN) == "ok"
    assert script.send(number) == "ok"
    assert script.online(number)


def test_133015_ends_seven_minutes_after_the_first_write(script: Script) -> None:
    number = script.number("133015")
    assert script.read(number, "status")["status"] == "DISCONNECTED"
    answers = []
    for wait in (0, 5 * MINUTE, 10 * MINUTE):
        script.wait(wait)
        answers.append(script.register(number, OTHER_PIN))
    assert answers == ["133015", "133015", "ok"]
    assert script.online(number)


def test_133016_is_blocked_for_72_hours_from_the_first_write(script: Script) -> None:
    number = script.number("133016")
    assert script.register(number, OTHER_PIN) == "133016"
    script.wait(71 * HOUR)
    assert script.register(number, OTHER_PIN) == "133016"
    script.wait(HOUR + 5 * MINUTE)
    assert script.register(number, OTHER_PIN) == "ok"
    assert script.online(number)


def test_131045_reads_online_and_is_cured_by_a_register_with_the_right_pin(script: Script) -> None:
    number = script.number("131045")
    assert script.online(number)
    assert script.send(number) == "131045"
    assert script.register(number, OTHER_PIN) == "133005"
    assert script.send(number) == "131045"
    script.wait(SPACING)
    assert script.register(number) == "ok"
    assert script.send(number) == "ok"


@pytest.mark.parametrize("digits", list(MAGIC))
def test_the_usual_spacing_never_ends_in_133009(script: Script, digits: str) -> None:
    number = script.number(digits)
    answers = []
    for _ in range(8):
        answers.append(script.register(number))
        told_45 = answers == ["133009"] and digits == "133009"
        script.wait(45 if told_45 else SPACING)
    assert "133009" not in answers[1 if digits == "133009" else 0 :]


def test_any_other_number_needs_one_register(script: Script) -> None:
    world = script.simulator.world
    number = script.control.add_number(world.account.id, "+5511900123456")
    assert not script.online(number)
    assert script.register(number, OTHER_PIN) == "ok"
    assert script.online(number)
    assert script.read(number, "is_pin_enabled")["is_pin_enabled"] is True


def test_a_created_number_has_its_magic_too_but_needs_a_code_first(script: Script) -> None:
    account = script.simulator.world.account.id
    body = {"cc": "55", "phone_number": "11900133005", "verified_name": "Padaria"}
    made = script.call("POST", f"/{account}/phone_numbers", json=body).json()
    number = script.simulator.remote.find(made["id"])
    assert script.register(number, OTHER_PIN) == "133006"
    assert script.request_code(number) == "ok"
    assert script.verify_code(number) == "ok"
    script.wait(SPACING)
    assert script.register(number, OTHER_PIN) == "133005"
    script.wait(SPACING)
    assert script.register(number) == "ok"


def test_the_healthy_and_the_coexistence_number(linewright_simulator: Simulator) -> None:
    script = Script(linewright_simulator)
    healthy, both = script.number("+15550100001"), script.number("+15550100002")
    assert script.online(healthy)
    assert script.register(both) == "100"
    assert script.deregister(both) == "100"
    shown = script.read(both, "status", "is_on_biz_app", "platform_type")
    assert (shown["status"], shown["is_on_biz_app"], shown["platform_type"]) == (
        "CONNECTED",
        True,
        "CLOUD_API",
    )
