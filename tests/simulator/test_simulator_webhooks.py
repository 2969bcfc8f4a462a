"""The simulator's webhooks: what is told, how it is signed, who hears it, and how unkindly."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Event, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from graph_script import Script, said
from pywa import WhatsApp
from pywa.types import AccountUpdate, MessageStatus
from pywa.types.account_update import AccountUpdateEvent, WABABanState
from pywa.utils import webhook_updates_validator

from linewright.simulator.events import EVENTS
from linewright.simulator.simulator import RunningSimulator, Simulator
from linewright.simulator.truth import Number
from linewright.simulator.webhooks import AGAIN_SECONDS

CALLBACK = "https://receiver.example/app"
ONLINE, OTHER = "+15550100001", "133010"


class Receiver(httpx.AsyncBaseTransport):
    """Answers as it is told; only what is rightly signed is heard. The check is its own."""

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.forged = 0
        self.answers: Callable[[], int] = lambda: 200

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        right = "sha256=" + hmac.new(self.secret, request.content, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, request.headers["X-Hub-Signature-256"]):
            self.forged += 1
            return httpx.Response(401)
        status = self.answers()
        if status == 200:
            self.heard.append((str(request.url), json.loads(request.content)))
        return httpx.Response(status)

    def changes(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (change["field"], change["value"])
            for _, body in self.heard
            for entry in body["entry"]
            for change in entry["changes"]
        ]


@pytest.fixture
def told(linewright_simulator: Simulator) -> Script:
    """A subscribed account whose app has a callback address."""
    script = Script(linewright_simulator)
    assert said(script.call("POST", f"/{linewright_simulator.world.account.id}/subscribed_apps")) == "ok"
    script.control.webhooks.set(callback=CALLBACK)
    return script


@pytest.fixture
def receiver(told: Script) -> Receiver:
    return Receiver(told.control.state()["apps"][0]["secret"])


def deliver(script: Script, receiver: Receiver) -> int:
    """What is due now."""

    async def carry() -> int:
        async with httpx.AsyncClient(transport=receiver) as client:
            return await script.simulator.face.webhooks.deliver_due(client)

    return asyncio.run(carry())


def live_on(script: Script, receiver: Receiver) -> None:
    """Until nothing is on its way any more."""
    webhooks, clock = script.simulator.face.webhooks, script.simulator.clock
    while (at := webhooks.next_at()) is not None:
        clock.advance(max(0.0, (at - clock.now()).total_seconds()))
        deliver(script, receiver)


def healthy(script: Script) -> Number:
    return script.number(ONLINE)


# What a change of truth tells

DISPLAY = {"display_phone_number": "15550100001"}
PHONE = {"phone_number": "15550100001"}
TELLS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"state": "BANNED"}, "account_update", {"event": "DISABLED_UPDATE", **PHONE}),
    ({"live_status": "RESTRICTED"}, "account_update", {"event": "ACCOUNT_RESTRICTION", **PHONE}),
    ({"live_status": "FLAGGED"}, "phone_number_quality_update", {"event": "FLAGGED", **DISPLAY}),
    ({"quality": "RED"}, "phone_number_quality_update", {"event": "FLAGGED", **DISPLAY}),
    ({"name_status": "DECLINED"}, "phone_number_name_update", {"decision": "REJECTED", **DISPLAY}),
]


@pytest.mark.parametrize(("truth", "field", "value"), TELLS)
def test_a_changed_truth_tells_of_itself(
    told: Script, receiver: Receiver, truth: dict[str, Any], field: str, value: dict[str, Any]
) -> None:
    number = healthy(told)
    told.control.change_number(number.id, **truth)
    told.control.change_number(number.id, **truth)
    assert deliver(told, receiver) == 1
    ((found, said),) = receiver.changes()
    assert found == field
    assert value.items() <= said.items()
    ((url, body),) = receiver.heard
    assert (url, body["object"]) == (CALLBACK, "whatsapp_business_account")
    assert body["entry"][0]["id"] == number.account
    assert body["entry"][0]["time"] == int(told.simulator.clock.now().timestamp())


@pytest.mark.parametrize(
    "truth", [{"registered": False}, {"quality": "YELLOW"}, {"verified": False}, {"pin": "246810"}]
)
def test_some_changes_are_found_only_by_looking(told: Script, receiver: Receiver, truth: dict[str, Any]) -> None:
    told.control.change_number(healthy(told).id, **truth)
    assert deliver(told, receiver) == 0


def test_what_the_owner_does_in_the_manager_is_told(told: Script, receiver: Receiver) -> None:
    number = healthy(told)
    told.control.manage(number.id, pin="135790")
    told.control.manage(number.id, two_step="off")
    told.control.manage(number.id, disconnect=True)
    live_on(told, receiver)
    events = [(field, value["event"]) for field, value in receiver.changes()]
    assert events == [
        ("security", "PIN_CHANGED"),
        ("security", "PIN_RESET_REQUEST"),
        ("security", "PIN_REQUEST_SUCCESS"),
        ("account_update", "PARTNER_REMOVED"),
    ]
    assert not told.online(number)
    assert receiver.changes()[-1][1]["disconnection_info"] == {"reason": "ACCOUNT_DISCONNECTED", "initiated_by": "USER"}
    assert "135790" not in json.dumps(receiver.heard)


def test_a_names_decision_is_told_when_it_falls(told: Script, receiver: Receiver) -> None:
    decision = {"at": 3600, "status": "APPROVED"}
    told.control.change_number(healthy(told).id, name_status="PENDING_REVIEW", name_decision=decision)
    assert deliver(told, receiver) == 0
    told.wait(3600)
    assert deliver(told, receiver) == 1
    assert receiver.changes()[0][1]["decision"] == "APPROVED"


def test_a_locked_account_is_told_once(told: Script, receiver: Receiver) -> None:
    waba = told.simulator.world.account.id
    for locked in (True, True, False):
        told.control.change_account(waba, locked=locked)
    live_on(told, receiver)
    states = [value["ban_info"]["waba_ban_state"] for _, value in receiver.changes()]
    assert states == ["DISABLE", "REINSTATE"]
    assert all("phone_number" not in value for _, value in receiver.changes())


def test_an_account_that_may_hold_more_is_told(told: Script, receiver: Receiver) -> None:
    waba = told.simulator.world.account.id
    for limit in (14, 14, 20):
        told.control.change_account(waba, number_limit=limit)
    live_on(told, receiver)
    said = [(field, value["max_phone_numbers_per_waba"]) for field, value in receiver.changes()]
    assert said == [("business_capability_update", 14), ("business_capability_update", 20)]


# A witness that is not ours


def test_pywa_reads_what_is_told(told: Script, receiver: Receiver) -> None:
    number, events = healthy(told), told.simulator.face.webhooks
    names = [name for name in EVENTS if name not in ("capability", "review", "alert")]
    for name in names:
        told.control.webhooks.tell(event=name, number=number.id)
    pywa = WhatsApp(phone_id=number.id, token="none", session=httpx.Client())
    posts = events.due()
    assert len(posts) == len(names)
    seen: dict[str, Any] = {}
    for name, post in zip(names, posts, strict=True):
        assert webhook_updates_validator(receiver.secret.decode(), post.body, post.headers["x-hub-signature-256"])
        assert not webhook_updates_validator("other", post.body, post.headers["x-hub-signature-256"])
        body = json.loads(post.body)
        field = body["entry"][0]["changes"][0]["field"]
        if field == "account_update":
            seen[name] = AccountUpdate.from_update(pywa, body)
            assert seen[name].event is not AccountUpdateEvent.UNKNOWN
            assert seen[name].id == number.account
        elif field == "messages":
            seen[name] = MessageStatus.from_update(pywa, body)
    assert seen["disabled"].ban_info.state is WABABanState.DISABLE
    assert seen["disabled"].ban_info.date == told.simulator.clock.now().date()
    assert seen["partner-removed"].waba_info.id == number.account
    assert seen["restricted"].restriction_info[0].expiration > told.simulator.clock.now()
    assert seen["message-failed"].error.code == 133010
    assert seen["message-failed"].metadata.phone_number_id == number.id


def test_any_other_webhook_can_be_told_raw(told: Script, receiver: Receiver) -> None:
    door, waba = told.control.webhooks, told.simulator.world.account.id
    door.tell(waba=waba, field="account_update", value={"event": "SOMETHING_NEW"})
    deliver(told, receiver)
    assert receiver.changes() == [("account_update", {"event": "SOMETHING_NEW"})]
    wrongs: list[dict[str, Any]] = [{}, {"event": "pin-changed"}, {"field": "x", "value": "y"}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="needs"):
            door.tell(waba=waba, **wrong)
    with pytest.raises(KeyError):
        door.tell(waba=waba, event="unheard-of")


# Unkindness

SHARES: dict[str, Any] = {"lose": 0.25, "double": 0.25, "delay_seconds": [60, 1800], "shuffle": True, "batch": 7}


def test_lost_doubled_late_shuffled_and_the_same_again(told: Script, receiver: Receiver) -> None:
    runs = []
    for _ in range(2):
        other = Simulator(seed=7)
        script = Script(other)
        script.call("POST", f"/{other.world.account.id}/subscribed_apps")
        hears = Receiver(other.control.state()["apps"][0]["secret"])
        other.control.webhooks.set(callback=CALLBACK, **SHARES)
        for count in range(400):
            other.control.webhooks.tell(waba=other.world.account.id, field="test", value={"count": count})
        live_on(script, hears)
        runs.append(hears)
        state = other.control.webhooks.state()
        heard = Counter(value["count"] for _, value in hears.changes())
        assert 400 - len(heard) == state["lost"]
        assert sum(heard.values()) - len(heard) == state["doubled"]
        assert 60 <= state["lost"] <= 140
        assert 40 <= state["doubled"] <= 120
        order = [value["count"] for _, value in hears.changes()]
        assert order != sorted(order)
        assert hears.forged == 0
    assert runs[0].heard == runs[1].heard


def test_a_thousand_changes_in_one_post(told: Script, receiver: Receiver) -> None:
    told.control.webhooks.set(batch=1000)
    waba = told.simulator.world.account.id
    for count in range(1001):
        told.control.webhooks.tell(waba=waba, field="test", value={"count": count})
    assert deliver(told, receiver) == 2
    assert [sum(len(entry["changes"]) for entry in body["entry"]) for _, body in receiver.heard] == [1000, 1]


@pytest.mark.parametrize("wrong", [{"lose": 2}, {"delay_seconds": [5, 1]}, {"batch": 0}, {"colour": 1}])
def test_a_share_is_a_share(told: Script, wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        told.control.webhooks.set(**wrong)


def test_what_is_not_answered_200_comes_again_at_growing_distances(told: Script, receiver: Receiver) -> None:
    told.control.manage(healthy(told).id, pin="135790")
    tries: list[Any] = []
    answers = iter([500, 404, 202, 200])

    def answer() -> int:
        tries.append(told.simulator.clock.now())
        return next(answers)

    receiver.answers = answer
    live_on(told, receiver)
    assert [(after - before).total_seconds() for before, after in pairwise(tries)] == [60, 300, 900]
    assert len(receiver.heard) == 1
    assert told.control.webhooks.state()["delivered"] == 1


def test_it_gives_up_in_the_end(told: Script, receiver: Receiver) -> None:
    told.control.manage(healthy(told).id, pin="135790")
    began = told.simulator.clock.now()
    receiver.answers = lambda: 503
    live_on(told, receiver)
    assert told.control.webhooks.state()["given_up"] == 1
    assert (told.simulator.clock.now() - began).total_seconds() == sum(AGAIN_SECONDS)


# Who hears it


def test_nobody_hears_without_a_subscription_or_an_address(told: Script, receiver: Receiver) -> None:
    number = healthy(told)
    told.control.webhooks.set(callback="")
    told.control.manage(number.id, pin="135790")
    assert deliver(told, receiver) == 0
    assert told.control.webhooks.state()["nowhere"] == 1
    told.call("DELETE", f"/{number.account}/subscribed_apps")
    told.control.webhooks.set(callback=CALLBACK)
    told.control.manage(number.id, pin="135791")
    assert deliver(told, receiver) == 0


class House(BaseHTTPRequestHandler):
    """A receiver on real HTTP, with a verify token of its own for each path."""

    tokens: ClassVar = {"/account": "open sesame", "/number": "mellon+1"}
    posts: ClassVar[list[tuple[str, str, bytes]]]
    came: ClassVar[Event]

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        words = dict(parse_qsl(asked.query))
        right = words["hub.mode"] == "subscribe" and self.tokens.get(asked.path) == words["hub.verify_token"]
        self._say(200 if right else 403, words["hub.challenge"] if asked.path != "/wrong" else "no")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.posts.append((self.path, self.headers["X-Hub-Signature-256"], body))
        self._say(200, "")
        self.came.set()

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test reads the posts."""


