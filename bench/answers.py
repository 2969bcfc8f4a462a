"""From an answered question to the next call, with a worker running; and from a person's word to the wire.

python -m bench.answers [--questions N]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from datetime import datetime
from pathlib import Path

from bench.fleet import Fleet, fleet, run, stop
from bench.servers import databases
from linewright.clock import HomeClock
from linewright.face import Linewright
from linewright.secret import Secret


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=30)
    questions = parser.parse_args().questions
    with databases() as fresh, tempfile.TemporaryDirectory() as folder:
        for name, database in (("SQLite", ""), ("PostgreSQL", fresh())):
            with fleet(Path(folder), database) as made:
                made.people(5, questions, digits="133006")
                run(made.settle_in())
                run(made.ask())
                worker = made.worker()
                waited = run(_answer(made, questions))
                stop(worker)
            print(
                f"{name}: from the answer's commit to the next call {statistics.median(waited) * 1000:.0f} ms median, "
                f"{max(waited) * 1000:.0f} ms at most, of {len(waited)}",
                flush=True,
            )


async def _answer(made: Fleet, questions: int) -> list[float]:
    """Seconds for each question; by the clock that the home and the simulator share."""
    clock, waited = HomeClock(made.home), []
    async with Linewright(settings=made.settings) as lw:
        while len(tasks := await lw.tasks()) < questions:  # noqa: ASYNC110 - other processes ask
            await asyncio.sleep(0.2)
        for task in tasks:
            e164 = task["number"]["e164"]
            code = made.control.get(f"/phone/{e164}/codes").json()["items"][-1]["code"]
            heard, asked = len(made.calls()), clock.now()
            await lw.answer(task["id"], value=Secret(code))
            while not (calls := [call for call in made.calls(heard) if call["e164"] == e164]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            waited.append((datetime.fromisoformat(calls[0]["started_at"]) - asked).total_seconds())
    return waited


if __name__ == "__main__":
    main()
