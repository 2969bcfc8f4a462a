"""Registrations a second, end to end, beside a bare script that makes the same calls and keeps nothing.

python -m bench.registrations [--numbers N]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.fleet import Fleet, fleet, ready, run, stop
from bench.servers import cpu_seconds, databases

ACCOUNTS = 20
TOGETHER = 20


@dataclass(frozen=True)
class Rate:
    """Registrations a second, CPU seconds for each (ours, the simulator's share of a core), calls for each."""

    a_second: float
    cpu: float
    simulator: float
    calls: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--numbers", type=int, default=600)
    numbers = parser.parse_args().numbers
    with databases() as fresh, tempfile.TemporaryDirectory() as folder:
        bare = _measured(Path(folder), "", numbers, _bare)
        _say("bare asyncio + httpx", bare, bare)
        for name, database, workers in (
            ("SQLite, one worker", lambda: "", 1),
            ("PostgreSQL, one worker", fresh, 1),
            ("PostgreSQL, two workers", fresh, 2),
        ):
            _say(name, _measured(Path(folder), database(), numbers, lambda f, w=workers: _ours(f, w)), bare)


def _say(name: str, rate: Rate, bare: Rate) -> None:
    print(
        f"{name}: {rate.a_second:.1f} registrations/s ({rate.a_second / bare.a_second:.2f} of bare), "
        f"{rate.cpu * 1000:.0f} ms CPU each ({rate.cpu / bare.cpu:.1f}x), {rate.calls:.1f} calls each; "
        f"the simulator used {rate.simulator:.2f} of a core",
        flush=True,
    )


def _measured(folder: Path, database: str, numbers: int, way: Callable[[Fleet], tuple[float, float]]) -> Rate:
    with fleet(folder, database) as made:
        made.people(ACCOUNTS, numbers)
        run(made.settle_in())
        run(made.ask())
        heard = len(made.calls())
        at = cpu_seconds(made.simulator.pid)
        took, cpu = way(made)
        share = (cpu_seconds(made.simulator.pid) - at) / took
        return Rate(numbers / took, cpu / numbers, share, len(made.calls(heard)) / numbers)


def _ours(made: Fleet, workers: int) -> tuple[float, float]:
    """Seconds from the first turn to the last proof, and CPU seconds of the workers."""
    running = [made.worker() for _ in range(workers)]
    ready(running[0])
    began = time.perf_counter()
    at = [cpu_seconds(worker.pid) for worker in running]
    while made.open_operations():
        time.sleep(0.1)
    took = time.perf_counter() - began
    cpu = sum(cpu_seconds(worker.pid) - before for worker, before in zip(running, at, strict=True))
    for worker in running:
        stop(worker)
    return took, cpu


def _bare(made: Fleet) -> tuple[float, float]:
    import resource

    tokens = dict(made.accounts)
    owners = [made.accounts[place % ACCOUNTS][0] for place in range(len(made.numbers))]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    asyncio.run(_script(made.graph_url, list(zip(made.numbers, owners, strict=True)), tokens))
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def _script(url: str, numbers: Sequence[tuple[str, str]], tokens: dict[str, str]) -> None:
    """What a developer writes: read, register, read, subscribe; nothing is kept."""
    left = asyncio.Semaphore(TOGETHER)
    async with httpx.AsyncClient(base_url=f"{url}/v25.0", trust_env=False, timeout=30) as client:

        async def bring(number: str, waba: str) -> None:
            headers = {"Authorization": f"Bearer {tokens[waba]}"}
            fields = {"fields": "id,display_phone_number,status,code_verification_status,platform_type"}
            async with left:
                await client.get(f"/{number}", params=fields, headers=headers)
                body = {"messaging_product": "whatsapp", "pin": "246810"}
                (await client.post(f"/{number}/register", json=body, headers=headers)).raise_for_status()
                await client.get(f"/{number}", params=fields, headers=headers)
                await client.get(f"/{waba}/subscribed_apps", headers=headers)
                await client.post(f"/{waba}/subscribed_apps", headers=headers)

        await asyncio.gather(*(bring(*each) for each in numbers))


if __name__ == "__main__":
    main()