@pytest.fixture
def house() -> Iterator[tuple[str, type[House]]]:
    class This(House):
        posts: ClassVar[list[tuple[str, str, bytes]]] = []
        came = Event()

    server = ThreadingHTTPServer(("127.0.0.1", 0), This)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", This
    server.shutdown()
    thread.join()
    server.server_close()


def override(url: str, token: str | None = "open sesame") -> dict[str, Any]:
    return {"override_callback_uri": url} | ({"verify_token": token} if token else {})


def test_an_override_needs_a_subscription_a_token_and_a_handshake(
    script: Script, house: tuple[str, type[House]]
) -> None:
    url, _ = house
    waba = script.simulator.world.account.id
    path = f"/{waba}/subscribed_apps"
    early = script.call("POST", path, json=override(f"{url}/account"))
    assert early.json()["error"]["code"] == 100
    assert early.json()["error"]["message"].startswith("Before override the current callback uri")
    assert said(script.call("POST", path)) == "ok"
    assert said(script.call("POST", path, json=override(f"{url}/account", None))) == "100"
    assert said(script.call("POST", path, json=override(url + "/" + "x" * 200))) == "100"
    refused = script.call("POST", path, json=override(f"{url}/account", "wrong"))
    assert refused.json()["error"]["code"] == 2200
    assert "HTTP Status Code = 403" in refused.json()["error"]["message"]
    assert said(script.call("POST", path, json=override("http://127.0.0.1:9/account"))) == "2200"
    assert "override_callback_uri" not in script.call("GET", path).json()["data"][0]
    assert said(script.call("POST", path, json=override(f"{url}/account"))) == "ok"
    assert script.call("GET", path).json()["data"][0]["override_callback_uri"] == f"{url}/account"
    assert said(script.call("POST", path)) == "ok"
    assert "override_callback_uri" not in script.call("GET", path).json()["data"][0]


