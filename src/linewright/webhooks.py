"""The intake: posts of Meta that were taken in are worked through, by whichever worker comes first."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from linewright.errors import StoreUnavailable
from linewright.rounds import go_round
from linewright.store.intake import Worked, work_through
from linewright.wiring import Installation

__all__ = ["Intake"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""Real: so often it is looked for new posts."""
AT_ONCE = 100
"""Posts between two looks at whether to stop."""
TIDY_EVERY = timedelta(hours=1)


class Intake:
    """Works posts through in the order in which they came, each in one transaction. One that fails is told in its
    row, tried again later, and keeps no other waiting."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store
        self._tidied: datetime | None = None

    async def serve(self, stopping: asyncio.Event) -> None:
        """Works until `stopping` is set. A store that goes away is waited for."""
        await go_round(self._some_beside, stopping, lambda: LOOK_SECONDS, log)

    async def run_due(self) -> int:
        """Works through every post that is due now; how many there were."""
        count = 0
        while some := await self._some_beside():
            count += some
        return count

    async def _some_beside(self) -> int:
        return await asyncio.to_thread(self._some)

    def _some(self) -> int:
        """Raises `StoreUnavailable` where the store is away: nothing is lost, and no post is to blame."""
        now = self._office.clock.now()
        self._tidy(now)
        return sum(self._one(seq) for seq in self._store.webhooks.waiting(now, AT_ONCE))

    def _one(self, seq: int) -> bool:
        """False where another worker has it."""
        now = self._office.clock.now()
        try:
            worked = work_through(self._store.database, seq, now, self._office.catalogue)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("the post %d could not be worked through", seq)
            self._store.webhooks.failed(seq, type(error).__name__, now)
            return True
        if worked is not None:
            self._tell(worked, now)
        return worked is not None

    def _tell(self, worked: Worked, now: datetime) -> None:
        for happening in worked.happened:
            log.info("heard of %s: %s", happening.number or f"the account {worked.account}", happening.kind.value)
        if worked.whole:
            self._store.conditions.refresh(worked.account, now, self._office.catalogue)

    def _tidy(self, now: datetime) -> None:
        if self._tidied is None or now - self._tidied >= TIDY_EVERY:
            self._store.webhooks.forget_old(now)
            self._tidied = now
