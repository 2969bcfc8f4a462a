"""`plan`: what would be done, told and drawn; nothing is sent and nothing is kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.cli.conftest import Cli
from tests.support.served import served

PLAN = {
    *("number", "account", "goal", "operation", "at", "standing", "read_at", "read_age_seconds", "summary", "assumes"),
    *("depth", "tree"),
}
PIN = "+15550133005"
OFFLINE = "+15550133010"


def kept(cli: Cli) -> list[str]:
    """Everything that the home's database holds."""
    with closing(sqlite3.connect(cli.home / "linewright.db")) as connection:
        return list(connection.iterdump())


def calls(cli: Cli) -> list[Any]:
    return list(cli.simulator.control.calls())


def test_a_plan_sends_nothing_and_keeps_nothing(cli: Cli) -> None:
    before = kept(cli), calls(cli)
    for words in (("plan", OFFLINE), ("plan", PIN, "--goal", "verify", "--depth", "4"), ("plan", OFFLINE, "--json")):
        assert cli(*words).status == 0
    assert (kept(cli), calls(cli)) == before


def test_with_read_it_is_read_once_and_nothing_is_written(cli: Cli) -> None:
    before = len(calls(cli))
    found = cli("plan", OFFLINE, "--read", "--json").json
    made = calls(cli)[before:]
    assert [(call.method, call.path.split("/")[-1]) for call in made] == [("GET", found["number"]["id"])]
    assert found["assumes"] == "It was read just now: offline. Nothing else was sent or kept."
    assert found["read_age_seconds"] == 0


def test_the_text_is_one_answer_and_a_tree_on_one_screen(cli: Cli) -> None:
    told = cli("plan", PIN).out.splitlines()
    assert told[0] == "+1 555-013-3005: register, as if it were asked for now."
    assert told[1].startswith(
        "Now: asks for the PIN; costs nothing. With an answer, most likely online within 5 s, for"
    )
    assert len(told) <= 24
    assert all(len(line) <= 100 for line in told)
    assert any(line.startswith("├─ likely: a PIN is given → registers with the PIN given") for line in told)
    assert any(line.startswith("└─ declined → gives up: declined") for line in told)
    whole = cli("plan", PIN, "--depth", "4").out.splitlines()
    assert len(whole) > len(told)


def test_json_is_the_whole_plan(cli: Cli) -> None:
    found = cli("plan", OFFLINE, "--json").json
    assert set(found) == PLAN
    assert (found["goal"], found["operation"], found["standing"]) == ("register", None, "offline")
    tree = found["tree"]
    assert (tree["action"], tree["call"], tree["reads"]) == ("call", "register", ["read"])
    assert tree["branches"][0]["outcomes"][0]["key"] == "ok"
    assert tree["branches"][0]["then"]["branches"][0]["then"]["cost"]["registrations"] == 1


@pytest.mark.parametrize(
    ("number", "pin", "then"),
    [(PIN, "111222", "asking"), ("+15550133016", "", "waiting"), ("+15550133006", "", "asking")],
)
def test_what_comes_was_foretold(cli: Cli, number: str, pin: str, then: str) -> None:
    """The answer that the simulator gives is a branch of the plan, and the operation rests where it says."""
    given = ["--pin-stdin"] if pin else []
    before = cli("plan", number, "--depth", "3", "--json").json["tree"]
    done = cli("register", number, "--no-wait", "--json", *given, stdin=pin).json
    assert done["state"] == then
    code = next(attempt["code"] for attempt in done["attempts"] if attempt["code"])
    if not pin:
        key = next(b for b in before["branches"] for o in b["outcomes"] if o["code"] == code)["then"]
        while key["action"] == "call":
            key = key["branches"][0]["then"]
        assert key["action"] == {"asking": "ask", "waiting": "wait"}[then]
    told = cli("plan", number, "--json").out
    assert not pin or pin not in told
    after = json.loads(told)
    assert after["operation"] == done["id"]
    assert after["tree"]["reason"] == done["reason"]
    assert after["tree"]["why"] == done["message"]
    assert after["tree"]["until"] == done["wake_at"]


def test_another_goal_than_the_open_one_is_refused(cli: Cli) -> None:
    cli("register", "+15550133016", "--no-wait")
    refused = cli("plan", "+15550133016", "--goal", "verify")
    assert (refused.status, refused.out) == (2, "")
    assert "is open on this phone" in refused.err
    assert "--goal" in refused.error_lines[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan", "+15550000000"), "is not known"),
        (("plan", OFFLINE, "--goal", "nothing"), "--goal"),
        (("plan", OFFLINE, "--depth", "9"), "1 to 4 choices deep"),
        (("plan", OFFLINE, "--svg", "/nowhere/at/all.svg"), "cannot be written"),
    ],
)
def test_wrong_input_is_one_line_and_what_to_do(cli: Cli, words: tuple[str, ...], says: str) -> None:
    refused = cli(*words)
    assert refused.status == 2
    assert says in refused.err
    assert len(refused.error_lines) == 2


@pytest.mark.parametrize("narrow", [(), ("--narrow",)], ids=["wide", "narrow"])
def test_the_drawing_is_a_file(cli: Cli, tmp_path: Path, narrow: tuple[str, ...]) -> None:
    file = tmp_path / "plan.svg"
    assert cli("plan", PIN, "--svg", str(file), *narrow).status == 0
    drawn = ElementTree.fromstring(file.read_text())
    assert drawn.tag.endswith("svg")
    assert float(drawn.attrib["width"]) < (400 if narrow else 1_400)


def test_over_rest_it_is_the_same(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask: Callable[..., Any] = lambda *words: cli("plan", PIN, "--json", *words).json  # noqa: E731
    here = ask("--goal", "verify", "--depth", "3")
    with served(cli.home, cli.simulator.graph_url) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        there = ask("--goal", "verify", "--depth", "3")
        assert there["tree"] == here["tree"]
        assert there["summary"] == here["summary"]
        assert ask("--read")["read_age_seconds"] < 60
        refused = cli("plan", PIN, "--depth", "9")
        assert (refused.status, refused.error_lines[1]) == (2, "Give a depth from 1 to 4.")
