"""What both sides of the engine do with an operation that came due, and how they tell of trouble."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Protocol

from linewright.domain.operation import OPEN_STATES, Operation, OperationState
from linewright.engine.ports import Ports
from linewright.engine.turn import turn
from linewright.errors import LinewrightError, UsageError

__all__ = [
    "BUSY_SECONDS",
    "CONCURRENCY",
    "GRACE_SECONDS",
    "Outage",
    "Rota",
    "Shift",
    "is_due",
    "let_finish",
    "until_any",
]

log = logging.getLogger(__name__)

CONCURRENCY = 20
"""Turns at once in one worker, where nobody says otherwise."""
BUSY_SECONDS = 1.0
"""Real: when somebody else has the phone, look again after this."""
FAULT_SECONDS = 60.0
"""Real: after an error of our own in a turn."""
GRACE_SECONDS = 8.0
"""Real: so long may turns under way go on after a stop; then they are handed over."""
TROUBLE_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Real: after a turn that could not read or write, the first, the second, … time in a row."""


class Rota(Protocol):
    """What a worker asks of the store."""

    def get(self, operation: str) -> Operation: ...

    def due_in_turns(self, now: datetime, limit: int) -> list[str]:
        """The first `limit` operations whose `wake_at` has come, one of each account before the second of any."""
        ...

    def next_wake(self) -> datetime | None:
        """The earliest `wake_at` of an open operation."""
        ...


def is_due(operation: Operation, now: datetime) -> bool:
    """Whether it has a turn now: its time has come, or it never had one."""
    if operation.state not in OPEN_STATES:
        return False
    never = operation.state is OperationState.RUNNING
    return never or (operation.wake_at is not None and operation.wake_at <= now)


class Outage:
    """Tells in one line that the store went away, and in one that it is back: when a turn came to rest again, or one
    that was hurt here was done by somebody else; where no turn was hurt, when it can be read. A full disk can be read
    all the time."""

    def __init__(self) -> None:
        self._away = self._hurt = False

    def failed(self, error: BaseException, *, in_turn: bool = False) -> None:
        self._hurt = self._hurt or in_turn
        if not self._away:
            self._away = True
            log.error("the store cannot be used, turns wait for it: %s", " ".join(str(error).split()))

    def over(self, *, in_turn: bool = False) -> None:
        if self._away and (in_turn or not self._hurt):
            self._away = self._hurt = False
            log.warning("the store can be used again, turns go on")


class Shift:
    """Runs turns, and knows which are under way here."""

    def __init__(self, ports: Ports, rota: Rota, outage: Outage) -> None:
        self.under_way: set[str] = set()
        self._ports = ports
        self._rota = rota
        self._outage = outage
        self._failures: dict[str, int] = {}

    async def run(self, operation: str) -> float:
        """One turn of an operation, if it is due. The result, in real seconds, is when to look again at the
        earliest: 0 when the ledger alone says when."""
        if operation in self.under_way:
            return BUSY_SECONDS
        self.under_way.add(operation)
        try:
            again = await self._turn(operation)
        except LinewrightError as error:
            self._outage.failed(error, in_turn=True)
            failures = self._failures[operation] = self._failures.get(operation, 0) + 1
            return TROUBLE_SECONDS[min(failures, len(TROUBLE_SECONDS)) - 1]
        except Exception:
            log.exception("a turn of %s met an error of Linewright's own; it is tried again in a minute", operation)
            return FAULT_SECONDS
        finally:
            self.under_way.discard(operation)
        self._failures.pop(operation, None)
        return again

    async def _turn(self, operation: str) -> float:
        try:
            current = self._rota.get(operation)
        except UsageError:
            return 0.0  # nobody knows it: a job of a database that was restored since
        if not is_due(current, self._ports.clock.now()):
            if operation in self._failures:
                self._outage.over(in_turn=True)  # another worker has written it since
            return 0.0
        turned = await turn(operation, self._ports, phone=(current.e164, current.account))
        if turned.rested is not None:
            self._outage.over(in_turn=True)
            return 0.0
        return turned.again_seconds or BUSY_SECONDS


async def until_any(*events: asyncio.Event, seconds: float) -> None:
    """Waits for one of the events, `seconds` of real time at most."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def let_finish(turns: set[asyncio.Task[None]], seconds: float) -> None:
    """Lets turns come to their end, and hands over those that still run after `seconds`: whoever takes such an
    operation up settles the call whose answer was not heard, as after a kill."""
    if turns:
        await asyncio.wait(turns, timeout=seconds)
    left = {each for each in turns if not each.done()}
    if left:
        log.warning("%d turns are handed over in the middle of a call", len(left))
    for each in left:
        each.cancel()
    await asyncio.gather(*left, return_exceptions=True)
