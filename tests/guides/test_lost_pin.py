"""docs/guides/lost-pin.md, followed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.guide import Guide

NUMBER = "+15550133005"


def test_a_lost_pin_is_replaced_and_kept_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("lost-pin", tmp_path, monkeypatch, rate=30) as guide:
        number = guide.number(NUMBER)
        guide.file("pins.csv", f"phone,pin\n{NUMBER},111222")
        guide.file("passphrase.txt", "copper lantern forty pianos")
        registers = iter((3, 0))
        guide.follow(
            words={"TASK": lambda: guide.task()["id"]},
            statuses={f"linewright register {NUMBER}": lambda: next(registers)},
        )
        assert guide.simulator.control.number(number)["online"] is True
        shown = guide.shown(f"linewright pin status {NUMBER}")
        assert (shown["pin"]["state"], shown["against"]) == ("accepted", [])
        events = [each["event"] for each in guide.shown(f"linewright pin history {NUMBER}")["items"]]
        assert events == ["imported", "refused", "made", "set", "accepted", "exported"]
        sealed = (tmp_path / "pins.sealed").read_text()
        assert json.loads(sealed)["format"] == "linewright-pins"
        assert guide.simulator.control.number(number)["pin"] not in sealed
