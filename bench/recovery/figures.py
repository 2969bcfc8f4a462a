"""From what became of each world to the figures: one row for each policy, and the goals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any

from bench.recovery.play import POLICIES, REFERENCES

__all__ = ["GOALS", "YARDSTICKS", "Goal", "Row", "goals", "rows", "yardstick"]

World = dict[str, Any]
Play = dict[str, Any]
YARDSTICKS = ("auto", "ask")
"""One for each setting of an account's `pin_reset`."""
FLOOR = 60.0
"""Seconds added to both sides of a ratio of times, so that a clean world, which takes no time at all, counts as 1."""
AUTOMATIC = 8
"""Registrations in 72 hours that are made without a person."""


@dataclass(frozen=True)
class Row:
    """One policy over all worlds; shares are of all worlds, times in seconds over the worlds that it and its
    yardstick brought online."""

    policy: str
    worlds: int
    online_72h: float
    online_7d: float
    of_yardstick: float
    registers: float
    wrong_pins: int
    caused_locks: int
    caused_blocks: int
    questions: float
    offers: float
    needless: float
    late_median: float | None
    late_p90: float | None
    said_online_was_not: int
    died_of: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def yardstick(world: World, setting: str) -> tuple[float | None, int]:
    """When the yardstick is online (None: never) and its registrations: the time of the best plan under this
    setting, with the registrations of the one that must discover, or Linewright's own where a trouble passed unheard
    while it waited for something else."""
    plays = world["plays"]
    least, ours = plays[f"discovering, {setting}"]["registers"], plays[f"Linewright, {setting}"]
    if ours["online_at"] is not None:
        least = min(least, ours["registers"])
    return plays[f"best, {setting}"]["online_at"], least


def setting_of(policy: str) -> str:
    if policy.startswith("yardstick, "):
        return policy.removeprefix("yardstick, ")
    return (POLICIES | REFERENCES)[policy][0]


def rows(worlds: list[World]) -> list[Row]:
    """One row for each policy, for the yardsticks, and for the clairvoyant."""
    policies = [_row(worlds, policy, [world["plays"][policy] for world in worlds]) for policy in POLICIES]
    sticks = [_row(worlds, f"yardstick, {setting}", _as_plays(worlds, setting)) for setting in YARDSTICKS]
    return [*policies, *sticks, _row(worlds, "clairvoyant", [world["plays"]["clairvoyant"] for world in worlds])]


def _as_plays(worlds: list[World], setting: str) -> list[Play]:
    """The plays of the best plan, each with the registrations of the yardstick."""
    return [world["plays"][f"best, {setting}"] | {"registers": yardstick(world, setting)[1]} for world in worlds]


def _row(worlds: list[World], policy: str, plays: list[Play]) -> Row:
    sticks = [yardstick(world, setting_of(policy)) for world in worlds]
    reachable = [play for play, (at, _) in zip(plays, sticks, strict=True) if at is not None]
    late = [
        round(play["online_at"] - at, 1)
        for play, (at, _) in zip(plays, sticks, strict=True)
        if at is not None and play["online_at"] is not None
    ]
    return Row(
        policy=policy,
        worlds=len(worlds),
        online_72h=_share(play["online"]["72h"] for play in plays),
        online_7d=_share(play["online"]["168h"] for play in plays),
        of_yardstick=_share(play["online"]["168h"] for play in reachable),
        registers=sum(play["registers"] for play in plays) / len(plays),
        wrong_pins=sum(play["wrong_pins"] for play in plays),
        caused_locks=sum(play["caused_locks"] for play in plays),
        caused_blocks=sum(play["caused_blocks"] for play in plays),
        questions=sum(len(play["questions"]) for play in plays) / len(plays),
        offers=sum(play["offers"] for play in plays) / len(plays),
        needless=_share(bool(play["needless"]) for play in plays),
        late_median=median(late) if late else None,
        late_p90=quantiles(late, n=10)[8] if len(late) > 1 else None,
        said_online_was_not=sum(play["said_online"] and not play["online"]["168h"] for play in plays),
        died_of=dict(Counter(play["died_of"] for play in plays if play["died_of"]).most_common()),
    )


