"""`linewright release` and `linewright pin history`, at a terminal and in scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Cli
from tests.cli.test_cli_terminal import Terminal
from tests.support.served import served

ONLINE = "+15550133010"


def register(cli: Cli) -> None:
    assert cli("register", ONLINE, "--wait", "--json").status == 0


def wait(cli: Cli, days: float) -> None:
    cli.simulator.clock.advance(days * 24 * 3600)


def test_a_script_turns_both_keys(cli: Cli) -> None:
    register(cli)
    asked = cli("release", ONLINE, "--confirm", "3010", "--no-wait", "--json")
    assert (asked.status, asked.json["goal"], asked.json["state"]) == (3, "deregister", "asking")
    assert cli("release", ONLINE, "--status", "--json").json["state"] == "open"
    taken = cli("task", "answer", asked.json["task"]["id"], "--approve", "--json")
    assert (taken.status, taken.json["state"]) == (0, "waiting")
    waits = cli("release", ONLINE, "--confirm", "3010", "--no-wait")
    assert waits.status == 5
    assert f"linewright release {ONLINE} --confirm 3010" in waits.err
    for _ in range(5):
        wait(cli, 0.01)
        done = cli("release", ONLINE, "--confirm", "3010", "--no-wait", "--last-paid", "2020-01-05")
        if done.status != 5:
            break
    assert done.status == 0, done.err
    assert "What remains:" in done.out
    shown = cli("release", ONLINE, "--status", "--json")
    assert (shown.status, shown.json["state"], shown.json["last_paid"]) == (3, "released", "2020-01-05")
    assert "It can be deleted now" in cli("release", ONLINE, "--status").out
    assert cli("number", "show", ONLINE, "--json").json["wanted"] == "released"
    checked = cli("check", "--json")
    assert [each["number"]["e164"] for each in checked.json["releases"]] == [ONLINE]
    assert "can be deleted in WhatsApp Manager now" in cli("check").out


def test_what_is_refused_says_what_to_do(cli: Cli) -> None:
    for words, reason in (
        (["release", ONLINE], "confirm"),
        (["release", ONLINE, "--confirm", "0000"], "confirm"),
        (["release", ONLINE, "--confirm", "3010", "--last-paid", "soon"], "last-paid"),
        (["release", ONLINE, "--confirm", "3010", "--last-paid", "2999-01-01"], "last-paid"),
        (["release", ONLINE, "--status"], "not-released"),
        (["release", ONLINE, "--status", "--last-paid", "2020-01-01"], "not-released"),
        (["release", "+15559999999", "--confirm", "9999"], "unknown-number"),
        (["pin", "history", "+15559999999"], "unknown-number"),
    ):
        refused = cli(*words, "--json")
        assert (refused.status, refused.json["error"]["reason"]) == (2, reason), words
        plain = cli(*words)
        assert (plain.status, len(plain.error_lines)) == (2, 2), words
    assert cli("operation", "list", "--json").json["items"] == []


def test_the_history_of_a_pin_and_when_it_was_accepted(cli: Cli) -> None:
    register(cli)
    events = cli("pin", "history", ONLINE, "--json").json["items"]
    assert [event["event"] for event in events][-1] == "accepted"
    assert "accepted" in cli("pin", "history", ONLINE).out
    assert "Two-step verification is off" in cli("pin", "history", "+15550133016").out
    status = cli("pin", "status", ONLINE)
    assert "by the call register" in status.out
    assert "Nothing speaks against it since." in status.out


def test_the_same_by_way_of_a_service(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(cli)
    with served(cli.home, cli.simulator.graph_url) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        missing = cli("release", ONLINE, "--status", "--json")
        assert (missing.status, missing.json["error"]["reason"]) == (2, "not-released")
        wrong = cli("release", ONLINE, "--confirm", "0000", "--json")
        assert (wrong.status, wrong.json["error"]["reason"]) == (2, "confirm")
        asked = cli("release", ONLINE, "--confirm", "3010", "--no-wait", "--json")
        assert asked.status == 3, asked.err
        assert cli("task", "answer", asked.json["task"]["id"], "--approve").status == 0
        for _ in range(5):
            wait(cli, 0.01)
            done = cli("release", ONLINE, "--confirm", "3010", "--no-wait", "--json")
            if done.status != 5:
                break
        assert (done.status, done.json["state"]) == (0, "done")
        shown = cli("release", ONLINE, "--status", "--last-paid", "2020-01-05", "--json")
        assert (shown.status, shown.json["last_paid"]) == (3, "2020-01-05")
        assert cli("pin", "history", ONLINE, "--json").json["items"][-1]["event"] == "accepted"
        assert cli("pin", "status", ONLINE, "--json").json["accepted"]["by"] == "the call register"


def test_at_a_terminal_four_digits_and_a_word_are_typed(cli: Cli) -> None:
    register(cli)
    terminal = Terminal([*cli.command, "release", ONLINE, "--timeout", "1"])
    try:
        terminal.until("Type its last four digits:")
        terminal.type("3010\n")
        terminal.until("type this word to go ahead")
        terminal.until("Answer:")
        terminal.type("yes\n")
        terminal.until("none of the answers")
        assert cli.simulator.control.number(ONLINE)["registered"] is True
        terminal.type("release\n")
        terminal.until("No worker runs here: repeat `linewright release")
        assert terminal.end() == 5
    finally:
        terminal.close()
