"""Linewright as it is: its own face over its own store (SQLite), engine, vault and Graph client, with the bench's wire
and clock in place of the network and the wall clock. It is handed the job, never the world."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import httpx

from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret

__all__ = ["empty_home", "run"]

ENDS = ("done", "gave_up", "cancelled")
NOWHERE = "http://127.0.0.1:1"
MOST_TURNS = 600


class Clock(Protocol):
    def now(self) -> datetime: ...
    def jump_to(self, moment: datetime) -> None: ...
    def seconds_until(self, moment: datetime) -> float: ...
    async def until(self, moment: datetime) -> None: ...


class Person(Protocol):
    def ask(self, key: str, kind: str, answers: Sequence[str], *, offer: bool = False) -> datetime | None: ...
    def answer(self, key: str) -> Any: ...


def run(job: Any, wire: httpx.AsyncBaseTransport, clock: Clock, person: Person, ends: datetime) -> str:
    """Registers the number and answers as the person does, until it ends or the time is over; how it ended."""
    with tempfile.TemporaryDirectory(prefix="linewright-bench-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(Path(empty_home().name) / "home", home)
        return asyncio.run(_lived(job, wire, clock, person, ends, home))


@cache
def empty_home() -> tempfile.TemporaryDirectory[str]:
    """A home whose database is made, to be copied; processes forked after the first call share it."""
    folder = tempfile.TemporaryDirectory(prefix="linewright-bench-")

    async def make() -> None:
        async with Linewright(settings=Settings(home=Path(folder.name) / "home", graph_url=NOWHERE)):
            pass

    asyncio.run(make())
    return folder


async def _lived(
    job: Any, wire: httpx.AsyncBaseTransport, clock: Clock, person: Person, ends: datetime, home: Path
) -> str:
    settings = Settings(home=home, graph_url=NOWHERE, log="error")
    async with Linewright(settings=settings, clock=clock, transport=wire) as lw:
        await lw.add_account("shop", job.account, Secret(job.token), pin_reset=job.pin_reset)
        shape = await _opened(lw, job, clock)
        for _ in range(MOST_TURNS):
            shape = await lw.push(shape["id"])
            if shape["state"] in ENDS:
                return f"{shape['state']}: {shape['reason']}"
            answers_at = _asked(person, shape)
            moments = [datetime.fromisoformat(shape["wake_at"])] if shape["wake_at"] else []
            moments += [answers_at] if answers_at else []
            if not moments or min(moments) > ends:
                return f"{shape['state']}: {shape['reason']}"
            clock.jump_to(min(moments))
            if answers_at is not None and answers_at <= clock.now():
                await _answer(lw, person, shape["task"]["id"])
    return "turned in circles"


async def _opened(lw: Linewright, job: Any, clock: Clock) -> dict[str, Any]:
    """The account's numbers are listed first, as the guide says; where that fails, again a little later."""
    for _ in range(20):
        if any(number["id"] == job.number for number in await lw.numbers()):
            break
        clock.jump_to(clock.now() + timedelta(seconds=30))
        await lw.sync("shop")
    pin = Secret(job.pin) if job.pin else None
    return await lw.open("register", job.number, pin=pin, because=job.heard)


def _asked(person: Person, shape: dict[str, Any]) -> datetime | None:
    task = shape["task"]
    if task is None:
        return None
    return person.ask(task["id"], task["kind"], task["answers"], offer=shape["state"] != "asking")


async def _answer(lw: Linewright, person: Person, task: str) -> None:
    said = person.answer(task)
    if said.kind == "value":
        await lw.answer(task, value=Secret(said.value))
    elif said.kind == "resend":
        await lw.answer(task, resend=said.value.lower())
    else:
        await lw.answer(task, approve=said.kind == "approve", done=said.kind == "done")