def _share(values: Iterable[Any]) -> float:
    found = [bool(value) for value in values]
    return sum(found) / len(found) if found else 1.0


# Goals


@dataclass(frozen=True)
class Goal:
    """A goal of the project, what was measured, and the worlds that fell short of it."""

    name: str
    policy: str
    wanted: str
    measured: float
    met: bool
    short: tuple[str, ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


GOALS = ("Linewright, auto", "Linewright, ask")


def goals(worlds: list[World]) -> list[Goal]:
    return [goal for policy in GOALS for goal in _goals(worlds, policy)]


def _goals(worlds: list[World], policy: str) -> list[Goal]:
    setting = setting_of(policy)
    both = [(world, world["plays"][policy], yardstick(world, setting)) for world in worlds]
    reachable = [(world, play, at, least) for world, play, (at, least) in both if at is not None]
    came = [each for each in reachable if each[1]["online_at"] is not None]
    calm = [each for each in came if not each[0]["outage"]]
    outages = [each for each in reachable if each[0]["outage"]]
    stormy = [each for each in outages if not _held_by_cap(each[0], each[1])]
    spent = sum(play["registers"] for _, play, _, _ in calm) / max(sum(least for *_, least in calm), 1)
    ratios = [(play["online_at"] + FLOOR) / (at + FLOOR) for _, play, at, _ in calm]
    late = [world["world"] for world, play, at, _ in stormy if not _soon_enough(world, play, at)]
    soon = sum(_soon_enough(world, play, at) for world, play, at, _ in outages) / max(len(outages), 1)
    left_out = f"{len(stormy)} worlds; {len(outages) - len(stormy)} more left out, {soon * 100:.1f} % with them"
    missing = [world["world"] for world, play, *_ in reachable if play["online_at"] is None]
    harmed = [each["world"] for each, play, _ in both if play["caused_locks"] or play["caused_blocks"]]
    asked = [each["world"] for each, play, _ in both if play["needless"]]

    def goal(name: str, wanted: str, measured: float, met: bool, short: Iterable[str] = (), note: str = "") -> Goal:
        return Goal(name, policy, wanted, round(measured, 4), met, tuple(short), note)

    online = 1 - len(missing) / max(len(reachable), 1)
    needless = len(asked) / max(len(both), 1)
    dear = [each["world"] for each, play, _, least in calm if play["registers"] > least]
    return [
        goal("online where the yardstick is", "at least 99 %", online, online >= 0.99, missing),
        goal("registrations, no outage", "at most 1.15 x", spent, spent <= 1.15, dear),
        goal("time, no outage, median", "at most 1.10 x", median(ratios or [1.0]), median(ratios or [1.0]) <= 1.1),
        goal(
            "soon after an outage, inside the cap", "all", 1 - len(late) / max(len(stormy), 1), not late, late, left_out
        ),
        goal("locks and blocks caused", "none", len(harmed), not harmed, harmed),
        goal("worlds with a needless question", "at most 5 %", needless, needless <= 0.05, asked),
    ]


def _held_by_cap(world: World, play: Play) -> bool:
    """Whether the registrations of 72 hours, ours or the remote's, were spent: what is then waited for is no outage."""
    return play["registers"] >= AUTOMATIC or "used_up" in world["troubles"]


def _soon_enough(world: World, play: Play, at: float) -> bool:
    """Within four times the outage and ten minutes; what the yardstick itself had to wait beyond the outage is
    granted."""
    outage = world["outage"]
    granted = 4 * outage + 600 + max(at - outage, 0)
    return play["online_at"] is not None and play["online_at"] <= granted
