"""The fleet check of many numbers: list pages read beside the least possible, seconds, and peak memory; beside one read
per number by pywa in the same run.

python -m bench.fleet_check [--numbers N] [--sample N]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from linewright.config import Settings
from linewright.face import Linewright
from linewright.fleet import TOGETHER, FleetCheck
from linewright.secret import Secret
from linewright.simulator.simulator import RunningSimulator
from linewright.simulator.time import VirtualClock
from linewright.simulator.transport import Redirect

SEED = 4
PAGE = 100
SMALL, LARGE = (1, 25), (100, 400)
LARGE_ONES = 0.05
"""Of the accounts so many have 100 numbers and more."""


@dataclass(frozen=True)
class Remote:
    """Accounts as WABA, token, and the ids of their numbers."""

    graph_url: str
    control_url: str
    accounts: list[tuple[str, str, list[str]]] = field(repr=False)

    @property
    def least(self) -> int:
        """Pages that hold all numbers."""
        return sum(-(-len(numbers) // PAGE) for _, _, numbers in self.accounts)

    def calls(self) -> int:
        return int(httpx.get(f"{self.control_url}/state", timeout=600, trust_env=False).json()["calls"])

    def kinds(self, since: int) -> Counter[str]:
        """What was called after the call of this number, by kind."""
        found = httpx.get(f"{self.control_url}/calls", params={"since": since}, timeout=600, trust_env=False).json()
        return Counter(call["kind"] for call in found["items"])


@dataclass(frozen=True)
class Took:
    seconds: float
    cpu: float
    peak: float
    """MB of memory at the most, of the process alone."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--numbers", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=2_000, help="reads by pywa; the rest is extrapolated")
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    simulator = context.Process(target=_simulate, args=(theirs, given.numbers), daemon=True)
    simulator.start()
    remote: Remote = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        _compare(context, remote, Path(folder), given.numbers, min(given.sample, given.numbers))
    ours.send("stop")
    simulator.join()


def _compare(context: Any, remote: Remote, folder: Path, numbers: int, sample: int) -> None:
    print(f"{numbers:,} numbers in {len(remote.accounts):,} accounts, {remote.least:,} pages at the least", flush=True)
    checked, calls = Took(0, 0, 0), 0
    for name in ("every number new", "nothing changed"):
        since = calls
        checked = _apart(context, _check, remote, folder)
        calls = since + sum((kinds := remote.kinds(since)).values())
        print(
            f"fleet check, {name}: {checked.seconds:.1f} s ({numbers / checked.seconds:,.0f} numbers/s), "
            f"{checked.cpu:.1f} s CPU, {checked.peak:.0f} MB at the most; {kinds['list']:,} pages = "
            f"{kinds['list'] / remote.least:.3f} of the least; {dict(kinds)}",
            flush=True,
        )
    alone = _apart(context, _read_by_pywa, remote, sample)
    whole = alone.seconds * numbers / sample
    print(
        f"one read per number by pywa, {TOGETHER} threads: {sample:,} reads in {alone.seconds:.1f} s "
        f"({alone.cpu:.1f} s CPU, {alone.peak:.0f} MB at the most); "
        f"extrapolated to {numbers:,}: {whole:.0f} s, {numbers / remote.least:.0f} times the calls, "
        f"{whole / checked.seconds:.1f} times as long as the check that keeps what it reads",
        flush=True,
    )


def _apart(context: Any, work: Callable[..., Took], *words: Any) -> Took:
    """In a process of its own, so that its memory is its own."""
    with context.Pool(1) as pool:
        took: Took = pool.apply(work, words)
    return took


def _took(began: float, cpu: float) -> Took:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Took(time.perf_counter() - began, time.process_time() - cpu, used.ru_maxrss / 1024)


# The remote


def _sizes(numbers: int) -> list[int]:
    chance, sizes = random.Random(SEED), list[int]()
    while (left := numbers - sum(sizes)) > 0:
        sizes.append(min(chance.randint(*(LARGE if chance.random() < LARGE_ONES else SMALL)), left))
    return sizes


def _simulate(pipe: Connection, numbers: int) -> None:
    with RunningSimulator(VirtualClock(datetime.now(UTC)), empty=True) as simulator:
        remote, accounts, serial = simulator.remote, list[tuple[str, str, list[str]]](), 0
        for size in _sizes(numbers):
            account = remote.add_account()
            made = []
            for _ in range(size):
                e164 = f"+1{201 + serial // 10_000}4{serial % 10_000:06d}"
                made.append(remote.add_number(account.id, e164, registered=True).id)
                serial += 1
            accounts.append((account.id, remote.add_token([account.id]).text, made))
        pipe.send(Remote(simulator.graph_url, simulator.control_url, accounts))
        pipe.recv()


# Ours


def _check(remote: Remote, folder: Path) -> Took:
    """Looks at every account once, as a worker does. The first time the accounts are put into the home."""
    return asyncio.run(_checked(remote, folder))


async def _checked(remote: Remote, folder: Path) -> Took:
    settings = Settings(home=folder / "home", graph_url=remote.graph_url, log="error")
    async with Linewright(settings=settings) as lw:
        store, now = lw.office.store, lw.clock.now()
        names = [line.account.name for line in store.accounts.all()]
        for place, (waba, token, _) in enumerate(remote.accounts if not names else ()):
            store.accounts.add(f"a{place}", waba, Secret(token), now=now)
        store.checks.soon(names, now)
        began, cpu = time.perf_counter(), time.process_time()
        looked = await FleetCheck(lw.office).run_due()
        took = _took(began, cpu)
        assert looked == len(remote.accounts)
    return took


# pywa


def _read_by_pywa(remote: Remote, sample: int) -> Took:
    from pywa import WhatsApp

    some, left = list(remote.accounts), sample
    random.Random(SEED).shuffle(some)
    wire = Redirect(remote.graph_url)
    chosen = []
    for waba, token, numbers in some:
        chosen.append((waba, token, numbers[:left]))
        left -= len(chosen[-1][2])
        if not left:
            break

    def read(each: tuple[str, str, list[str]]) -> None:
        waba, token, numbers = each
        client = WhatsApp(phone_id=numbers[0], waba_id=waba, token=token, session=httpx.Client(transport=wire))
        for number in numbers:
            assert client.get_business_phone_number(phone_id=number).id == number

    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(TOGETHER) as threads:
        list(threads.map(read, chosen))
    return _took(began, cpu)


if __name__ == "__main__":
    main()
