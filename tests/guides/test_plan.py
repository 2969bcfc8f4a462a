"""docs/guides/plan.md, followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.guide import Guide

NUMBER = "+15550133005"


def test_a_plan_is_told_and_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("plan", tmp_path, monkeypatch) as guide:
        guide.number(NUMBER)
        ran = guide.follow()
        first = next(line for line in ran if line.text == f"linewright plan {NUMBER}")
        assert "Now: asks for the PIN; costs nothing. With an answer, most likely online within 5 s" in first.out
        assert len(first.out.splitlines()) <= 24
        assert any(line.out.endswith("\nplan.svg is written.\n") for line in ran)
        assert (tmp_path / "plan.svg").read_text() != (tmp_path / "phone.svg").read_text()
        assert all(call.kind not in ("register", "deregister", "set_pin") for call in guide.simulator.control.calls())
