"""docs/guides/after-embedded-signup.md, followed: one customer by a code over REST, another by a token in hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.guide import Guide
from tests.support.signups import PHONE, customer

from linewright.config import Settings
from linewright.wiring import assemble


def api_token(guide: Guide) -> str:
    """What an admin makes in the settings of the page."""
    office = assemble(Settings(home=guide.home, graph_url=guide.simulator.graph_url))
    _, bearer = office.store.api_tokens.make("product", ["admin"], "test", datetime.now(UTC))
    office.store.database.close()
    return bearer.open_secret()


def test_two_customers_come_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("after-embedded-signup", tmp_path, monkeypatch) as guide:
        app = guide.simulator.world.app
        guide.file("app-secret.txt", app.secret)
        guide.file("api-token.txt", api_token(guide))
        other = customer(guide.simulator, name="Second customer", e164="+5511987650002")
        guide.file("customer-token.txt", guide.simulator.remote.add_token([other.waba], app=app.id).text)
        first: list[str] = []

        def signed_up() -> None:
            """The customer leaves the window now: the code lives half a minute."""
            came = customer(guide.simulator)
            first.append(came.number or "")
            guide.file("signup.json", json.dumps({"code": came.code, "app": app.id, "event": came.event}))

        ran = guide.follow(
            words={
                "APP_ID": app.id,
                "SIGNUP_ID": "signup-1",
                "WABA": other.waba,
                "NUMBER": other.number or "",
                "PHONE": PHONE,
            },
            before={"curl": signed_up},
        )
        (adopted,) = (line.json for line in ran if line.text.startswith("curl"))
        assert adopted["account"]["name"] == "lucky-shrub"
        assert adopted["operation"]["number"]["id"] == first[0]
        assert "nothing was spent" in ran[-1].out
        assert guide.simulator.control.number(other.number or "")["online"] is True
        register = f"linewright register {first[0]} --wait --json"
        assert guide.run(register).json["standing"] == "online"
