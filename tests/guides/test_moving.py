"""docs/guides/moving.md, followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.guide import Guide

NUMBER = "+5511900000090"


def test_a_number_comes_from_another_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("moving", tmp_path, monkeypatch, rate=30) as guide:
        control = guide.simulator.control
        provider = control.add_account("Provider").id
        old = control.add_number(provider, NUMBER, registered=True, pin="246810").id
        statuses = iter((3, 0))
        answered: list[str] = []

        def answer() -> None:
            """Who follows the guide switches two-step verification off before the second answer, not sooner."""
            answered.append(guide.task()["kind"])
            assert control.number(old)["online"]
            if len(answered) == 2:
                control.manage(old, two_step="off")
            if answered[-1] == "otp":
                guide.file("message.txt", f"<#> {guide.code(NUMBER)} is your WhatsApp code")

        guide.follow(
            words={"TASK": lambda: guide.task()["id"]},
            statuses={"linewright migrate": lambda: next(statuses)},
            before={"linewright task answer": answer},
        )
        assert answered == ["approve", "approve", "otp"]
        assert control.number(old)["state"] == "MIGRATED"
        assert control.number(NUMBER)["online"]
