"""The trend: every hour it is noted how many numbers stand where, and how many are warned of."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from linewright.domain.number import Standing
from linewright.rounds import go_round
from linewright.store.fleet import Look
from linewright.store.trend import WARNED
from linewright.wiring import Installation

__all__ = ["Trend"]

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
LOOK_SECONDS = 60.0
"""Real: so often it is looked whether an hour has begun; another worker may have noted it."""


class Trend:
    """Notes each hour once, whichever worker comes first; an hour in which nobody worked is left out. Where there is
    no number yet, nothing is noted."""

    def __init__(self, office: Installation) -> None:
        self._store = office.store
        self._clock = office.clock

    async def serve(self, stopping: asyncio.Event) -> None:
        """Notes every hour until `stopping` is set. A store that goes away is waited for."""
        await go_round(self.run_due, stopping, self._rest, log)

    async def run_due(self) -> int:
        """Notes this hour unless it is noted; how many hours were: 1 or 0."""
        now = self._clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        last = self._store.trend.last_at()
        if last is not None and last >= hour:
            return 0
        counts = self._store.fleet.counts(Look())
        if not counts.total:
            return 0
        noted = {each.value: counts.standings.get(each, 0) for each in Standing} | {WARNED: counts.warned}
        if not self._store.trend.add(hour, noted):
            return 0
        self._store.trend.thin(now)
        return 1

    def _rest(self) -> float:
        """Until the next hour begins; not more than a minute, since a rehearsal's clock may be moved."""
        now = self._clock.now()
        following = now.replace(minute=0, second=0, microsecond=0) + HOUR
        return min(max(self._clock.seconds_until(following), 0.1), LOOK_SECONDS)
