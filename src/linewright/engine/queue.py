"""The engine's side on PostgreSQL: Procrastinate's queue wakes the workers of any number of machines."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg import Error as DriverError

from linewright.engine.ports import Ports
from linewright.engine.shift import CONCURRENCY, GRACE_SECONDS, Outage, Rota, Shift, until_any
from linewright.errors import LinewrightError

__all__ = ["SWEEP_SECONDS", "Jobs", "QueueEngine"]

SWEEP_SECONDS = 10.0
"""Real: so often a worker looks for what is due and was not woken."""
MORE_SECONDS = 0.1
"""Real: a sweep that found some may not have found all."""
POLL_SECONDS = 0.5
"""Real: a notification may pass unheard while a worker looks for its next job."""
RECONNECT_SECONDS = 1.0
CONNECT_SECONDS = 5
STOPPED_SECONDS = 10
"""A worker that was stopped while it fetched a job gives the job back after this."""
CONNECTIONS = 4
AGAIN_SECONDS = 0.1
"""Real: a job that came before its time by the database's clock is not put back into the same moment."""
WIRE_LOGS = ("procrastinate", "psycopg.pool")


class Jobs(Protocol):
    """What the queue's engine asks of the store, beside the rota."""

    def again(self, operation: str, now: datetime, least_seconds: float) -> None:
        """Sees to it that an open operation has a job: at its `wake_at`, so many real seconds from now at the
        earliest. One that has a job keeps it."""
        ...

    def sweep(self, now: datetime) -> int:
        """Wakes what is due and has neither a job nor a live lease; how many."""
        ...


class QueueEngine:
    """Takes jobs of the task `task` from `queue`, `concurrency` at once. A job names an operation and carries
    nothing else; what it means is decided on the case as it is then.

    `grace`: real seconds for which turns under way may go on after a stop.
    """

    def __init__(
        self,
        ports: Ports,
        rota: Rota,
        jobs: Jobs,
        *,
        conninfo: str,
        queue: str,
        task: str,
        concurrency: int = CONCURRENCY,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._clock = ports.clock
        self._jobs = jobs
        self._queue = queue
        self._concurrency = concurrency
        self._grace = grace
        self._outage = Outage()
        self._shift = Shift(ports, rota, self._outage)
        connecting = {
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c idle_in_transaction_session_timeout={STOPPED_SECONDS}s",
        }
        self._app = App(
            connector=PsycopgConnector(
                conninfo=conninfo, min_size=1, max_size=CONNECTIONS, timeout=CONNECT_SECONDS, kwargs=connecting
            )
        )
        self._app.task(name=task, queue=queue)(self._turn)

    @property
    def under_way(self) -> int:
        """How many turns run now."""
        return len(self._shift.under_way)

    async def serve(self, stopping: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Works until `stopping` is set, then finishes what is under way, or hands it over. `ready` is called
        once, when the queue was seen to answer. A database that goes away is waited for."""
        for name in WIRE_LOGS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        asyncio.get_running_loop().set_exception_handler(_unheard)
        sweeping = asyncio.ensure_future(self._sweep(stopping, ready))
        try:
            while not stopping.is_set():
                await self._work(stopping)
                await until_any(stopping, seconds=RECONNECT_SECONDS)
        finally:
            await sweeping

    async def _work(self, stopping: asyncio.Event) -> None:
        """Takes jobs until `stopping` is set or the database is gone."""
        working = asyncio.ensure_future(self._take_jobs())
        stop = asyncio.ensure_future(stopping.wait())
        await asyncio.wait([working, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        working.cancel()  # takes no more jobs, and ends when those under way have ended
        try:
            await working
        except asyncio.CancelledError:
            pass
        except (ConnectorException, DriverError, OSError) as error:
            self._outage.failed(error.__cause__ or error)

    async def _take_jobs(self) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(
                queues=[self._queue],
                concurrency=self._concurrency,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=self._grace,
                delete_jobs="always",
                install_signal_handlers=False,
            )

    async def _turn(self, operation: str) -> None:
        """The task. What it did not finish has a job again when it ends."""
        again = await self._shift.run(operation)
        try:
            self._jobs.again(operation, self._clock.now(), max(again, AGAIN_SECONDS))
        except LinewrightError as error:
            self._outage.failed(error)  # the sweep finds it

    async def _sweep(self, stopping: asyncio.Event, ready: Callable[[], None]) -> None:
        told = False
        while not stopping.is_set():
            try:
                found = self._jobs.sweep(self._clock.now())
            except LinewrightError as error:
                self._outage.failed(error)
                await until_any(stopping, seconds=RECONNECT_SECONDS)
                continue
            self._outage.over()
            if not told:
                told = True
                ready()
            await until_any(stopping, seconds=MORE_SECONDS if found else SWEEP_SECONDS)


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A connection that broke under a job of the queue was told of already; its job is found by the sweep."""
    if not isinstance(context.get("exception"), (ConnectorException, DriverError)):
        loop.default_exception_handler(context)
