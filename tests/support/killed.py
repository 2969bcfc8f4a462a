"""One operation lived through by processes that are killed on the way: the stories, the child, and what it left."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from tests.support.disks import Disk
from tests.support.processes import Ran, SharedClock, run

from linewright.blocking import BlockingLinewright
from linewright.config import Settings
from linewright.domain.journal import CallKind
from linewright.domain.operation import OPEN_STATES, OperationState, ReplyKind, TaskKind
from linewright.engine.crash import CrashPoint, go_on
from linewright.secret import Secret
from linewright.simulator.calls import LoggedCall
from linewright.simulator.simulator import RunningSimulator
from linewright.wiring import Installation, assemble

__all__ = ["STORIES", "WRITES", "End", "Kill", "Life", "Stage", "Story"]

P = CrashPoint
EVERY_TURN = frozenset({P.LOCKED, P.READ, P.READING_SAVED, P.DECIDED, P.ENDED})
A_WRITE = EVERY_TURN | {P.INTENT_SAVED, P.SENT, P.ANSWER_SAVED}
RESTING = A_WRITE | {P.RESTED}
WRITES = {
    "register": CallKind.REGISTER,
    "deregister": CallKind.DEREGISTER,
    "request_code": CallKind.REQUEST_CODE,
    "verify_code": CallKind.VERIFY_CODE,
    "set_pin": CallKind.SET_PIN,
    "subscribe": CallKind.SUBSCRIBE,
    "settings": CallKind.KEEP_STORAGE,
}
"""The simulator's names of the calls that change something, and ours."""
RIGHT = "246810"


@dataclass(frozen=True)
class Story:
    """A number's trouble and what is asked. `digits` are its last six; `reaches` the points that the operation
    passes; `truth` and `faults` are told to the control door."""

    digits: str
    reaches: frozenset[CrashPoint] = A_WRITE
    goal: str = "register"
    pin: str | None = None
    because: int | None = None
    pin_reset: str = "ask"
    first_registers: bool = False
    truth: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()


STORIES = {
    "a made PIN": Story("100003", RESTING | {P.PIN_KEPT}),
    "half deregistered": Story("133000", RESTING | {P.PIN_KEPT}),
    "server down": Story("133004", RESTING | {P.PIN_KEPT}),
    "wrong PIN, asked": Story("133005", RESTING, pin="111222"),
    "wrong PIN, reset": Story("133005", RESTING | {P.PIN_KEPT}, pin="111222", pin_reset="auto"),
    "verification lapsed": Story("133006", RESTING | {P.PIN_KEPT}),
    "locked": Story("133008", RESTING, pin=RIGHT),
    "PIN too soon": Story("133009", RESTING, pin=RIGHT),
    "deleted a moment ago": Story("133015", RESTING | {P.PIN_KEPT}),
    "attempts used up": Story("133016", RESTING | {P.PIN_KEPT}),
    "certificate": Story("131045", pin=RIGHT, because=131045),
    "token dies": Story(
        "100004", RESTING | {P.PIN_KEPT, P.HOLD_SAVED}, faults=({"on": "register", "do": "error", "error": 190},)
    ),
    "too many calls": Story(
        "100005", RESTING | {P.PIN_KEPT, P.HOLD_SAVED}, faults=({"on": "register", "do": "error", "error": 80007},)
    ),
    "never verified": Story("100006", RESTING, goal="verify", truth={"verified": False}),
    "set a PIN": Story("100007", A_WRITE | {P.PIN_KEPT}, goal="set-pin", first_registers=True),
    "deregister": Story("100008", RESTING, goal="deregister", first_registers=True),
}


@dataclass(frozen=True)
class Kill:
    """Dies by SIGKILL at the `nth` passing of `point`; or, with `fills`, has that disk full from then on."""

    point: CrashPoint
    nth: int
    fills: Disk | None = None

    def strike(self) -> None:
        if self.fills is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            self.fills.fill()


@dataclass(frozen=True)
class _Job:
    """What a child is told."""

    home: Path
    graph_url: str
    control_url: str
    clock: Path
    operation: str
    e164: str
    kill: Kill | None


def _live(job: _Job) -> int:
    """In the child: drives the operation to its end and answers its questions; prints the points it passed."""
    passed: Counter[CrashPoint] = Counter()

    def reached(point: CrashPoint) -> None:
        passed[point] += 1
        if job.kill is not None and job.kill.point is point and job.kill.nth == passed[point]:
            job.kill.strike()

    asyncio.run(_drive(job, reached))
    print(*(f"{point}={times}" for point, times in passed.items()))  # noqa: T201 - its result
    return 0


async def _drive(job: _Job, reached: Callable[[CrashPoint], None] = go_on) -> None:
    settings = Settings(home=job.home, graph_url=job.graph_url, log="error")
    office = assemble(settings, clock=SharedClock(job.clock), reached=reached)
    try:
        while True:
            current = await office.local.push(job.operation)
            if current.state not in OPEN_STATES:
                return
            if current.state is OperationState.ASKING:
                await _answer(office, job)
            else:
                await office.local.rest(current)
    finally:
        await office.close()


