"""`linewright alert …` and `task link --send`: addresses never shown, never an argument."""

from __future__ import annotations

from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook
from tests.cli.conftest import Cli
from tests.watch.receivers import receiver

ADDRESS = "mailtos://someone:s3cretword@mail.example"


def test_a_channel_from_its_beginning_to_its_end(cli: Cli, tmp_path: Path) -> None:
    with receiver() as hook:
        (tmp_path / "hook").write_text(hook.url + "\n")
        made = cli("alert", "add", "hook", "--webhook-file", str(tmp_path / "hook"), "--json").json
        assert made["address"] == f"http://127.0.0.1:{hook.port}/••••"
        told = cli("alert", "add", "ops", "--quiet", "22:00-07:00", "--zone", "Europe/Berlin", stdin=hook.apprise)
        assert told.status == 0
        assert "s3cret" not in told.out
        shown = cli("alert", "list", "--json").json["items"]
        assert [each["name"] for each in shown] == ["hook", "ops"]
        assert [each["quiet"] for each in shown] == [
            None,
            {"from": "22:00", "until": "07:00", "zone": "Europe/Berlin"},
        ]
        assert "json://••••" in cli("alert", "list").out
        tried = cli("alert", "test", "--json")
        assert (tried.status, [each["ok"] for each in tried.json["items"]]) == (0, [True, True])
        by_path = {post.path: post for post in hook.posts}
        signed = by_path["/hook/s3cretpath"]
        assert Webhook(made["secret"]).verify(signed.body, signed.headers)["type"] == "alert.test"
        assert by_path["/apprise"].json["title"] == "A test from Linewright"
        hook.statuses = [500, 302]
        failed = cli("alert", "test")
        assert failed.status == 6
        assert {line.split(":")[0] for line in failed.out.splitlines()} == {"hook", "ops"}
        assert len(hook.posts) == 4  # no redirect was followed
        log = cli("alert", "log", "--json").json["items"]
        assert [each["kind"] for each in log] == ["test", "test"]
        assert "A test from Linewright" in cli("alert", "log").out
        assert cli("alert", "remove", "hook").status == 0
        assert cli("alert", "test", "hook").status == 2


def test_without_a_channel(cli: Cli) -> None:
    assert "No channel yet" in cli("alert", "list").out
    assert "Nothing was told yet" in cli("alert", "log").out
    refused = cli("alert", "test")
    assert (refused.status, len(refused.error_lines)) == (2, 2)


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ([], "syslog://"),
        ([], "nonsense with spaces"),
        ([], "https://hooks.example/s3cretword"),
        ([], "fcm://project/s3cretword?keyfile=/etc/passwd"),
        ([], "unheard://s3cretword"),
        (["--webhook-file", "-"], "http://hooks.example/s3cretword"),
        (["--webhook-file", "-"], "mailto://s3cretword"),
        (["--quiet", "night"], ADDRESS),
        (["--quiet", "22:00-07:00", "--zone", "Europe/Atlantis"], ADDRESS),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_two_lines(cli: Cli, words: list[str], address: str) -> None:
    refused = cli("alert", "add", "ops", *words, stdin=address)
    assert (refused.status, len(refused.error_lines)) == (2, 2)
    assert "s3cret" not in refused.out + refused.err
    assert cli("alert", "list", "--json").json["items"] == []


@pytest.mark.parametrize("name", [".", "..", "a/b", "a b", "x" * 65])
def test_a_name_that_is_no_part_of_an_address_is_refused(cli: Cli, name: str) -> None:
    refused = cli("alert", "add", name, stdin=ADDRESS)
    assert (refused.status, len(refused.error_lines)) == (2, 2)
    assert cli("alert", "list", "--json").json["items"] == []


def test_two_channels_of_one_name(cli: Cli) -> None:
    assert cli("alert", "add", "ops", stdin=ADDRESS).status == 0
    refused = cli("alert", "add", "ops", stdin=ADDRESS)
    assert (refused.status, "already" in refused.err) == (2, True)
    assert cli("alert", "remove", "ops").status == 0
    assert cli("alert", "add", "ops", stdin=ADDRESS).status == 0


def test_no_address_lies_in_the_home(cli: Cli) -> None:
    assert cli("alert", "add", "ops", stdin=ADDRESS).status == 0
    for file in cli.home.iterdir():
        if file.is_file():
            assert b"s3cretword" not in file.read_bytes(), file.name


def test_over_rest_it_says_where_to_go(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as nobody:
        monkeypatch.setenv("LINEWRIGHT_URL", f"http://127.0.0.1:{nobody.port}")
        monkeypatch.delenv("LINEWRIGHT_HOME")
        refused = cli("alert", "list")
        assert len(refused.error_lines) == 2


def test_a_link_is_sent_by_a_channel_and_kept_nowhere(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWRIGHT_PUBLIC_URL", "https://lines.example")
    asking = cli.until_it_rests("register", "+15550133006").json
    with receiver() as hook:
        cli("alert", "add", "ops", stdin=hook.apprise)
        nowhere = cli("task", "link", asking["task"]["id"], "--send", "nobody")
        assert nowhere.status == 2
        sent = cli("task", "link", asking["task"]["id"], "--send", "ops", "--json")
        assert (sent.status, set(sent.json)) == (0, {"channel", "expires_at"})
        (post,) = hook.posts
        link = next(word for word in post.json["message"].split() if word.startswith("https://lines.example/l/"))
        for file in cli.home.iterdir():
            if file.is_file():
                assert link.rsplit("/", 1)[1].encode() not in file.read_bytes(), file.name
        assert cli("alert", "log", "--json").json["items"][0]["kind"] == "task"
        hook.statuses = [500]
        failed = cli("task", "link", asking["task"]["id"], "--send", "ops")
        assert (failed.status, len(failed.error_lines)) == (6, 2)
