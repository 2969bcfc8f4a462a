"""The share online over time, on a grid that is even on a logarithmic scale."""

from __future__ import annotations

import math
from typing import Any

from bench.recovery.figures import YARDSTICKS, yardstick
from bench.recovery.play import POLICIES

__all__ = ["GRID", "curves"]

FIRST, LAST, STEPS = 60.0, 7 * 86_400.0, 60
GRID = tuple(round(FIRST * math.exp(math.log(LAST / FIRST) * step / STEPS), 1) for step in range(STEPS + 1))
"""Seconds from the beginning, from a minute to seven days."""


def curves(worlds: list[dict[str, Any]]) -> dict[str, list[float]]:
    """For each policy and yardstick the share of worlds that is online, for good, at each moment of the grid."""
    found = {policy: [world["plays"][policy]["online_at"] for world in worlds] for policy in POLICIES}
    found |= {f"yardstick, {setting}": [yardstick(world, setting)[0] for world in worlds] for setting in YARDSTICKS}
    return {name: [_share(times, moment) for moment in GRID] for name, times in found.items()}


def _share(times: list[float | None], moment: float) -> float:
    return round(sum(at is not None and at <= moment for at in times) / max(len(times), 1), 4)
