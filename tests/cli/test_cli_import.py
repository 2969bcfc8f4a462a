"""`linewright import`, on the home and over a service: the same words, the same statuses."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Cli
from tests.support.served import served

HEADER = "phone;pin;goal\n"
GOOD = f"{HEADER}+15550133010;;\n+15550133000;;none\n"
BAD = f"{HEADER}+15550133010;;\n+15550133000;24681;\n"


@pytest.fixture(params=["home", "service"])
def anywhere(
    request: pytest.FixtureRequest, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cli]:
    if request.param == "home":
        yield cli
        return
    with served(cli.home, cli.simulator.graph_url) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        yield cli


def file(folder: Path, text: str) -> str:
    path = folder / "numbers.csv"
    path.write_text(text)
    return str(path)


def until_it_ends(cli: Cli, id: str, *words: str) -> dict[str, object]:
    for _ in range(60):
        done = cli("import", "--resume", id, "--no-wait", "--json", *words)
        if done.status != 5:
            shape: dict[str, object] = done.json["import"]
            return shape | {"status": done.status}
        cli.advance(60)
    raise AssertionError("it waits for ever")


def test_check_then_import_then_the_result(anywhere: Cli, tmp_path: Path) -> None:
    cli, numbers, result = anywhere, file(tmp_path, GOOD), tmp_path / "result.csv"
    looked = cli("import", numbers, "--check")
    assert (looked.status, looked.out.splitlines()[0]) == (0, "2 rows, 2 good.")
    assert "Nothing was taken" in looked.out
    taken = cli("import", numbers, "--no-wait")
    assert taken.status == 5
    assert "No worker runs here" in taken.err
    id = next(word for word in taken.out.split() if word.startswith("imp-")).rstrip(".")
    again = cli("import", numbers, "--no-wait", "--json")
    assert (again.json["import"]["id"], again.json["report"]) == (id, None)
    done = until_it_ends(cli, id, "-o", str(result))
    assert (done["status"], done["state"]) == (0, "done")
    rows = list(csv.DictReader(io.StringIO(result.read_text(encoding="utf-8-sig"))))
    assert [(row["phone"], row["state"], row["standing"]) for row in rows] == [
        ("+15550133010", "done", "online"),
        ("+15550133000", "done", "offline"),
    ]
    listed = cli("import", "--list", "--json").json["items"]
    assert [each["id"] for each in listed] == [id]


def test_a_bad_row_stops_all(anywhere: Cli, tmp_path: Path) -> None:
    cli, numbers = anywhere, file(tmp_path, BAD)
    for flags in ([], ["--check"]):
        refused = cli("import", numbers, *flags)
        assert refused.status == 2
        said = refused.err or refused.out
        assert "line 3: The PIN has five digits: a leading zero was probably lost" in said
        assert "24681" not in said
    told = cli("import", numbers, "--json")
    assert (told.status, told.json["import"]) == (2, None)
    assert [(bad["line"], bad["column"], bad["reason"]) for bad in told.json["report"]["bad"]] == [
        (3, "pin", "pin-form")
    ]
    assert cli("import", "--list", "--json").json["items"] == []
    some = cli("import", numbers, "--skip-bad", "--no-wait", "--json")
    assert (some.status, some.json["import"]["counts"]["bad"]) == (5, 1)


def test_waiting_off_a_terminal_and_a_question(anywhere: Cli, tmp_path: Path) -> None:
    cli = anywhere
    asked = cli("import", file(tmp_path, f"{HEADER}+15550133005;;\n"), "--wait")
    assert asked.status == 3
    assert "1 row waits for a person" in asked.err
    assert "0 of 1 rows have ended" in asked.out


def test_a_row_that_gives_up_is_status_4(anywhere: Cli, tmp_path: Path) -> None:
    cli = anywhere
    asked = cli("import", file(tmp_path, f"{HEADER}+15550133005;;\n"), "--wait", "--json")
    (task,) = cli("task", "list", "--json").json["items"]
    assert cli("task", "answer", task["id"], "--decline").status == 0
    done = cli("import", "--resume", asked.json["import"]["id"], "--wait", "--json")
    assert (done.status, done.json["import"]["state"]) == (4, "gave_up")


def test_an_import_is_cancelled(anywhere: Cli, tmp_path: Path) -> None:
    cli = anywhere
    asked = cli("import", file(tmp_path, f"{HEADER}+15550133005;;\n+15550133010;;\n"), "--wait", "--json")
    id = asked.json["import"]["id"]
    stopped = cli("import", "--cancel", id)
    assert (stopped.status, "1 cancelled" in stopped.out) == (0, True), stopped
    shown = cli("import", "--resume", id, "--json").json["import"]
    assert (shown["state"], shown["cancelled_at"] is not None, shown["counts"]["done"]) == ("gave_up", True, 1)
    again = cli("import", "--cancel", id, "--json")
    assert (again.status, again.json["error"]["reason"]) == (2, "import-ended")
    assert cli("import", "--cancel", "imp-nobody").status == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import"], "Name one thing"),
        (["import", "a.csv", "--list"], "Name one thing"),
        (["import", "nowhere.csv"], "cannot be read"),
        (["import", "--resume", "imp-nobody"], "There is no import imp-nobody"),
        (["import", "nowhere.csv", "-o", "/nowhere/at/all.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_two_lines(anywhere: Cli, words: list[str], said: str) -> None:
    refused = anywhere(*words)
    assert (refused.status, len(refused.error_lines), refused.out) == (2, 2, "")
    assert said in refused.err


def test_a_file_from_a_pipe_and_what_is_no_table(anywhere: Cli) -> None:
    assert anywhere("import", "-", "--check", stdin=GOOD).status == 0
    refused = anywhere("import", "-", stdin="nonsense")
    assert (refused.status, len(refused.error_lines)) == (2, 2)
