"""docs/guides/pending.md, followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.guide import Guide

NUMBER = "+15550133006"


def test_a_pending_number_comes_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("pending", tmp_path, monkeypatch, rate=30) as guide:
        number = guide.number(NUMBER)
        register = f"linewright register {NUMBER}"
        looked = iter((3, 0))

        def message() -> None:
            code = guide.code(NUMBER)
            guide.file("message.txt", f"Your WhatsApp code: {code[:3]}-{code[3:]}")

        guide.follow(
            words={"TASK": lambda: guide.task()["id"]},
            statuses={"linewright doctor": lambda: next(looked), register: lambda: 0 if _answered(guide) else 3},
            before={"linewright task answer": message},
        )
        assert guide.simulator.control.number(number)["online"] is True


def _answered(guide: Guide) -> bool:
    return any(line.text.startswith("linewright task answer") for line in guide.ran)