def test_the_number_wins_over_the_account_and_the_account_over_the_app(
    told: Script, receiver: Receiver, house: tuple[str, type[House]]
) -> None:
    url, _ = house
    one, other = healthy(told), told.number(OTHER)
    assert said(told.call("POST", f"/{one.account}/subscribed_apps", json=override(f"{url}/account"))) == "ok"
    of_number = {"webhook_configuration": override(f"{url}/number", "mellon+1")}
    assert said(told.call("POST", f"/{one.id}", json=of_number)) == "ok"
    assert one.phone.pin is None
    assert told.read(one, "webhook_configuration")["webhook_configuration"] == {
        "application": CALLBACK,
        "whatsapp_business_account": f"{url}/account",
        "phone_number": f"{url}/number",
    }
    for number in (one, other):
        told.control.manage(number.id, pin="135790")
    told.control.webhooks.tell(waba=one.account, event="review")
    deliver(told, receiver)
    assert [url_[len(url) :] for url_, _ in receiver.heard] == ["/number", "/account", "/account"]
    assert said(told.call("POST", f"/{one.id}", json={"webhook_configuration": override("")})) == "ok"
    told.call("POST", f"/{one.account}/subscribed_apps")
    told.control.manage(one.id, pin="135791")
    deliver(told, receiver)
    assert receiver.heard[-1][0] == CALLBACK


