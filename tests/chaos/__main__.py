"""Hundreds of numbers, three workers, and everything that can happen to them.

python -m tests.chaos [--numbers N] [--seed S] [--rate R] [--workers W] [--sqlite] [--quick] [--minutes M]

Prints the seed first and the figures last. Status 0 only when every number is at its right end by the control
door, every operation ended, and the simulator's own log shows no promise broken.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Plan, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--numbers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--kills", type=int, default=200, help="at least so many, however soon the numbers are online")
    parser.add_argument("--minutes", type=float, default=60, help="real minutes after which the run has failed")
    parser.add_argument("--sqlite", action="store_true", help="one worker on SQLite")
    parser.add_argument("--quick", action="store_true", help="without the numbers that take 7 and 72 hours")
    asked = parser.parse_args()
    plan = Plan(
        numbers=asked.numbers,
        seed=asked.seed,
        rate=asked.rate,
        workers=1 if asked.sqlite else asked.workers,
        kills=asked.kills,
        minutes=asked.minutes,
        sqlite=asked.sqlite,
        quick=asked.quick,
    )
    with tempfile.TemporaryDirectory(prefix="linewright-chaos-") as folder:
        told = asyncio.run(play(plan, Path(folder)))
    print("\n".join(told.lines))  # noqa: T201 - its result
    return 0 if told.good else 1


if __name__ == "__main__":
    sys.exit(main())
