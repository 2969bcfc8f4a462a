"""The stories of the command line once more, by way of a service: the same output, the same statuses."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cli import test_cli_stories as stories
from tests.cli.conftest import Cli
from tests.cli.test_cli_stories import *  # noqa: F403 - each is collected here too, with the fixture below
from tests.support.served import served

from linewright.face import Linewright
from linewright.over_rest import RemoteLinewright

HERE_ONLY = ("key", "rotate"), ("doctor",), ("backup", "copy.db"), ("backup", "--restored")


@pytest.fixture
def service(tmp_path: Path, bare: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A service on the home; the commands have only its address and a token, and a home that is empty."""
    with served(bare.home, bare.simulator.graph_url) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        yield url
    assert not (tmp_path / "elsewhere" / "linewright.db").exists()


@contextmanager
def answering(said: str) -> Iterator[str]:
    """The address of something that answers every request alike."""

    class Always(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Always) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def cli(cli: Cli, service: str) -> Cli:
    return cli


def test_an_account_is_added_with_a_token_from_a_file_or_stdin(bare: Cli, service: str, tmp_path: Path) -> None:
    stories.test_an_account_is_added_with_a_token_from_a_file_or_stdin(bare, tmp_path)


def test_sync_and_check(cli: Cli) -> None:
    assert len(cli("sync", "--json").json["items"]) == 12
    checked = cli("check", "demo", "--json")
    assert (checked.status, len(checked.json["items"])) == (3, 12)
    assert checked.json["attention"] > 0
    assert cli("doctor", "+15550133005", "--json").json["items"]


test_sync_check_and_doctor = None
"""`doctor` without a number looks at the home itself."""


def test_the_key_is_rotated(cli: Cli) -> None:
    for words in HERE_ONLY:
        refused = cli(*words)
        assert (refused.status, len(refused.error_lines)) == (2, 2), words
        assert "LINEWRIGHT_URL" in refused.err


def test_a_wrong_token_a_wrong_address_and_no_token(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWRIGHT_API_TOKEN", "lwt_nobody")
    refused = cli("number", "list", "--json")
    assert (refused.status, refused.json["error"]["reason"]) == (2, "unauthorized")
    monkeypatch.delenv("LINEWRIGHT_API_TOKEN")
    assert cli("number", "list", "--json").json["error"]["reason"] == "service-token"
    monkeypatch.setenv("LINEWRIGHT_API_TOKEN", "lwt_nobody")
    monkeypatch.setenv("LINEWRIGHT_URL", "http://127.0.0.1:9")
    silent = cli("number", "list", "--json")
    assert (silent.status, silent.json["error"]["reason"]) == (6, "service-unavailable")
    monkeypatch.setenv("LINEWRIGHT_URL", cli.simulator.graph_url)
    other = cli("number", "list")
    assert (other.status, len(other.error_lines)) == (6, 2)


@pytest.mark.parametrize("said", ["<html>Welcome</html>", "null", '{"status": "ok"}', '{"now": 7, "clock_rate": 1}'])
def test_another_service_at_that_address_is_named_as_such(
    said: str, bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEWRIGHT_API_TOKEN", "lwt_nobody")
    with answering(said) as url:
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        told = bare("operation", "list")
    assert (told.status, len(told.error_lines)) == (6, 2)
    assert "is not Linewright's service" in told.err


def test_a_token_that_no_header_can_hold(bare: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWRIGHT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LINEWRIGHT_API_TOKEN", "t\u00e9st")
    told = bare("operation", "list", "--json")
    assert (told.status, told.json["error"]["reason"]) == (2, "service-token")


def test_where_a_worker_runs_the_commands_watch_it(cli_at_work: Cli) -> None:
    cli = cli_at_work
    done = cli("register", "+15550133010", "--wait", "--json")
    assert (done.status, done.json["state"], done.json["standing"]) == (0, "done", "online")
    asked = cli("register", "+15550133006", "--wait", "--json")
    assert (asked.status, asked.json["task"]["kind"]) == (3, "otp")
    code = cli.simulator.control.latest_code("+15550133006")
    assert cli("task", "answer", asked.json["task"]["id"], "--stdin", stdin=code).status == 0
    later = cli("register", "+15550133015", "--no-wait")
    assert later.status == 5
    assert "A worker goes on with it" in later.err
    cancelled = cli("operation", "cancel", later.out.split()[-1], "--json")
    assert (cancelled.status, cancelled.json["state"]) == (0, "cancelled")


@pytest.fixture
def cli_at_work(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The same with a service that has a worker."""
    with served(cli.home, cli.simulator.graph_url, works=True) as (url, token):
        monkeypatch.setenv("LINEWRIGHT_URL", url)
        monkeypatch.setenv("LINEWRIGHT_API_TOKEN", token)
        yield cli


def test_a_number_that_is_named_strangely(cli: Cli) -> None:
    for name in ("..", ".", "", "demo/", "a/b/c", "%2F", "?x=1", "+1 555 013 3010#"):
        refused = cli("number", "show", name)
        assert (refused.status, len(refused.error_lines)) == (2, 2), name


def test_the_remote_face_has_the_methods_of_the_face() -> None:
    def methods(kind: type) -> dict[str, inspect.Signature]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: inspect.signature(each) for name, each in found if not name.startswith("_")}

    here, there = methods(Linewright), methods(RemoteLinewright)
    assert set(here) - set(there) == {"adopt_anew", "open_or_join", "run_all"}
    assert set(there) - set(here) == set()
    for name, signature in there.items():
        if name != "link":
            assert list(signature.parameters) == list(here[name].parameters), name
