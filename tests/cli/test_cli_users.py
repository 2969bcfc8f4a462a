"""`user`: who may log in, and the way back in from the machine that holds the home."""

from __future__ import annotations

import pytest

PUBLIC = "https://numbers.example"


@pytest.mark.usefixtures("bare")
def test_a_new_admin_is_invited_where_nobody_can_log_in(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nobody can log in yet" in cli("user", "list").out
    told = cli("user", "invite")
    assert told.status == 2
    assert told.error_lines[0] == "Error: It is not known how this Linewright is reached."
    monkeypatch.setenv("LINEWRIGHT_PUBLIC_URL", PUBLIC)
    made = cli("user", "invite", "--json")
    assert made.status == 0
    assert set(made.json) == {"url", "expires_at"}
    assert made.json["url"].startswith(f"{PUBLIC}/welcome/lwi_")
    assert "makes a new admin" in cli("user", "invite").out


def test_who_is_not_there_is_not_invited(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWRIGHT_PUBLIC_URL", PUBLIC)
    told = cli("user", "invite", "nobody")
    assert told.status == 2
    assert told.error_lines == [
        "Error: Nobody named 'nobody' can log in here.",
        "`linewright user list` shows who can.",
    ]
    assert cli("user", "list", "--json").json == {"items": [], "next": None}
