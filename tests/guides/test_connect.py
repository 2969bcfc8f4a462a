"""docs/guides/connect.md, followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.guide import GUIDES, Guide

from linewright.domain.number import Standing

NUMBER = "+15550133006"


def test_an_account_is_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("connect", tmp_path, monkeypatch) as guide:
        looked = iter((3, 3))
        ran = guide.follow(
            words={"WABA": guide.simulator.world.account.id, "NUMBER": NUMBER},
            before={"linewright account add": lambda: guide.run("linewright account remove shop --yes")},
            statuses={"linewright doctor": lambda: next(looked)},
        )
        listed = next(line.out for line in ran if line.text == "linewright number list")
        assert "+1 555-013-3006" in listed
        wrong = [line for line in ran[2].out.splitlines() if line.startswith("wrong")]
        assert len(wrong) == 1
        assert "webhooks" in wrong[0]
        assert "wrong    standing: Not registered" in ran[3].out
        asked = {call.kind for call in guide.simulator.control.calls()}
        assert asked <= {"read", "list", "account", "batch", "debug_token", "subscriptions"}


def test_the_standings_of_the_page_are_those_that_there_are() -> None:
    page = (GUIDES / "connect.md").read_text()
    for standing in set(Standing) - {Standing.UNKNOWN}:
        assert f"`{standing}`" in page
