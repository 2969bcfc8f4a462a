"""docs/backup.md: a copy, and a dump of PostgreSQL, is made and put back by the page's own lines."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from tests.support.databases import Postgres
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


def test_a_dump_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: Postgres) -> None:
    """With the tools of the server's own version."""
    url = postgres_server.empty()
    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(url) as connection:
        (tools,) = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone() or ("",)
    lines = next(
        block for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) if "pg_dump" in block
    )
    guides = tmp_path / "guides"
    guides.mkdir()
    (guides / "made.md").write_text(
        "```sh\n"
        + lines.replace("postgresql://USER@HOST/NAME", shlex.quote(url)).replace(
            "postgresql://USER@HOST/postgres", shlex.quote(postgres_server.named("postgres"))
        )
        + "```\n"
    )
    monkeypatch.setattr("tests.support.guide.GUIDES", guides)

    def lost() -> None:
        with psycopg.connect(postgres_server.named("postgres"), autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    with Guide("made", tmp_path, monkeypatch, database_url=url) as guide:
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
        ran = guide.follow(before={"pg_restore": lost})
        assert "rest until you resume them: shop" in ran[-1].out
        (account,) = guide.shown("linewright account list")["items"]
        assert (account["state"], account["numbers"]) == ("paused", 12)
