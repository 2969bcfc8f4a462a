"""The Graph face: parameters, fields, tokens, paging, batch, headers."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime

import httpx
import pytest
from graph_script import HOUR, PIN, Script, said

from linewright.simulator.truth import MANAGEMENT, MESSAGING


def other(script: Script, token: str) -> Script:
    client = httpx.Client(
        transport=script.simulator.transport,
        base_url="https://graph.facebook.com/v25.0",
        headers={"authorization": f"Bearer {token}"} if token else {},
    )
    return Script(script.simulator, client)


@pytest.mark.parametrize("way", ["json", "data", "params", "files"])
@pytest.mark.parametrize("root", ["https://graph.facebook.com/v25.0", "https://graph.facebook.com"])
def test_parameters_come_in_every_way(script: Script, way: str, root: str) -> None:
    number = script.number("133010")
    body: dict[str, object] = {"messaging_product": "whatsapp", "pin": PIN}
    if way == "files":
        body = {name: (None, value) for name, value in body.items()}
    options = {way: body}
    assert said(script.call("POST", f"{root}/{number.id}/register", **options)) == "ok"


def test_the_token_may_be_a_parameter(script: Script) -> None:
    bare = other(script, "")
    number, token = script.number("133010"), script.simulator.world.token.text
    assert bare.call("GET", f"/{number.id}", params={"access_token": token}).status_code == 200
    body = {"messaging_product": "whatsapp", "pin": PIN, "access_token": token}
    assert bare.call("POST", f"/{number.id}/register", json=body).status_code == 200
    assert said(bare.call("GET", f"/{number.id}")) == "104"


def test_only_the_fields_asked_for(script: Script) -> None:
    number = script.number("131045")
    assert set(script.read(number, "status")) == {"status", "id"}
    assert "status" not in script.read(number)
    assert "display_phone_number" in script.read(number)


def test_an_unknown_field_is_named(script: Script) -> None:
    number = script.number("131045")
    error = script.read(number, "status", "colour")["error"]
    expected = "(#100) Tried accessing nonexisting field (colour) on node type (WhatsAppBusinessPhoneNumber)"
    assert error["message"] == expected


def test_any_field_can_be_made_nonexisting(script: Script) -> None:
    script.control.change_temper(nonexisting_fields=["platform_type"])
    number = script.number("131045")
    assert "(platform_type)" in script.read(number, "status", "platform_type")["error"]["message"]
    assert "platform_type" not in script.read(number)


def test_an_id_that_is_no_account_is_told_so(script: Script) -> None:
    number, world = script.number("131045"), script.simulator.world
    error = script.call("GET", f"/{number.id}/phone_numbers").json()["error"]
    assert "nonexisting field (phone_numbers)" in error["message"]
    error = script.call("GET", f"/{world.app.id}/phone_numbers").json()["error"]
    assert "(Application)" in error["message"]
    assert said(script.call("GET", "/424242424242424/phone_numbers")) == "100/33"


def test_tokens_die_in_several_ways(script: Script) -> None:
    account = script.simulator.world.account.id
    token = script.control.add_token([account], expires_at=HOUR)
    caller, number = other(script, token.text), script.number("131045")
    assert caller.call("GET", f"/{number.id}").status_code == 200
    script.wait(HOUR)
    expired = caller.call("GET", f"/{number.id}")
    assert said(expired) == "190/463"
    assert "Session has expired on Monday, 02-Mar-26" in expired.json()["error"]["message"]
    revoked = script.control.add_token([account], revoked=467)
    assert said(other(script, revoked.text).call("GET", f"/{number.id}")) == "190/467"
    assert said(other(script, "EAAnonsense").call("GET", f"/{number.id}")) == "190"


def test_scopes_and_assignment(script: Script) -> None:
    account, number = script.simulator.world.account.id, script.number("131045")
    sender = other(script, script.control.add_token([account], scopes=[MESSAGING]).text)
    assert said(sender.call("GET", f"/{number.id}")) == "200"
    assert said(sender.call("GET", f"/{account}/phone_numbers")) == "200"
    keeper = other(script, script.control.add_token([account], scopes=[MANAGEMENT]).text)
    assert keeper.call("GET", f"/{account}").json()["id"] == account
    assert keeper.send(number) == "200"
    stranger = other(script, script.control.add_token([]).text)
    assert said(stranger.call("GET", f"/{number.id}")) == "100/33"
    assert said(stranger.call("GET", f"/{account}")) == "100/33"
    assert stranger.register(number) == "100/33"
    assert said(stranger.call("POST", f"/{account}/subscribed_apps")) == "200"


def test_paging_walks_over_every_number_once(script: Script) -> None:
    account = script.simulator.world.account.id
    seen, after = [], None
    while True:
        params = {"limit": "5"} | ({"after": after} if after else {})
        page = script.call("GET", f"/{account}/phone_numbers", params=params).json()
        seen += [number["id"] for number in page["data"]]
        if "next" not in page["paging"]:
            break
        assert script.simulator.world.token.text in page["paging"]["next"]
        after = page["paging"]["cursors"]["after"]
    assert seen == script.simulator.world.account.numbers


def test_paging_goes_back_and_follows_its_own_links(script: Script) -> None:
    account = script.simulator.world.account.id
    first = script.call("GET", f"/{account}/phone_numbers", params={"limit": "4", "fields": "status"}).json()
    second = script.call("GET", first["paging"]["next"]).json()
    assert script.call("GET", second["paging"]["previous"]).json()["data"] == first["data"]
    assert set(second["data"][0]) == {"status", "id"}


def test_the_default_page_has_25_and_the_largest_100(script: Script) -> None:
    account = script.control.add_account("Large").id
    script.simulator.world.token.accounts.add(account)
    for place in range(120):
        script.control.add_number(account, f"+55119000{place:05d}")
    path = f"/{account}/phone_numbers"
    assert len(script.call("GET", path).json()["data"]) == 25
    assert len(script.call("GET", path, params={"limit": "100"}).json()["data"]) == 100
    assert said(script.call("GET", path, params={"limit": "101"})) == "100"
    assert said(script.call("GET", path, params={"after": "broken!"})) == "131059"


def test_an_empty_account_has_an_empty_page(script: Script) -> None:
    account = script.control.add_account("Empty").id
    script.simulator.world.token.accounts.add(account)
    assert script.call("GET", f"/{account}/phone_numbers").json() == {"data": []}


def test_debug_token_as_a_one_part_batch(script: Script) -> None:
    text = script.simulator.world.token.text
    part = {"method": "GET", "relative_url": f"debug_token?input_token={text}"}
    answer = script.call("POST", "/", data={"batch": json.dumps([part]), "include_headers": "false"})
    (one,) = answer.json()
    assert one["code"] == 200
    assert "headers" not in one
    data = json.loads(one["body"])["data"]
    assert data["is_valid"] is True
    assert data["scopes"] == sorted([MANAGEMENT, MESSAGING])
    assert data["expires_at"] == 0
    assert all(text not in call.path for call in script.control.calls())


def test_debug_token_of_a_dead_token(script: Script) -> None:
    dead = script.control.add_token([], revoked=460)
    for text, valid in ((dead.text, False), ("EAAunknown", False)):
        data = script.call("GET", "/debug_token", params={"input_token": text}).json()["data"]
        assert data["is_valid"] is valid


def test_batch_parts_fail_one_by_one(script: Script) -> None:
    number = script.number("133010")
    script.control.add_fault("send", "drop_before")
    parts = [
        {"method": "POST", "relative_url": f"v25.0/{number.id}/register", "body": "pin=12"},
        {"method": "POST", "relative_url": f"{number.id}/messages", "body": "to=1"},
        {"method": "GET", "relative_url": f"{number.id}?fields=status"},
    ]
    first, second, third = script.call("POST", "/", json={"batch": parts}).json()
    assert first["code"] == 400
    assert json.loads(first["body"])["error"]["code"] == 100
    assert {header["name"] for header in first["headers"]} > {"x-app-usage"}
    assert second is None
    assert json.loads(third["body"])["status"] == "PENDING"


def test_a_batch_has_at_most_fifty_parts(script: Script) -> None:
    parts = [{"method": "GET", "relative_url": "x"}] * 51
    error = script.call("POST", "/", json={"batch": parts}).json()["error"]
    assert error["type"] == "GraphBatchException"
    assert said(script.call("POST", "/", json={"batch": "no"})) == "100"


def test_headers_carry_the_clock_the_trace_and_the_usage(script: Script) -> None:
    number = script.number("133000")
    script.wait(HOUR)
    answer = script.call("POST", f"/{number.id}/register", json={"messaging_product": "whatsapp", "pin": PIN})
    assert parsedate_to_datetime(answer.headers["date"]) == script.simulator.clock.now()
    assert answer.headers["x-fb-trace-id"] == answer.json()["error"]["fbtrace_id"]
    assert "(#133000)" in answer.headers["www-authenticate"]
    usage = json.loads(answer.headers["x-business-use-case-usage"])
    assert usage[number.account][0]["estimated_time_to_regain_access"] == 0


def test_usage_can_be_enforced(script: Script) -> None:
    account = script.control.add_account("Young").id
    script.simulator.world.token.accounts.add(account)
    script.control.change_temper(enforce_usage=True)
    for _ in range(200):
        assert script.call("GET", f"/{account}").status_code == 200
        script.wait(1)
    refused = script.call("GET", f"/{account}")
    assert said(refused) == "80008"
    usage = json.loads(refused.headers["x-business-use-case-usage"])[account][0]
    assert usage["estimated_time_to_regain_access"] == (HOUR - 200) // 60 + 1
    script.wait(HOUR)
    assert script.call("GET", f"/{account}").status_code == 200


def test_subscriptions(script: Script) -> None:
    path = f"/{script.simulator.world.account.id}/subscribed_apps"
    assert script.call("GET", path).json() == {"data": []}
    assert said(script.call("POST", path)) == "ok"
    (app,) = script.call("GET", path).json()["data"]
    assert app["whatsapp_business_api_data"]["id"] == script.simulator.world.app.id
    assert said(script.call("DELETE", path)) == "ok"
    assert script.call("GET", path).json() == {"data": []}


@pytest.mark.parametrize(
    ("method", "edge"), [("POST", "phone_numbers"), ("GET", "register"), ("PUT", "register"), ("POST", "x/y")]
)
def test_what_is_not_there_is_unsupported(script: Script, method: str, edge: str) -> None:
    number = script.number("131045")
    assert said(script.call(method, f"/{number.id}/{edge}", json={"cc": "1"})) == "100/33"


def test_a_body_that_is_no_json_has_no_parameters(script: Script) -> None:
    number = script.number("133010")
    answer = script.call("POST", f"/{number.id}/register", content=b"{not json")
    assert answer.json()["error"]["message"] == "(#100) The parameter messaging_product is required."
