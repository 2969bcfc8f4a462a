"""docs/guides/rest.md, followed."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.guide import Guide

from linewright.config import Settings
from linewright.wiring import assemble

NUMBER = "+15550133006"
LATEST = 120
"""Real seconds after which the service has failed."""


def api_token(guide: Guide) -> str:
    """What an admin makes in the settings of the page."""
    office = assemble(Settings(home=guide.home, graph_url=guide.simulator.graph_url))
    _, bearer = office.store.api_tokens.make("program", ["operate"], "test", datetime.now(UTC))
    office.store.database.close()
    return bearer.open_secret()


def test_a_program_brings_a_number_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("rest", tmp_path, monkeypatch, rate=15) as guide:
        guide.number(NUMBER)
        guide.file("api-token.txt", api_token(guide))
        asked = next(line for line in guide.lines if line.endswith("/operations"))
        tasks = next(line for line in guide.lines if line.endswith("/tasks"))
        answers = next(line for line in guide.lines if line.endswith("/answer"))
        follows = next(line for line in guide.lines if line.endswith("/operations/OPERATION"))

        def operation() -> str:
            return str(guide.shown("linewright operation list")["items"][0]["id"])

        def comes_to(state: str) -> None:
            ends = time.monotonic() + LATEST
            while guide.shown(f"linewright operation show {operation()}")["state"] != state:
                assert time.monotonic() < ends, state

        def heard() -> None:
            """Followed twice: right after it was asked for, and after the answer."""
            if any(line.text == answers for line in guide.ran):
                comes_to("done")

        guide.follow(
            words={"OPERATION": operation, "TASK": lambda: guide.task()["id"]},
            before={
                tasks: lambda: comes_to("asking"),
                answers: lambda: guide.file("answer.json", json.dumps({"value": f"code: {guide.code(NUMBER)}"})),
                follows: heard,
            },
        )
        ran = {line.text: line for line in guide.ran}
        assert ran[asked].json["goal"] == "register"
        assert ran[tasks].json["items"][0]["answers"] == ["value", "resend", "decline"]
        assert ran[follows].json["state"] == "done"
        (refused,) = (line for line in guide.ran if line.text.endswith("+15559999999"))
        assert refused.json["reason"] == "unknown-number"
        assert guide.simulator.control.number(NUMBER)["online"] is True
