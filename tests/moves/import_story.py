"""Ten thousand rows, two workers, one row in five in trouble, everything killed three times and resumed.

python -m tests.moves.import_story [--rows N] [--seed S] [--workers W] [--rate R] [--sqlite] [--minutes M]

Prints the seed first and the figures last. Status 0 only when every row is at its right end by the control door, the
result file says so, no account went over its pace, and the simulator's own log shows no promise broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.run import Plan, database_of, settings_of
from tests.chaos.verdict import breaches
from tests.moves.import_crowd import Crowd, paces, rows_of

from linewright.clock import HomeClock
from linewright.config import Settings
from linewright.errors import LinewrightError
from linewright.face import Linewright
from linewright.simulator.simulator import RunningSimulator
from linewright.simulator.truth import Temper

__all__ = ["Story", "play"]

CUTS = (
    ("create", "drop_after", 5),
    ("create", "html503", 7),
    ("register", "drop_after", 41),
    ("register", "html503", 53),
    ("verify_code", "drop_after", 13),
    ("read", "drop_before", 97),
)
"""Every so-many-th call of a kind is cut off, or answered by a proxy's page."""
STOPS = (0.25, 0.5, 0.75)
"""Everything is killed when this share of the rows has ended."""
LOOK_SECONDS = 0.25
LEAP_SECONDS = 120.0
"""Virtual: where everything waits for longer than this, the clock leaps."""
STILL = 4
"""Looks in a row at which nothing had moved."""


