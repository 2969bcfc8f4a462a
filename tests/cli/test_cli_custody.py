"""`linewright pin export` and `pin import`: at a terminal, in scripts, and where they are refused."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tests.cli.conftest import Cli
from tests.cli.test_cli_terminal import Terminal
from tests.support.served import served

WORDS = "copper lantern forty pianos"
FIRST, SECOND = "+15550133010", "+15550133006"


def listed(folder: Path, *rows: str) -> str:
    path = folder / "pins.csv"
    path.write_text("\n".join(("phone,pin", *rows)) + "\n")
    return str(path)


@pytest.fixture
def words(tmp_path: Path) -> str:
    path = tmp_path / "passphrase.txt"
    path.write_text(WORDS + "\n")
    return str(path)


def test_pins_come_in_from_a_list_and_leave_sealed(cli: Cli, tmp_path: Path, words: str) -> None:
    source = listed(tmp_path, f"{FIRST},204857", f"{SECOND},058213")
    taken = cli("pin", "import", source)
    assert taken.status == 0, taken.err
    assert "2 PINs are taken in as given" in taken.out
    assert "delete it now" in taken.out
    assert cli("pin", "status", FIRST, "--json").json["pin"]["state"] == "pending"
    again = cli("pin", "import", source, "--json")
    assert [(item["line"], item["taken"]) for item in again.json["items"]] == [(2, "known"), (3, "known")]

    target = tmp_path / "pins.sealed"
    made = cli("pin", "export", FIRST, SECOND, "-o", str(target), "--passphrase-file", words, "--json")
    assert made.status == 0, made.err
    assert [(item["number"]["e164"], item["state"]) for item in made.json["items"]] == [
        (FIRST, "pending"),
        (SECOND, "pending"),
    ]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    text = target.read_text()
    assert json.loads(text)["format"] == "linewright-pins"
    assert "204857" not in text
    for shown in (taken, again, made):
        assert "204857" not in shown.out + shown.err
    back = cli("pin", "import", str(target), "--passphrase-file", words)
    assert "2 PINs are kept already" in back.out
    assert "delete" not in back.out


def test_an_account_or_everything_leaves_and_what_has_none_is_named(cli: Cli, tmp_path: Path, words: str) -> None:
    assert cli("pin", "import", listed(tmp_path, f"{FIRST},204857")).status == 0
    for place, which in enumerate(([], ["--account", "demo"])):
        made = cli("pin", "export", *which, "-o", str(tmp_path / f"{place}"), "--passphrase-file", words, "--json")
        assert FIRST in [item["number"]["e164"] for item in made.json["items"]]
        assert len(made.json["items"]) + len(made.json["without"]) == 12


def test_what_is_refused_leaves_nothing_behind(cli: Cli, tmp_path: Path, words: str) -> None:
    target = tmp_path / "pins.sealed"
    weak = tmp_path / "weak.txt"
    weak.write_text("short\n")
    out = ["-o", str(target), "--passphrase-file"]
    for line, reason in (
        (["pin", "export", FIRST, *out, str(weak)], "passphrase"),
        (["pin", "export", "+15559999999", *out, words], "unknown-number"),
        (["pin", "export", "--account", "nobody", *out, words], "unknown-account"),
        (["pin", "export", FIRST, "--account", "demo", *out, words], "usage"),
        (["pin", "export", FIRST, *out, words], "no-pin"),
        (["pin", "export", FIRST, "-o", str(target)], "passphrase"),
        (["pin", "import", str(tmp_path / "nothing.csv")], "file-unreadable"),
        (["pin", "import", listed(tmp_path, f"{FIRST},4857")], "pin-rows"),
    ):
        refused = cli(*line, "--json")
        assert (refused.status, refused.json["error"]["reason"]) == (2, reason), line
        assert len(cli(*line).error_lines) == 2, line
        assert not target.exists()
    target.write_text("what was there\n")
    assert cli("pin", "import", listed(tmp_path, f"{FIRST},204857")).status == 0
    there = cli("pin", "export", FIRST, *out, words, "--json")
    assert (there.status, there.json["error"]["reason"]) == (2, "file-exists")
    assert target.read_text() == "what was there\n"
    away = cli("pin", "export", FIRST, "-o", str(tmp_path / "no" / "folder"), "--passphrase-file", words)
    assert (away.status, len(away.error_lines)) == (6, 2)


def test_bad_rows_are_named_and_no_pin_is_told(cli: Cli, tmp_path: Path) -> None:
    told = cli("pin", "import", listed(tmp_path, f"{FIRST},204857", f"{SECOND},58213", "+15559999999,118822"))
    assert told.status == 2
    assert "line 3: The PIN has five digits: a leading zero was probably lost" in told.err
    assert "58213" not in told.err
    assert cli("pin", "status", FIRST, "--json").json["pin"]["state"] == "none"
    told = cli("pin", "import", listed(tmp_path, f"{FIRST},204857", "+15559999999,118822"))
    assert "line 3: Its phone is not known here" in told.err
    assert cli("register", "+15550133005", "--pin-stdin", "--no-wait", stdin="111222").status == 3
    told = cli("pin", "import", listed(tmp_path, "+15550133005,111222"), "--json")
    assert "line 2: The remote has refused this PIN already" in told.json["error"]["message"]


def test_a_wrong_passphrase_is_two_lines(cli: Cli, tmp_path: Path, words: str) -> None:
    assert cli("pin", "import", listed(tmp_path, f"{FIRST},204857")).status == 0
    target = str(tmp_path / "pins.sealed")
    assert cli("pin", "export", "-o", target, "--passphrase-file", words).status == 0
    other = tmp_path / "other.txt"
    other.write_text("not the right words\n")
    told = cli("pin", "import", target, "--passphrase-file", str(other))
    assert (told.status, len(told.error_lines)) == (2, 2)
    assert cli("pin", "import", target, "--json").json["error"]["reason"] == "passphrase"


def test_pins_neither_leave_nor_come_in_by_a_service(
    bare: Cli, tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(bare.home, bare.simulator.graph_url) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        target = tmp_path / "pins.sealed"
        for line in (
            ["pin", "export", "-o", str(target), "--passphrase-file", words],
            ["pin", "import", listed(tmp_path, f"{FIRST},204857")],
        ):
            refused = bare(*line, "--json")
            assert (refused.status, refused.json["error"]["reason"]) == (2, "here-only")
        assert not target.exists()


def test_at_a_terminal_the_passphrase_is_typed_twice_and_never_shown(cli: Cli, tmp_path: Path) -> None:
    assert cli("pin", "import", listed(tmp_path, f"{FIRST},204857")).status == 0
    target = str(tmp_path / "pins.sealed")
    export = Terminal([*cli.command, "pin", "export", FIRST, "-o", target])
    try:
        export.until("Passphrase (not shown):")
        export.type(WORDS + "\n")
        export.until("Once more:")
        export.type(WORDS + "\n")
        export.until("It opens with its passphrase alone")
        assert export.end() == 0
        assert WORDS not in export.shown
    finally:
        export.close()
