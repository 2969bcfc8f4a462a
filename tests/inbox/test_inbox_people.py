"""Whoever looks after inboxes: at a terminal and on the page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.cli.conftest import Cli, bare, cli, furnished, simulator  # noqa: F401 - fixtures
from tests.service.page_client import played, theatre_in
from tests.support.served import served

from linewright.cli import main
from linewright.service.api.inboxes import NewInbox
from linewright.store.ids import PATH_NAME
from linewright.store.users import Role


def test_a_terminal_adds_lists_and_removes(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    token = tmp_path / "token"
    token.write_text("an-auth-token-of-the-provider\n")
    made = cli("inbox", "add", "line", "--kind", "twilio", "--secret-file", str(token), "--account", "demo", "--json")
    assert (made.status, made.json["secret"], made.json["account"]) == (0, None, "demo")
    assert "auth-token" not in made.out
    own = cli("inbox", "add", "own")
    assert own.status == 0
    assert own.out.count("whsec_") == 1
    assert "LINEWRIGHT_PUBLIC_URL" in own.out
    listed = cli("inbox", "list")
    assert [line.split()[:3] for line in listed.out.splitlines() if line.startswith(("line", "own"))] == [
        ["line", "twilio", "demo"],
        ["own", "generic", "all"],
    ]
    assert "whsec_" not in listed.out
    assert cli("inbox", "remove", "line").status == 0
    assert [each["name"] for each in cli("inbox", "list", "--json").json["items"]] == ["own"]


@pytest.mark.parametrize(
    ("words", "stdin", "reason"),
    [
        (("add", "x", "--kind", "pigeon"), "", "inbox-kind"),
        (("add", "x", "--kind", "twilio"), "short", "inbox-secret"),
        (("add", "x", "--kind", "telnyx"), "no key of theirs", "inbox-secret"),
        (("add", "x", "--kind", "twilio"), "", "secret-missing"),
        (("add", "x y"), "", "inbox-name"),
        (("add", ".."), "", "inbox-name"),
        (("add", "x", "--account", "nobody"), "", "unknown-account"),
        (("add", "x", "--secret-file", "nowhere"), "", "file-unreadable"),
        (("remove", "nobody"), "", "unknown-inbox"),
    ],
)
def test_bad_input_is_two_clear_lines(cli: Cli, words: tuple[str, ...], stdin: str, reason: str) -> None:  # noqa: F811
    told = cli("inbox", *words, stdin=stdin)
    assert (told.status, len(told.error_lines)) == (2, 2)
    assert cli("inbox", *words, "--json", stdin=stdin).json["error"]["reason"] == reason
    assert cli("inbox", "list", "--json").json["items"] == []


def test_with_a_service_named_it_says_where_to_go(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    with served(cli.home, cli.simulator.graph_url) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        told = cli("inbox", "list", "--json")
    assert (told.status, told.json["error"]["reason"]) == (2, "here-only")


def test_real_posts_to_a_real_service_bring_a_number_online(cli: Cli) -> None:  # noqa: F811
    """The simulator posts by itself, over HTTP; a worker beside the service goes on with the operation."""
    cli.simulator.clock.run_at(20)
    with served(cli.home, cli.simulator.graph_url, works=True) as (url, _):
        door = cli.simulator.control
        public = door.add_courier(f"{url}/inbox/otp/line", "telnyx", copies=2)["secret"]
        made = cli("inbox", "add", "line", "--kind", "telnyx", "--json", stdin=public)
        assert made.status == 0
        done = cli("register", "+15550133006", "--follow", "--timeout", "60", "--json")
    assert (done.status, done.json["state"]) == (0, "done")
    (inbox,) = cli("inbox", "list", "--json").json["items"]
    assert (inbox["messages"], inbox["refused"]) == ({"repeated": 1, "used": 1}, {})


@played
async def test_an_admin_adds_and_removes_one_on_the_page(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        admin = theatre.person(Role.ADMIN)
        page = await admin.see("/settings/inboxes")
        assert "No inbox yet" in page.text
        made = await admin.send(page, "/settings/inboxes", name="line", kind="generic", secret="", account="")
        assert "http://service.test/inbox/otp/line" in made.text
        assert made.html.count("whsec_") == 1
        again = await admin.see("/settings/inboxes")
        assert "whsec_" not in again.html
        assert "never used" in again.text
        for fields, words in (
            ({"name": "line", "kind": "generic"}, "There is an inbox named line already."),
            ({"name": "x", "kind": "twilio", "secret": "short"}, "This cannot be the secret"),
            ({"name": "x", "kind": "pigeon"}, "An inbox is of the kind"),
            ({"name": "x", "kind": "generic", "account": "nobody"}, "nobody"),
        ):
            wrong = await admin.send(again, "/settings/inboxes", **{"secret": "", "account": "", **fields})
            assert wrong.status in (404, 409, 422)
            assert words in wrong.text
            assert "short" not in wrong.html
        gone = await admin.send(again, "/settings/inboxes/line/remove")
        assert "Nothing is taken at the inbox line any more" in gone.text
        operator = theatre.person(Role.OPERATOR)
        assert (await operator.see("/settings/inboxes")).status == 403


def test_the_schema_takes_the_names_that_the_store_takes() -> None:
    for name in (".", "..", "", "a" * 65, "x y", "ü", "..\n"):
        with pytest.raises(ValidationError):
            NewInbox.model_validate({"name": name, "kind": "generic"})
    for name in ("...", "a", "..a", ".a.", "main-line", "_", "a" * 64):
        assert NewInbox.model_validate({"name": name, "kind": "generic"}).name == name
        assert PATH_NAME.fullmatch(name)


def test_a_list_on_a_terminal_is_drawn_whole(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """What draws a table on a terminal is no text to be cleaned."""
    assert cli("inbox", "add", "line", "--kind", "twilio", stdin="an-auth-token-of-32-characters-xx").status == 0
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["inbox", "list"]) == 0
    drawn = re.sub("\x1b\\[[0-9;]*m", "", screen.getvalue())
    assert drawn.split()[:5] == ["Inbox", "Kind", "Account", "Address", "Messages"]