async def _answer(office: Installation, job: _Job) -> None:
    """The owner of phone and PIN. Nobody brings a new token: the account's own probe finds that it works again."""
    task, now = office.store.tasks.shown_by(job.operation), office.clock.now()
    assert task is not None, "the operation asks, and there is no question"
    if task.kind is TaskKind.OTP:
        code = _code(job)
        if code:
            office.store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret(code))
        else:
            office.store.tasks.answer(task.id, ReplyKind.RESEND, now=now, method="sms")
    elif task.kind is TaskKind.PIN:
        office.store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret(RIGHT))
    elif task.kind is TaskKind.APPROVE:
        office.store.tasks.answer(task.id, ReplyKind.APPROVE, now=now)
    else:
        resting = office.store.operations.get(job.operation)
        assert resting.wake_at is not None, task.question
        await office.local.rest(resting)


def _code(job: _Job) -> str | None:
    """The newest code that the phone shows; None where none came, since the request was never sent."""
    shown = httpx.get(f"{job.control_url}/phone/{job.e164}/codes", trust_env=False).json()["items"]
    return str(shown[-1]["code"]) if shown else None


@dataclass(frozen=True)
class End:
    """Where an operation ended, by Linewright and by the control door; `pin` is what Linewright would show where
    the door says that there is one."""

    ours: Mapping[str, Any]
    truth: Mapping[str, Any]
    pin: str | None

    @property
    def told(self) -> dict[str, Any]:
        """What must be the same however often the process died."""
        truth = ("state", "registered", "reads_registered", "online", "sends", "two_step", "verified", "storage")
        return {name: self.ours[name] for name in ("state", "reason", "standing", "task")} | {
            f"door: {name}": self.truth[name] for name in (*truth, "deregisters_owed", "certificate_fault")
        }


@dataclass
class Life:
    """One story with a phone, an account and a home of its own."""

    stage: Stage
    story: Story
    home: Path
    e164: str
    number: str
    operation: str
    began: int
    """Calls that the simulator had heard when the operation was opened."""

    def drive(self, kill: Kill | None = None) -> Ran:
        """A process that drives the operation until it ends or dies."""
        stage = self.stage
        job = _Job(
            home=self.home,
            graph_url=stage.simulator.graph_url,
            control_url=stage.simulator.control_url,
            clock=stage.clock_file,
            operation=self.operation,
            e164=self.e164,
            kill=kill,
        )
        return run(partial(_live, job), self.streams)

    @property
    def streams(self) -> Path:
        """What its processes said."""
        return self.stage.folder / f"streams-{self.home.name}"

    def passed(self, ran: Ran) -> dict[CrashPoint, int]:
        assert ran.status == 0, ran.err
        pairs = (word.split("=") for word in ran.out.split())
        return {CrashPoint(point): int(times) for point, times in pairs}

    def end(self) -> End:
        truth = self.stage.simulator.control.number(self.number)
        with self.stage.open(self.home) as lw:
            pin = lw.show_pin(self.number).open_secret() if truth["pin"] else None
            return End(lw.operation(self.operation), truth, pin)

    def calls(self) -> list[LoggedCall]:
        """The writes that the simulator heard of this phone or its account since the operation was opened."""
        control = self.stage.simulator.control
        names = (self.number, control.number(self.number)["account"])
        return [call for call in control.calls(self.began) if call.kind in WRITES and call.target in names]


class Stage:
    """A simulator on real ports and the time that everybody shares; many lives are played on it."""

    def __init__(self, folder: Path, simulator: RunningSimulator, clock_file: Path) -> None:
        self.folder, self.simulator, self.clock_file = folder, simulator, clock_file
        self._counts = count()
        self._blank = folder / "blank"
        with self.open(self._blank):
            """Brings the tables of the blank home up to date, once for all lives."""

    def open(self, home: Path) -> BlockingLinewright:
        settings = Settings(home=home, graph_url=self.simulator.graph_url, log="error")
        return BlockingLinewright(settings=settings, clock=SharedClock(self.clock_file))

    def begin(self, story: Story, *, folder: Path | None = None) -> Life:
        """A fresh phone in a fresh account and home, its operation opened."""
        serial, control = next(self._counts), self.simulator.control
        home = shutil.copytree(self._blank, (folder or self.folder) / f"home-{serial}")
        waba = control.add_account(f"Account {serial}").id
        token = control.add_token([waba]).text
        e164 = f"+1{200 + serial % 700}{2 + serial // 700}{story.digits}"
        number = control.add_number(waba, e164, **story.truth)
        with self.open(home) as lw:
            lw.add_account("acme", waba, Secret(token), pin_reset=story.pin_reset)
            if story.first_registers:
                assert lw.register(number.id)["state"] == "done"
                self._pass(3600)
            opened = lw.open(
                story.goal,
                number.id,
                pin=Secret(story.pin) if story.pin else None,
                because=story.because,
                confirm=e164[-4:],
            )
        for fault in story.faults:
            control.add_fault(number=number.id, **fault)
        began = len(control.calls())
        return Life(self, story, home, e164, number.id, opened["id"], began)

    def _pass(self, seconds: float) -> None:
        SharedClock(self.clock_file).advance(seconds)
