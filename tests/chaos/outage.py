"""The store goes away in the middle of the work: a server that is stopped, a disk that is full.

python -m tests.chaos.outage [--seconds S] [--numbers N]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.crowd import Crowd
from tests.chaos.run import Told, settings_of
from tests.chaos.storm import Storm
from tests.chaos.verdict import breaches, repetitions
from tests.support.databases import postgres
from tests.support.disks import tiny_disk

from linewright.clock import HomeClock
from linewright.config import Settings
from linewright.errors import LinewrightError
from linewright.face import Linewright
from linewright.simulator.simulator import RunningSimulator

__all__ = ["full_disk", "stopped_server"]

RATE = 60.0
KINDS = ("133010", "133006", "133005", "100001")
DISK_KILOBYTES = 24_000
PATIENCE_SECONDS = 180.0
ABOUT_ITSELF = ("Linewright ", "Stopping: ", "Stopped. ")
AWAY, BACK = "turns wait for it", "turns go on"


@dataclass(frozen=True)
class _Trouble:
    """What goes away, for how many real seconds, and how."""

    what: str
    seconds: float
    begin: Callable[[], None]
    end: Callable[[], None]


def stopped_server(folder: Path, *, seconds: float, numbers: int) -> Told:
    """Two workers on a PostgreSQL that is stopped for so many real seconds."""
    with postgres() as server:
        home = folder / "home"
        home.mkdir(mode=0o700)
        trouble = _Trouble("a stopped PostgreSQL", seconds, server.stop, server.start)
        return asyncio.run(_play(trouble, settings_of(home, server.empty(), RATE), 2, numbers))


def full_disk(folder: Path, *, seconds: float, numbers: int) -> Told:
    """A worker on SQLite whose disk is full for so many real seconds. Raises `NoDisk`."""
    with tiny_disk(folder / "disk", DISK_KILOBYTES) as disk:
        home = disk.folder / "home"
        home.mkdir(mode=0o700)
        settings = settings_of(home, "", RATE)

        def fill() -> None:
            _give_back_the_log(settings.database)
            disk.fill()

        return asyncio.run(_play(_Trouble("a full disk", seconds, fill, disk.free), settings, 1, numbers))


def _give_back_the_log(url: str) -> None:
    """What SQLite's log has grown to it uses again and again: with that room it would not notice a full disk."""
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.01)) as connection:
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            time.sleep(0.01)


async def _play(trouble: _Trouble, settings: Settings, workers: int, numbers: int) -> Told:
    with (
        RunningSimulator(HomeClock(settings.home, RATE)) as simulator,
        tempfile.TemporaryDirectory() as logs,
    ):
        settings = settings.model_copy(update={"graph_url": simulator.graph_url})
        storm = Storm(settings, Path(logs), Random(0), workers)
        async with Linewright(settings=settings) as lw:
            crowd = Crowd(lw, simulator, Random(1))
            await crowd.gather(numbers, KINDS)
            storm.start()
            try:
                await _until(crowd, lambda ends: len(ends) >= numbers // 4)
                before = len(await crowd.ends())
                await asyncio.to_thread(trouble.begin)
                began = time.monotonic()
                await asyncio.sleep(trouble.seconds)
                await asyncio.to_thread(trouble.end)
                away = time.monotonic() - began
                await _until(crowd, lambda ends: len(ends) == numbers and _all_back(storm))
            finally:
                statuses = storm.end()
            return await _told(trouble, crowd, storm, statuses, before, away)


async def _until(crowd: Crowd, enough: Callable[[dict[str, str]], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        try:
            await crowd.answer()
            if enough(await crowd.ends()):
                return
        except LinewrightError:
            pass  # the store is not quite back
        await asyncio.sleep(0.25)


def _all_back(storm: Storm) -> bool:
    """Whether each worker that lost the store has it again: one that is slow to look may find that all is done."""
    away, back = (sum(mark in line for line in storm.said()) for mark in (AWAY, BACK))
    return away == back


async def _told(trouble: _Trouble, crowd: Crowd, storm: Storm, statuses: list[int], before: int, away: float) -> Told:
    calls = crowd.simulator.face.log.since()
    broken = breaches(calls, crowd.simulator.face.log.overlapping())
    right = sum(crowd.right(person) for person in crowd.people.values())
    said = [line for line in storm.said() if not line.startswith(ABOUT_ITSELF)]
    alike = [sum(mark in line for line in said) for mark in (AWAY, BACK)]
    lines = [
        f"{trouble.what} for {away:.0f} s after {before} of {len(crowd.people)} numbers, {storm.workers} workers",
        f"calls heard: {len(calls)}; sent again after a lost answer (5.4): {dict(repetitions(calls)) or 'none'}",
        f"ended: {len(await crowd.ends())}; at their right end by the control door: {right}; "
        f"promises broken: {len(broken)}; workers stopped with status {statuses}",
        *broken[:20],
        "all that the workers logged:",
        *said,
    ]
    whole = right == len(crowd.people) and not broken and not any(statuses)
    return Told(whole and 0 < alike[0] <= storm.workers and alike[1] == alike[0] and len(said) == sum(alike), lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="outage")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--numbers", type=int, default=60)
    asked = parser.parse_args()
    good = True
    for way in (stopped_server, full_disk):
        with tempfile.TemporaryDirectory(prefix="linewright-outage-") as folder:
            told = way(Path(folder), seconds=asked.seconds, numbers=asked.numbers)
        print("\n".join(told.lines), flush=True)  # noqa: T201 - its result
        good = good and told.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
