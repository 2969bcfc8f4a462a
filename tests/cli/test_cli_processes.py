"""Several processes at work on one home."""

from __future__ import annotations

import json
import subprocess

from tests.cli.conftest import Cli


def test_two_that_race_for_a_number_share_one_operation(cli: Cli) -> None:
    words = [*cli.command, "register", "+15550133015", "--no-wait", "--json"]
    racers = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(racer.communicate(timeout=60)[0], racer.returncode) for racer in racers]
    assert [status for _, status in ended] == [5, 5]
    assert len({json.loads(out)["id"] for out, _ in ended}) == 1
    (operation,) = cli("operation", "list", "--json").json["items"]
    assert len(operation["attempts"]) == 1


def test_follow_goes_on_when_somebody_else_answers(cli: Cli) -> None:
    words = [*cli.command, "register", "+15550133005", "--wait", "--follow", "--timeout", "50"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        lines = iter(follower.stdout.readline, "")
        assert any("asking (needs-pin)" in line for line in lines)
        (task,) = cli("task", "list", "--json").json["items"]
        assert cli("task", "answer", task["id"], "--stdin", stdin="246810").status == 0
        cli.advance(3_600)
        assert any("done (registered)" in line for line in lines)
        assert follower.wait(60) == 0
