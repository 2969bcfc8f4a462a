"""One operation on the stage: what moves it, what it is, and what a story asserts of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

from tests.support.stage_checks import MONEY, WRITES, gaps

from linewright.secret import Secret
from linewright.simulator.calls import LoggedCall

if TYPE_CHECKING:
    from tests.support.stories import Stage

__all__ = ["Story", "Told"]

Shape = dict[str, Any]
ENDS = ("done", "gave_up", "cancelled")
TOO_LONG = 400
"""Changes of one operation in one drive; a story that has more does not end."""


@dataclass(frozen=True, slots=True)
class Told:
    """One state of an operation, as a person saw it; `at` is seconds of virtual time since the stage began."""

    at: float
    state: str
    reason: str | None
    message: str
    wake_at: str | None
    question: str | None


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
            if task["kind"] == "pin" and len(answer["value"]) == 6:
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
