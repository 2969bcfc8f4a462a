"""Where Linewright loses to a script, world by world: not online, later, or dearer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bench.recovery.figures import GOALS
from bench.recovery.play import POLICIES

__all__ = ["losses"]

World = dict[str, Any]
LATER = 300.0
"""Seconds by which it must be later, so that a difference of seconds is none."""


def losses(worlds: list[World]) -> list[dict[str, Any]]:
    """For Linewright in each setting and each kind of loss: the worlds, and the troubles that they have most."""
    found = []
    for policy in GOALS:
        for kind in ("not online", "later", "dearer"):
            lost = [world for world in worlds if kind in set(_lost(world, policy))]
            troubles = Counter(trouble for world in lost for trouble in world["troubles"])
            found.append(
                {
                    "policy": policy,
                    "kind": kind,
                    "worlds": [world["world"] for world in lost],
                    "troubles": dict(troubles.most_common(5)),
                }
            )
    return found


def _lost(world: World, policy: str) -> Iterator[str]:
    """The ways in which some script did better in this world."""
    ours = world["plays"][policy]
    for script in (name for name in POLICIES if name not in GOALS):
        theirs = world["plays"][script]
        if theirs["online_at"] is None:
            continue
        if ours["online_at"] is None:
            yield "not online"
        elif ours["online_at"] > theirs["online_at"] + LATER:
            yield "later"
        if ours["online_at"] is not None and ours["registers"] > theirs["registers"]:
            yield "dearer"
