"""A house full of secrets: every story at debug level, beside a remote that repeats what it was told."""

from __future__ import annotations

import asyncio
import json
import secrets
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.support.processes import Ran, Terminal, begin, watched
from tests.support.search import Search, files_below

from linewright.cli.say import write_json
from linewright.clock import HomeClock, JumpingClock
from linewright.config import Settings
from linewright.errors import UsageError
from linewright.face import Linewright
from linewright.logs import begin as begin_log
from linewright.secret import Secret
from linewright.simulator.faults import DOINGS
from linewright.simulator.simulator import RunningSimulator, Simulator
from linewright.simulator.truth import Number, Temper
from linewright.store import tables as t
from linewright.store.sealing import bound
from linewright.wiring import make_pin

__all__ = ["House", "house", "six_digits", "token_text"]

LOUD = Temper(echo_secrets=True, languages=("en", "pt", "de", "ar"), varied_units=True)
MOST_STEPS = 40
LOOK_EVERY = 8
"""Commands; the home is looked at in between, while a code or an open question lies there."""


def six_digits() -> str:
    """A PIN or code that is no error code; those begin with 13."""
    while True:
        digits = make_pin().open_secret()
        if not digits.startswith("13"):
            return digits


def token_text() -> str:
    """As long as a real one, and with signs that a URL writes otherwise."""
    letters = string.ascii_letters + string.digits
    return "EAA" + "".join(secrets.choice(letters) for _ in range(60)) + "|" + secrets.token_hex(8) + "+/="


@dataclass
class House:
    """One home, the remote it speaks to, and everything about it that must stay secret.

    `desk` holds the files that secrets are handed in by; `open` what Linewright leaves outside its home.
    """

    desk: Path
    open: Path
    terminal: Terminal
    simulator: RunningSimulator
    account: str
    search: Search = field(default_factory=Search)
    names: Iterator[int] = field(default_factory=count)
    commands: int = 0
    unlisted: bool = False
    """Whether the remote has numbers that the home does not know yet."""

    # Secrets

    def token(self, *, works: bool = True) -> str:
        text = token_text()
        if works:
            self.simulator.remote.add_token([self.account], text=text, app=next(iter(self.simulator.remote.apps)))
        self.search.words.add(text)
        return text

    def pin(self) -> str:
        digits = six_digits()
        self.search.digits.add(digits)
        return digits

    def file(self, text: str) -> str:
        """A file on the desk that holds a secret."""
        path = self.desk / f"note-{next(self.names)}"
        path.write_text(text + "\n")
        return str(path)

    def number(self, digits: str, *, pin: str | None = None, **truth: Any) -> Number:
        number = self.simulator.control.add_number(self.account, f"+15557{digits}", **truth)
        if pin is not None:
            self.simulator.control.manage(number.id, pin=pin)
        self.unlisted = True
        return number

    # Work

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        self._list()
        ran = self.terminal(*arguments, stdin=stdin)
        self._look_around()
        return ran

    def _list(self) -> None:
        if self.unlisted:
            assert self.terminal("sync").status == 0
        self.unlisted = False

    def _look_around(self) -> None:
        """Takes up what the remote knows by now."""
        self.commands += 1
        for phone in self.simulator.remote.phones.values():
            self.search.digits.update(code.text for code in phone.codes)
            self.search.digits.update({phone.pin} if phone.pin else ())
        if self.commands % LOOK_EVERY == 0:
            self.search.look_at(files_below(self.terminal.home))

    def bring(self, goal: str, number: Number, *flags: str, right: str = "") -> Ran:
        """Repeats the command at each time it names, and answers what it asks: wrongly first."""
        wrong: dict[str, str] = {}
        for _ in range(MOST_STEPS):
            ran = self(goal, number.id, *flags, "--no-wait", "--json")
            flags = flags if goal == "deregister" else ()
            if ran.status == 5:
                self._wait(ran.document)
            elif ran.status == 3:
                self._answer(ran.document["task"], number, right, wrong)
            else:
                return ran
        raise AssertionError(f"{goal} of {number.phone.e164} has no end")

    def _wait(self, operation: dict[str, Any]) -> None:
        left = datetime.fromisoformat(operation["wake_at"]) - self.simulator.clock.now()
        self.simulator.clock.advance(left.total_seconds() + 1)

    def _answer(self, task: dict[str, Any], number: Number, right: str, wrong: dict[str, str]) -> None:
        if task["kind"] == "approve":
            self("task", "answer", task["id"], "--approve")
        elif task["kind"] == "fix":
            self("account", "update", "acme", "--token-file", self.file(self.token()))
        elif task["kind"] == "support":
            self("task", "answer", task["id"], "--decline")
        elif task["kind"] not in wrong:
            wrong[task["kind"]] = self.pin()
            self("task", "answer", task["id"], "--file", self.file(wrong[task["kind"]]))
        elif task["kind"] == "pin":
            assert self("task", "answer", task["id"], "--stdin", stdin=wrong["pin"]).status == 2
            self("task", "answer", task["id"], "--stdin", "--json", stdin=right)
        else:
            code = self.simulator.control.latest_code(number.phone.e164)
            self("task", "answer", task["id"], "--stdin", "--json", stdin=f"WhatsApp code {code[:3]}-{code[3:]}")

    def in_sight(self, *arguments: str, stdin: str = "") -> Ran:
        """The same as the installed command, with its arguments and environment watched."""
        self._list()
        environment = {"LINEWRIGHT_HOME": str(self.terminal.home)} | {
            f"LINEWRIGHT_{name.upper()}": value for name, value in self.terminal.settings.items()
        }
        ran, seen = watched(arguments, environment, stdin)
        assert str(self.terminal.home).encode() in seen, "the process was never seen"
        self.search.look("arguments and environment", seen)
        self.search.look("a process", (ran.out + ran.err).encode())
        self._look_around()
        return ran

    def weather(self, folder: Path) -> Ran:
        """Every kind of fault, with face and simulator in one process: there a call that hangs takes no time."""
        notes = self.desk / "weather.json"
        ran = begin(partial(_weather, folder, notes), self.open / "streams").finish()
        told = json.loads(notes.read_text())
        self.search.words.update(told["words"])
        self.search.digits.update(told["digits"])
        return ran

    def close(self) -> None:
        """Adds what only the vault knows, and looks everywhere once more."""
        self.search.digits.update(asyncio.run(_kept(self.terminal.home)))
        key = self.terminal.home / "key"
        self.search.words.add(key.read_text().strip())
        self.search.look_at(
            [*files_below(self.terminal.home), *files_below(self.open)], except_=[key, *self._handed_in()]
        )

    def _handed_in(self) -> list[Path]:
        return [path for path in files_below(self.open) if path.name == "in"]


