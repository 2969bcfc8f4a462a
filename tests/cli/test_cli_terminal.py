"""At a terminal of its own: the live view, questions with hidden answers, Ctrl-C, and a PIN shown."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
from collections.abc import Iterator

import pytest
from tests.cli.conftest import Cli

PATIENCE = 60.0
"""Real seconds for one thing to appear; reached only by a failure."""


def _hear_ctrl_c() -> None:
    """As at a terminal: whoever runs the tests in the background has Ctrl-C ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Terminal:
    """A process on a pseudo-terminal, and everything it has shown."""

    def __init__(self, command: list[str]) -> None:
        self._master, slave = pty.openpty()
        environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environment,
            close_fds=True,
            preexec_fn=_hear_ctrl_c,
        )
        os.close(slave)
        self.shown = ""
        self._unread = ""

    def until(self, text: str) -> None:
        """Reads on until `text` was shown after everything waited for before; where lines are folded is no matter."""
        while text not in self._unread:
            self._unread = re.sub(r"\s+", " ", plain(self._unread + self._read()))
        self._unread = self._unread.split(text, 1)[1]

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Reads to the end; the exit status."""
        try:
            while True:
                self._read()
        except EOFError:
            return self.process.wait(PATIENCE)

    def _read(self) -> str:
        ready, _, _ = select.select([self._master], [], [], PATIENCE)
        if not ready:
            raise AssertionError(f"nothing more came after: {plain(self.shown)[-800:]}")
        try:
            raw = os.read(self._master, 65_536)
        except OSError:
            raw = b""
        if not raw:
            raise EOFError
        text = raw.decode("utf-8", "replace")
        self.shown += text
        return text

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)


def plain(text: str) -> str:
    """What was shown, without the signs that steer a terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")


@pytest.fixture
def terminal(cli: Cli) -> Iterator:
    opened: list[Terminal] = []

    def run(*words: str) -> Terminal:
        opened.append(Terminal([*cli.command, *words]))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


def test_a_question_is_asked_and_its_answer_is_never_shown(cli: Cli, terminal) -> None:
    shown = terminal("register", "+15550133005")
    shown.until("PIN: ")
    shown.type("12345\n")
    shown.until("exactly six digits")
    shown.until("PIN: ")
    shown.type("246810\n")
    shown.until("settling")
    cli.advance(3600)
    shown.until("done (registered)")
    assert shown.end() == 0
    text = plain(shown.shown)
    assert "decline: end the operation here" in text
    assert "246810" not in text
    assert "12345" not in text


def test_a_question_left_for_later_is_status_3(terminal) -> None:
    shown = terminal("register", "+15550133005")
    shown.until("PIN: ")
    shown.type("\n")
    assert shown.end() == 3
    assert "linewright task answer" in plain(shown.shown)


def test_ctrl_c_says_how_to_resume(cli: Cli, terminal) -> None:
    shown = terminal("register", "+15550133015")
    shown.until("Ctrl-C stops watching")
    shown.until("told-to-wait")
    os.killpg(shown.process.pid, signal.SIGINT)
    assert shown.end() == 5
    text = plain(shown.shown)
    assert "stays as it is, and nothing is lost" in text
    assert "`linewright register +15550133015` goes on with it" in text
    assert "Traceback" not in text
    assert cli.until_it_rests("register", "+15550133015").status == 0


def test_the_countdown_is_drawn_in_place(terminal) -> None:
    shown = terminal("register", "+15550133015", "--timeout", "1")
    assert shown.end() == 5
    text = plain(shown.shown)
    assert re.search(r"Next +in 5 min \d+ s|Next +in 5 min|Next +in 4 min", text)
    assert "repeat `linewright register +15550133015`" in text


def test_json_at_a_terminal_is_one_document_on_stdout(cli: Cli) -> None:
    done = cli.process("register", "+15550133015", "--wait", "--timeout", "0", "--json")
    assert (done.status, done.json["state"]) == (5, "waiting")


def test_a_pin_is_shown_after_the_last_four_digits(cli: Cli, terminal) -> None:
    cli("register", "+15550133005", "--pin-stdin", stdin="246810")
    wrong = terminal("pin", "show", "+15550133005")
    wrong.until("last four digits: ")
    wrong.type("1234\n")
    assert wrong.end() == 2
    assert "246810" not in wrong.shown
    shown = terminal("pin", "show", "+15550133005")
    shown.until("last four digits: ")
    shown.type("3005\n")
    assert shown.end() == 0
    assert "246810" in shown.shown


def test_a_deregister_asks_for_its_consent(terminal) -> None:
    shown = terminal("deregister", "+15550133010", "--no-wait")
    shown.until("last four digits: ")
    shown.type("0000\n")
    assert shown.end() == 2


def test_removing_an_account_is_asked(cli: Cli, terminal) -> None:
    shown = terminal("account", "remove", "demo")
    shown.until("[y/N] ")
    shown.type("n\n")
    assert shown.end() == 2
    assert cli("account", "list", "--json").json["items"]


def test_a_token_is_typed_unseen(cli: Cli, terminal) -> None:
    token = cli.simulator.world.token.text
    shown = terminal("account", "update", "demo")
    shown.until("not shown): ")
    shown.type(token + "\n")
    assert shown.end() == 0
    assert token not in shown.shown


def test_a_migration_is_guided_at_a_terminal(cli: Cli, terminal) -> None:
    control = cli.simulator.control
    waba = control.add_account("New").id
    token = control.add_token([waba], app=cli.simulator.world.app.id).text
    assert cli("account", "add", "new", "--waba", waba, stdin=token).status == 0
    shown = terminal("migrate", "+15550100001", "--to", "new")
    shown.until("The destination has a payment method.")
    shown.until("yes: go ahead")
    shown.type("yes\n")
    shown.until("Code:")
    code = control.latest_code("+15550100001")
    shown.type(f"{code}\n")
    shown.until("settling")
    cli.advance(60)
    shown.until("done (migrated)")
    assert shown.end() == 0
    text = plain(shown.shown)
    assert "the source still works" in " ".join(text.split())
    assert code not in text
