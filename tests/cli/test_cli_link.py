"""`task link` and `--by-link`: an address for whoever has the phone, and no code before they are ready."""

from __future__ import annotations

import pytest

LAPSED = "+15550133006"
PUBLIC = "https://numbers.example"


@pytest.fixture
def public(bare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWRIGHT_PUBLIC_URL", PUBLIC)


@pytest.mark.usefixtures("public")
def test_by_link_sends_no_code_and_prints_the_link(cli) -> None:
    asked = cli.until_it_rests("register", LAPSED, "--by-link")
    assert asked.status == 3
    assert asked.json["task"]["answers"] == ["resend", "decline"]
    assert f"{PUBLIC}/l/lwl_" in asked.err
    assert "/l/" not in asked.out
    assert cli.simulator.control.codes(LAPSED) == []
    in_words = cli("register", LAPSED, "--by-link", "--no-wait")
    assert "Send this address to whoever has the phone" in in_words.out


@pytest.mark.usefixtures("public")
def test_a_link_for_an_open_question(cli) -> None:
    asked = cli.until_it_rests("register", LAPSED).json
    made = cli("task", "link", asked["task"]["id"], "--json")
    assert made.status == 0
    assert set(made.json) == {"url", "expires_at"}
    assert made.json["url"].startswith(f"{PUBLIC}/l/lwl_")
    other = cli("task", "link", asked["task"]["id"])
    assert made.json["url"] not in other.out


def test_without_a_known_address_no_link_is_made(cli) -> None:
    asked = cli.until_it_rests("register", LAPSED, "--by-link")
    assert asked.status == 3
    assert "LINEWRIGHT_PUBLIC_URL" in asked.err
    refused = cli("task", "link", asked.json["task"]["id"], "--json")
    assert (refused.status, refused.json["error"]["reason"]) == (2, "public-url")


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("task", ["task-nobody", "' OR 1=1"])
def test_an_unknown_question_has_no_link(cli, task: str) -> None:
    refused = cli("task", "link", task, "--json")
    assert (refused.status, refused.json["error"]["reason"]) == (2, "unknown-task")
