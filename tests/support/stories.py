"""The stage for stories: Linewright and the simulator in one process, on one clock that jumps.

What a story asserts is read from the simulator's own log and its control door, never from our journal alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from types import TracebackType
from typing import Any, Self, TypeVar

from linewright.clock import JumpingClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.calls import LoggedCall
from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Temper
from linewright.simulator.worlds import DefaultWorld

__all__ = ["PIN", "Stage", "Story"]

T = TypeVar("T")
Shape = dict[str, Any]
PIN = "246810"
"""The PIN of the magic numbers that have one."""
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WRITES = ("register", "deregister", "request_code", "verify_code", "set_pin", "settings", "subscribe", "create")
MONEY = ("register", "deregister")
SPACING, CODE_SPACING = 35, 60
CHANGES = (131008, 131009, 131037, 131042, 133001, 133002, 133003, 133007)
"""Refusals that ask for a change, each its own."""
TURN = timedelta(seconds=1)
"""Less virtual time than any wait; one turn takes no more."""
ENDS = ("done", "gave_up", "cancelled")
TOO_LONG = 400
"""Changes of one operation in one drive; a story that has more does not end."""


class Heard(logging.Handler):
    """Everything that anybody logs while a stage is open, whatever the level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._root = logging.getLogger()
        self._level = self._root.level
        self._root.addHandler(self)
        self._root.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def close(self) -> None:
        self._root.removeHandler(self)
        self._root.setLevel(self._level)
        super().close()


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


@dataclass(frozen=True, slots=True)
class Told:
    """One state of an operation, as a person saw it; `at` is seconds of virtual time since the stage began."""

    at: float
    state: str
    reason: str | None
    message: str
    wake_at: str | None
    question: str | None


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
            self._check_secrets(shown)

    def _check_secrets(self, shown: str) -> None:
        secrets = self.given | {token.text for token in self.simulator.remote.tokens.values()}
        for phone in self.simulator.remote.phones.values():
            secrets |= {code.text for code in phone.codes} | ({phone.pin} if phone.pin else set())
        files = {str(path): path.read_bytes() for path in self.home.rglob("*") if path.is_file()}
        places = {**files, "the log": "\n".join(self.heard.lines).encode(), "the answers": shown.encode()}
        for place, content in places.items():
            for secret in secrets:
                alone = rb"(?<![0-9])" + re.escape(secret.encode()) + rb"(?![0-9])"
                assert not re.search(alone, content), f"a secret stands in {place}"

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


