"""Schemathesis against a running service on the simulator: no 5xx, no answer but as the document says.

python -m tests.service.schema [--minutes 10] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.served import served

from linewright.clock import HomeClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import RunningSimulator

__all__ = ["Figures", "run"]

NEVER_ENDS = "/api/v1/operations/{operation}/events"
"""A stream that ends with its operation is followed by tests of its own."""
CONFIG = """
[checks.positive_data_acceptance]
# A request may fit the document and yet not the number: a wrong PIN, a closed question.
expected-statuses = ["2xx", 401, 403, 404, 409, 422]
"""


@dataclass(frozen=True)
class Figures:
    """What one run saw; `failures` is empty when all is well."""

    seconds: float
    operations: int
    requests: int
    statuses: dict[str, int]
    failures: list[str]
    log: str

    def lines(self) -> list[str]:
        told = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        wrong = self.failures or ["no 5xx, no answer that is not as the document says"]
        return [f"{self.operations} operations, {self.requests} requests in {self.seconds:.0f} s: {told}", *wrong]


@contextmanager
def stage(folder: Path, seed: int) -> Iterator[tuple[str, str]]:
    """A service whose numbers stand at different places, with questions open; its address and a token."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    with RunningSimulator(HomeClock(home, 1.0), seed=seed) as simulator:
        world, settings = simulator.world, Settings(home=home, graph_url=simulator.graph_url)

        async def furnished() -> None:
            async with Linewright(settings=settings) as linewright:
                await linewright.add_account("shop", world.account.id, Secret(world.token.text))
                for last_six in ("133005", "133006", "133015", "133016"):
                    opened = await linewright.open("register", f"+15550{last_six}", pin=Secret("135791"))
                    await linewright.push(opened["id"])

        asyncio.run(furnished())
        with served(home, simulator.graph_url) as there:
            yield there


def run(seed: int, *, seconds: int | None = None, most: int | None = None) -> Figures:
    """One run that goes on for so many seconds, or until each operation has had its `most` examples."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "schemathesis.toml").write_text(CONFIG)
        with stage(folder, seed) as (url, token):
            words = [
                *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml", "run"),
                *(f"{url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {token}"),
                *("--checks", "all", "--exclude-path", NEVER_ENDS, "--continue-on-failure", "--no-color"),
                *("--seed", str(seed), "--request-timeout", "60"),
                *("--generation-database", "none", "--report", "json,ndjson", "--report-dir", "report"),
                *(("--max-time", str(seconds)) if seconds else ()),
                *(("--max-examples", str(most)) if most else ()),
            ]
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        return _figures(folder / "report", done.stdout + done.stderr)


def _figures(folder: Path, log: str) -> Figures:
    reports = list(folder.glob("json-*.json"))
    assert reports, log
    report: dict[str, Any] = json.loads(reports[0].read_text())
    statuses = Counter(_statuses(next(folder.glob("ndjson-*.ndjson"))))
    failures = [f"{each['title']} ({each['code']}): {', '.join(each['operations'])}" for each in report["failures"]]
    return Figures(
        seconds=report["running_time"],
        operations=report["operations"]["tested"],
        requests=sum(statuses.values()),
        statuses=dict(statuses),
        failures=[*failures, *(f"error: {each}" for each in report["errors"])],
        log=log,
    )


def _statuses(events: Path) -> Iterator[str]:
    """The status of each answer that the events tell of."""
    for line in events.read_text().splitlines():
        yield from _found(json.loads(line))


def _found(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        response = value.get("response")
        if isinstance(response, dict) and "status_code" in response:
            yield str(response["status_code"])
        for each in value.values():
            yield from _found(each)
    elif isinstance(value, list):
        for each in value:
            yield from _found(each)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    figures = run(given.seed, seconds=round(given.minutes * 60))
    sys.stdout.write("\n".join(figures.lines()) + "\n")
    sys.stdout.write(figures.log if figures.failures else "")
    return 1 if figures.failures else 0


if __name__ == "__main__":
    sys.exit(main())
