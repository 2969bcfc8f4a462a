"""docs/guides/pending.md, followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.guide import Guide

NUMBER = "+15550133006"
AUTH_TOKEN = "the-auth-token-of-the-provider"


def test_a_pending_number_comes_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("pending", tmp_path, monkeypatch, rate=15) as guide:
        number, door = guide.number(NUMBER), guide.simulator.control
        guide.file("auth-token.txt", AUTH_TOKEN)
        register = f"linewright register {NUMBER}"
        looked = iter((3, 0))

        def message() -> None:
            code = guide.code(NUMBER)
            guide.file("message.txt", f"Your WhatsApp code: {code[:3]}-{code[3:]}")

        def weeks_later() -> None:
            """It is online; then its verification lapses and it is lost, and its messages go to the provider."""
            assert door.number(number)["online"] is True
            door.change_number(number, registered=False, verified=False)
            door.add_courier(f"{guide.url}/inbox/otp/main-line", "twilio", AUTH_TOKEN, phones=[NUMBER])

        guide.follow(
            words={"TASK": lambda: guide.task()["id"]},
            statuses={
                "linewright doctor": lambda: next(looked),
                f"{register} --wait": lambda: 0 if _answered(guide) else 3,
            },
            before={"linewright task answer": message},
            after={"linewright serve": weeks_later},
        )
        assert door.number(number)["online"] is True
        (inbox,) = guide.shown("linewright inbox list")["items"]
        assert (inbox["messages"], inbox["refused"]) == ({"used": 1}, {})


def _answered(guide: Guide) -> bool:
    return any(line.text.startswith("linewright task answer") for line in guide.ran)