class Story:
    """One operation on the stage. What asserts returns the story, so that a test reads as one sentence."""

    def __init__(self, stage: Stage, opened: Shape) -> None:
        self.stage = stage
        self.id: str = opened["id"]
        self.number: str = opened["number"]["id"]
        self.e164: str = opened["number"]["e164"]
        self.now: Shape = opened
        self.told: list[Told] = []
        self.began = stage.passed
        self._seq = len(stage.door.calls())

    # What moves it

    def drive(self) -> Self:
        """Turns and waits until it ends or a question blocks it."""
        self.now = self.stage.do(self.stage.lw.drive(self.id, on_change=self._heard))
        return self

    def push(self) -> Self:
        """Makes every call that is due now, and no time passes."""
        self.now = self.stage.do(self.stage.lw.push(self.id))
        self._heard(self.now)
        return self

    def later(self, **span: float) -> Self:
        """Lives through this span, with every turn that comes due in it."""
        return self.until(self.stage.clock.now() + timedelta(**span))

    def until(self, moment: datetime) -> Self:
        while self.push().state not in ENDS and self.wake_at is not None and self.wake_at <= moment:
            self.stage.clock.jump_to(self.wake_at)
        self.stage.clock.jump_to(moment)
        return self.push() if self.state not in ENDS else self

    def answer(self, **answer: Any) -> Self:
        """Answers the open question: `value`, `approve`, `done`, `decline` or `resend`, then drives on."""
        return self.say(**answer).drive()

    def say(self, **answer: Any) -> Self:
        """Answers the open question, and nothing is sent yet."""
        task = self.now["task"]
        assert task is not None, f"nothing is asked: {self}"
        if isinstance(answer.get("value"), str):
            if task["kind"] == "pin" and len(answer["value"]) == len(PIN):
                self.stage.given.add(answer["value"])
            answer["value"] = Secret(answer["value"])
        self.stage.do(self.stage.lw.answer(task["id"], **answer))
        return self

    def code(self) -> Self:
        """The phone's owner gives the newest code."""
        self.asks("otp")
        return self.answer(value=self.stage.door.latest_code(self.e164))

    def cancel(self) -> Self:
        self.now = self.stage.do(self.stage.lw.cancel(self.id))
        self._heard(self.now)
        return self

    def _heard(self, shape: Shape) -> None:
        assert len(self.told) < TOO_LONG, f"this does not end: {self}"
        self.now = shape
        task = shape["task"]
        self.told.append(
            Told(
                self.stage.passed,
                shape["state"],
                shape["reason"],
                shape["message"],
                shape["wake_at"],
                task["kind"] if task else None,
            )
        )

    # What it is

    @property
    def state(self) -> str:
        return str(self.now["state"])

    @property
    def wake_at(self) -> datetime | None:
        wake = self.now["wake_at"]
        return datetime.fromisoformat(wake) if wake else None

    @property
    def asked(self) -> str | None:
        """The kind of the open question."""
        return self.now["task"]["kind"] if self.now["task"] else None

    @property
    def took(self) -> float:
        """Seconds of virtual time since it was opened."""
        return self.stage.passed - self.began

    @property
    def log(self) -> list[LoggedCall]:
        """The simulator's log of this phone's writes since the operation was opened."""
        return [call for call in self.all_calls if call.kind in WRITES]

    @property
    def all_calls(self) -> list[LoggedCall]:
        calls = self.stage.door.calls(self._seq)
        waba = self.stage.simulator.remote.numbers[self.number].account
        return [call for call in calls if call.e164 == self.e164 or call.target == waba]

    @property
    def calls(self) -> list[str]:
        """Like `["register 133000", "deregister ok", "register ok"]`."""
        return [f"{call.kind} {_answer(call)}" for call in self.log]

    def count(self, kind: str) -> int:
        return sum(call.kind == kind for call in self.log)

    def gaps(self, *kinds: str) -> list[int]:
        """Whole seconds between the calls of these kinds, from answer to call."""
        return gaps(self.log, kinds or MONEY)

    @property
    def waits(self) -> list[tuple[str | None, int]]:
        """Each reason it waited for, and how long it stayed so in all, in seconds."""
        found: list[tuple[str | None, int]] = []
        for one, two in pairwise(self.told):
            if one.state != "waiting":
                continue
            span = round(two.at - one.at)
            if found and found[-1][0] == one.reason:
                found[-1] = (one.reason, found[-1][1] + span)
            else:
                found.append((one.reason, span))
        return found

    @property
    def reasons(self) -> list[str | None]:
        """Each reason it rested for, in order, without repetitions in a row."""
        found: list[str | None] = []
        for told in self.told:
            if told.reason is not None and (not found or found[-1] != told.reason):
                found.append(told.reason)
        return found

    @property
    def said(self) -> str:
        """Every message it ever showed."""
        return "\n".join(told.message for told in self.told)

    @property
    def truth(self) -> Shape:
        """What the control door says of the number."""
        return self.stage.door.number(self.number)

    def __repr__(self) -> str:
        lines = [f"{told.at:>9.0f} s  {told.state} {told.reason}: {told.message}" for told in self.told[-12:]]
        return "\n".join([f"{self.calls}", f"gaps {self.gaps()}", *lines])

    # What is asserted

    def called(self, *calls: str) -> Self:
        """Exactly these writes, in this order, by the simulator's log; and our journal says the same."""
        assert self.calls == list(calls), self
        ours = [attempt["call"] for attempt in self.now["attempts"]]
        theirs = [call.kind for call in self.log if call.kind != "settings"]
        assert ours == theirs, f"our journal differs from the remote's log: {ours} {theirs}"
        return self

    def asks(self, kind: str, *words: str, reason: str | None = None) -> Self:
        """A question of this kind blocks it, and says these words."""
        assert self.state == "asking", self
        task = self.now["task"]
        assert task["kind"] == kind, self
        assert reason is None or self.now["reason"] == reason, self
        text = f"{self.now['message']} {task['question']}"
        for word in words:
            assert word in text, f"{word!r} is not in {text!r}"
        return self

    def waiting(self, reason: str, *words: str) -> Self:
        assert (self.state, self.now["reason"]) == ("waiting", reason), self
        assert self.wake_at is not None, "a wait without a named time"
        for word in words:
            assert word in self.now["message"], f"{word!r} is not in {self.now['message']!r}"
        return self

    def waits_for(self, **span: float) -> Self:
        """The time left until the next turn, to the second."""
        assert self.wake_at is not None, self
        left = (self.wake_at - self.stage.clock.now()).total_seconds()
        assert abs(left - timedelta(**span).total_seconds()) < 1, f"{left} s left: {self}"
        return self

    def never_asked(self) -> Self:
        assert not any(told.state == "asking" for told in self.told), self
        return self

    def ends(self, state: str, reason: str, *words: str) -> Self:
        """It has ended so; with its journal as the remote saw it, and no question left open."""
        assert (self.state, self.now["reason"]) == (state, reason), self
        assert self.now["ended_at"] is not None, self
        assert self.now["task"] is None, self
        for word in words:
            assert word in f"{self.now['message']} {self.now['next_step']}", self
        return self

    def comes_online(self) -> Self:
        """Ended well, proven by a reading after the last write, and true by the door."""
        self.ends("done", "registered")
        assert self.now["standing"] in ("online", "restricted"), self
        assert self.truth["online"], f"the door says {self.truth['why_not_online']}"
        assert self.truth["sends"] == "ok"
        return self.is_proven()

    def is_proven(self) -> Self:
        """A reading came after the last write of this number."""
        mine = [call for call in self.all_calls if call.e164 == self.e164]
        writes = [call.seq for call in mine if call.kind in WRITES]
        reads = [call.seq for call in mine if call.kind == "read" and call.http_status == 200]
        assert reads, self
        assert not writes or reads[-1] > writes[-1], "no reading after the last write"
        return self

    def stays_offline(self) -> Self:
        assert not self.truth["registered"], self
        return self

    def within(self, low: timedelta, high: timedelta) -> Self:
        """The virtual time it took lies in this range."""
        assert low.total_seconds() <= self.took <= high.total_seconds(), f"took {self.took} s: {self}"
        return self