@dataclass
class Story:
    """One run. `killed` counts the workers that were killed."""

    settings: Settings
    folder: Path
    workers: int
    crowd: Crowd
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: int = 0
    stops: int = 0
    leapt: float = 0.0
    still: int = 0
    last: dict[str, int] = field(default_factory=dict)

    # Processes

    def environment(self) -> dict[str, str]:
        names = ("home", "database_url", "graph_url", "clock_rate", "lease_seconds", "log")
        given = {f"LINEWRIGHT_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        return {**os.environ, **given}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "linewright.cli", *words]
        return subprocess.run(line, env=self.environment(), capture_output=True, text=True, check=False)

    def start(self) -> None:
        with (self.folder / "workers.log").open("ab") as log:
            self.running = [
                subprocess.Popen(
                    [sys.executable, "-m", "linewright.cli", "worker"], env=self.environment(), stdout=log, stderr=log
                )
                for _ in range(self.workers)
            ]

    def kill(self) -> None:
        for worker in self.running:
            worker.kill()
        for worker in self.running:
            worker.wait()
        self.killed += len(self.running)

    def take(self) -> dict[str, Any]:
        """The import, as the command takes or finds it; the file lies there no longer than it must."""
        file = self.folder / "numbers.csv"
        file.write_bytes(self.crowd.file())
        ran = self.command("import", str(file), "--skip-bad", "--no-wait", "--json")
        file.unlink()
        if ran.returncode not in (0, 3, 5):
            raise RuntimeError(
                f"the import was not taken ({ran.returncode}): {ran.stdout[-2000:]} {ran.stderr[-2000:]}"
            )
        found: dict[str, Any] = json.loads(ran.stdout)["import"]
        return found

    # The run

    async def until_it_ends(self, lw: Linewright, id: str, minutes: float) -> dict[str, Any]:
        ends, seen = time.monotonic() + minutes * 60, await lw.one_import(id)
        while time.monotonic() < ends and seen["ended_at"] is None:
            with contextlib.suppress(LinewrightError):
                answered = await self.crowd.answer(lw)
                seen = await lw.one_import(id)
                share = sum(seen["counts"][state] for state in ("done", "gave_up", "bad")) / seen["rows"]
                if self.stops < len(STOPS) and share >= STOPS[self.stops]:
                    await asyncio.to_thread(self._stop_and_resume, id)
                elif not answered:
                    self._leap(lw, seen)
            await asyncio.sleep(LOOK_SECONDS)
        return seen

    def _stop_and_resume(self, id: str) -> None:
        """Everything is killed; the same file given again finds its import, and new workers go on with it."""
        self.kill()
        self.stops += 1
        found = self.take()["id"]
        if found != id:
            raise RuntimeError(f"a second import of the same file began: {found}")
        self.start()

    def _leap(self, lw: Linewright, seen: dict[str, Any]) -> None:
        counts = seen["counts"]
        self.still = self.still + 1 if counts == self.last else 0
        self.last = counts
        if self.still < STILL or counts["running"] or counts["asking"] or counts["creating"]:
            return
        comes = lw.office.store.imports.next_at(seen["id"])
        left = (comes - lw.clock.now()).total_seconds() if comes is not None else 0.0
        if left > LEAP_SECONDS and isinstance(lw.clock, HomeClock):
            lw.clock.advance(left - 1)
            self.leapt += left

    def end(self) -> list[int]:
        for worker in self.running:
            worker.terminate()
        return [worker.wait(30) for worker in self.running]


@dataclass(frozen=True)
class Told:
    good: bool
    lines: list[str]


async def play(plan: Plan, folder: Path, *, accounts: int) -> Told:
    """One run of `plan.numbers` rows in so many accounts."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    clock, temper = HomeClock(home, plan.rate), Temper(enforce_usage=True)
    with database_of(plan) as (url, _), RunningSimulator(clock, seed=plan.seed, temper=temper) as simulator:
        settings = settings_of(home, url, plan.rate).model_copy(update={"graph_url": simulator.graph_url})
        crowd = Crowd(simulator, rows_of(plan.numbers, accounts), Random(plan.seed))
        story = Story(settings, folder, plan.workers, crowd)
        async with Linewright(settings=settings) as lw:
            await crowd.settle(lw, accounts)
            for on, do, every in CUTS:
                simulator.control.add_fault(on, do, every=every)
            story.start()
            began = time.monotonic()
            try:
                made = await asyncio.to_thread(story.take)
                took_to_take = time.monotonic() - began
                seen = await story.until_it_ends(lw, made["id"], plan.minutes)
            except BaseException:
                story.kill()
                raise
            statuses = story.end()
            result = await lw.import_result(made["id"])
        return _verdict(plan, story, seen, result, statuses, took_to_take, time.monotonic() - began)


def _verdict(
    plan: Plan, story: Story, seen: dict[str, Any], result: str, statuses: list[int], to_take: float, took: float
) -> Told:
    simulator, crowd = story.crowd.simulator, story.crowd
    calls = simulator.face.log.since()
    broken = breaches(calls, simulator.face.log.overlapping())
    wrong, shares = crowd.wrong(result), paces(simulator, calls)
    over = {account: share for account, share in shares.items() if share > 1}
    refused = sum(call.code == 80008 for call in calls)
    began, ended = (datetime.fromisoformat(seen[name] or seen["made_at"]) for name in ("made_at", "ended_at"))
    kinds, hours = Counter(row.kind for row in crowd.rows), (ended - began).total_seconds() / 3600
    states = {state: count for state, count in seen["counts"].items() if count}
    lines = [
        f"rows: {dict(kinds)} in {len(shares)} accounts; taken in {to_take:.1f} s",
        f"ended in {took / 60:.1f} min ({seen['rows'] / took:.1f} rows/s), {hours:.1f} h on its clock, "
        f"of which {story.leapt / 3600:.1f} h were leapt over",
        f"stopped and resumed {story.stops} times, {story.killed} workers killed; the last ended with {statuses}",
        f"questions answered: {dict(crowd.answered)}; calls heard: {len(calls)}",
        f"rows by state: {states}",
        f"not at their right end by the control door and the result file: {len(wrong)}",
        *wrong[:10],
        f"largest share of an account's calls an hour: {max(shares.values(), default=0):.0%}; "
        f"accounts over their pace: {len(over)}; calls refused for too many: {refused}",
        f"promises broken by the simulator's log: {len(broken)}",
        *broken[:10],
    ]
    whole = seen["ended_at"] is not None and story.stops == len(STOPS)
    good = whole and not wrong and not over and not refused and not broken and not any(statuses)
    if not good:
        log = (story.folder / "workers.log").read_text(errors="replace")
        lines += ["the workers' last lines:", *log.splitlines()[-20:]]
    return Told(good, lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="import_story")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=120.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--accounts", type=int, default=0, help="0: one for 200 rows, four at least")
    parser.add_argument("--minutes", type=float, default=60, help="real minutes after which the run has failed")
    parser.add_argument("--sqlite", action="store_true", help="one worker on SQLite")
    asked = parser.parse_args()
    plan = Plan(
        numbers=asked.rows,
        seed=asked.seed,
        rate=asked.rate,
        workers=1 if asked.sqlite else asked.workers,
        kills=0,
        minutes=asked.minutes,
        sqlite=asked.sqlite,
    )
    accounts = asked.accounts or max(4, asked.rows // 200)
    print(  # noqa: T201 - its output
        f"import: {asked.rows} rows, seed {asked.seed}, clock rate {asked.rate:g}, {plan.workers} workers on "
        f"{'SQLite' if plan.sqlite else 'PostgreSQL'}",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="linewright-import-") as folder:
        told = asyncio.run(play(plan, Path(folder), accounts=accounts))
    print("\n".join(told.lines))  # noqa: T201 - its result
    return 0 if told.good else 1


if __name__ == "__main__":
    sys.exit(main())
