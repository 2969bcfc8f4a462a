"""Foresight against unkind remotes: it foretells what the engine does next, and no path of it breaks a rail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.support.lives import Life
from tests.support.remote_script import Weather
from tests.support.weather import weathers

from linewright.domain.action import Action, Call
from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.foresight import Node, foresee
from linewright.domain.journal import WRITES, CallKind
from linewright.domain.operation import OPEN_STATES
from linewright.engine import turn

LIVES = 8
STEPS = 12
SPACE, WINDOW, BLOCK = timedelta(seconds=35), timedelta(hours=72), timedelta(hours=72)
CLOSE = timedelta(seconds=1)
NOT_OURS = {"coexistence", "on_premise", "banned", "migrated", "deleted", "test"}


class Foretold(Life):
    """A life in which each turn is foretold before it is made."""

    decided: list[tuple[Case, Action]]
    foreseen: int = 0

    def _turn(self, *, calm: bool = False) -> None:
        operation = self.ledger.get(self.operation)
        if operation.state not in OPEN_STATES:
            super()._turn(calm=calm)
            return
        before = self.ledger.case(self.operation, self.clock.now(), self.catalogue)
        self.decided.clear()
        super()._turn(calm=calm)
        made = [action for _, action in self.decided]
        looked = len(made) > 1 and isinstance(made[0], Call) and made[0].kind is CallKind.READ
        seen = self.decided[1][0] if looked else before  # a reading takes time, and an edge may be passed meanwhile
        root = foresee(replace(before, now=seen.now), first=seen.reading if looked else None)
        told = [*(Call(kind=kind) for kind in root.reads), root.action]
        for place, (one, other) in enumerate(zip(told, made, strict=False)):
            assert same(one, other), f"{one}\n{other}"
            if isinstance(one, Call) and one.kind not in WRITES and place > 0:
                break  # what a second look shows is imagined
        self.foreseen += 1
        for node in nodes(root):
            keeps_the_rails(node)


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for branch in node.branches:
        yield from nodes(branch.node)


def same(one: Action, other: Action) -> bool:
    """Equal but for microseconds: the journal's times are told apart by as much."""
    for name in ("until", "wake_at"):
        mine, theirs = getattr(one, name, None), getattr(other, name, None)
        if isinstance(mine, datetime) and isinstance(theirs, datetime) and abs(mine - theirs) < CLOSE:
            one = replace(one, **{name: theirs})  # type: ignore[arg-type]
    return one == other


def keeps_the_rails(node: Node) -> None:
    """With figures of its own: spacing, caps, blocks, refused PINs, hands off, look first."""
    action, case = node.action, node.case
    if not isinstance(action, Call) or action.kind not in WRITES:
        return
    spent = [a for a in case.attempts if a.spent]
    assert case.fresh
    assert case.standing not in NOT_OURS
    if action.kind in (CallKind.REGISTER, CallKind.DEREGISTER):
        money = [a for a in spent if a.call in (CallKind.REGISTER, CallKind.DEREGISTER)]
        assert all(case.now - a.ended_at >= SPACE for a in money)
        window = [a for a in money if a.call is action.kind and case.now - a.ended_at < WINDOW]
        assert len(window) < (10 if case.operation.use_reserve else 8)
        assert not any(a.refused and a.code == 133016 and case.now - a.ended_at < BLOCK for a in money)
    if action.kind is CallKind.REGISTER and action.pin is not None:
        pin, moved = case.pins.by_id(action.pin), case.pins.moved
        refused = {
            a.fingerprint
            for a in spent
            if a.refused and a.code == 133005 and a.pin and (moved is None or a.ended_at > moved)
        }
        assert pin is not None
        assert pin.fingerprint not in refused
    if action.kind is CallKind.REQUEST_CODE:
        codes = [case.now - a.ended_at for a in spent if a.call is CallKind.REQUEST_CODE]
        assert all(ago >= timedelta(seconds=60) for ago in codes)
        assert sum(ago < timedelta(hours=1) for ago in codes) < 3
        assert sum(ago < timedelta(days=1) for ago in codes) < 6


def test_the_first_node_is_what_the_engine_does_next(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[tuple[Case, Action]] = []
    decide: Any = turn.decide

    def heard(case: Case) -> Action:
        decided.append((case, decide(case)))
        return decided[-1][1]

    monkeypatch.setattr(turn, "decide", heard)
    foreseen = 0

    @settings(
        max_examples=LIVES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @seed(7)
    @given(weathers(len(catalogue.entries)))
    def lives(weather: Weather) -> None:
        nonlocal foreseen
        calm = replace(weather, crashes=0.0, rivals=0.0, slow=False, compare_clocks=False, steps=STEPS)
        life = Foretold(calm, catalogue)
        life.decided = decided
        for goal in calm.goals:
            life.play(goal)
        foreseen += life.foreseen

    lives()
    assert foreseen > LIVES
