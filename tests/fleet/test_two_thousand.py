"""A fleet of 2,000 numbers in 40 accounts, 300 of them changed by a seeded story: what is shown is what is true."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.fleet_stage import FleetStage, fleet_stage
from tests.support.fleet_truth import SIZES, Truth, shown_of, true_of

from linewright.secret import Secret
from linewright.simulator.truth import Number

SEED = 20260302
CHANGED = 300
MINUTES = 90
CALM = 30
"""The story's minutes; the last of them are calm, so that everything that changed was seen."""


def do(stage: FleetStage, number: Number, **truth: Any) -> Callable[[], object]:
    return lambda: stage.remote.change(number, truth)


class Story:
    """What happens to the fleet, drawn from the seed alone."""

    def __init__(self, stage: FleetStage, seed: int) -> None:
        self.stage = stage
        self.chance = random.Random(seed)
        self.told: Counter[str] = Counter()
        self.moment = timedelta(minutes=MINUTES - CALM)

    def plan(self, what: Callable[[], object], before: timedelta | None = None) -> timedelta:
        after = (before or self.moment) * self.chance.random()
        self.stage.clock.plan(self.stage.clock.now() + after, what)
        return after

    def changes(self, number: Number) -> None:
        stage, name = self.stage, self.chance.choice(list(CHANGES))
        self.told[name] += 1
        if name == "deleted in the manager":
            self.plan(lambda: stage.door.manage(number.id, delete=True))
        elif name == "flapping":
            self.flaps(number)
        else:
            self.plan(do(stage, number, **CHANGES[name]))

    def flaps(self, number: Number) -> None:
        """Off and on every few minutes, and at last as it happens."""
        for minute in range(0, int(self.moment.total_seconds() // 60), 4):
            up = do(self.stage, number, registered=self.chance.random() < 0.5)
            self.stage.clock.plan(self.stage.clock.now() + timedelta(minutes=minute), up)


CHANGES: dict[str, Truth | dict[str, Any]] = {
    "deleted in the manager": {},
    "flapping": {},
    "reads deleted": {"state": "DELETED"},
    "moved away": {"state": "MIGRATED"},
    "banned": {"state": "BANNED"},
    "disconnected": {"registered": False},
    "disconnected and lapsed": {"registered": False, "verified": False},
    "restricted": {"live_status": "RESTRICTED"},
    "flagged": {"live_status": "FLAGGED", "quality": "RED"},
    "rate limited": {"live_status": "RATE_LIMITED"},
    "low quality": {"quality": "RED"},
    "medium quality": {"quality": "YELLOW"},
    "name declined": {"name_status": "DECLINED"},
    "two-step on": {"pin": "246810"},
    "taken into the app": {"on_biz_app": True},
}


async def lived(home: Path) -> tuple[int, Counter[str]]:
    async with fleet_stage(home, seed=SEED) as stage:
        fleet = {f"a{place}": stage.at_remote(size) for place, size in enumerate(SIZES)}
        for name, (account, _) in fleet.items():
            await stage.taken_in(name, account)
        numbers = [number for _, made in fleet.values() for number in made]
        assert (len(numbers), len(fleet)) == (2_000, 40)
        story = Story(stage, SEED)
        dead, healed, torn, hurt = (f"a{place}" for place in (31, 32, 33, 34))
        spared = {number.id for number in fleet[dead][1]}
        for number in story.chance.sample([each for each in numbers if each.id not in spared], CHANGED):
            story.changes(number)
        await stage.run_for(minutes=20)
        stage.tokens[dead].revoked = 460
        stage.tokens[healed].revoked = 463
        # Each second page of one account is lost for a while, and one account answers nonsense now and then.
        stage.door.add_fault("list", "html503", number=fleet[torn][0].id, every=2, until=2_000)
        stage.door.add_fault("list", "truncated", number=fleet[hurt][0].id, every=3, until=2_000)
        await stage.run_for(minutes=30)
        fresh = stage.door.add_token([fleet[healed][0].id])
        await stage.lw.update_account([healed], token=Secret(fresh.text))
        await stage.run_for(minutes=MINUTES - 50)
        wrong: list[tuple[str, ...]] = []
        for name, (_, made) in fleet.items():
            for number in made:
                truth = true_of(stage, number) | {"TokenValid": str(name != dead).lower()}
                shown = shown_of(stage, number, truth)
                wrong += [
                    (name, number.id, what, truth[what], shown[what]) for what in truth if truth[what] != shown[what]
                ]
        assert wrong == []
        unsaid = sum(len(stage.store.conditions.of(number.id)) != 10 for number in numbers)
        assert unsaid == 0
        reads = len(stage.calls("read"))
        return reads, story.told


def test_what_is_shown_is_what_is_true(tmp_path: Path) -> None:
    reads, told = asyncio.run(lived(tmp_path / "home"))
    assert sum(told.values()) == CHANGED
    assert set(told) == set(CHANGES)
    # Only the numbers that a listing lacked were read by themselves, and each of them once.
    assert reads == told["deleted in the manager"]
