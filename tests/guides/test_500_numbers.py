"""docs/guides/500-numbers.md, followed."""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

import pytest
from tests.support.guide import GUIDES, Guide

LATEST = 120
"""Real seconds after which a worker has failed."""


def test_a_file_of_numbers_comes_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (GUIDES / "500-numbers.md").read_text()
    (sample,) = re.findall(r"^```text\n(phone;.*?)^```$", page, re.DOTALL | re.MULTILINE)
    with Guide("500-numbers", tmp_path, monkeypatch, rate=20) as guide:
        guide.file("numbers.csv", sample.rstrip("\n"))

        def message() -> None:
            guide.file("code.txt", guide.code("+15550133006"))

        def asked() -> None:
            ends = time.monotonic() + LATEST
            while not guide.shown("linewright task list")["items"]:
                assert time.monotonic() < ends

        guide.follow(
            words={
                "IMPORT": lambda: guide.shown("linewright import --list")["items"][0]["id"],
                "TASK": lambda: guide.task()["id"],
            },
            statuses={
                "linewright import numbers.csv --no-wait": 5,
                "linewright import --resume IMPORT --no-wait": lambda: guide.ran[-1].status if _goes_on(guide) else -1,
            },
            before={"linewright task list": asked, "linewright task answer": message},
        )
        with (tmp_path / "result.csv").open(encoding="utf-8-sig", newline="") as result:
            rows = {row["phone"]: row for row in csv.DictReader(result)}
        online = {phone: row["standing"] for phone, row in rows.items() if row["phone"] != "+15550144444"}
        assert online == dict.fromkeys(("+15550133010", "+15550133006", "+15550133009"), "online")
        assert all(row["state"] == "done" for row in rows.values())


def _goes_on(guide: Guide) -> bool:
    return guide.ran[-1].status in (3, 5)
