"""The person behind a number: when they answer, and what. They know what only they can know, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.recovery.clock import BenchClock
from bench.recovery.worlds import World
from linewright.simulator.door import Door

__all__ = ["ENGAGED", "FOLLOWS", "Answer", "Desk", "Question"]

FOLLOWS = timedelta(seconds=90)
"""Somebody who just answered answers the next question so soon."""
ENGAGED = timedelta(minutes=20)
"""For so long after an answer."""
PATIENCE = 3
"""So often *done* is said where nothing could be done; then nobody answers any more."""


@dataclass(frozen=True)
class Answer:
    """`kind` is value, approve, done or resend; `value` a PIN or a code."""

    kind: str
    value: str = ""


@dataclass
class Question:
    """One question to the person; `kind` is otp, pin, approve, fix or support. An offer is one that nothing waits
    for: the person may leave it; `answer` is the kind of what they answered."""

    key: str
    kind: str
    asked_at: datetime
    offer: bool
    answers: tuple[str, ...]
    due: datetime | None = None
    answered_at: datetime | None = None
    answer: str = ""


class Desk:
    """Where policies ask. Each question is noted; its answer comes when the person comes."""

    def __init__(self, world: World, door: Door, number: str, clock: BenchClock) -> None:
        self._owner = world.owner
        self._door, self._number, self._clock = door, number, clock
        self._e164 = world.e164
        self._own: str | None = world.truth.get("pin")
        """The PIN as the person set it once; what a policy sets later they do not know."""
        self._given = {world.given} if world.given else set[str]()
        self._engaged_until: datetime | None = None
        self._dones = 0
        self.switched_off: list[datetime] = []
        """When two-step verification was switched off, or was said to be."""
        self.questions: list[Question] = []
        self.said: set[str] = set(self._given)
        """The PINs that came from the person."""

    def ask(self, key: str, kind: str, answers: Sequence[str], *, offer: bool = False) -> datetime | None:
        """Puts a question; the same key is the same question. When it will be answered, or None: never."""
        question = next((each for each in self.questions if each.key == key and each.answered_at is None), None)
        if question is None:
            now = self._clock.now()
            question = Question(key, kind, now, offer, tuple(answers), due=self.comes(now))
            self.questions.append(question)
        question.answers = tuple(answers)
        return question.due if self._has_an_answer(question) else None

    def comes(self, asked_at: datetime) -> datetime | None:
        """When the person comes to what was asked at a moment."""
        if self._engaged_until is not None and asked_at < self._engaged_until:
            return asked_at + FOLLOWS
        return None if self._owner.delay is None else asked_at + timedelta(seconds=self._owner.delay)

    def answer(self, key: str) -> Answer:
        """The answer to an open question whose time has come; the person acts in the world where they say so."""
        question = next(each for each in self.questions if each.key == key and each.answered_at is None)
        question.answered_at = self._clock.now()
        self._engaged_until = question.answered_at + ENGAGED
        answer = self._said(question)
        question.answer = answer.kind
        return answer

    def _has_an_answer(self, question: Question) -> bool:
        if question.offer:
            return self._knows_better()
        if question.kind in ("fix", "support"):
            return self._dones < PATIENCE
        return True

    def _knows_better(self) -> bool:
        """Whether the person, told of a lock, has a PIN that was not yet given."""
        return self._owner.pin == "knows" and self._own is not None and self._own not in self._given

    def _said(self, question: Question) -> Answer:
        if question.kind == "otp":
            return self._code(question)
        if question.kind == "pin":
            return self._pin()
        if question.kind == "approve":
            return Answer("approve")
        self._dones += 1
        if question.kind == "fix" and self._truth["name_status"] == "DECLINED":
            self._door.change_number(self._number, name_decision={"at": 0, "status": "APPROVED"})
        return Answer("done")

    def _code(self, question: Question) -> Answer:
        now = self._clock.now()
        codes = self._door.codes(self._e164)
        fresh = [code for code in codes if not code["used"] and datetime.fromisoformat(code["expires_at"]) > now]
        if fresh and "value" in question.answers:
            return Answer("value", str(fresh[-1]["code"]))
        return Answer("resend", "SMS")

    def _pin(self) -> Answer:
        pin, knows = self._truth["pin"], self._owner.pin
        if knows == "approves_a_reset":
            return Answer("approve")
        if pin is None or knows == "switches_two_step_off":
            if pin is not None:
                self._door.manage(self._number, two_step="off")
            self.switched_off.append(self._clock.now())
            return Answer("done")
        if knows == "is_mistaken_first":
            if self._owner.believes in self._given:
                return Answer("approve")
            return self._value(self._owner.believes)
        if pin != self._own and self._own in self._given:
            return Answer("approve")
        return self._value(self._own or str(pin))

    def _value(self, pin: str) -> Answer:
        self._given.add(pin)
        self.said.add(pin)
        return Answer("value", pin)

    @property
    def _truth(self) -> dict[str, object]:
        return self._door.number(self._number)
