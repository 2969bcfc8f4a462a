"""How long `linewright explain 133005` takes, beside `python -c pass`: 20 fresh processes of each, in turn.

python -m bench.start
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

RUNS = 20
OURS = (str(Path(sys.executable).with_name("linewright")), "explain", "133005")
BARE = (sys.executable, "-c", "pass")


def seconds(command: Sequence[str]) -> float:
    """Wall seconds of one fresh process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    for command in (OURS, BARE):
        seconds(command)
    pairs = [(seconds(OURS), seconds(BARE)) for _ in range(RUNS)]
    ours = statistics.median(pair[0] for pair in pairs)
    bare = statistics.median(pair[1] for pair in pairs)
    print(f"start: linewright explain 133005, median of {RUNS} fresh processes beside python -c pass")
    above = (ours - bare) * 1000
    print(f"  explain {ours * 1000:.0f} ms, bare {bare * 1000:.0f} ms: {above:.0f} ms above, {ours / bare:.1f}x")


if __name__ == "__main__":
    main()
