"""The stage for stories: Linewright and the simulator in one process, on one clock that jumps.

What a story asserts is read from the simulator's own log and its control door, never from our journal alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from types import TracebackType
from typing import Any, TypeVar

from tests.support.stage_checks import Heard, check_rails, check_secrets
from tests.support.story import Story

from linewright.clock import JumpingClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Temper
from linewright.simulator.worlds import DefaultWorld

__all__ = ["PIN", "Stage", "Story"]

T = TypeVar("T")
Shape = dict[str, Any]
PIN = "246810"
"""The PIN of the magic numbers that have one."""
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHANGES = (131008, 131009, 131037, 131042, 133001, 133002, 133003, 133007)
"""Refusals that ask for a change, each its own."""


class StageClock(JumpingClock):
    """A clock that jumps, but stops at each moment for which something was planned."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._planned: list[tuple[datetime, Callable[[], object]]] = []

    def plan(self, moment: datetime, do: Callable[[], object]) -> None:
        self._planned.append((moment, do))
        self._planned.sort(key=lambda planned: planned[0])

    def jump_to(self, moment: datetime) -> None:
        while self._planned and self._planned[0][0] <= moment:
            due, do = self._planned.pop(0)
            super().jump_to(due)
            do()
        super().jump_to(moment)


class Stage(AbstractContextManager["Stage"]):
    """One home with one account, `shop`, without numbers, at a fresh simulator; it hears webhooks already.

    `temper` are settings of the simulator's temper; `like` is the home of a closed stage of the same seed, to
    save the time of building one. Leaving the stage checks, for every phone, the rails that hold in every story,
    and that no token, PIN or code stands in the home's files, in a log line or in what people were told.
    """

    def __init__(self, home: Path, *, like: Path | None = None, seed: int = 1, **temper: Any) -> None:
        self.home = home
        self.heard = Heard()
        if like is not None:
            copytree(like, home)
        self.clock = StageClock(START)
        self.simulator = Simulator(self.clock, seed=seed, temper=Temper(**temper), empty=True)
        self.door = self.simulator.control
        remote = self.simulator.remote
        app, account = remote.add_app(), remote.add_account()
        self.world = DefaultWorld(app, account, remote.add_token([account.id], app=app.id), {})
        account.subscribed[app.id] = {}
        settings = Settings(home=home, graph_url="http://127.0.0.1:1", log="debug")
        self.lw = Linewright(settings=settings, clock=self.clock, transport=self.simulator.transport)
        self._runner = asyncio.Runner()
        self._plain = 0
        self.given: set[str] = set()
        if like is None:
            self.add_account("shop", self.world.account.id, self.world.token.text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shown = json.dumps([self.do(self.lw.operations()), self.do(self.lw.tasks()), self.do(self.lw.numbers())])
        self.do(self.lw.aclose())
        self._runner.close()
        self.heard.close()
        if kind is None:
            for e164 in self.simulator.remote.phones:
                check_rails([call for call in self.door.calls() if call.e164 == e164])
            files = {str(path): path.read_bytes() for path in self.home.rglob("*") if path.is_file()}
            places = {**files, "the log": "\n".join(self.heard.lines).encode(), "the answers": shown.encode()}
            check_secrets(self._secrets(), places)

    def _secrets(self) -> set[str]:
        secrets = self.given | {token.text for token in self.simulator.remote.tokens.values()}
        for phone in self.simulator.remote.phones.values():
            secrets |= {code.text for code in phone.codes} | ({phone.pin} if phone.pin else set())
        return secrets

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def add_account(self, name: str, waba: str, token: str) -> None:
        self.do(self.lw.add_account(name, waba, Secret(token)))

    def update_account(self, name: str = "shop", *, token: str | None = None, **changes: Any) -> None:
        self.do(self.lw.update_account([name], token=Secret(token) if token else None, **changes))

    # The world

    def magic(self, digits: str) -> str:
        """A number of the magic table, added with its hidden truth and nothing else."""
        return self._add(f"+15550{digits}")

    def number(self, **truth: Any) -> str:
        """A new number with these truths: registered before, verified, offline, two-step off unless told."""
        self._plain += 1
        e164 = truth.pop("e164", f"+1555020{self._plain:04d}")
        return self._add(e164, **{"ever_registered": True, **truth})

    def _add(self, e164: str, **truth: Any) -> str:
        number = self.door.add_number(self.world.account.id, e164, **truth)
        self.do(self.lw.sync("shop"))
        return number.id

    def online(self, *, accepted_pin: str = PIN, **truth: Any) -> str:
        """A number brought online here with a PIN that the remote accepted, ten days ago."""
        number = self.number(pin=accepted_pin, **truth)
        self.register(number, pin=accepted_pin).ends("done", "registered")
        self.wait(days=10)
        return number

    async def run_for(self, **span: float) -> None:
        """Lives through this span with every operation of the home, as a service does."""
        ends = self.clock.now() + timedelta(**span)
        engine, alarm = self.lw.office.local, self.lw.office.store.operations
        while True:
            await engine.run_due()
            wake = alarm.next_wake()
            if wake is None or wake > ends:
                break
            self.clock.jump_to(wake)
        self.clock.jump_to(ends)

    def spend(self, kind: str, number: str, count: int) -> None:
        """So many calls of this kind refused, in one operation that is then declined, a minute ago."""
        codes = CHANGES[:count]
        self.answers(kind, *codes)
        story = self.open(kind, number).drive()
        if story.asked == "approve":
            story.answer(approve=True)
        for _ in codes[1:]:
            story.asks("fix").answer(done=True)
        story.asks("fix").answer(decline=True)
        self.wait(minutes=1)

    def fault(self, on: str, do: str, **more: Any) -> None:
        self.door.add_fault(on, do, **more)

    def answers(self, on: str, *errors: int | Shape) -> None:
        """The next calls of this kind are answered with these errors, one each."""
        for error in errors:
            self.door.add_fault(on, "error", error=error)

    def after(self, do: Callable[[], object], **span: float) -> None:
        """Plans something for later: `stage.after(lambda: …, hours=2)`."""
        self.clock.plan(self.clock.now() + timedelta(**span), do)

    def wait(self, **span: float) -> None:
        """Lets time pass with nobody looking."""
        self.clock.jump_to(self.clock.now() + timedelta(**span))

    @property
    def passed(self) -> float:
        """Seconds of virtual time since the stage began."""
        return (self.clock.now() - START).total_seconds()

    # Operations

    def open(self, goal: str, number: str, *, pin: str | None = None, **options: Any) -> Story:
        """Opens an operation; nothing is sent yet."""
        secret = Secret(pin) if pin else None
        self.given |= {pin} if pin else set()
        if goal == "deregister":
            options = {"confirm": self.door.number(number)["e164"][-4:], **options}
        return Story(self, self.do(self.lw.open(goal, number, pin=secret, **options)))

    def register(self, number: str, **options: Any) -> Story:
        """Opens and drives to an end or a question."""
        return self.open("register", number, **options).drive()

    def deregister(self, number: str, **options: Any) -> Story:
        return self.open("deregister", number, **options).drive()

    def verify(self, number: str, **options: Any) -> Story:
        return self.open("verify", number, **options).drive()

    def set_pin(self, number: str, **options: Any) -> Story:
        return self.open("set-pin", number, **options).drive()

    def show(self, number: str) -> Shape:
        """The number as Linewright shows it."""
        return self.do(self.lw.number(number))

    def account(self, name: str = "shop") -> Shape:
        return next(each for each in self.do(self.lw.accounts()) if each["name"] == name)
