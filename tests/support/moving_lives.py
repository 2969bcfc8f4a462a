"""Whole migrations against an unkind remote: two accounts, one line, and the promises watched over both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.lives import ACCOUNT, E164, NUMBER, Life
from tests.support.memory import Question
from tests.support.promises import (
    AT_REST,
    BEFORE_A_WRITE,
    ENDS,
    Breach,
    Sent,
    Watch,
    looks_before_writing,
    registered,
    success_is_read,
    unknown_is_not_broken,
)
from tests.support.remote_script import LIES, Heard, ScriptedRemote, Truth

from linewright.domain.journal import CallKind, Outcome
from linewright.domain.number import Number
from linewright.domain.operation import Account, Goal, Operation, OperationState, ReplyKind, TaskKind, Topic
from linewright.engine.ports import Order, Rested

__all__ = ["MovingLife"]

SOURCE, ORIGIN = "1444010778800", "origin"
OF_A_NUMBER = {"register", "deregister", "request_code", "verify_code", "set_pin", "keep_storage"}
GOOD_ACCOUNT = {
    "account_review_status": "APPROVED",
    "business_verification_status": "verified",
    "owner_business_info": {"id": "5"},
}
LACKS: tuple[dict[str, Any], ...] = (
    {"account_review_status": "PENDING"},
    {"business_verification_status": None},
    {"owner_business_info": {"id": "6"}},
    {"health_status": {"entities": [{"errors": [{"error_code": 141006}]}]}},
)


class MovingRemote(ScriptedRemote):
    """Knows the source as well: it works until the destination registers."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.source = Truth(number=SOURCE, registered=True, onboarded=True)
        self.created_at: datetime | None = None
        self.lets_go_at: datetime | None = None
        """When the source shows that the destination has registered."""
        self.creates = 0
        self.lack: dict[str, Any] = {}
        self._acts |= {
            CallKind.SURVEY: lambda order: self._survey(),
            CallKind.SURVEY_SOURCE: lambda order: {"account": GOOD_ACCOUNT},
            CallKind.READ_SOURCE: lambda order: self._source(),
            CallKind.CREATE: self._create,
        }

    def _source(self) -> dict[str, Any]:
        self.source.pin = self.truth.pin
        if self.lets_go_at is not None and self.clock.true >= self.lets_go_at:
            self.source.status = "MIGRATED"
        return {key: value for key, value in self.source.fields(self.clock.true).items() if value is not None}

    def _survey(self) -> dict[str, Any]:
        late = timedelta(seconds=min(self.weather.settles, 60))
        shows = self.created_at is not None and self.clock.true - self.created_at >= late
        row = {"id": NUMBER, "display_phone_number": "+1 555-010-7788", "status": "PENDING"}
        return {"account": GOOD_ACCOUNT | self.lack, "numbers": [row] if shows else [], "subscribed": True}

    def _create(self, order: Order) -> tuple[int, int | None, str] | dict[str, Any]:
        if self.created_at is not None:
            return 2388012, None, "It is in your list already."
        if self.truth.pin is not None:
            return 2388001, None, "Switch two-step verification off first."
        self.created_at = self.clock.true
        self.creates += 1
        return {"id": NUMBER}

    def _register(self, order: Order) -> tuple[int, int | None, str] | dict[str, Any]:
        answer = super()._register(order)
        if isinstance(answer, dict):
            self.lets_go_at = self.clock.true + timedelta(seconds=self.chance.choice((0, 10, 90)))
        return answer

    def _heard(self, order: Order) -> Heard:
        weather, chance = self.weather, self.chance
        if order.call is not CallKind.READ_SOURCE:
            return super()._heard(order)
        if chance.random() < weather.unread:
            return self._refuse(CallKind.READ, chance.choice(self._pool))
        body = self._source()
        if chance.random() < weather.lies / 4:
            body |= chance.choice(LIES)
        if weather.missing and chance.random() < 0.5:
            body.pop("is_pin_enabled")
        return Heard(self._answer(order.call, Outcome.OK, body=body, http_status=200))


@dataclass
class MovingWatch(Watch):
    """Watches both sides."""

    sources: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Good readings of the source, each with how many calls there had been."""
    surveys: list[int] = field(default_factory=list)
    """When the destination was looked at whole: how many calls there had been."""
    off_at: datetime | None = None
    """When a person last said that two-step verification is off."""
    created: Callable[[], bool] = lambda: False

    def intended(self) -> None:
        """A PIN made while the source reads two-step verification off is no guess either."""
        super().intended()
        if (self.source() or {}).get("is_pin_enabled") is False:
            intents = [a for a in self.ledger.attempts_of(self.e164) if a.outcome is None and a.pin]
            self.made |= {self.ledger.open_pin(attempt.pin).open_secret() for attempt in intents if attempt.pin}

    def before(self, order: Order) -> None:
        if order.call.value in OF_A_NUMBER and order.number == SOURCE:
            raise Breach(11, f"{order.call} was sent to the source of a migration")
        super().before(order)

    def after(self, order: Order, heard: Heard) -> None:
        super().after(order, heard)
        body, good = heard.answer.body, heard.answer.outcome is Outcome.OK
        if order.call is CallKind.SURVEY and good:
            self.surveys.append(len(self.log) - 1)
        if order.call is CallKind.READ_SOURCE and good and body.get("id") == SOURCE and body.get("status"):
            self.sources.append((len(self.log) - 1, body))
            self._saw(body)

    def answered(self, question: Question, answer: ReplyKind, value: str, *, pin_changed: bool) -> None:
        super().answered(question, answer, value, pin_changed=pin_changed)
        if question.topic is Topic.TWO_STEP and answer is ReplyKind.APPROVE:
            self.off_at, self.off_said = self.clock.now(), True

    def source(self) -> dict[str, Any] | None:
        """What the source said in this turn."""
        return next((body for at, body in reversed(self.sources) if self.log[at].turn == self.turn), None)

    def looked(self) -> bool:
        return any(self.log[at].turn == self.turn for at in self.surveys)

    @property
    def before_a_write(self) -> tuple[Callable[[Any, Sent], None], ...]:
        own = (looks_at_both, created_once, two_step_is_off)
        return tuple(check for check in BEFORE_A_WRITE if check is not looks_before_writing) + own

    @property
    def at_rest(self) -> tuple[Callable[[Any, Rested], None], ...]:
        others = (check for check in AT_REST if check not in (success_is_read, unknown_is_not_broken))
        return (*others, moved_is_read)


def looks_at_both(watch: MovingWatch, sent: Sent) -> None:
    """1. Look before writing: at the destination's listing before it has an id for the line, at that id after."""
    if sent.before is None and not watch.looked():
        raise Breach(1, f"{sent.call} was sent without a look at the destination in the same turn")
    if sent.before is None and sent.call not in ("create", "subscribe"):
        raise Breach(1, f"{sent.call} was sent without a good reading in the same turn")


