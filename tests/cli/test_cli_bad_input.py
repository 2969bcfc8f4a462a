"""Bad input, and a home or a remote that cannot be used: two clear lines, the right status, nothing lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.cli.conftest import Cli, Result

DATABASE = "linewright.db"


def assert_two_lines(done: Result, status: int) -> None:
    assert done.status == status, done
    assert done.out == ""
    assert len(done.error_lines) == 2, done.err
    assert done.error_lines[0].startswith("Error: ")
    assert "Traceback" not in done.err


def assert_nothing_lost(cli: Cli) -> None:
    """The home still knows its account, its twelve numbers and the operation that waits."""
    assert cli("account", "list", "--json").json["items"][0]["numbers"] == 12
    (waits,) = (o for o in cli("operation", "list", "--json").json["items"] if o["number"]["e164"] == "+15550133015")
    assert (waits["state"], len(waits["attempts"])) == ("waiting", 1)


@pytest.fixture
def busy(cli: Cli) -> Cli:
    """A home with an operation that waits."""
    assert cli("register", "+15550133015").status == 5
    return cli


@pytest.mark.parametrize("digits", ["12345", "1234567", "12345a", "abcdef", "12 456"])
def test_a_pin_that_is_none(cli: Cli, digits: str) -> None:
    done = cli("register", "+15550133010", "--pin-stdin", stdin=digits)
    assert_two_lines(done, 2)
    assert digits not in done.err
    assert cli("operation", "list", "--json").json["items"] == []


@pytest.mark.parametrize("n", ["+15550199999", "999", "nobody", "demo/+15550199999", ""])
def test_an_unknown_number(cli: Cli, n: str) -> None:
    done = cli("register", n)
    assert_two_lines(done, 2)
    assert "linewright sync" in done.err


def test_a_number_in_two_accounts(cli: Cli) -> None:
    remote, world = cli.simulator.remote, cli.simulator.world
    other = remote.add_account("Other")
    token = remote.add_token([other.id], app=world.app.id)
    remote.add_number(other.id, "+15550133010")
    assert cli("account", "add", "other", "--waba", other.id, stdin=token.text).status == 0
    done = cli("register", "+15550133010")
    assert_two_lines(done, 2)
    assert "demo" in done.err
    assert "other" in done.err
    assert cli("number", "show", "other/+15550133010", "--json").json["account"] == "other"


@pytest.mark.parametrize("token", ["", "too-short", "EAA" + "x" * 60, "EAAx yz" * 9])
def test_a_broken_token(bare: Cli, token: str) -> None:
    done = bare("account", "add", "demo", "--waba", bare.simulator.world.account.id, stdin=token)
    assert done.status == 2
    assert 2 <= len(done.error_lines) <= 3
    assert not token or token not in done.err
    assert bare("account", "list", "--json").json["items"] == []


def test_an_id_that_is_not_an_account(bare: Cli) -> None:
    number = next(iter(bare.simulator.world.numbers.values()))
    done = bare("account", "add", "demo", "--waba", number.id, stdin=bare.simulator.world.token.text)
    assert done.status == 2
    assert 2 <= len(done.error_lines) <= 3
    assert bare("account", "list", "--json").json["items"] == []


@pytest.mark.parametrize("words", [["check", "none"], ["sync", "none"], ["account", "check", "none"]])
def test_an_unknown_account(cli: Cli, words: list[str]) -> None:
    assert_two_lines(cli(*words), 2)


@pytest.mark.parametrize(
    "words",
    [
        *(["operation", "show", "op-none"], ["operation", "cancel", "op-none"], ["operation", "retry", "op-none"]),
        *(["task", "show", "task-none"], ["task", "answer", "task-none", "--done"]),
    ],
)
def test_an_unknown_operation_or_question(cli: Cli, words: list[str]) -> None:
    assert_two_lines(cli(*words), 2)


def test_a_full_disk(busy: Cli) -> None:
    """The process may write no file at all: SQLite meets a full disk."""
    limited = ["bash", "-c", 'ulimit -f 0; exec "$@"', "bash", *busy.command]
    done = busy.process("register", "+15550133010", command=limited)
    assert_two_lines(done, 6)
    assert_nothing_lost(busy)


def test_a_locked_database(busy: Cli) -> None:
    with closing(sqlite3.connect(busy.home / DATABASE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = busy("register", "+15550133010")
    assert_two_lines(done, 6)
    assert_nothing_lost(busy)


def test_a_damaged_database(busy: Cli) -> None:
    kept = (busy.home / DATABASE).read_bytes()
    (busy.home / DATABASE).write_bytes(b"not a database at all" * 400)
    assert_two_lines(busy("operation", "list"), 6)
    (busy.home / DATABASE).write_bytes(kept)
    assert_nothing_lost(busy)


def test_a_key_that_does_not_fit(busy: Cli) -> None:
    kept = (busy.home / "key").read_text()
    (busy.home / "key").write_text("A" * 43 + "=\n")
    assert_two_lines(busy("register", "+15550133010"), 6)
    (busy.home / "key").write_text(kept)
    assert_nothing_lost(busy)


def test_a_missing_key_is_never_replaced(busy: Cli) -> None:
    (busy.home / "key").rename(busy.home / "elsewhere")
    assert_two_lines(busy("register", "+15550133010"), 6)
    assert not (busy.home / "key").exists()
    (busy.home / "elsewhere").rename(busy.home / "key")
    assert_nothing_lost(busy)


def test_a_home_written_by_a_newer_version(busy: Cli) -> None:
    with closing(sqlite3.connect(busy.home / DATABASE)) as other:
        (version,) = other.execute("SELECT version_num FROM alembic_version").fetchone()
        other.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
        other.commit()
    done = busy("operation", "list")
    assert_two_lines(done, 6)
    assert "newer" in done.err
    with closing(sqlite3.connect(busy.home / DATABASE)) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", (version,))
        other.commit()
    assert_nothing_lost(busy)


def test_a_home_that_is_a_file(bare: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_two_lines(bare("--home", str(tmp_path / "file"), "account", "list"), 6)


def test_a_read_only_home(busy: Cli) -> None:
    """A read-only mount, since the rights of files do not bind the superuser."""
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 77; shift; exec "$@"'
    command = ["unshare", "--mount", "--map-root-user", "bash", "-c", script, "bash", str(busy.home), *busy.command]
    done = busy.process("register", "+15550133010", command=command)
    if done.status == 77 or "unshare" in done.err:
        pytest.skip("this machine lets nobody mount")
    assert_two_lines(done, 6)
    assert_nothing_lost(busy)


class _Html(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body>Welcome to the hotel's network</body></html>")

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        return None


@contextmanager
def html_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Html)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("words", [["sync"], ["check"], ["account", "check", "demo"]])
def test_html_instead_of_the_graph_api(busy: Cli, words: list[str]) -> None:
    with html_server() as url:
        busy.monkeypatch.setenv("LINEWRIGHT_GRAPH_URL", url)
        assert_two_lines(busy(*words), 6)
        assert busy("doctor").status == 6
    assert_nothing_lost(busy)


def test_html_makes_a_register_wait(busy: Cli) -> None:
    with html_server() as url:
        busy.monkeypatch.setenv("LINEWRIGHT_GRAPH_URL", url)
        done = busy("register", "+15550133010", "--json")
    assert (done.status, done.json["reason"], done.json["attempts"]) == (5, "unknown-reading", [])


def test_a_remote_that_cannot_be_reached(busy: Cli) -> None:
    busy.monkeypatch.setenv("LINEWRIGHT_GRAPH_URL", "http://127.0.0.1:9")
    assert_two_lines(busy("sync"), 6)
    done = busy("register", "+15550133010", "--json")
    assert (done.status, done.json["reason"]) == (5, "unknown-reading")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINEWRIGHT_GRAPH_URL", "http://graph.example.com"),
        ("LINEWRIGHT_GRAPH_URL", "ftp://graph"),
        ("LINEWRIGHT_GRAPH_VERSION", "25"),
        ("LINEWRIGHT_CLOCK_RATE", "fast"),
        ("LINEWRIGHT_CLOCK_RATE", "60"),
        ("LINEWRIGHT_LOG", "loud"),
        ("LINEWRIGHT_KEY", "not-a-key"),
        ("LINEWRIGHT_DATABASE_URL", "mongodb://localhost"),
    ],
)
def test_a_wrong_setting(cli: Cli, name: str, value: str) -> None:
    cli.monkeypatch.setenv(name, value)
    done = cli("account", "list")
    assert done.status in (2, 6)
    assert len(done.error_lines) == 2
    assert "not-a-key" not in done.err


def test_a_rehearsal_never_meets_the_real_remote(cli: Cli) -> None:
    cli.monkeypatch.delenv("LINEWRIGHT_GRAPH_URL")
    assert_two_lines(cli("sync"), 2)


def test_a_damaged_settings_file(cli: Cli) -> None:
    (cli.home / "linewright.toml").write_text("graph_url = [")
    assert_two_lines(cli("account", "list"), 2)


@pytest.mark.parametrize("words", [["register", "nobody", "--json"], ["task", "show", "task-none", "--json"]])
def test_with_json_an_error_is_the_one_document(cli: Cli, words: list[str]) -> None:
    done = cli(*words)
    assert (done.status, done.err) == (2, "")
    assert set(done.json["error"]) == {"reason", "message", "fix", "fbtrace_id"}
