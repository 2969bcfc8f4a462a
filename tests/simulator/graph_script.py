"""A plain httpx script against the simulator, as anybody might write it. It knows nothing of Linewright."""

from __future__ import annotations

from typing import Any

import httpx

from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Number

PIN = "246810"
OTHER_PIN = "111222"
MINUTE, HOUR = 60, 3600


class Script:
    """Calls as one-liners; each write gives "ok" or the code, or code/subcode, of the refusal."""

    def __init__(self, simulator: Simulator, client: httpx.Client | None = None) -> None:
        self.simulator = simulator
        self.control = simulator.control
        self.client = client or httpx.Client(
            transport=simulator.transport,
            base_url="https://graph.facebook.com/v25.0",
            headers={"authorization": f"Bearer {simulator.world.token.text}"},
        )

    def number(self, digits: str) -> Number:
        return self.simulator.world.numbers[digits]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.client.request(method, path, **options)

    def post(self, number: Number, edge: str, **body: Any) -> str:
        return said(self.call("POST", f"/{number.id}/{edge}", json=body))

    def register(self, number: Number, pin: str = PIN) -> str:
        return self.post(number, "register", messaging_product="whatsapp", pin=pin)

    def deregister(self, number: Number) -> str:
        return self.post(number, "deregister")

    def request_code(self, number: Number, method: str = "SMS") -> str:
        return self.post(number, "request_code", code_method=method, language="en_US")

    def verify_code(self, number: Number, code: str | None = None) -> str:
        return self.post(number, "verify_code", code=code or self.control.latest_code(number.phone.e164))

    def set_pin(self, number: Number, pin: str) -> str:
        return said(self.call("POST", f"/{number.id}", json={"pin": pin}))

    def send(self, number: Number) -> str:
        return self.post(number, "messages", messaging_product="whatsapp", to="15550109999", text={"body": "hello"})

    def read(self, number: Number, *fields: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call(
            "GET", f"/{number.id}", params={"fields": ",".join(fields)} if fields else None
        ).json()
        return found

    def online(self, number: Number) -> bool:
        """By its reading and by the truth, which must agree."""
        shown = self.read(number, "status", "platform_type")
        reads = shown["status"] == "CONNECTED" and shown["platform_type"] == "CLOUD_API"
        assert reads == self.control.number(number.id)["registered"]
        return reads

    def wait(self, seconds: float) -> None:
        self.simulator.clock.advance(seconds)


def said(response: httpx.Response) -> str:
    """ "ok", or what the refusal says of itself."""
    body = response.json()
    if response.status_code == 200:
        return "ok"
    code, subcode = body["error"]["code"], body["error"].get("error_subcode")
    return f"{code}/{subcode}" if subcode is not None else str(code)


def details(response: httpx.Response) -> str:
    """The sentence that explains a refusal."""
    return str(response.json()["error"]["error_data"]["details"])
