"""What the calls do to a number, row by row of the rules."""

from __future__ import annotations

import pytest
from graph_script import HOUR, MINUTE, OTHER_PIN, PIN, Script, said

from linewright.simulator.truth import Number

PHONE = "+5511900000020"


@pytest.fixture
def number(script: Script) -> Number:
    return script.control.add_number(script.simulator.world.account.id, PHONE)


def truth(script: Script, number: Number, **fields: object) -> None:
    script.control.change_number(number.id, **fields)


def test_a_register_of_a_registered_number_changes_nothing(script: Script, number: Number) -> None:
    assert script.register(number) == "ok"
    before = script.control.number(number.id)
    script.wait(MINUTE)
    assert script.register(number) == "ok"
    script.wait(MINUTE)
    assert script.register(number, OTHER_PIN) == "133005"
    after = script.control.number(number.id)
    assert (before["pin"], before["registered"]) == (after["pin"], after["registered"]) == (PIN, True)


def test_registered_with_two_step_off_keeps_it_off(script: Script, number: Number) -> None:
    assert script.register(number) == "ok"
    script.control.manage(number.id, two_step="off")
    script.wait(MINUTE)
    assert script.register(number, OTHER_PIN) == "ok"
    assert script.control.number(number.id)["two_step"] is False


def test_a_deregister_takes_it_offline_and_the_way_back_needs_no_code(script: Script, number: Number) -> None:
    script.register(number)
    assert script.deregister(number) == "ok"
    assert script.read(number, "status", "platform_type") == {
        "status": "DISCONNECTED",
        "platform_type": "NOT_APPLICABLE",
        "id": number.id,
    }
    assert script.send(number) == "133010"
    assert script.register(number) == "ok"


@pytest.mark.parametrize(("way", "answer"), [("2207051", "100/2207051"), ("133010", "133010"), ("not_linked", "100")])
def test_a_deregister_of_an_unregistered_number(script: Script, number: Number, way: str, answer: str) -> None:
    truth(script, number, deregister_answer=way)
    assert script.deregister(number) == answer


def test_delete_is_refused_on_deregister(script: Script, number: Number) -> None:
    script.register(number)
    answer = script.call("DELETE", f"/{number.id}/deregister")
    assert answer.json()["error"]["code"] == 100
    assert "Unsupported delete request" in answer.json()["error"]["message"]
    assert script.online(number)


def test_more_than_one_deregistration_can_be_owed(script: Script, number: Number) -> None:
    truth(script, number, deregisters_owed=2)
    assert script.deregister(number) == "ok"
    assert script.register(number) == "133000"
    assert script.deregister(number) == "ok"
    assert script.register(number) == "ok"


