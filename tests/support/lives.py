"""Plays the life of one phone under some weather, turn by turn in virtual time, with the promises watched."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tests.support.memory import AnswerRefused, MemoryClock, MemoryLedger, MemoryLocks, Question
from tests.support.promises import ENDS, Breach, Watch
from tests.support.remote_script import ScriptedRemote, Weather, begin

from linewright.domain.entries import Catalogue
from linewright.domain.number import Number
from linewright.domain.operation import Account, Goal, Operation, OperationState, ReplyKind, TaskKind, Topic
from linewright.engine import turn as engine
from linewright.engine.crash import CrashPoint
from linewright.engine.ports import Ports
from linewright.secret import Secret

__all__ = ["ACCOUNT", "E164", "NUMBER", "Life", "live"]

NUMBER, E164, ACCOUNT = "1555010778800", "+15550107788", "example"
RIGHT, WRONG = "246810", "111222"
ANSWER_LOST = {CrashPoint.SENT, CrashPoint.READ}


class Died(Exception):
    """The process was killed here."""


@dataclass
class Life:
    """One phone from the first operation to the end of the last."""

    weather: Weather
    catalogue: Catalogue
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    clock: MemoryClock = field(default_factory=MemoryClock)
    operations: int = 0
    steps: int = 0
    story: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        weather = self.weather
        self.chance = Random(weather.seed)
        self.ledger.add_account(Account(name=ACCOUNT, waba="77", pin_reset=weather.pin_reset))
        seen = self.clock.now() if weather.seen else None
        self.ledger.add_number(Number(id=NUMBER, e164=E164, account=ACCOUNT, seen_online_at=seen))
        self.truth = begin(weather, NUMBER, self.clock.now())
        self.remote = self._remote()
        self.watch = Watch(self.ledger, self.clock, E164, NUMBER, use_reserve=weather.use_reserve)
        self.watch.compares = weather.compare_clocks
        self.remote.before, self.remote.after = self.watch.before, self.watch.after
        self.remote.beside = self._rival if weather.rivals else None
        self._names = 0
        self._crash_at: int | None = None
        self.ports = Ports(
            ledger=self.ledger,
            remote=self.remote,
            locks=MemoryLocks(),
            clock=self.clock,
            catalogue=self.catalogue,
            make_pin=self._make_pin,
            new_id=self._new_id,
            reached=self._reached,
            compare_clocks=weather.compare_clocks,
        )

    def _remote(self) -> ScriptedRemote:
        return ScriptedRemote(self.weather, self.catalogue.entries, self.clock, self.chance, self.truth)

    def _open(self, goal: Goal, **flags: Any) -> Operation:
        return self.ledger.open(goal, NUMBER, self.clock.now(), **flags)

    # One operation

    def play(self, goal: Goal) -> None:
        weather = self.weather
        if self.truth.registered is False and weather.given != "none" and goal is Goal.REGISTER:
            self._give(RIGHT if weather.given == "right" else WRONG)
        operation = self._open(
            goal,
            code_method=weather.method,
            use_reserve=weather.use_reserve,
            subscribe=weather.subscribe,
            ask_first=weather.ask_first,
        )
        self.operation = operation.id
        self.watch.resends = 0
        self.watch.ready = not weather.ask_first
        if weather.evidence:
            self._hear()
        self.operations += 1
        for _ in range(weather.steps):
            self.steps += 1
            self._meddle()
            self._turn()
            if self.ledger.get(self.operation).state in ENDS:
                return
            if not self._rest():
                break
        self._leave()

    def _leave(self) -> None:
        """Cancels what is still open, so that the next operation can begin."""
        for _ in range(5):
            if self.ledger.get(self.operation).state in ENDS:
                return
            self.ledger.cancel(self.operation, self.clock.now())
            self._turn(calm=True)
            question = self.ledger.question_of(self.operation)
            if question is not None and question.topic is Topic.CANCEL:
                self._answer(question, ReplyKind.APPROVE)
                self._turn(calm=True)
        if self.ledger.get(self.operation).state not in ENDS:
            raise Breach(8, "an operation cannot be cancelled")

    def _turn(self, *, calm: bool = False) -> None:
        self.watch.turn_begins(self.operation)
        dies = not calm and self.chance.random() < self.weather.crashes
        self._crash_at = self.chance.randrange(1, 25) if dies else None
        due = self.ledger.is_due(self.ledger.get(self.operation), self.clock.now())
        try:
            turned = run(engine.turn(self.operation, self.ports))
        except Died as death:
            self.story.append(f"died at {death}")
            self._crash_at = None
            asleep = not self.ledger.is_due(self.ledger.get(self.operation), self.clock.now())
            if due and asleep and death.args[0] not in (CrashPoint.RESTED, CrashPoint.ENDED):
                raise Breach(7, "a killed operation is not taken up again") from None
            return
        if self.watch.seen is not None:
            self.watch.rested(turned.rested)
        if turned.rested is not None:
            rested = turned.rested
            self.story.append(f"{self.clock.now():%d %H:%M:%S} {rested.state} {rested.reason} until {rested.wake_at}")

    def _rest(self) -> bool:
        """Lets time pass until the operation is due. False when nothing will ever happen."""
        chance = self.chance
        current = self.ledger.get(self.operation)
        if current.state is OperationState.RUNNING:
            self.clock.advance(chance.choice((0, 1, 60)))
            return True
        question = self.ledger.question_of(self.operation)
        wake = current.wake_at
        if question is not None and (chance.random() < self.weather.answers):
            hasty = self.weather.unkind_people and question.kind is TaskKind.OTP
            self.clock.advance(5 if hasty else chance.choice((5, 5, 5, 60, 400, 4_000)))
            self._reply(question)
            return True
        if wake is None:
            if question is None or not self.weather.answers:
                return False
            self.clock.advance(20_000)
            self._reply(question)
            return True
        self.clock.true += max(wake - self.clock.now(), timedelta())
        if chance.random() < 0.2:
            self.clock.advance(chance.choice((1, 30, 3_600)))
        return True

    # People

    def _reply(self, question: Question) -> None:
        first = 12 if self.weather.unkind_people and question.kind is TaskKind.OTP else 2
        answer = self.chance.choice((question.answers[0],) * first + question.answers)
        if answer is ReplyKind.DECLINE and self.chance.random() < 0.9:
            answer = question.answers[0]
        self._answer(question, answer)

    def _answer(self, question: Question, answer: ReplyKind) -> None:
        chance = self.chance
        value, changed, method = "", False, None
        if answer is ReplyKind.VALUE:
            value = self._value(question)
            changed = question.kind is TaskKind.PIN and chance.random() < 0.15
        if answer is ReplyKind.RESEND:
            method = chance.choice(("SMS", "VOICE"))
        if answer is ReplyKind.DONE and question.kind is TaskKind.PIN and chance.random() < 0.7:
            self.truth.pin = None
        now = self.clock.now()
        try:
            self.ledger.answer(question, answer, now, value=value, pin_changed=changed, method=method)
        except AnswerRefused:
            self.story.append(f"answer {answer} turned away")
            return
        self.watch.answered(question, answer, value, pin_changed=changed)
        self.story.append(f"{now:%d %H:%M:%S} person: {question.kind} {question.topic} {answer}")

    def _value(self, question: Question) -> str:
        chance = self.chance
        if self.weather.unkind_people and chance.random() < (0.5 if question.kind is TaskKind.PIN else 0.9):
            return chance.choice((WRONG, "333444", RIGHT, "12345"))
        if question.kind is TaskKind.PIN:
            return self.truth.pin or RIGHT
        return self.truth.code or WRONG

    def _give(self, digits: str) -> None:
        try:
            self.ledger.give_pin(E164, digits, self.clock.now())
        except AnswerRefused:
            return
        self.watch.gave(digits)

    def _hear(self) -> None:
        self.ledger.hear(NUMBER, self.chance.choice((131045, 133010)), self.clock.now())
        self.watch.evidence.append(self.clock.now())

    def _meddle(self) -> None:
        """What others do meanwhile: the clock is set, someone cancels, gives a token, changes the PIN."""
        chance, weather = self.chance, self.weather
        if chance.random() < weather.jumps:
            by = chance.choice((-90_000, -4_000, -200, -40, 40, 200, 4_000, 90_000))
            if by > 0 or weather.set_back:
                self.clock.set_by(by)
                self.watch.jumped += timedelta(seconds=abs(by))
                self.story.append(f"clock set by {by} s")
        if chance.random() >= weather.meddling:
            return
        now = self.clock.now()
        match chance.randrange(7):
            case 0:
                self.ledger.release(ACCOUNT, now)
            case 1:
                self.truth.pin = chance.choice((RIGHT, "975310", None))
                self.ledger.pin_changed(E164, now)
                self.watch.changed()
            case 2:
                self._hear()
            case 3 if chance.random() < 0.3:
                self.ledger.cancel(self.operation, now)
            case 4:
                self._give(chance.choice((RIGHT, WRONG, "333444")))
            case 5:
                self.truth.name = chance.choice(("APPROVED", "DECLINED", "PENDING_REVIEW"))
            case 6:
                self._toggle()

    def _toggle(self) -> None:
        self.truth.registered = not self.truth.registered

    # Ports

    async def _rival(self) -> None:
        """Another process takes the same operation while a call is under way."""
        await engine.turn(self.operation, self.ports)

    def _reached(self, point: CrashPoint) -> None:
        if point is CrashPoint.INTENT_SAVED:
            self.watch.intended()
        if self._crash_at is None:
            return
        self._crash_at -= 1
        if self._crash_at <= 0:
            self.watch.crashed(answer_lost=point in ANSWER_LOST)
            raise Died(point)

    def _make_pin(self) -> Secret:
        return Secret(f"{self.chance.randrange(1_000_000):06d}")

    def _new_id(self) -> str:
        self._names += 1
        return f"attempt-{self._names}"


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs what never really waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("a turn waited for something real")


def live(
    weather: Weather,
    catalogue: Catalogue,
    born: Callable[[Life], None] = lambda life: None,
    kind: Callable[[Weather, Catalogue], Life] = Life,
) -> Life:
    """Plays all goals of some weather. Raises `Breach`, with the story in a note."""
    life = kind(weather, catalogue)
    born(life)
    try:
        for goal in weather.goals:
            life.play(goal)
    except BaseException as error:
        error.add_note(story(life))
        raise
    return life


def story(life: Life) -> str:
    calls = [
        f"{s.at:%d %H:%M:%S} turn {s.turn} {s.call} {s.outcome} {s.error}/{s.subcode} {s.told or ''} {s.digits or ''}"
        for s in life.watch.log[-25:]
    ]
    return "\n".join([str(life.weather), *life.story[-25:], "calls:", *calls])
