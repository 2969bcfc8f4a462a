"""Recovery: numbers that were lost come back by themselves, where their account is switched on for it."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from linewright.domain.recovery import Open
from linewright.rounds import go_round
from linewright.store.recoveries import Candidate
from linewright.wiring import Installation

__all__ = ["Recovery"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Real: so often it is looked whether a number was lost."""
TIME_TELLS = timedelta(minutes=5)
"""On Linewright's clock: a number of which nothing new is known is judged again after this, since waits end."""


class Recovery:
    """Opens registers; the engine drives them. Several processes may do it: each register is opened once."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store.recoveries
        self._clock = office.clock
        self._known: dict[str, tuple[Candidate, datetime]] = {}
        """The candidates that were let be, as they were then, and when."""

    async def serve(self, stopping: asyncio.Event) -> None:
        """Looks again and again, until `stopping` is set. A store that goes away is waited for."""
        await go_round(self.run_due, stopping, lambda: LOOK_SECONDS, log)

    async def run_due(self) -> int:
        """Looks once; how many registers were opened."""
        now = self._clock.now()
        for operation in self._store.hold_back(now):
            log.info("operation %s asks a person: the account was taken away meanwhile", operation)
        candidates = self._store.candidates(now)
        due = [each for each in candidates if self._is_new(each, now)]
        verdicts = self._store.judge([each.number for each in due], now, self._office.catalogue)
        found = {each.number: self._known[each.number] for each in candidates if each.number in self._known}
        self._known = found | {each.number: (each, now) for each in due}
        opened = 0
        for number, verdict in verdicts.items():
            if isinstance(verdict, Open):
                opened += self._open(number, verdict)
                await asyncio.sleep(0)
        return opened

    def _is_new(self, candidate: Candidate, now: datetime) -> bool:
        known, looked_at = self._known.get(candidate.number, (None, now))
        return candidate != known or not timedelta(0) <= now - looked_at < TIME_TELLS

    def _open(self, number: str, verdict: Open) -> int:
        operation = self._store.open(number, self._clock.now(), self._office.catalogue)
        if operation is None:
            return 0
        log.info("operation %s was opened by Linewright itself for number %s: %s", operation, number, verdict.why)
        return 1
