"""python -m bench.recovery [--n N] [--seed S] [--write]      the table; with --write also the page and the pictures
python -m bench.recovery --again      what --write writes, anew from the worlds of the last run
python -m bench.recovery --seed S --world K --trace [--policy ONE] [--beside ANOTHER]      one world, side by side"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.recovery import plot, report
from bench.recovery.play import POLICIES, REFERENCES
from bench.recovery.run import HOLD_OUT, TUNED_ON, play_all
from bench.recovery.trace import side_by_side
from bench.recovery.worlds import draw

DOCS = Path(__file__).parent.parent.parent / "docs"
KEPT, WORLDS = Path("build") / "recovery.json", Path("build") / "recovery-worlds.json"
"""The figures, and what became of each world under each policy."""
TUNED_SHARE = 0.3
"""Of the worlds of a run without --seed: those that were tuned on, reported apart."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="how many worlds")
    parser.add_argument("--seed", type=int, help="only worlds of this seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/recovery.md, its JSON and its pictures")
    parser.add_argument("--again", action="store_true", help="figures, page and pictures anew from the last run")
    parser.add_argument("--world", type=int, help="the place of one world")
    parser.add_argument("--trace", action="store_true", help="print one world's timeline under two policies")
    parser.add_argument("--policy", default="Linewright, auto", choices=[*POLICIES, *REFERENCES])
    parser.add_argument("--beside", default="best, auto", choices=[*POLICIES, *REFERENCES])
    asked = parser.parse_args()
    if asked.n < 1:
        sys.exit("--n must be at least 1.")
    if asked.trace:
        if asked.world is None:
            sys.exit("--trace needs --world K, and --seed S unless it is a world of the hold-out.")
        print(side_by_side(draw(asked.seed or HOLD_OUT, asked.world), asked.policy, asked.beside))
        return
    kept = _again() if asked.again else _run(asked.n, asked.seed, asked.processes)
    for one in kept["sets"]:
        print(report.table(one), end="\n\n")
    _keep(kept, write=asked.write or asked.again)


def _run(count: int, seed: int | None, processes: int) -> dict[str, Any]:
    began = time.perf_counter()
    tuned = round(count * TUNED_SHARE)
    parts = {seed: count} if seed is not None else {HOLD_OUT: count - tuned, TUNED_ON: tuned}
    played = {
        each: play_all(each, number, processes=processes, told=_teller(number))
        for each, number in parts.items()
        if number
    }
    WORLDS.parent.mkdir(exist_ok=True)
    WORLDS.write_text(json.dumps(played) + "\n")
    sets = [report.figures_of(each, worlds) for each, worlds in played.items()]
    return {
        "command": shlex.join(["python", "-m", "bench.recovery", *sys.argv[1:]]),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seconds": round(time.perf_counter() - began),
        "sets": sets,
    }


def _again() -> dict[str, Any]:
    """The figures of the worlds that the last run with --write played, after a figure was added or corrected."""
    kept: dict[str, Any] = json.loads((DOCS / "recovery.json").read_text())
    played = json.loads(WORLDS.read_text())
    return kept | {"sets": [report.figures_of(int(seed), worlds) for seed, worlds in played.items()]}


def _teller(whole: int) -> Any:
    """Says on a terminal how far it is."""

    def told(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of {whole} worlds", end="\n" if done == whole else "", file=sys.stderr, flush=True)

    return told


def _keep(kept: dict[str, Any], *, write: bool) -> None:
    target = DOCS / "recovery.json" if write else KEPT
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"The figures are in {target}.")
    if not write:
        return
    (DOCS / "recovery.md").write_text(report.page(kept))
    for name, shape in (("recovery.svg", plot.WIDE), ("recovery-narrow.svg", plot.NARROW)):
        drawing = DOCS / name
        drawing.write_text(plot.draw(kept["sets"][0], shape))
        plot.photograph(drawing, shape)


if __name__ == "__main__":
    main()
