"""What looks on while turns are made: ids for the log, and a trace of each operation where one is wanted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING

from linewright.domain.journal import WRITES, Answer
from linewright.domain.operation import Operation
from linewright.engine.ports import Clock, Order, Remote, Rested
from linewright.logs import about

if TYPE_CHECKING:
    from linewright.trace import Traces

__all__ = ["Traced", "Watch"]

log = logging.getLogger(__name__)

FLUSH_SECONDS = 3.0
"""Real: so long the end of a process waits for a collector that does not answer."""


class Watch:
    """The witness of every turn. With `traced`, OpenTelemetry is loaded at the first turn; else never.

    `traces` makes them in another way, for rehearsals.
    """

    def __init__(
        self, clock: Clock, *, traced: bool = False, traces: Callable[[Clock], Traces | None] | None = None
    ) -> None:
        self._clock = clock
        self._make = traces or _exported
        self._traced = traced or traces is not None

    @cached_property
    def traces(self) -> Traces | None:
        """None where nobody wants them, or OpenTelemetry is not there."""
        return self._make(self._clock) if self._traced else None

    @contextmanager
    def turn(self, operation: Operation) -> Iterator[None]:
        with (
            about(operation=operation.id, number=operation.number, account=operation.account),
            self.traces.turn(operation) if self.traces is not None else nullcontext(),
        ):
            yield

    def rested(self, operation: Operation, rested: Rested) -> None:
        if self.traces is not None:
            self.traces.rested(operation, rested)

    async def close(self) -> None:
        """Sends what is left of the traces, for a few seconds at most."""
        traces = self.__dict__.get("traces")
        if traces is not None:
            ending = Thread(target=traces.close, daemon=True)
            ending.start()
            await asyncio.to_thread(ending.join, FLUSH_SECONDS)


class Traced:
    """The remote, with a line in the log for each call, and a span around it where the turn is traced."""

    def __init__(self, remote: Remote, watch: Watch) -> None:
        self._remote = remote
        self._watch = watch

    async def send(self, order: Order) -> Answer:
        if self._watch.traces is None:
            answer = await self._remote.send(order)
        else:
            with self._watch.traces.call(order.call) as hear:
                answer = await self._remote.send(order)
                hear(answer)
        level = logging.INFO if order.call in WRITES else logging.DEBUG
        log.log(level, "%s, number %s of %s: %s", order.call, order.number, order.account, _outcome(answer))
        return answer


def _outcome(answer: Answer) -> str:
    """`ok`, or `refused 133005/2494` with the trace id that Meta's support asks for; never the remote's words."""
    error = answer.error
    code = f" {error.code}" if error is not None and error.code is not None else ""
    code += f"/{error.subcode}" if code and error is not None and error.subcode is not None else ""
    trace = answer.fbtrace_id or (error.fbtrace_id if error is not None else None)
    return f"{answer.outcome.replace('_', ' ')}{code}" + (f" (fbtrace_id {trace})" if trace else "")


def _exported(clock: Clock) -> Traces | None:
    try:
        from linewright.trace import exported
    except ImportError:
        log.warning("traces are asked for, but OpenTelemetry is not here: install the wheel with its extra [trace]")
        return None
    try:
        return exported(clock)
    except Exception:  # whatever OpenTelemetry finds wrong with its own settings: turns go on without it
        log.exception("traces are asked for, but OpenTelemetry cannot be set up; nothing is traced")
        return None
