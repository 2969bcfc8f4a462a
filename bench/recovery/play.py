"""Plays worlds under policies, side by side: the same world, built anew for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx

from bench.recovery.hindsight import Hindsight
from bench.recovery.policies import linewright, scripts
from bench.recovery.policies.errors_page import errors_page
from bench.recovery.score import Score, score
from bench.recovery.stage import Stage
from bench.recovery.worlds import World

__all__ = ["POLICIES", "REFERENCES", "play"]


def _script(run: scripts.Script) -> Callable[[Stage], str]:
    def policy(stage: Stage) -> str:
        clock = stage.clock

        def sleep(seconds: float) -> None:
            clock.jump_to(clock.now() + timedelta(seconds=seconds))

        with httpx.Client(transport=stage.wire, base_url="http://127.0.0.1:1") as http:
            return run(stage.job, http, sleep, stage.desk, clock.now)

    return policy


def _linewright(stage: Stage) -> str:
    return linewright.run(stage.job, stage.wire, stage.clock, stage.desk, stage.ends)


POLICIES: dict[str, tuple[str, Callable[[Stage], str]]] = {
    "Linewright, auto": ("auto", _linewright),
    "Linewright, ask": ("ask", _linewright),
    "errors page as a script": ("ask", _script(errors_page)),
    "deregister, then register": ("ask", _script(scripts.deregister_first)),
    "retry, 10 tries": ("ask", _script(scripts.retry_ten)),
    "retry, 5 tries": ("ask", _script(scripts.retry_five)),
    "a fresh PIN each time": ("ask", _script(scripts.fresh_pin)),
    "single shot": ("ask", _script(scripts.single_shot)),
}
"""What is compared, with the account's `pin_reset`; only Linewright knows that setting."""
REFERENCES: dict[str, tuple[str, Callable[[Stage], str]]] = {
    "clairvoyant": ("auto", lambda stage: Hindsight(stage, everything=True).run()),
    "best, auto": ("auto", lambda stage: Hindsight(stage).run()),
    "best, ask": ("ask", lambda stage: Hindsight(stage).run()),
    "discovering, auto": ("auto", lambda stage: Hindsight(stage, pays=True).run()),
    "discovering, ask": ("ask", lambda stage: Hindsight(stage, pays=True).run()),
}
"""What they are measured by; the yardstick of a setting is put together from its two (see `hindsight`)."""


def play(world: World, policy: str, *, stage: Stage | None = None) -> Score:
    """One world under one policy."""
    pin_reset, run = (POLICIES | REFERENCES)[policy]
    stage = stage or Stage(world, pin_reset)
    return score(stage, policy, run(stage))
