"""The command line itself: what it takes, what it turns away, and the statuses it ends with."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from linewright.cli import guard, main
from linewright.cli.app import app
from linewright.errors import RemoteUnavailable

ROOT = get_command(app)
GROUPS = ("account", "number", "operation", "task", "pin", "key", "user", "alert", "inbox", "app")
COMMANDS = {
    *("register", "verify", "set-pin", "deregister", "migrate", "release", "import", "sync", "check", "doctor"),
    *("adopt", "backup", "bundle", "explain", "plan"),
    *("serve", "worker", "simulator", "demo", *GROUPS),
}
TOKEN = "EAA" + "b7Q" * 12


def every_command():
    for name, command in ROOT.commands.items():
        if name in GROUPS:
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())
        else:
            yield name, command


def test_the_commands_are_those_of_the_design() -> None:
    assert set(ROOT.commands) == COMMANDS
    assert {name for name, _ in every_command() if " " in name} == {
        *("app add", "app list", "app remove"),
        *("account add", "account list", "account check", "account update", "account webhook"),
        "account remove",
        *("number list", "number show", "number add", "number forget"),
        *("operation list", "operation show", "operation cancel", "operation retry"),
        *(
            "task list",
            "task show",
            "task answer",
            "task link",
            "pin status",
            "pin history",
            "pin show",
            "pin export",
            "pin import",
            "key rotate",
        ),
        *("user list", "user invite"),
        *("alert add", "alert list", "alert test", "alert remove", "alert log"),
        *("inbox add", "inbox list", "inbox remove"),
    }


@pytest.mark.parametrize(("name", "command"), list(every_command()), ids=[name for name, _ in every_command()])
def test_every_command_takes_json_and_explains_itself(name: str, command) -> None:
    options = {flag for parameter in command.params for flag in parameter.opts}
    assert "--json" in options
    assert all(parameter.help for parameter in command.params if parameter.name != "help")
    assert not re.search(r"--(token|pin|code|secret|app-secret)$", " ".join(options), re.M)


@pytest.mark.parametrize("words", [["--help"], *[[group, "--help"] for group in GROUPS]])
def test_no_summary_is_cut_off(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert "..." not in capsys.readouterr().out.split("Commands:")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frobnicate"], "No such command"),
        (["register"], "Missing argument 'N'"),
        (["register", "1", "--nonsense"], "No such option"),
        (["register", "1", "--timeout", "soon"], "--timeout"),
        (["register", "1", "--timeout", "-1"], "--timeout"),
        (["register", "1", "--code-method", "pigeon"], "--code-method"),
        (["bundle", "1"], "Missing option"),
        (["migrate", "+15550100001"], "Missing option '--to'"),
        (["task", "answer", "tsk_1", "--done", "--approve"], "More than one answer"),
        (["task", "answer", "tsk_1", "--done", "--pin-changed"], "--pin-changed"),
        (["task", "answer", "tsk_1"], "No answer was given"),
        (["deregister", "1"], "last four digits"),
        (["account", "remove", "demo"], "needs a yes"),
        (["pin", "show", "1"], "on a terminal only"),
        (["explain", " "], "nothing to explain"),
    ],
)
def test_wrong_usage_is_two_clear_lines_and_status_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert len(shown.err.splitlines()) == 2


def test_a_usage_error_is_one_json_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["register", "--json"]) == 2
    shown = capsys.readouterr()
    error = json.loads(shown.out)["error"]
    assert set(error) == {"reason", "message", "fix", "fbtrace_id"}
    assert error["reason"] == "usage"
    assert shown.err == ""


@pytest.mark.parametrize(
    "words", [["register", "1", "246810"], ["account", "add", "x", TOKEN], ["account", "add", "x", f"--token={TOKEN}"]]
)
def test_a_secret_in_the_wrong_place_is_not_repeated(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    shown = capsys.readouterr().err
    assert "246810" not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("words", [[], ["account"], ["task"]])
def test_without_a_command_the_help_is_shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "Commands:" in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"linewright \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


EXPLAINED = [["133005"], ["133005", "--json"], ["(#100)", "Invalid", "parameter"], ["--json", "136024/2388091"]]


@pytest.mark.parametrize("words", EXPLAINED)
def test_explain_says_the_same_the_short_and_the_long_way(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *words]) == 0
    short = capsys.readouterr().out
    assert main(["--home", str(tmp_path), "explain", *words]) == 0
    assert capsys.readouterr().out == short
    assert short


def test_explain_reads_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    body = b'{"error": {"message": "x", "code": 133010, "fbtrace_id": "Abc123"}}'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body)))
    assert main(["explain", "-", "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert (explained["code"], explained["fbtrace_id"]) == (133010, "Abc123")


def test_explain_loads_nothing_large() -> None:
    code = (
        "import sys; from linewright.cli import main; main(['explain', '133005']);"
        "print([m for m in ('typer', 'rich', 'httpx', 'sqlalchemy', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_who_goes_away_is_no_error() -> None:
    script = f"set -o pipefail; {sys.executable} -m linewright.cli explain 133005 | head -c 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_of_the_remote_shows_its_trace_id(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> int:
        raise RemoteUnavailable("The remote did not answer.", fix="Try again.", fbtrace_id="Abc123")

    assert guard.guarded(fails, as_json=False) == 6
    assert capsys.readouterr().err.splitlines() == [
        "Error: The remote did not answer.",
        "Try again.",
        "Trace id: Abc123",
    ]


def test_an_error_of_ours_is_kept_in_the_home_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> int:
        raise ZeroDivisionError(f"token {TOKEN} and PIN 246810")

    monkeypatch.setattr(guard.chosen, "home", tmp_path)
    assert guard.guarded(fails, as_json=False) == 1
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 2
    (kept,) = tmp_path.glob("crash-*.txt")
    assert str(kept) in shown
    assert kept.stat().st_mode & 0o077 == 0
    details = kept.read_text()
    assert "ZeroDivisionError" in details
    assert "246810" not in details + shown
    assert TOKEN not in details + shown


def test_an_error_of_ours_without_a_home_still_has_two_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(guard.chosen, "home", tmp_path / "none")
    assert guard.guarded(fails, as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "internal"


def test_ctrl_c_ends_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def stopped() -> int:
        raise KeyboardInterrupt

    assert guard.guarded(stopped, as_json=False) == guard.INTERRUPTED
    assert len(capsys.readouterr().err.splitlines()) == 1