def test_local_storage_goes_off_with_a_deregister(script: Script, number: Number) -> None:
    storage = {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": "BR"}
    assert script.post(number, "settings", storage_configuration=storage) == "ok"
    script.register(number)
    settings = script.call("GET", f"/{number.id}/settings").json()
    assert settings == {"storage_configuration": storage}
    assert script.post(number, "settings", storage_configuration={"status": "DEFAULT"}) == "100"
    script.deregister(number)
    settings = script.call("GET", f"/{number.id}/settings").json()
    assert settings == {"storage_configuration": {"status": "DEFAULT"}}


def test_the_region_left_register_with_v21(script: Script, number: Number) -> None:
    body = {"messaging_product": "whatsapp", "pin": PIN, "data_localization_region": "BR"}
    assert script.post(number, "register", **body) == "100"
    old = script.call("POST", f"https://graph.facebook.com/v20.0/{number.id}/register", json=body)
    assert old.status_code == 200


def test_a_name_in_review_can_refuse_the_register(script: Script, number: Number) -> None:
    truth(
        script,
        number,
        name_status="PENDING_REVIEW",
        name_effect="refuse",
        name_decision={"at": 3 * HOUR, "status": "APPROVED"},
    )
    answer = script.call("POST", f"/{number.id}/register", json={"messaging_product": "whatsapp", "pin": PIN})
    assert answer.json()["error"]["error_subcode"] == 2388001
    assert answer.json()["error"]["error_user_title"] == "Cannot Create Certificate"
    script.wait(3 * HOUR)
    assert script.read(number, "name_status")["name_status"] == "APPROVED"
    assert script.register(number) == "ok"


def test_a_declined_name_bars_the_register_until_another_is_approved(script: Script, number: Number) -> None:
    truth(
        script,
        number,
        name_status="PENDING_REVIEW",
        name_effect="refuse",
        name_decision={"at": HOUR, "status": "DECLINED"},
    )
    script.wait(2 * HOUR)
    assert script.register(number) == "100/2388001"
    truth(script, number, name_decision={"at": 0, "status": "APPROVED"})
    script.wait(MINUTE)
    assert script.register(number) == "ok"


def test_a_name_in_review_can_make_a_register_without_effect(script: Script, number: Number) -> None:
    truth(script, number, name_status="PENDING_REVIEW", name_effect="no_effect")
    assert script.register(number) == "ok"
    assert not script.online(number)
    truth(script, number, name_decision={"at": 0, "status": "APPROVED"})
    script.wait(MINUTE)
    assert script.register(number) == "ok"
    assert script.online(number)


@pytest.mark.parametrize(
    ("fields", "register", "shown"),
    [
        ({"on_premise": True}, "100", ("DISCONNECTED", "ON_PREMISE")),
        ({"state": "BANNED"}, "131031", ("BANNED", "NOT_APPLICABLE")),
        ({"state": "MIGRATED"}, "100/33", ("MIGRATED", "NOT_APPLICABLE")),
        ({"state": "DELETED"}, "100/33", ("DELETED", "NOT_APPLICABLE")),
        ({"test_number": True, "registered": True}, "10", ("CONNECTED", "CLOUD_API")),
    ],
)
def test_numbers_that_are_not_ours_refuse(
    script: Script, number: Number, fields: dict[str, object], register: str, shown: tuple[str, str]
) -> None:
    truth(script, number, **fields)
    assert script.register(number) == register
    assert script.deregister(number) == register
    reading = script.read(number, "status", "platform_type")
    assert (reading["status"], reading["platform_type"]) == shown


def test_the_smb_texts_are_the_real_ones(script: Script) -> None:
    number = script.number("+15550100002")
    body = {"messaging_product": "whatsapp", "pin": PIN}
    register = script.call("POST", f"/{number.id}/register", json=body).json()
    deregister = script.call("POST", f"/{number.id}/deregister").json()
    assert register["error"]["message"] == "Register endpoint is not available for SMB businesses."
    assert deregister["error"]["message"].startswith("Deregister endpoint is not available for API solution")


def test_a_read_can_lag_behind(script: Script, number: Number) -> None:
    script.control.change_temper(reading_lag_seconds=20)
    script.register(number)
    assert script.read(number, "status")["status"] == "PENDING"
    script.wait(20)
    assert script.read(number, "status")["status"] == "CONNECTED"
    script.deregister(number)
    assert script.read(number, "status")["status"] == "CONNECTED"
    script.wait(20)
    assert script.read(number, "status")["status"] == "DISCONNECTED"


def test_a_retired_pin_is_ignored_but_must_have_six_digits(script: Script) -> None:
    script.control.change_temper(pin_retired=True)
    number = script.number("133005")
    assert script.read(number, "is_pin_enabled")["is_pin_enabled"] is False
    assert script.register(number, "12345") == "100/2388092"
    assert script.register(number, OTHER_PIN) == "ok"


def test_an_outage_holds_every_register(script: Script, number: Number) -> None:
    script.control.change_temper(registration_down_until=600)
    assert script.register(number) == "133004"
    assert script.register(script.number("133010")) == "133004"
    script.wait(600)
    assert script.register(number) == "ok"


def test_a_deleted_number_comes_back_after_its_deletion(script: Script, number: Number) -> None:
    script.register(number)
    script.control.manage(number.id, delete=True)
    assert script.read(number)["error"]["error_subcode"] == 33
    again = script.control.add_number(number.account, PHONE)
    assert script.register(again) == "133015"
    script.wait(300)
    assert script.register(again) == "ok"


def test_a_migration_takes_the_line_from_its_old_account(script: Script, number: Number) -> None:
    script.register(number)
    other = script.control.add_account("Other")
    script.simulator.world.token.accounts.add(other.id)
    body = {"cc": "55", "phone_number": "11900000020", "verified_name": "Loja"}
    path = f"/{other.id}/phone_numbers"
    assert script.call("POST", path, json=body).json()["error"]["code"] == 100
    body["migrate_phone_number"] = "true"
    assert script.call("POST", f"/{other.id}/subscribed_apps").status_code == 200
    assert "2388001" in said(script.call("POST", path, json=body))
    script.control.manage(number.id, two_step="off")
    moved = script.simulator.remote.find(script.call("POST", path, json=body).json()["id"])
    assert "2388012" in said(script.call("POST", path, json=body))
    script.request_code(moved)
    script.verify_code(moved)
    assert script.read(number, "status")["status"] == "CONNECTED"
    assert script.register(moved, OTHER_PIN) == "ok"
    assert script.read(number, "status")["status"] == "MIGRATED"
    assert script.online(moved)


def test_an_account_may_be_forbidden_to_create(script: Script) -> None:
    other = script.control.add_account("Direct", may_create=False)
    script.simulator.world.token.accounts.add(other.id)
    body = {"cc": "55", "phone_number": "11900000021", "verified_name": "Loja"}
    answer = script.call("POST", f"/{other.id}/phone_numbers", json=body).json()["error"]
    assert (answer["code"], answer["error_subcode"]) == (200000, 3095008)


def test_shows_lets_a_reading_contradict_itself(script: Script, number: Number) -> None:
    truth(script, number, registered=True, shows={"platform_type": "NOT_APPLICABLE", "is_on_biz_app": None})
    shown = script.read(number, "status", "platform_type", "is_on_biz_app")
    assert shown == {"status": "CONNECTED", "platform_type": "NOT_APPLICABLE", "id": number.id}


def test_health_tells_of_an_unregistered_number_and_hides_a_bad_certificate(script: Script) -> None:
    offline = script.read(script.number("133010"), "health_status")["health_status"]
    assert offline["can_send_message"] == "BLOCKED"
    assert offline["entities"][0]["errors"][0]["error_code"] == 141000
    faulty = script.read(script.number("131045"), "health_status")["health_status"]
    assert faulty["can_send_message"] == "AVAILABLE"


def test_manager_deletes_thirty_days_after_the_last_paid_message(script: Script, number: Number) -> None:
    script.register(number)
    assert script.post(number, "messages", messaging_product="whatsapp", to="15550109999", type="template") == "ok"
    with pytest.raises(ValueError, match="30 days"):
        script.control.manage(number.id, delete=True)
    script.wait(30 * 24 * 3600 - 1)
    with pytest.raises(ValueError, match="30 days"):
        script.control.manage(number.id, delete=True)
    script.wait(1)
    assert script.control.manage(number.id, delete=True)["deleted"] is True


def test_a_free_message_holds_up_no_deletion(script: Script, number: Number) -> None:
    script.register(number)
    assert script.post(number, "messages", messaging_product="whatsapp", to="15550109999", type="text") == "ok"
    assert script.control.manage(number.id, delete=True)["deleted"] is True


@pytest.mark.parametrize("typed", [{}, {"pin": OTHER_PIN}])
def test_a_connected_number_is_deleted_with_its_pin_alone(
    script: Script, number: Number, typed: dict[str, str]
) -> None:
    script.register(number, PIN)
    with pytest.raises(ValueError, match="two-step PIN"):
        script.control.manage(number.id, delete=typed)
    assert script.control.manage(number.id, delete={"pin": PIN})["deleted"] is True


def test_a_number_that_is_off_is_deleted_without_a_pin(script: Script, number: Number) -> None:
    script.register(number, PIN)
    script.deregister(number)
    assert script.control.manage(number.id, delete={})["deleted"] is True