def _answer(call: LoggedCall) -> str:
    if call.fault is not None and not call.fault.startswith("error"):
        return call.fault
    if call.code is None:
        return "ok"
    return f"{call.code}/{call.subcode}" if call.subcode is not None else str(call.code)


def gaps(calls: list[LoggedCall], kinds: tuple[str, ...]) -> list[int]:
    chosen = [call for call in calls if call.kind in kinds]
    return [round((two.started_at - (one.ended_at or one.started_at)).total_seconds()) for one, two in pairwise(chosen)]


def check_rails(calls: list[LoggedCall]) -> None:
    """What holds in every story: spacing, caps, code quotas, a reading before each write."""
    calls = [call for call in calls if call.fault != "refuse"]
    assert all(gap >= SPACING for gap in gaps(calls, MONEY)), f"registers too close: {gaps(calls, MONEY)}"
    assert all(gap >= CODE_SPACING for gap in gaps(calls, ("request_code",))), gaps(calls, ("request_code",))
    for kind, limit, window in (
        ("register", 10, timedelta(hours=72)),
        ("deregister", 10, timedelta(hours=72)),
        ("request_code", 3, timedelta(hours=1)),
        ("request_code", 6, timedelta(hours=24)),
    ):
        times = [call.started_at for call in calls if call.kind == kind]
        crowd = max((sum(at - window < each <= at for each in times) for at in times), default=0)
        assert crowd <= limit, f"{crowd} calls {kind} within {window}"
    for call in calls:
        reads = [r for r in calls if r.kind == "read" and r.seq < call.seq]
        if call.kind in WRITES:
            looked = bool(reads) and call.started_at - reads[-1].started_at < TURN
            assert looked, f"{call.kind} at {call.started_at} without a reading in the same turn"
