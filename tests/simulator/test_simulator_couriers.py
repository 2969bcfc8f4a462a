"""Text messages that the simulator has posted to an address: whose, how worded, how signed, how unkindly."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qsl

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from graph_script import Script
from standardwebhooks.webhooks import Webhook

from linewright.simulator.couriers import TEXTS, worded
from linewright.simulator.simulator import Simulator

URL = "https://receiver.example/in"
PHONE = "+15550133006"


class Receiver(httpx.AsyncBaseTransport):
    """Keeps what comes, and answers as it is told."""

    def __init__(self) -> None:
        self.heard: list[httpx.Request] = []
        self.status = 200

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.heard.append(request)
        return httpx.Response(self.status)


def carried(simulator: Simulator, receiver: Receiver, *waits: float) -> None:
    async def carry() -> None:
        async with httpx.AsyncClient(transport=receiver) as client:
            await simulator.face.couriers.deliver_due(client)
            for seconds in waits:
                simulator.clock.advance(seconds)
                await simulator.face.couriers.deliver_due(client)

    asyncio.run(carry())


def requests_a_code(simulator: Simulator) -> str:
    number = simulator.world.numbers["133006"]
    number.verified = False
    Script(simulator).request_code(number)
    return simulator.control.latest_code(PHONE)


def test_a_code_comes_once_to_the_couriers_of_its_phone(linewright_simulator: Simulator) -> None:
    door, receiver = linewright_simulator.control, Receiver()
    door.add_courier(URL, "bearer", "token", phones=[PHONE])
    door.add_courier(URL, "bearer", "token", phones=["+15550133010"])
    code = requests_a_code(linewright_simulator)
    carried(linewright_simulator, receiver, 1, 60)
    (request,) = receiver.heard
    assert request.headers["authorization"] == "Bearer token"
    said = json.loads(request.content)
    assert (said["to"], said["text"].splitlines()[0]) == (PHONE, f"Your WhatsApp code: {code[:3]}-{code[3:]}")
    assert door.face.couriers.state() == {"couriers": 2, "waiting": 0, "delivered": 1}


def test_signatures_are_those_of_the_providers(linewright_simulator: Simulator) -> None:
    door, receiver = linewright_simulator.control, Receiver()
    whsec = "whsec_" + base64.b64encode(b"k" * 32).decode()
    secrets = [door.add_courier(URL, kind)["secret"] for kind in ("twilio", "vonage", "vonage-jwt", "telnyx")]
    door.add_courier(URL, "generic", whsec)
    door.send_text(PHONE, "a & b = c: 123-830")
    carried(linewright_simulator, receiver)
    twilio, vonage, token, telnyx, generic = receiver.heard
    form = dict(parse_qsl(twilio.content.decode()))
    said = URL + "".join(name + form[name] for name in sorted(form))
    right = base64.b64encode(hmac.new(secrets[0].encode(), said.encode(), hashlib.sha1).digest()).decode()
    assert twilio.headers["x-twilio-signature"] == right
    fields = json.loads(vonage.content)
    sig = fields.pop("sig")
    said = "".join(f"&{name}={fields[name]}" for name in sorted(fields)).replace("a & b = c", "a _ b _ c")
    assert sig.lower() == hmac.new(secrets[1].encode(), said.encode(), hashlib.sha256).hexdigest()
    claims = json.loads(base64.urlsafe_b64decode(token.headers["authorization"].split(".")[1] + "=="))
    assert claims["payload_hash"] == hashlib.sha256(token.content).hexdigest()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(secrets[3]))
    signed = telnyx.headers["telnyx-timestamp"].encode() + b"|" + telnyx.content
    key.verify(base64.b64decode(telnyx.headers["telnyx-signature-ed25519"]), signed)
    at, id = linewright_simulator.clock.now(), generic.headers["webhook-id"]
    assert generic.headers["webhook-signature"] == Webhook(whsec).sign(id, at, generic.content.decode())


def test_it_comes_late_doubled_again_and_forged(linewright_simulator: Simulator) -> None:
    door, receiver = linewright_simulator.control, Receiver()
    door.add_courier(URL, "telnyx", delay_seconds=30, copies=2, forge=True)
    shown = door.face.couriers.couriers[0].shown
    door.send_text(PHONE, "WhatsApp 123-830", id="m1")
    receiver.status = 503
    carried(linewright_simulator, receiver, 29)
    assert receiver.heard == []
    carried(linewright_simulator, receiver, 1)
    assert len(receiver.heard) == 2
    receiver.status = 200
    carried(linewright_simulator, receiver, 200)
    ids = {json.loads(each.content)["data"]["payload"]["id"] for each in receiver.heard}
    assert (len(receiver.heard), ids) == (4, {"m1"})
    request = receiver.heard[0]
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(base64.b64decode(shown)).verify(
            base64.b64decode(request.headers["telnyx-signature-ed25519"]),
            request.headers["telnyx-timestamp"].encode() + b"|" + request.content,
        )


@pytest.mark.parametrize("language", TEXTS)
def test_each_language_has_its_wording_and_its_digits(language: str) -> None:
    text = worded("123830", f"{language}_XX")
    assert text != worded("123830", "xx") or language == "en"


def test_what_no_courier_can_be_is_refused(linewright_simulator: Simulator) -> None:
    door = linewright_simulator.control
    for manner in ({"kind": "pigeon"}, {"kind": "twilio", "copies": 0}, {"kind": "twilio", "delay_seconds": -1}):
        with pytest.raises(ValueError, match=r"courier|message"):
            door.add_courier(URL, **manner)
    assert door.send_text(PHONE, "x") == {"couriers": 0}
