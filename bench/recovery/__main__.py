"""python -m bench.recovery --seed S --world K --trace [--policy ONE] [--beside ANOTHER]"""

from __future__ import annotations

import argparse
import sys

from bench.recovery.play import POLICIES, REFERENCES
from bench.recovery.run import HOLD_OUT
from bench.recovery.trace import side_by_side
from bench.recovery.worlds import draw


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--seed", type=int, default=HOLD_OUT, help="which worlds")
    parser.add_argument("--world", type=int, help="the place of one world")
    parser.add_argument("--trace", action="store_true", help="print one world's timeline under two policies")
    parser.add_argument("--policy", default="Linewright, auto", choices=[*POLICIES, *REFERENCES])
    parser.add_argument("--beside", default="best, auto", choices=[*POLICIES, *REFERENCES])
    asked = parser.parse_args()
    if not asked.trace or asked.world is None:
        sys.exit(parser.format_usage())
    print(side_by_side(draw(asked.seed, asked.world), asked.policy, asked.beside))


if __name__ == "__main__":
    main()
