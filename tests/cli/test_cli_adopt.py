"""`adopt` and `app` from the command line; `adopt` once more by way of a service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Cli
from tests.support.served import served
from tests.support.signups import Customer, customer

KEYS = {"account", "number", "operation", "last_day", "message", "next_step"}


@pytest.fixture(params=["home", "service"])
def cli(request: pytest.FixtureRequest, bare: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """A home that keeps the app's secret: used itself, or by a service on it."""
    app = bare.simulator.world.app
    kept = bare("app", "add", app.id, "--secret-file", "-", stdin=app.secret + "\n")
    assert kept.status == 0
    assert app.secret not in kept.out
    if request.param == "home":
        yield bare
        return
    with served(bare.home, bare.simulator.graph_url) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        yield bare
    assert not (tmp_path / "elsewhere" / "linewright.db").exists()


def token_of(cli: Cli, came: Customer) -> str:
    return cli.simulator.remote.add_token([came.waba], app=came.app).text


def test_from_a_code_on_stdin_to_a_number_online(cli: Cli) -> None:
    came = customer(cli.simulator)
    words = ("adopt", "--waba", came.waba, "--number", came.number or "", "--app", came.app, "--code-file", "-")
    done = cli(*words, "--json", stdin=came.code + "\n")
    assert set(done.json) == KEYS
    assert done.json["account"]["name"] == "lucky-shrub"
    again = cli(*words, "--wait", "--timeout", "60", "--json", stdin=came.code + "\n")
    assert (again.status, again.json["operation"]["id"]) == (0, done.json["operation"]["id"])
    assert cli.simulator.control.number(came.number or "")["online"] is True
    told = cli(*words, "--kept")
    assert (told.status, len(told.error_lines)) == (2, 2)


def test_a_token_in_hand_from_a_file(cli: Cli, tmp_path: Path) -> None:
    came = customer(cli.simulator)
    file = tmp_path / "token.txt"
    file.write_text(token_of(cli, came) + "\n")
    words = ("adopt", "--waba", came.waba, "--token-file", str(file))
    done = cli(*words, "--name", "shrub")
    assert done.status == 0
    assert "The account shrub is adopted." in done.out
    assert "nobody named it" in done.out
    assert "The last moment for that is 20" in done.out
    done = cli(*words, "--number", "+55 11 98765-0001", "--wait", "--timeout", "60")
    assert done.status == 0
    assert "An operation registers the number" in done.out
    assert "online" in done.out
    done = cli("adopt", "--waba", came.waba, "--number", came.number or "", "--kept")
    assert (done.status, "nothing was spent" in done.out) == (0, True)


def test_a_question_is_left_open(cli: Cli) -> None:
    came = customer(cli.simulator)
    cli.simulator.control.manage(came.number or "", pin="246810")
    done = cli("adopt", "--waba", came.waba, "--number", came.number or "", stdin=token_of(cli, came))
    assert done.status == 3
    assert "two-step verification PIN" in done.out
    assert "It must be registered by" in done.out


def test_what_is_turned_away(cli: Cli) -> None:
    came = customer(cli.simulator, event="FINISH_ONLY_WABA")
    code = ("adopt", "--waba", came.waba, "--code-file", "-")
    cases = [
        ("usage", cli(*code, "--json", stdin=came.code)),
        ("unknown-app", cli(*code, "--app", "99", "--json", stdin=came.code)),
        ("code-refused", cli(*code, "--app", came.app, "--json", stdin="AQnobody")),
        ("secret-missing", cli(*code, "--app", came.app, "--json", stdin="")),
        ("secret-form", cli(*code, "--app", came.app, "--json", stdin="two words")),
        ("not-a-waba", cli("adopt", "--waba", came.app, "--json", stdin=token_of(cli, came))),
        ("not-in-account", cli("adopt", "--waba", came.waba, "--number", "1", "--json", stdin=token_of(cli, came))),
    ]
    for reason, done in cases:
        assert (done.status, done.json["error"]["reason"]) == (2, reason)
        assert came.code not in done.out + done.err
    fault = {"on": "buy_token", "do": "drop_after"}
    cli.simulator.control.add_fault(**fault)
    lost = cli(*code, "--app", came.app, "--json", stdin=came.code)
    assert (lost.status, lost.json["error"]["reason"]) == (6, "in-doubt")


def test_the_apps_are_kept_listed_and_forgotten(bare: Cli, tmp_path: Path) -> None:
    assert "No app yet" in bare("app", "list").out
    file = tmp_path / "secret.txt"
    file.write_text("0123456789abcdef\n")
    assert bare("app", "add", "17", "--secret-file", str(file), "--json").json["id"] == "17"
    assert bare("app", "add", "17", "--secret-file", str(file)).status == 0, "once more replaces it"
    assert [each["id"] for each in bare("app", "list", "--json").json["items"]] == ["17"]
    assert bare("app", "add", "one", "--secret-file", str(file), "--json").json["error"]["reason"] == "app-id"
    assert bare("app", "remove", "17").status == 0
    assert bare("app", "remove", "17", "--json").json["error"]["reason"] == "unknown-app"
