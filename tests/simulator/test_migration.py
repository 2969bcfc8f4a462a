"""A number moves to another account, as the remote plays it: every condition of both sides, without Linewright."""

from __future__ import annotations

from typing import Any

import pytest
from graph_script import OTHER_PIN, PIN, Script, said

from linewright.simulator.truth import Account, Number

PHONE = "+5511900000040"
CONDITIONS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    # name, truths of the number, of the source account, of the destination account, the code
    ("two-step on", {"pin": PIN}, {}, {}, "2388001"),
    ("ownership not confirmed", {"confirmed": False}, {}, {}, "2388001"),
    ("not registered at the source", {"registered": False}, {}, {}, "2388103"),
    ("in the Business app", {"on_biz_app": True}, {}, {}, "2388103"),
    ("on premise", {"on_premise": True}, {}, {}, "2388103"),
    ("a test number", {"test_number": True}, {}, {}, "2388103"),
    ("name in review", {"name_status": "PENDING_REVIEW"}, {}, {}, "2388103"),
    ("another name pending", {"new_name_status": "PENDING_REVIEW"}, {}, {}, "2388103"),
    ("source not set up", {}, {"set_up": False}, {}, "2388103"),
    ("source not approved", {}, {"review": "PENDING"}, {}, "2388103"),
    ("source business not verified", {}, {"verification": "not_verified"}, {}, "2388103"),
    ("no payment method", {}, {}, {"has_payment": False}, "2388103"),
    ("destination not approved", {}, {}, {"review": "REJECTED"}, "2388103"),
    ("destination business not verified", {}, {}, {"verification": "pending"}, "2388103"),
    ("Messaging For pending", {}, {}, {"messaging_for": "PENDING"}, "2388103"),
    ("another business", {}, {}, {"owner": "777"}, "2388103"),
    ("a passing fault", {}, {}, {"migration_faults": 1}, "2388103"),
    ("no room", {}, {}, {"number_limit": 0}, "200000"),
]


@pytest.fixture
def source(script: Script) -> Number:
    """A number of another provider: no token of ours reaches its account."""
    provider = script.control.add_account("Provider")
    return script.control.add_number(provider.id, PHONE, registered=True)


@pytest.fixture
def destination(script: Script) -> Account:
    account = script.simulator.world.account
    assert script.call("POST", f"/{account.id}/subscribed_apps").status_code == 200
    return account


def create(script: Script, account: Account, **more: Any) -> Any:
    body = {"cc": "55", "phone_number": PHONE[3:], "migrate_phone_number": True} | more
    return script.call("POST", f"/{account.id}/phone_numbers", json=body)


@pytest.mark.parametrize(("number", "origin", "goal", "code"), [row[1:] for row in CONDITIONS], ids=lambda row: None)
@pytest.mark.parametrize("place", ["code", "subcode"])
def test_each_condition_refuses_until_it_is_met(
    number: dict[str, Any],
    origin: dict[str, Any],
    goal: dict[str, Any],
    code: str,
    place: str,
    script: Script,
    source: Number,
    destination: Account,
) -> None:
    control = script.control
    control.change_temper(migration_code_as=place)
    before = {name: getattr(source, name, getattr(source.phone, name, None)) for name in number}
    away = {name: getattr(control.remote.accounts[source.account], name) for name in origin}
    here = {name: getattr(destination, name) for name in goal}
    control.change_number(source.id, **number)
    control.change_account(source.account, **origin)
    control.change_account(destination.id, **goal)
    refused = said(create(script, destination))
    assert refused == (code if place == "code" or code == "200000" else f"100/{code}")
    assert control.number(source.id)["state"] == "live"
    assert len(destination.numbers) == len(script.simulator.world.numbers)
    if "migration_faults" not in goal:
        control.change_number(source.id, **before)
        control.change_account(source.account, **away)
        control.change_account(destination.id, **here)
    assert said(create(script, destination)) == "ok"


def test_without_an_app_that_hears_it_there_is_no_migration(script: Script, source: Number) -> None:
    assert "2388103" in said(create(script, script.simulator.world.account))


def test_the_source_works_until_the_destination_registers(script: Script, source: Number, destination: Account) -> None:
    moved = script.simulator.remote.find(create(script, destination).json()["id"])
    assert moved.name == source.name
    assert "2388012" in said(create(script, destination))
    assert script.register(moved, OTHER_PIN) == "133006"
    assert script.request_code(moved) == script.verify_code(moved) == "ok"
    assert script.control.number(source.id)["online"]
    script.control.manage(source.id, pin=PIN)
    assert script.register(moved, OTHER_PIN) == "133005"
    script.control.manage(source.id, two_step="off")
    script.wait(60)
    assert script.register(moved, OTHER_PIN) == "ok"
    assert script.control.number(source.id)["state"] == "MIGRATED"
    assert script.control.number(moved.id)["online"]
    assert script.simulator.remote.phone(PHONE).pin == OTHER_PIN


def test_an_id_that_takes_over_no_line_is_sent_no_code(script: Script, source: Number, destination: Account) -> None:
    """The official reading of 2388091 and 2388093: it is not being migrated."""
    listed = script.control.add_number(destination.id, PHONE, verified=False)
    assert "2388012" in said(create(script, destination))
    assert script.request_code(listed) == "136024/2388091"
    assert script.verify_code(listed, "123456") == "136025/2388093"


def test_nobody_needs_a_migration_for_a_line_that_is_nowhere(script: Script, destination: Account) -> None:
    assert "2388103" in said(create(script, destination))
    assert said(create(script, destination, migrate_phone_number=False)) == "100"
    assert said(create(script, destination, migrate_phone_number=False, verified_name="Loja")) == "ok"


def test_what_an_account_shows_of_itself(script: Script, destination: Account) -> None:
    fields = "account_review_status,business_verification_status,owner_business_info,on_behalf_of_business_info"
    shown = script.call("GET", f"/{destination.id}", params={"fields": f"{fields},health_status"}).json()
    assert (shown["account_review_status"], shown["business_verification_status"]) == ("APPROVED", "verified")
    assert shown["on_behalf_of_business_info"]["status"] == "APPROVED"
    assert shown["health_status"]["can_send_message"] == "AVAILABLE"
    script.control.change_account(destination.id, has_payment=False, hides=["owner_business_info"], messaging_for=None)
    shown = script.call("GET", f"/{destination.id}", params={"fields": f"{fields},health_status"}).json()
    assert "owner_business_info" not in shown
    assert "on_behalf_of_business_info" not in shown
    codes = [error["error_code"] for each in shown["health_status"]["entities"] for error in each.get("errors", ())]
    assert codes == [141006]


def test_the_texts_come_in_several_languages(script: Script, source: Number, destination: Account) -> None:
    script.control.change_temper(languages=["en", "pt", "de"])
    script.control.change_account(destination.id, review="PENDING")
    said_so = {create(script, destination).json()["error"]["error_user_msg"] for _ in range(12)}
    assert len(said_so) == 3