def created_once(watch: MovingWatch, sent: Sent) -> None:
    """7. A create in doubt is settled by a whole listing two minutes later that lacks the phone."""
    if sent.call != "create":
        return
    last = next((s for s in reversed(watch.log) if s.call == "create"), None)
    if last is None or not last.spent:
        return
    if last.ok:
        raise Breach(7, "a second create after one that was answered ok")
    if last.doubtful and (watch.since(last) < timedelta(minutes=2) or not watch.looked()):
        raise Breach(7, "a create in doubt was sent again before the listing had settled it")


def two_step_is_off(watch: MovingWatch, sent: Sent) -> None:
    """2. No code and no registration before two-step verification is known to be off: read so at the source, else said
    by a person within a day, after the last PIN that did not match."""
    if sent.call not in ("create", "request_code", "register"):
        return
    if any(s.call == "register" and s.ok for s in watch.log):
        return  # the PIN is ours by now
    source = watch.source()
    told = source.get("is_pin_enabled") if source is not None else None
    if told is True:
        raise Breach(2, f"{sent.call} was sent though the source reads two-step verification on")
    if told is False:
        return
    refused = [s.end for s in watch.log if s.call == "register" and s.refused and s.error == 133005 and s.end]
    word = watch.off_at
    if word is None or watch.ago(word) > timedelta(days=1) + watch.jumped or any(end > word for end in refused):
        raise Breach(2, f"{sent.call} was sent, and nobody knows that two-step verification is off")


def moved_is_read(watch: MovingWatch, rested: Rested) -> None:
    """5. Success is proven by readings of both sides, or it is said which side cannot be seen."""
    if rested.state is not OperationState.DONE:
        return
    seen, source = watch.seen(), watch.source()
    if seen is None or not registered(seen):
        raise Breach(5, f"migrate is done, and the destination reads {seen}")
    if rested.reason == "already-online" or "cannot be seen from here" in rested.message:
        return
    by_word = watch.ledger.replies[watch.operation]
    if (source is None or registered(source)) and not any(each.kind is TaskKind.SUPPORT for each in by_word):
        raise Breach(5, f"migrate is done, and the source reads {source}")


@dataclass
class MovingLife(Life):
    """One migration from its opening to its end."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ledger.numbers.clear()
        self.ledger.add_account(Account(name=ORIGIN, waba="66"))
        elsewhere = self.chance.random() < 0.3
        self.line = E164 if elsewhere else SOURCE
        self.ledger.add_number(Number(id=self.line, e164=E164, account=ACCOUNT if elsewhere else ORIGIN))
        watch = MovingWatch(self.ledger, self.clock, E164, NUMBER, use_reserve=self.weather.use_reserve)
        watch.compares = self.weather.compare_clocks
        self.watch = watch
        self.remote.before, self.remote.after = watch.before, watch.after
        if self.chance.random() < 0.3:
            self.moving.lack = self.chance.choice(LACKS)

    @property
    def moving(self) -> MovingRemote:
        assert isinstance(self.remote, MovingRemote)
        return self.remote

    def _remote(self) -> ScriptedRemote:
        return MovingRemote(self.weather, self.catalogue.entries, self.clock, self.chance, self.truth)

    def _open(self, goal: Goal, **flags: Any) -> Operation:
        return self.ledger.open(goal, self.line, self.clock.now(), to=ACCOUNT, **flags)

    def play(self, goal: Goal) -> None:
        super().play(goal)
        ended = self.ledger.get(self.operation)
        late = self.weather.settles and any(sent.call == "deregister" for sent in self.watch.log)  # it reads as before
        works = self.truth.registered or self.moving.lets_go_at is None or late
        if not works:
            raise Breach(5, "neither side works")
        if self.moving.creates > 1:
            raise Breach(7, "created twice")
        assert ended.state in ENDS

    def _answer(self, question: Question, answer: ReplyKind) -> None:
        if answer in (ReplyKind.APPROVE, ReplyKind.DONE) and self.chance.random() < 0.8:
            if question.topic is Topic.TWO_STEP or "Turn off" in question.text:
                self.truth.pin = None
            self.moving.lack = {}
        super()._answer(question, answer)

    def _hear(self) -> None:
        self.ledger.hear(self.line, self.chance.choice((131045, 133010)), self.clock.now())
        self.watch.evidence.append(self.clock.now())

    def _toggle(self) -> None:
        """Nobody but the migration registers the destination."""
