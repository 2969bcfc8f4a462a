"""docs/guides/releasing.md, followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.guide import Guide

NUMBER = "+15550133010"
RELEASE = f"linewright release {NUMBER}"


def test_a_number_is_given_up_and_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("releasing", tmp_path, monkeypatch, rate=30) as guide:
        number = guide.number(NUMBER)
        assert guide.run(f"linewright register {NUMBER} --wait").status == 0
        ends = iter((0, 0))

        def off() -> None:
            truth = guide.simulator.control.number(number)
            assert (truth["registered"], truth["sends"]) == (False, "133010")
            assert guide.shown(f"{RELEASE} --status")["state"] == "released"

        guide.follow(
            words={"TASK": lambda: guide.task()["id"]},
            statuses={
                f"{RELEASE} --confirm 3010 --no-wait": 3,
                f"{RELEASE} --status": lambda: next(ends),
                f"{RELEASE} --status --last-paid": 3,
                "linewright check": 3,
            },
            before={"linewright check": lambda: guide.simulator.control.manage(number, delete={})},
            after={f"{RELEASE} --confirm 3010 --wait": off},
        )
        assert guide.shown(f"{RELEASE} --status")["state"] == "gone"
