"""The alerts: after each check people are told what really changed, once, by every channel that they chose."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from linewright.clock import SystemClock
from linewright.domain.alerts import is_urgent
from linewright.errors import LinewrightError, StoreUnavailable
from linewright.senders import Message, send
from linewright.store.deliveries import Delivery
from linewright.wiring import Installation

if TYPE_CHECKING:
    import httpx

__all__ = ["Alerts"]

log = logging.getLogger(__name__)

TOGETHER = 8
"""Deliveries that one process sends side by side."""
LOOK_SECONDS = 3.0
"""Real: so often it is looked whether a check has ended or a delivery has come due."""
CLAIM_SECONDS = 120.0
"""Real: so long a delivery belongs to whoever claimed it."""
LEAST_CLAIM = timedelta(minutes=5)
PRUNE_EVERY = timedelta(hours=6)
STOPPED = "Linewright was stopped while it was being sent."


class Alerts:
    """Makes changes of checks, alerts of changes, and sends them.

    A change and its alert are one transaction, so each is told once however many workers there are. A delivery is
    claimed before it is sent: one whose sender was killed before it noted the answer is sent again, with the same id.
    `transport` stands in for the network of signed webhooks.
    """

    def __init__(
        self, office: Installation, *, together: int = TOGETHER, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._office = office
        self._store = office.store
        self._clock = office.clock
        self._real = SystemClock()
        self._together = together
        self._transport = transport
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._pruned_at: datetime | None = None

    async def serve(self, stopping: asyncio.Event) -> None:
        """Looks and sends until `stopping` is set. A store that goes away is waited for."""
        told = asyncio.ensure_future(stopping.wait())
        try:
            while not stopping.is_set():
                try:
                    await self._look()
                    rest = self._begin_due()
                except LinewrightError as error:
                    log.info("the alerts wait for the store: %s", error)
                    rest = LOOK_SECONDS
                except Exception:
                    log.exception("the alerts met an error of Linewright's own")
                    rest = LOOK_SECONDS
                waits = {told, *self._under_way.values()}
                await asyncio.wait(waits, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def run_due(self) -> int:
        """Makes every change that can be made, and sends every delivery that is due now; how many those were."""
        count = await self._look()
        while True:
            self._begin_due()
            if not self._under_way:
                return count
            count += len(self._under_way)
            await asyncio.gather(*self._under_way.values())

    async def _look(self) -> int:
        """Each account is a transaction of its own: one that fails stops no other for long."""
        now, count = self._clock.now(), 0
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            self._prune(now)
        footer = self._footer()
        for account in self._store.changes.due():
            count += self._store.changes.look(account, self._clock.now(), footer=footer)
            await asyncio.sleep(0)
        return count + self._store.releases.remind(self._clock.now(), footer=footer)

    def _footer(self) -> str:
        public = self._office.public_url
        return f"More: {public}/alerts" if public else ""

    def _prune(self, now: datetime) -> None:
        before = now - timedelta(days=self._office.settings.keep_days)
        self._store.deliveries.prune(before)
        self._store.changes.forget(min(before, now - timedelta(days=30)))
        self._pruned_at = now

    # Sending

    def _begin_due(self) -> float:
        """Begins with the deliveries that are due, as many as may be; the real seconds until the next look."""
        self._under_way = {id: task for id, task in self._under_way.items() if not task.done()}
        free = self._together - len(self._under_way)
        now = self._clock.now()
        comes = self._store.deliveries.next_at()
        if comes is None or free <= 0:
            return LOOK_SECONDS
        if comes > now:
            return min(LOOK_SECONDS, self._clock.seconds_until(comes))
        for delivery in self._store.deliveries.claim(now, self._claimed_until(now), free):
            self._under_way[delivery.id] = asyncio.ensure_future(self._deliver(delivery))
        return LOOK_SECONDS if self._under_way else 0.5

    def _claimed_until(self, now: datetime) -> datetime:
        """A claim is long enough in real time, also where a rehearsal's clock runs fast."""
        hour = timedelta(hours=1)
        real = max(self._clock.seconds_until(now + hour), 1e-6)
        return now + max(LEAST_CLAIM, hour * (CLAIM_SECONDS / real))

    async def _deliver(self, delivery: Delivery) -> None:
        """One sending; never raises, but for its end by `cancel`."""
        try:
            await self._send(delivery)
        except asyncio.CancelledError:
            self._failed(delivery, STOPPED)
            raise
        except StoreUnavailable as error:
            log.info("the delivery %s is taken up again when its claim runs out: %s", delivery.id, error)
        except LinewrightError as error:
            self._failed(delivery, error.message)
        except Exception as error:
            log.exception("the delivery %s met an error of Linewright's own", delivery.id)
            self._failed(delivery, f"Linewright met an error of its own ({type(error).__name__}).")

    async def _send(self, delivery: Delivery) -> None:
        address, secret = self._store.channels.open(delivery.channel)
        outcome = await send(
            delivery.channel_kind,
            address,
            secret,
            _message(delivery),
            now=self._real.now(),
            transport=self._transport,
        )
        if outcome.error is None:
            self._store.deliveries.sent(delivery, self._clock.now())
        else:
            self._failed(delivery, outcome.error, for_good=outcome.for_good)

    def _failed(self, delivery: Delivery, error: str, *, for_good: bool = False) -> None:
        try:
            self._store.deliveries.failed(delivery, self._clock.now(), error, for_good=for_good)
        except LinewrightError as trouble:
            log.info("the delivery %s is taken up again when its claim runs out: %s", delivery.id, trouble)


def _message(delivery: Delivery) -> Message:
    return Message(
        id=delivery.alert,
        kind=delivery.kind,
        at=delivery.at,
        account=delivery.account,
        title=delivery.title,
        body=delivery.body,
        urgent=is_urgent(delivery.items),
        items=tuple(delivery.items),
    )
