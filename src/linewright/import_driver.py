"""Sees an import through: by its own hands, or by watching a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from linewright.driver import WATCH_SECONDS, Driver
from linewright.engine.shift import BUSY_SECONDS, CONCURRENCY
from linewright.importer import Importer
from linewright.store.import_rows import Import
from linewright.wiring import Installation

__all__ = ["ImportDriver"]

LOOK_SECONDS = 0.5
"""Real: so often an import that a worker carries on is looked at."""


class ImportDriver:
    """Where a worker is ready it does everything, and this process only looks."""

    def __init__(self, office: Installation, driver: Driver) -> None:
        self._office = office
        self._imports = office.store.imports
        self._driver = driver
        self._importer = Importer(office)

    async def push(self, id: str) -> Import:
        """One round: rows are opened as far as there is room, and what is due is done; nothing where a worker is."""
        self._imports.get(id)
        if not self._driver.worked:
            await self._round(id)
        return self._imports.get(id)

    async def drive(
        self, id: str, *, follow: bool, late: Callable[[], bool], on_change: Callable[[Import], None]
    ) -> Import:
        """Until every row has ended, or nothing moves without a person (with `follow` that is waited for), or it is
        `late` (real time)."""
        while True:
            moved = await self._round(id) if not self._driver.worked else 0
            current = self._imports.get(id)
            on_change(current)
            if current.ended_at is not None or late() or (not moved and not follow and self._needs_somebody(current)):
                return current
            if not moved:
                await self._rest(id)

    def _needs_somebody(self, current: Import) -> bool:
        """Whether only people can bring it on."""
        if not current.counts["asking"] or any(current.counts[state] for state in ("creating", "running", "waiting")):
            return False
        return self._imports.next_at(current.id) is None if current.counts["queued"] else True

    async def _round(self, id: str) -> int:
        """How much moved: rows that were opened, made or settled, and operations that had a turn."""
        moved = await self._importer.run_due()
        due = self._imports.due(id, self._office.clock.now(), CONCURRENCY * 5)
        room = asyncio.Semaphore(CONCURRENCY)

        async def turn(operation: str) -> None:
            async with room:
                await self._office.local.push(operation)

        await asyncio.gather(*map(turn, due))
        still = set(due) & set(self._imports.due(id, self._office.clock.now(), len(due))) if due else set()
        return moved + len(due) - len(still) + await self._importer.run_due()

    async def _rest(self, id: str) -> None:
        """Lets time pass toward what comes next; less of it where others work on it."""
        if self._driver.worked:
            await asyncio.sleep(LOOK_SECONDS)
            return
        clock = self._office.clock
        comes = self._imports.next_at(id)
        if comes is None or comes <= clock.now():  # somebody else has its phone, or must answer
            await asyncio.sleep(min(WATCH_SECONDS, BUSY_SECONDS))
        else:
            await clock.until(comes)
