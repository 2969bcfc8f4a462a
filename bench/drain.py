"""10,000 operations that come due at the same second: the time until all had ended, and each account's pace.

python -m bench.drain [--numbers N] [--online]

`--online`: the numbers are online already, so that each operation is one turn that looks and proves it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.fleet import fleet, run, stop
from bench.servers import databases

ACCOUNTS = 50
HOUR = timedelta(hours=1)
GROWN = 5_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--numbers", type=int, default=10_000)
    parser.add_argument("--online", action="store_true")
    asked = parser.parse_args()
    numbers = asked.numbers
    with databases() as fresh, tempfile.TemporaryDirectory() as folder, fleet(Path(folder), fresh()) as made:
        made.people(ACCOUNTS, numbers, registered=asked.online)
        run(made.settle_in())
        run(made.ask())
        heard, began = len(made.calls()), time.perf_counter()
        workers = [made.worker(), made.worker()]
        while made.open_operations():
            time.sleep(1)
        took = time.perf_counter() - began
        for worker in workers:
            stop(worker)
        owners = {number: made.accounts[at % ACCOUNTS][0] for at, number in enumerate(made.numbers)}
        most = _most_in_an_hour(made.calls(heard), owners)
    print(f"{numbers} due at once in {ACCOUNTS} accounts, two workers: drained in {took:.0f} s, {numbers / took:.1f}/s")
    print(f"the most calls of one account in an hour: {most} of {GROWN}")


def _most_in_an_hour(calls: list[dict[str, Any]], owners: dict[str, str]) -> int:
    times: dict[str, list[datetime]] = defaultdict(list)
    for call in calls:
        times[owners.get(call["target"], call["target"])].append(datetime.fromisoformat(call["started_at"]))
    most: Counter[str] = Counter()
    for account, moments in times.items():
        first = 0
        for last, at in enumerate(sorted(moments)):
            while moments[first] <= at - HOUR:
                first += 1
            most[account] = max(most[account], last - first + 1)
    return max(most.values())


if __name__ == "__main__":
    main()
