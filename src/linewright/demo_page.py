"""`demo --serve`: the twelve numbers of the demo on the page, while they recover on a clock that runs fast."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from linewright.clock import HomeClock, monotonic
from linewright.config import Settings
from linewright.demo import STORIES
from linewright.errors import LinewrightError
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.service.server import Manner, Served, serve
from linewright.simulator.simulator import Simulator

__all__ = ["run"]

FAST, SLOW = 900.0, 10.0
"""How fast the clock runs: 72 hours in five minutes; a code good for a minute while a question is open."""
SLOW_AT_FIRST = 15.0
"""Real seconds, in which the questions come."""
PATIENCE = 45.0
"""Real seconds that a question is left to whoever looks; then the people of the demo answer it."""
GLANCE = 0.1

Say = Callable[[str], None]


async def run(manner: Manner, *, stopping: asyncio.Event, ready: Callable[[Served], None], say: Say) -> None:
    """Serves until `stopping` is set; the home is thrown away then. Raises what `serve` raises."""
    with tempfile.TemporaryDirectory(prefix="linewright-demo-", ignore_cleanup_errors=True) as folder:
        clock = HomeClock(Path(folder), SLOW)
        simulator = Simulator(clock, seed=1)
        settings = Settings(home=Path(folder), graph_url="http://127.0.0.1:1", clock_rate=None, log="error")
        async with Linewright(settings=settings, clock=clock, transport=simulator.transport) as lw:
            stage = _Stage(lw, simulator, clock, say)
            await stage.open_everything()
            people = asyncio.ensure_future(stage.answer_questions())
            try:
                await serve(lw, manner, stopping=stopping, ready=ready)
            finally:
                people.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await people


class _Stage:
    """The owners of the phones, played through the simulator's control door, and the speed of the clock."""

    def __init__(self, lw: Linewright, simulator: Simulator, clock: HomeClock, say: Say) -> None:
        self._lw = lw
        self._simulator = simulator
        self._clock = clock
        self._say = say
        self._asked: dict[str, float] = {}
        self._hinted: set[str] = set()

    async def open_everything(self) -> None:
        world = self._simulator.world
        await self._lw.add_account("demo", world.account.id, Secret(world.token.text))
        for story in STORIES:
            pin = Secret(story.pin) if story.pin else None
            await self._lw.open("register", world.numbers[story.key].id, pin=pin, because=story.because)

    async def answer_questions(self) -> None:
        """Hints at the answers at once, and gives them when nobody else does."""
        began = monotonic()
        while True:
            open_ones = await self._lw.tasks()
            slow = bool(open_ones) or monotonic() - began < SLOW_AT_FIRST
            self._clock.run_at(SLOW if slow else FAST)
            for task in open_ones:
                await self._attend(task)
            await asyncio.sleep(GLANCE)

    async def _attend(self, task: dict[str, Any]) -> None:
        value = self._answer(task)
        hint = f"{task['id']} {value}"
        if value is not None and hint not in self._hinted:
            self._hinted.add(hint)
            where = "shows the WhatsApp code" if task["kind"] == "otp" else "has a note beside it: PIN"
            self._say(f"The phone {task['number']['display']} {where} {value}")
        if monotonic() - self._asked.setdefault(task["id"], monotonic()) < PATIENCE:
            return
        with contextlib.suppress(LinewrightError):  # somebody was faster
            if value is None:
                await self._lw.answer(task["id"], decline=True)
            elif "value" in task["answers"]:
                await self._lw.answer(task["id"], value=Secret(value))
            else:
                await self._lw.answer(task["id"], resend="sms")

    def _answer(self, task: dict[str, Any]) -> str | None:
        if task["number"] is None:
            return None
        if task["kind"] == "otp":
            codes = self._simulator.control.codes(task["number"]["e164"])
            return str(codes[-1]["code"]) if codes else ""
        if task["kind"] == "pin":
            return str(self._simulator.control.number(task["number"]["id"])["pin"])
        return None
