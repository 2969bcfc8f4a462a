"""One run: the crowd asks, the storm strikes, people answer, until everybody is online; then the verdict."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.crowd import MAGIC, QUICK, Crowd
from tests.chaos.storm import Storm
from tests.chaos.verdict import breaches, repetitions
from tests.support.databases import postgres

from linewright.clock import HomeClock
from linewright.config import Settings
from linewright.errors import LinewrightError
from linewright.face import Linewright
from linewright.simulator.simulator import RunningSimulator

__all__ = ["Plan", "Told", "database_of", "play", "settings_of"]

LEASE_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run is made of; `minutes` are real."""

    numbers: int
    seed: int
    rate: float
    workers: int
    kills: int
    minutes: float
    sqlite: bool = False
    quick: bool = False


@dataclass(frozen=True)
class Told:
    """The verdict, and the lines that tell it."""

    good: bool
    lines: list[str]


def settings_of(home: Path, database_url: str, rate: float) -> Settings:
    """A home whose clock runs so fast, with leases as short as a run allows."""
    return Settings(home=home, database_url=database_url, clock_rate=rate, lease_seconds=LEASE_SECONDS, log="warning")


@contextlib.contextmanager
def database_of(plan: Plan) -> Iterator[tuple[str, object | None]]:
    if plan.sqlite:
        yield "", None
        return
    with postgres() as server:
        yield server.empty(), server


async def play(plan: Plan, folder: Path) -> Told:
    home = folder / "home"
    home.mkdir(mode=0o700)
    clock = HomeClock(home, plan.rate)
    with database_of(plan) as (url, server), RunningSimulator(clock, seed=plan.seed) as simulator:
        settings = settings_of(home, url, plan.rate).model_copy(update={"graph_url": simulator.graph_url})
        storm = Storm(settings, folder, Random(plan.seed), plan.workers, server)
        async with Linewright(settings=settings) as lw:
            crowd = Crowd(lw, simulator, Random(plan.seed + 1))
            await crowd.gather(plan.numbers, QUICK if plan.quick else MAGIC)
            storm.begin(simulator)
            began = time.monotonic()
            try:
                await _until_all_ended(crowd, storm, plan)
                storm.calm()
                await _until_all_work(lw, storm)
            finally:
                statuses = storm.end()
            return await _verdict(plan, crowd, storm, statuses, time.monotonic() - began)


async def _until_all_ended(crowd: Crowd, storm: Storm, plan: Plan) -> None:
    ends = time.monotonic() + plan.minutes * 60
    next_blow = time.monotonic() + 2
    while time.monotonic() < ends:
        with contextlib.suppress(LinewrightError):  # the database is away for a moment
            await crowd.answer()
            over = len(await crowd.ends()) == len(crowd.people)
            if over and storm.done["killed"] >= plan.kills:
                return
            if over:
                next_blow = min(next_blow, time.monotonic())
        if time.monotonic() >= next_blow:
            await asyncio.to_thread(storm.strike)
            next_blow = time.monotonic() + storm.chance.uniform(2, 12) / plan.workers
        await asyncio.sleep(0.25)


async def _until_all_work(lw: Linewright, storm: Storm) -> None:
    """A worker that is just beginning does not know yet what SIGTERM means."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        names = [row.id for row in lw.office.store.workers.all() if row.ready and row.unseen_seconds < 8]
        if all(any(f"-{worker.pid}-" in name for name in names) for worker in storm.running):
            return
        await asyncio.sleep(0.25)


async def _verdict(plan: Plan, crowd: Crowd, storm: Storm, statuses: list[int], took: float) -> Told:
    ends = await crowd.ends()
    log = crowd.simulator.face.log
    calls = log.since()
    broken = breaches(calls, log.overlapping())
    wrong = [person for person in crowd.people.values() if not crowd.right(person)]
    missing = [person for person in crowd.people.values() if person.operation not in ends]
    states = Counter(ends.values())
    expired = sum(call.kind == "verify_code" and call.code == 136025 for call in calls) - crowd.wrong_codes
    lines = [
        f"chaos: {len(crowd.people)} numbers, seed {plan.seed}, clock rate {plan.rate:g}, {plan.workers} workers on "
        f"{'SQLite' if plan.sqlite else 'PostgreSQL'}, {took / 60:.1f} min",
        f"done to them: {', '.join(f'{count} {what}' for what, count in sorted(storm.done.items()))}",
        f"calls heard: {len(calls)}; sent again after a lost answer (5.4): {dict(repetitions(calls)) or 'none'}",
        f"questions answered: {crowd.asked}; wrong codes given: {crowd.wrong_codes}; codes too old: {max(expired, 0)}",
        f"ends: {dict(states)}; at their right end by the control door: {len(crowd.people) - len(wrong)}",
        f"workers stopped with status {statuses}",
        f"promises broken by the simulator's log: {len(broken)}",
        *broken[:20],
    ]
    for person in [*missing, *wrong][:10]:
        shown = await crowd.shown(person.operation)
        lines.append(f"{person.e164}: {shown['state']} {shown.get('reason')}: {shown.get('message')}")
    good = not broken and not wrong and not missing and not any(statuses)
    if not good:
        lines += ["the workers' last lines:", *storm.said()[-20:]]
    return Told(good, lines)
