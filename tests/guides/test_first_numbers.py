"""docs/guides/first-numbers.md, followed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console
from tests.support.guide import GUIDES, Guide

from linewright.cli.times import moment
from linewright.cli.view import operation_frame

ASKING = ("linewright register +15550133006", "linewright register +15550133005")


def test_the_first_numbers_come_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guide("first-numbers", tmp_path, monkeypatch, rate=150) as guide:
        guide.file("wrong.txt", "111222")

        def message() -> None:
            guide.file("message.txt", f"Your WhatsApp code: {guide.code('+15550133006')}")

        def first_time(line: str) -> int:
            return 3 if sum(ran.text.startswith(line) for ran in guide.ran) == 1 else 0

        guide.follow(
            words={"TASK": lambda: guide.task()["id"], "CONTROL": guide.simulator.control_url},
            statuses={line: lambda line=line: first_time(line) for line in ASKING} | {"linewright check": 3},
            before={"linewright task answer TASK --file": message},
        )
        for last in ("133005", "133006", "133010", "133015"):
            number = guide.simulator.world.numbers[last].id
            assert guide.simulator.control.number(number)["online"] is True, last
        bought = [call for call in guide.simulator.control.calls() if call.kind == "register"]
        assert len(bought) == 1 + 3 + 2 + 2
        assert picture(guide) == sample()


def picture(guide: Guide) -> str:
    """What a terminal shows at the end of the first registration, without its times."""
    (first,) = (
        each
        for each in guide.shown("linewright operation list")["items"]
        if each["number"]["e164"] == "+15550133010" and each["reason"] == "registered"
    )
    console = Console(width=100, color_system=None)
    ended = moment(first["ended_at"])
    assert ended is not None
    with console.capture() as shown:
        console.print(operation_frame(first, ended))
    return timeless(shown.get()).replace("in shop", "in demo")


def sample() -> str:
    (shown,) = re.findall(
        r"^```text\n(  ●.*?)^```$", (GUIDES / "first-numbers.md").read_text(), re.DOTALL | re.MULTILINE
    )
    return timeless(shown)


def timeless(text: str) -> str:
    lines = [line.rstrip() for line in re.sub(r"\d\d:\d\d:\d\d", "hh:mm:ss", text).splitlines()]
    return "\n".join(lines).strip("\n")
