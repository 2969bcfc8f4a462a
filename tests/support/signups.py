"""Customers that come out of Embedded Signup, for tests on a jumping clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator

__all__ = ["PHONE", "Customer", "app_kept", "customer"]

PHONE = "+5511987650001"


@dataclass(frozen=True)
class Customer:
    """What one signup gave; `body` is the request of a program that heard of it."""

    app: str
    waba: str
    number: str | None
    code: str = field(repr=False)
    event: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        named = {"number": self.number} if self.number and self.event["event"] == "FINISH" else {}
        return {"waba": self.waba, "code": self.code, "app": self.app} | named

    @property
    def asked(self) -> dict[str, Any]:
        """The same for the Python face."""
        return self.body | {"code": Secret(self.code)}


def customer(simulator: Simulator, **told: Any) -> Customer:
    signed = simulator.control.sign_up(**({"e164": PHONE, "name": "Lucky Shrub"} | told))
    return Customer(signed["app"], signed["waba"], signed["number"], signed["code"], signed["event"])


async def app_kept(lw: Linewright, simulator: Simulator) -> None:
    """Keeps the secret of the simulator's first app."""
    app = next(iter(simulator.remote.apps.values()))
    await lw.add_app(app.id, Secret(app.secret))