def test_a_running_simulator_shakes_hands_and_carries_them_itself(
    linewright_simulator_server: RunningSimulator, house: tuple[str, type[House]]
) -> None:
    running, (url, receiver) = linewright_simulator_server, house
    bearer = {"authorization": f"Bearer {running.world.token.text}"}
    with (
        httpx.Client(base_url=f"{running.graph_url}/v25.0", headers=bearer, trust_env=False) as graph,
        httpx.Client(base_url=running.control_url, trust_env=False) as door,
    ):
        path = f"/{running.world.account.id}/subscribed_apps"
        assert said(graph.post(path)) == "ok"
        assert said(graph.post(path, json=override(f"{url}/account"))) == "ok"
        secret = door.get("/state").json()["apps"][0]["secret"]
        number = running.world.numbers[ONLINE].id
        assert door.post("/webhooks", json={"delay_seconds": [60, 60]}).json()["delay_seconds"] == [60, 60]
        assert door.post(f"/numbers/{number}", json={"quality": "RED"}).status_code == 200
        assert door.post("/events", json={"number": number, "event": "message-failed", "code": 131045}).is_success
        assert door.post("/events", json={"number": number, "event": "nothing"}).status_code == 404
        assert door.post("/events", json={"number": number}).status_code == 422
        assert door.get("/webhooks").json()["letters"] == 2
        assert not receiver.posts
        door.post("/clock", json={"advance_seconds": 60})
        assert receiver.came.wait(30)
    path, signature, body = receiver.posts[0]  # which of the two comes first is promised by nobody
    assert path == "/account"
    assert signature == "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert json.loads(body)["entry"][0]["changes"][0]["field"] in ("phone_number_quality_update", "messages")
