"""The simulator on real ports: the Graph face, faults on real connections, and the control door."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from graph_script import PIN, Script

from linewright.simulator.run import ready_lines
from linewright.simulator.simulator import RunningSimulator


@pytest.fixture
def wire(linewright_simulator_server: RunningSimulator) -> Iterator[Script]:
    running = linewright_simulator_server
    client = httpx.Client(
        base_url=f"{running.graph_url}/v25.0",
        headers={"authorization": f"Bearer {running.world.token.text}"},
        timeout=httpx.Timeout(20, read=0.3),
        trust_env=False,
    )
    with client:
        yield Script(running, client)


@pytest.fixture
def door(linewright_simulator_server: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=linewright_simulator_server.control_url, trust_env=False) as client:
        yield client


def test_a_number_comes_online_over_http(wire: Script) -> None:
    wire.client.timeout = httpx.Timeout(20)
    number = wire.number("133010")
    assert wire.register(number) == "ok"
    assert wire.online(number)
    answer = wire.call("GET", f"/{number.id}")
    assert answer.headers.get_list("date") == ["Mon, 02 Mar 2026 09:00:00 GMT"]
    page = wire.call("GET", f"/{number.account}/phone_numbers", params={"limit": "5"}).json()
    assert page["paging"]["next"].startswith(str(wire.client.base_url).split("/v25")[0])
    assert len(wire.call("GET", page["paging"]["next"]).json()["data"]) == 5


@pytest.mark.parametrize(("do", "happened"), [("drop_before", False), ("drop_after", True)])
def test_a_connection_is_cut_for_real(wire: Script, do: str, happened: bool) -> None:
    wire.client.timeout = httpx.Timeout(20)
    number = wire.number("133010")
    wire.read(number)
    wire.control.add_fault("register", do)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        wire.register(number)
    assert wire.control.number(number.id)["registered"] is happened
    assert wire.read(number)["id"] == number.id


def test_a_hanging_call_hangs_until_the_client_leaves(wire: Script) -> None:
    number = wire.number("133010")
    wire.control.add_fault("register", "hang")
    with pytest.raises(httpx.ReadTimeout):
        wire.register(number)
    assert wire.control.number(number.id)["registered"] is False


def test_the_door_shows_the_state_and_the_truth(wire: Script, door: httpx.Client) -> None:
    state = door.get("/state").json()
    assert (state["seed"], state["now"], len(state["numbers"])) == (0, "2026-03-02T09:00:00Z", 12)
    number = wire.number("133005")
    by_id, by_phone = door.get(f"/numbers/{number.id}").json(), door.get("/numbers/+15550133005").json()
    assert by_id == by_phone
    assert (by_id["pin"], by_id["two_step"], by_id["online"]) == (PIN, True, False)
    assert by_id["why_not_online"] == "not registered"


def test_the_door_moves_the_clock(door: httpx.Client) -> None:
    assert door.post("/clock", json={"advance_seconds": 3600}).json() == {"now": "2026-03-02T10:00:00Z"}
    assert door.post("/clock", json={"advance_seconds": -1}).status_code == 422
    assert door.post("/clock", json={}).status_code == 404


def test_the_door_is_the_phone_and_the_owner(wire: Script, door: httpx.Client) -> None:
    wire.client.timeout = httpx.Timeout(20)
    number = wire.number("133006")
    wire.request_code(number)
    (code,) = door.get("/phone/+15550133006/codes").json()["items"]
    assert wire.verify_code(number, code["code"]) == "ok"
    owner = wire.number("133005")
    assert door.post(f"/manager/{owner.id}", json={"two_step": "off"}).json()["two_step"] is False
    assert door.post(f"/manager/{owner.id}", json={"pin": "135790"}).json()["pin"] == "135790"
    assert door.post(f"/manager/{owner.id}", json={"two_step": "on"}).status_code == 422
    assert door.post(f"/manager/{owner.id}", json={"delete": True}).json()["deleted"] is True
    assert door.get(f"/numbers/{owner.id}").status_code == 404


def test_the_door_sets_and_clears_faults(wire: Script, door: httpx.Client) -> None:
    wire.client.timeout = httpx.Timeout(20)
    number = wire.number("133010")
    fault = {"on": "register", "number": number.id, "times": 5, "do": "error", "error": {"code": 133004}}
    assert door.post("/faults", json=fault).status_code == 200
    assert wire.register(number) == "133004"
    assert door.delete("/faults").json() == {"faults": 0}
    assert wire.register(number) == "ok"
    until = {"on": "*", "until": "2026-03-02T09:10:00Z", "do": "html503"}
    assert door.post("/faults", json=until).status_code == 200
    assert wire.call("GET", f"/{number.id}").status_code == 503
    assert door.post("/faults", json={"on": "*", "do": "explode"}).status_code == 422
    assert door.post("/faults", json={"on": "*", "do": "hang", "colour": 1}).status_code == 422


def test_the_door_lists_the_calls(wire: Script, door: httpx.Client) -> None:
    wire.client.timeout = httpx.Timeout(20)
    number = wire.number("133010")
    wire.register(number)
    wire.read(number)
    calls = door.get("/calls", params={"since": "1"}).json()["items"]
    assert [(call["kind"], call["http_status"], call["delivered"]) for call in calls] == [("read", 200, True)]
    assert len(door.get("/calls", params={"since": "2026-03-02T09:00:00Z"}).json()["items"]) == 2


def test_the_door_adds_and_changes(wire: Script, door: httpx.Client) -> None:
    wire.client.timeout = httpx.Timeout(20)
    account = door.post("/accounts", json={"name": "New"}).json()["id"]
    token = door.post("/tokens", json={"accounts": [account], "expires_at": 60}).json()["token"]
    made = door.post(
        "/numbers",
        json={"account": account, "e164": "+4915550133005", "verified": False, "locked_until": 600},
    ).json()
    assert (made["two_step"], made["verified"]) == (True, False)
    assert made["locked_until"] == "2026-03-02T09:10:00Z"
    read = wire.call("GET", f"/{made['id']}", headers={"authorization": f"Bearer {token}"})
    assert read.json()["display_phone_number"].startswith("+49 1555")
    change = {"name_status": "DECLINED", "register": {"used": [0, 0], "blocked_until": 60}}
    changed = door.post(f"/numbers/{made['id']}", json=change).json()
    assert changed["name_status"] == "DECLINED"
    assert changed["register"]["used"] == 2
    assert door.post(f"/numbers/{made['id']}", json={"colour": 1}).status_code == 404
    assert door.post("/temper", json={"echo_secrets": True}).json()["echo_secrets"] is True
    assert door.post("/temper", content=b"[]").status_code == 422


def test_two_servers_share_no_port(linewright_simulator_server: RunningSimulator) -> None:
    with RunningSimulator() as other:
        ports = {other.graph_url, other.control_url}
        assert not ports & {linewright_simulator_server.graph_url, linewright_simulator_server.control_url}
        with socket.create_connection(("127.0.0.1", int(other.graph_url.rsplit(":")[-1]))):
            pass


def test_the_ready_lines_say_how_to_begin(linewright_simulator_server: RunningSimulator) -> None:
    running = linewright_simulator_server
    text = "\n".join(ready_lines(running.ready))
    for wanted in (running.graph_url, running.control_url, running.world.account.id, "Seed 0"):
        assert wanted in text
    assert running.world.token.text in text


def test_half_a_call_was_never_made(caplog: pytest.LogCaptureFixture) -> None:
    with RunningSimulator(empty=True) as running:
        port = int(running.graph_url.rsplit(":")[-1])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST /v25.0/1/register HTTP/1.1\r\nHost: here\r\nContent-Length: 500\r\n\r\n{")
        assert httpx.get(f"{running.graph_url}/v25.0/1", trust_env=False).status_code == 401
        heard = httpx.get(f"{running.control_url}/calls", trust_env=False).json()["items"]
    assert [call["kind"] for call in heard] == ["read"]
    assert not caplog.records
