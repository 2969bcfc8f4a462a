"""SIGKILL at every named point: a second process brings the operation to the same end (promise 7)."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from tests.support.disks import Disk
from tests.support.killed import STORIES, WRITES, End, Kill, Life, Stage

from linewright.engine.crash import CrashPoint

Sent = list[tuple[str, int | None]]
"""The calls that changed something, as the simulator logged them: kind and code."""
LOSES_THE_ANSWER = {CrashPoint.INTENT_SAVED, CrashPoint.SENT}
AROUND_A_CALL = {*LOSES_THE_ANSWER, CrashPoint.ANSWER_SAVED, CrashPoint.PIN_KEPT, CrashPoint.HOLD_SAVED}
ONE_IN = 3
"""Of the points that every turn passes, so many stories share the kills."""


def cases() -> Iterator[tuple[str, CrashPoint]]:
    for place, (name, story) in enumerate(STORIES.items()):
        for turn, point in enumerate(CrashPoint):
            if point in story.reaches and (point in AROUND_A_CALL or (place + turn) % ONE_IN == 0):
                yield name, point


CASES = tuple(cases())


@dataclass(frozen=True)
class Whole:
    """A life without a kill."""

    passed: dict[CrashPoint, int]
    end: End
    sent: Sent


def sent(life: Life) -> Sent:
    return [(WRITES[call.kind], call.code) for call in life.calls()]


@pytest.fixture(scope="session")
def unharmed(stage: Stage) -> Callable[[str], Whole]:
    known: dict[str, Whole] = {}

    def whole(name: str) -> Whole:
        if name not in known:
            life = stage.begin(STORIES[name])
            passed = life.passed(life.drive())
            known[name] = Whole(passed, life.end(), sent(life))
        return known[name]

    return whole


def test_every_point_is_reached_by_a_story() -> None:
    assert {point for _, point in CASES} == set(CrashPoint)


def passings(point: CrashPoint, whole: Whole, name: str) -> list[int]:
    """Around a lost answer the first call of each kind (the subscription is the same in every story), at a hold
    each, elsewhere the one in the middle."""
    if point is CrashPoint.HOLD_SAVED:
        return list(range(1, whole.passed[point] + 1))
    if point not in LOSES_THE_ANSWER:
        return [(whole.passed[point] + 1) // 2]
    kinds = [kind for kind, _ in whole.sent]
    return [kinds.index(kind) + 1 for kind in dict.fromkeys(kinds) if kind != "subscribe" or name == "a made PIN"]


@pytest.mark.parametrize(("name", "point"), CASES, ids=[f"{name}: {point}" for name, point in CASES])
def test_killed_there_it_comes_to_the_same_end(
    name: str,
    point: CrashPoint,
    stage: Stage,
    unharmed: Callable[[str], Whole],
    record_property: Callable[[str, object], None],
) -> None:
    whole = unharmed(name)
    assert set(whole.passed) == STORIES[name].reaches
    repetitions = 0
    kills = passings(point, whole, name)
    for nth in kills:
        life = stage.begin(STORIES[name])
        died = life.drive(Kill(point, nth))
        assert died.status == -signal.SIGKILL, died.err
        finished = life.drive()
        assert finished.status == 0, finished.err
        end = life.end()
        assert end.told == whole.end.told
        assert end.pin == end.truth["pin"]
        repetitions += repeated(point, end, sent(life), whole.sent)
        budget_is_right(life, end, sent(life))
        no_refused_pin_again(life, lost=point in LOSES_THE_ANSWER)
    record_property("kills", len(kills))
    record_property("repetitions", repetitions)


@pytest.mark.parametrize(("point", "nth"), [(CrashPoint.SENT, 1), (CrashPoint.SENT, 2), (CrashPoint.PIN_KEPT, 1)])
def test_a_disk_that_fills_up_on_the_way_loses_no_answer_but_the_last(
    point: CrashPoint, nth: int, disk: Disk, stage: Stage, unharmed: Callable[[str], Whole]
) -> None:
    whole = unharmed("half deregistered")
    life = stage.begin(STORIES["half deregistered"], folder=disk.folder)
    stopped = life.drive(Kill(point, nth, fills=disk))
    assert stopped.status == 1
    assert "StoreUnavailable" in stopped.err
    assert "The disk is full" in stopped.err
    disk.free()
    finished = life.drive()
    assert finished.status == 0, finished.err
    end = life.end()
    assert end.told == whole.end.told
    assert end.pin == end.truth["pin"]
    assert repeated(point, end, sent(life), whole.sent) <= 1
    budget_is_right(life, end, sent(life))


def repeated(point: CrashPoint, end: End, heard: Sent, whole: Sent) -> int:
    """How many calls were sent again although the first sending had happened; only a lost answer allows it.

    Where no reading shows whether a deregister happened, a register asks (DESIGN 5.4).
    """
    if point not in LOSES_THE_ANSWER:
        assert heard == whole
        return 0
    attempts = [attempt["call"] for attempt in end.ours["attempts"]]
    lost = [at for at, attempt in enumerate(end.ours["attempts"]) if attempt["outcome"] == "in_doubt"]
    assert len(lost) == 1
    in_doubt = attempts[lost[0]]
    never_sent = Counter({in_doubt: 1} if point is CrashPoint.INTENT_SAVED else {})
    assert Counter(kind for kind, _ in heard) + never_sent == Counter(attempts)
    asks_again = Counter({in_doubt: 1}) + Counter({"register": 1} if in_doubt == "deregister" else {})
    assert Counter(attempts) - Counter(kind for kind, _ in whole) <= asks_again
    return int(point is CrashPoint.SENT and in_doubt in attempts[lost[0] + 1 :])


def budget_is_right(life: Life, end: End, heard: Sent) -> None:
    """What was spent is counted once, a call in doubt too; never less than the remote has heard."""
    now = life.stage.simulator.clock.now()
    for kind in ("register", "deregister"):
        budget = end.ours["budgets"][kind]
        made = [datetime.fromisoformat(each["at"]) for each in end.ours["attempts"] if each["call"] == kind]
        before = int(kind == "register" and life.story.first_registers)
        assert budget["used"] == before + sum((now - at).total_seconds() < budget["window_seconds"] for at in made)
        assert len(made) >= sum(call == kind for call, _ in heard)


def no_refused_pin_again(life: Life, *, lost: bool) -> None:
    """Promise 2: a refused PIN is sent once more at most, and only where its refusal was never heard."""
    refused = Counter(call.secrets["pin"] for call in life.calls() if call.code == 133005)
    assert all(times <= 1 + lost for times in refused.values())
