"""docs/backup.md: a copy is made and put back by the page's own lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.guide import GUIDES, Guide

PAGE = (GUIDES.parent / "backup.md").read_text()


def test_a_copy_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    made, back = (next(block for block in blocks if block.startswith(begins)) for begins in ("linewright", "install"))
    lines = made + back
    for there, here in (
        ("/mnt/backups", tmp_path / "backups"),
        ("/mnt/safe", tmp_path / "home"),
        ("$PWD", tmp_path),
    ):
        assert there in lines
        lines = lines.replace(there, str(here))
    guides = tmp_path / "guides"
    guides.mkdir()
    (guides / "made.md").write_text(f"```sh\n{lines}```\n")
    (tmp_path / "backups").mkdir()
    monkeypatch.setattr("tests.support.guide.GUIDES", guides)
    with Guide("made", tmp_path, monkeypatch) as guide:
        ran = guide.follow(statuses={"linewright doctor": 3})
        doctor = next(line for line in ran if line.text == "linewright doctor")
        assert "These accounts still rest: shop." in doctor.out
        (account,) = guide.shown("linewright account list")["items"]
        assert (account["state"], account["numbers"]) == ("ok", 12)
        assert (tmp_path / "restored").stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "restored").glob("*.db")} == {0o600}
