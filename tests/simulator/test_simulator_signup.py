"""Embedded Signup at the remote: the code, what it buys, the session events, the fourteen days."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from graph_script import MINUTE, Script, said

from linewright.simulator.simulator import RunningSimulator

PHONE = "+5511987650001"
DAY = 24 * 60 * MINUTE


def sign_up(script: Script, **told: Any) -> dict[str, Any]:
    return script.control.sign_up(**({"e164": PHONE} | told))


def buy(script: Script, signed: dict[str, Any], method: str = "POST", **other: str) -> httpx.Response:
    """The exchange as a program without any token makes it."""
    app = script.simulator.remote.apps[signed["app"]]
    given = {"client_id": app.id, "client_secret": app.secret, "code": signed["code"]} | other
    client = httpx.Client(transport=script.simulator.transport, base_url="https://graph.facebook.com/v25.0")
    if method == "GET":
        return client.get("/oauth/access_token", params=given)
    return client.post("/oauth/access_token", data=given)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_code_buys_a_token_that_sees_its_account(script: Script, method: str) -> None:
    signed = sign_up(script, name="Lucky Shrub")
    assert signed["event"]["event"] == "FINISH"
    assert signed["event"]["data"]["waba_id"] == signed["waba"]
    assert signed["event"]["data"]["phone_number_id"] == signed["number"]
    bought = buy(script, signed, method)
    assert bought.json()["token_type"] == "bearer"
    token = {"authorization": f"Bearer {bought.json()['access_token']}"}
    listed = script.call("GET", f"/{signed['waba']}/phone_numbers", headers=token).json()["data"]
    assert [each["id"] for each in listed] == [signed["number"]]
    told = script.call("GET", "/debug_token", params={"input_token": bought.json()["access_token"]}).json()["data"]
    assert told["app_id"] == signed["app"]
    assert told["granular_scopes"][0]["target_ids"] == [signed["waba"]]
    other = script.simulator.world.account.id
    assert said(script.call("GET", f"/{other}/phone_numbers", headers=token)) == "100/33"


def test_a_code_is_taken_once_and_in_time(script: Script) -> None:
    signed = sign_up(script)
    assert said(buy(script, signed)) == "ok"
    assert said(buy(script, signed)) == "100/36009"
    late = sign_up(script)
    script.wait(30)
    assert said(buy(script, late)) == "100/36007"
    assert said(buy(script, signed, code="AQnobody")) == "100/36009"


def test_a_code_belongs_to_its_app(script: Script) -> None:
    signed = sign_up(script)
    other = script.simulator.remote.add_app("Another")
    assert said(buy(script, signed, client_id="17")) == "101"
    assert said(buy(script, signed, client_secret="0" * 32)) == "1"
    assert said(buy(script, signed, client_id=other.id, client_secret=other.secret)) == "100/36008"
    assert said(buy(script, signed)) == "ok", "a wrong app spends no code"


def test_targets_may_be_missing(script: Script) -> None:
    script.control.change_temper(granular_targets=False)
    token = buy(script, sign_up(script)).json()["access_token"]
    told = script.call("GET", "/debug_token", params={"input_token": token}).json()["data"]
    assert all("target_ids" not in each for each in told["granular_scopes"])


def test_a_signup_without_a_number_and_one_of_the_business_app(script: Script) -> None:
    bare = sign_up(script, event="FINISH_ONLY_WABA")
    assert bare["number"] is None
    assert "phone_number_id" not in bare["event"]["data"]
    assert script.simulator.remote.accounts[bare["waba"]].numbers == []
    both = sign_up(script, event="FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING")
    assert "phone_number_id" not in both["event"]["data"]
    number = script.simulator.remote.numbers[both["number"]]
    token = {"authorization": f"Bearer {buy(script, both).json()['access_token']}"}
    fields = {"fields": "is_on_biz_app,platform_type,status"}
    shown = script.call("GET", f"/{number.id}", params=fields, headers=token).json()
    assert (shown["is_on_biz_app"], shown["platform_type"], shown["status"]) == (True, "CLOUD_API", "CONNECTED")
    body = {"messaging_product": "whatsapp", "pin": "246810"}
    assert said(script.call("POST", f"/{number.id}/register", json=body, headers=token)) == "100"


def test_a_cancelled_signup_makes_nothing(script: Script) -> None:
    before = len(script.simulator.remote.accounts)
    gone = script.control.sign_up(event="CANCEL", step="BUSINESS_ACCOUNT_SELECTION")
    assert gone["event"]["data"] == {"current_step": "BUSINESS_ACCOUNT_SELECTION"}
    assert gone["code"] is None
    assert len(script.simulator.remote.accounts) == before


def test_it_is_registered_within_fourteen_days_or_signed_up_again(script: Script) -> None:
    signed = sign_up(script)
    token = buy(script, signed).json()["access_token"]
    mine = Script(script.simulator, httpx.Client(
        transport=script.simulator.transport,
        base_url="https://graph.facebook.com/v25.0",
        headers={"authorization": f"Bearer {token}"},
    ))  # fmt: skip
    number = script.simulator.remote.numbers[signed["number"]]
    assert mine.read(number, "last_onboarded_time")["last_onboarded_time"]
    script.wait(14 * DAY)
    assert mine.register(number) == "100"
    again = sign_up(script, waba=signed["waba"])
    assert again["number"] == signed["number"], "the same phone keeps its id"
    script.wait(14 * DAY - 1)
    assert mine.register(number) == "ok"
    script.wait(20 * DAY)
    assert mine.register(number) == "ok", "once registered the days mean nothing"


def test_nothing_that_no_signup_does(script: Script) -> None:
    with pytest.raises(ValueError, match="event"):
        script.control.sign_up(event="FINISHED")
    with pytest.raises(ValueError, match="e164"):
        script.control.sign_up()
    with pytest.raises(KeyError):
        sign_up(script, waba="17")


def test_the_door_plays_it_over_http() -> None:
    with RunningSimulator() as running:
        signed = httpx.post(f"{running.control_url}/signup", json={"e164": PHONE}).json()
        app = running.remote.apps[signed["app"]]
        given = {"client_id": app.id, "client_secret": app.secret, "code": signed["code"]}
        bought = httpx.post(f"{running.graph_url}/v25.0/oauth/access_token", data=given)
        assert bought.json()["access_token"] in running.remote.tokens
        wrong = httpx.post(f"{running.control_url}/signup", json={"event": "NO"})
        assert wrong.status_code == 422
        assert app.secret not in str(running.control.calls())