@contextmanager
def house(folder: Path) -> Iterator[House]:
    home, desk, left = folder / "home", folder / "desk", folder / "open"
    for place in (home, desk, left):
        place.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, 1.0), temper=LOUD, empty=True) as simulator:
        simulator.remote.add_app("App")
        account = simulator.control.add_account("Account").id
        terminal = Terminal(home, left, {"graph_url": simulator.graph_url, "log": "debug"})
        yield House(desk, left, terminal, simulator, account)


async def _kept(home: Path) -> set[str]:
    """Every PIN that the vault of a home holds."""
    async with Linewright(settings=Settings(home=home, graph_url="http://127.0.0.1:9")) as lw:
        store = lw.office.store
        with store.database.reading() as connection:
            rows = connection.execute(select(t.pins.c.id, t.pins.c.e164, t.pins.c.digits)).all()
        return {store.vault.open(bytes(row.digits), bound("digits", row.id, row.e164)).open_secret() for row in rows}


def _weather(home: Path, notes: Path) -> int:
    notes.write_text(json.dumps(asyncio.run(_faults(home))))
    return 0


async def _faults(home: Path) -> dict[str, list[str]]:
    """One number for each fault and each kind of call that it strikes; the secrets that were in use."""
    begin_log("debug")
    clock = JumpingClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    simulator = Simulator(clock, temper=LOUD)
    token, digits = token_text(), set[str]()
    simulator.remote.add_token([simulator.world.account.id], text=token, app=simulator.world.app.id)
    settings = Settings(home=home, graph_url="http://127.0.0.1:9", log="debug")
    async with Linewright(settings=settings, clock=clock, transport=simulator.transport) as lw:
        await lw.add_account("acme", simulator.world.account.id, Secret(token))
        for serial, (kind, do) in enumerate((kind, do) for kind in ("register", "verify_code") for do in DOINGS):
            right = six_digits()
            number = simulator.control.add_number(
                simulator.world.account.id, f"+155561{serial:05}", pin=right, verified=kind == "register"
            )
            simulator.control.add_fault(
                kind, do, number=number.id, times=2, error=133005 if kind == "register" else 136025
            )
            await lw.sync("acme")
            await lw.open("register", number.id, pin=Secret(right))
            digits |= {right}
        await lw.run_all(idle=partial(_people, lw, simulator, digits))
        digits |= {code.text for phone in simulator.remote.phones.values() for code in phone.codes}
        write_json(await lw.operations())
        await lw.bundle(number.id, home / "weather.zip")
    return {"words": [token], "digits": sorted(digits | await _kept(home))}


async def _people(lw: Linewright, simulator: Simulator, digits: set[str]) -> bool:
    """Gives the code that the phone shows, or another PIN; declines the rest. Whether there was a question."""
    asked = [task for task in await lw.tasks() if task["operation"]]
    for task in asked:
        try:
            if task["kind"] == "otp":
                code = simulator.control.latest_code(task["number"]["e164"])
                await lw.answer(task["id"], value=Secret(code))
            elif task["kind"] == "pin" and len(digits) < 100:
                digits.add(pin := six_digits())
                await lw.answer(task["id"], value=Secret(pin))
            else:
                await lw.answer(task["id"], decline=True)
        except UsageError:
            await lw.answer(task["id"], decline=True)
    return bool(asked)
