"""For each promise, breaches planted on purpose: the same exploration must find each of them.

A promise whose breach stays hidden is a promise that nobody watches.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.lives import Life
from tests.support.memory import MemoryLedger, MemoryLocks
from tests.support.promises import Breach
from tests.support.weather import explore

from linewright.domain import action as actions
from linewright.domain import budget, doubt, ladders, pins, plan, rails, standing, verification
from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.number import Reading, Standing
from linewright.engine import turn
from linewright.engine.ports import Lease, Rested

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Planted:
    """One breach: the promises it breaks, what was done to the code, and how."""

    promises: tuple[int, ...]
    name: str
    plant: Callable[[Patch], None]


def without(*rail: Callable[..., Any]) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(rails, "RAILS", tuple(r for r in rails.RAILS if r not in rail))


def setting(module: Any, name: str, value: object) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(module, name, value)


def sends_to_nobody(patch: Patch) -> None:
    """The first code of an operation that is asked by link goes out by itself."""
    patch.setattr(plan, "request_code", lambda case, method: actions.Call(kind=CallKind.REQUEST_CODE, method=method))


def plans_on_old_readings(patch: Patch) -> None:
    """Where a reading should come first, goes by the last good one, however old."""
    look = turn.decide

    def decide(case: Case) -> actions.Action:
        action = look(case)
        reads = isinstance(action, actions.Call) and action.kind is CallKind.READ
        if reads and case.last_good is not None and not case.read_this_turn:
            return rails.judge(replace(case, fresh=True), plan.plan(case))
        return action

    patch.setattr(turn, "decide", decide)


def locks_nothing(patch: Patch) -> None:
    @contextmanager
    def hold(self: MemoryLocks, e164: str, account: str) -> Iterator[Lease | None]:
        yield Lease(e164=e164)

    patch.setattr(MemoryLocks, "hold", hold)


def trusts_a_200(patch: Patch) -> None:
    """A registration answered ok is called done, with no reading after it."""

    def register(case: Case) -> actions.Action:
        last = case.last(CallKind.REGISTER)
        if last and last.ok:
            return actions.Done(reason=actions.Reason.REGISTERED, message="The number is online.")
        return plan.register(case)

    patch.setitem(plan.PLANS, next(goal for goal in plan.PLANS if goal.value == "register"), register)


def forgets_answers(patch: Patch) -> None:
    """Answers are kept without their trace."""
    keep = MemoryLedger.save_answer

    def save_answer(self: MemoryLedger, attempt: str, answer: Answer, at: datetime) -> None:
        keep(self, attempt, replace(answer, fbtrace_id=None), at)

    patch.setattr(MemoryLedger, "save_answer", save_answer)


def forgets_readings(patch: Patch) -> None:
    """Failed readings are not journalled."""
    keep = MemoryLedger.save_reading

    def save_reading(self: MemoryLedger, operation: str, reading: Reading) -> None:
        if reading.good:
            keep(self, operation, reading)

    patch.setattr(MemoryLedger, "save_reading", save_reading)


def sends_before_the_intent(patch: Patch) -> None:
    """The intent is committed together with the answer."""
    keep, intend = MemoryLedger.save_answer, MemoryLedger.save_intent
    waiting: dict[str, Attempt] = {}

    def save_intent(self: MemoryLedger, attempt: Attempt) -> None:
        waiting[attempt.id] = attempt

    def save_answer(self: MemoryLedger, attempt: str, answer: Answer, at: datetime) -> None:
        intend(self, waiting.pop(attempt))
        keep(self, attempt, answer, at)

    patch.setattr(MemoryLedger, "save_intent", save_intent)
    patch.setattr(MemoryLedger, "save_answer", save_answer)


def drops_open_intents(patch: Patch) -> None:
    """After a crash an open intent is taken for a call that was never sent."""

    def adopt_intents(self: MemoryLedger, e164: str, now: datetime) -> int:
        attempts = self.attempts_of(e164)
        for i, attempt in enumerate(attempts):
            if attempt.outcome is None:
                attempts[i] = replace(attempt, outcome=Outcome.NOT_SENT, answered_at=now)
        return 0

    patch.setattr(MemoryLedger, "adopt_intents", adopt_intents)


def sleeps_for_ever(patch: Patch) -> None:
    """The time of a wait is lost."""
    rest = turn._rested

    def rested(*args: Any) -> Rested:
        found = rest(*args)
        return replace(found, wake_at=None) if found.reason == "unknown-reading" else found

    patch.setattr(turn, "_rested", rested)


def dies_asleep(patch: Patch) -> None:
    """A turn begins by taking the operation off its timer, so a crash leaves it there."""
    locked = MemoryLedger.adopt_intents

    def adopt_intents(self: MemoryLedger, e164: str, now: datetime) -> int:
        for operation in self.operations.values():
            if operation.e164 == e164 and operation.wake_at is not None:
                self.operations[operation.id] = replace(operation, wake_at=None)
        return locked(self, e164, now)

    patch.setattr(MemoryLedger, "adopt_intents", adopt_intents)


def gives_up_unread(patch: Patch) -> None:
    """A number that cannot be read is given up."""

    def unknown_reading(case: Case, action: actions.Action) -> actions.Action | None:
        found = rails.unknown_reading(case, action)
        if isinstance(found, actions.Wait):
            return actions.GiveUp(reason=actions.Reason.UNKNOWN_READING, message="Unreadable.", next_step="Try again.")
        return found

    swapped = tuple(unknown_reading if r is rails.unknown_reading else r for r in rails.RAILS)
    patch.setattr(rails, "RAILS", swapped)


def unknown_as_offline(patch: Patch) -> None:
    rules = tuple(replace(rule, standing=Standing.OFFLINE) if rule.reason else rule for rule in standing.RULES)
    patch.setattr(standing, "RULES", rules)


def blocks_nothing(patch: Patch) -> None:
    patch.setitem(ladders.LADDERS, "attempts_used_up", lambda case, attempt: timedelta())


def makes_pins_up(patch: Patch) -> None:
    """What most software does: a fresh PIN where none is known."""
    patch.setattr(plan, "ask_pin", lambda case, message: actions.Call(kind=CallKind.REGISTER, fresh_pin=True))


def counts_from_the_sending(patch: Patch) -> None:
    patch.setattr(Attempt, "ended_at", property(lambda self: self.at))


PLANTED = (
    Planted((1,), "plans on an old reading", plans_on_old_readings),
    Planted((2,), "a PIN is not marked refused", setting(pins, "MISMATCH", 0)),
    Planted((2,), "a PIN is made up instead of asked for", makes_pins_up),
    Planted((3,), "spacing of 29 s", setting(rails, "SPACING", timedelta(seconds=29))),
    Planted((3,), "the rail spacing removed", without(rails.spacing)),
    Planted((3,), "spacing counted from the sending", counts_from_the_sending),
    Planted((3,), "eleven registrations by itself", setting(budget, "AUTOMATIC_LIMIT", 11)),
    Planted((3,), "the rail automatic-cap removed", without(rails.automatic_cap)),
    Planted((3,), "a window of 71 h", setting(budget, "WINDOW", timedelta(hours=71))),
    Planted((3,), "the rail told-to-wait removed", without(rails.told_to_wait)),
    Planted((3,), "a told wait is not read", setting(ladders, "told_wait", lambda attempt: None)),
    Planted((3,), "a block of 71 h", setting(ladders, "BLOCK", timedelta(hours=71))),
    Planted((3,), "133016 is no block", blocks_nothing),
    Planted((3,), "codes 50 s apart", setting(rails, "CODE_SPACING", timedelta(seconds=50))),
    Planted((3,), "four codes an hour", setting(rails, "CODES_AN_HOUR", 4)),
    Planted((3,), "seven codes a day", setting(rails, "CODES_A_DAY", 7)),
    Planted((3,), "five wrong codes", setting(verification, "WRONG_CODES", 5)),
    Planted((4,), "the lock lets everybody in", locks_nothing),
    Planted((5,), "a 200 is success", trusts_a_200),
    Planted((5,), "done without looking again", without(rails.look_first)),
    Planted((6,), "answers kept without their trace", forgets_answers),
    Planted((6,), "failed readings not kept", forgets_readings),
    Planted((7,), "intent after sending", sends_before_the_intent),
    Planted((7,), "an open intent taken for not sent", drops_open_intents),
    Planted((7,), "a call in doubt settled at once", setting(doubt, "next_look", lambda case, attempt: None)),
    Planted((7,), "a doubtful PIN sent a third time", setting(rails, "lost_too_often", lambda case, pin: False)),
    Planted((7,), "a code sent to nobody's phone", sends_to_nobody),
    Planted((7,), "off the timer while a turn runs", dies_asleep),
    Planted((8,), "a wait without a time", sleeps_for_ever),
    Planted((8,), "a held account looked at again at once", setting(rails, "PROBE_EVERY", timedelta())),
    Planted((10,), "given up on a failed read", gives_up_unread),
    Planted((10,), "unknown treated as offline", unknown_as_offline),
    Planted((11,), "the rail not-ours removed", without(rails.not_ours)),
)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name.replace(" ", "-"))
def test_the_exploration_finds_a_planted_breach(
    planted: Planted,
    catalogue: Catalogue,
    figures: dict[str, Any],
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("linewright"), "disabled", True)
    planted.plant(monkeypatch)
    lives = 0

    def born(life: Life) -> None:
        nonlocal lives
        lives += found is None
        life.watch.only = planted.promises

    found: Breach | None = None
    with pytest.raises(Breach) as caught:
        explore(
            catalogue,
            examples=pytestconfig.getoption("--operations"),
            seeded=pytestconfig.getoption("--fuzz-seed"),
            born=born,
            shrink=False,
        )
    found = caught.value
    assert found.promise in planted.promises
    figures["breaches"].append((planted.promises[0], planted.name, lives))


def test_every_promise_has_a_breach() -> None:
    assert {promise for planted in PLANTED for promise in planted.promises} == {1, 2, 3, 4, 5, 6, 7, 8, 10, 11}
