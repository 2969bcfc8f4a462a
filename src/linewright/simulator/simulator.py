"""The simulator as one object: a remote on a virtual clock, its default world, its transport and its door."""

from __future__ import annotations

import asyncio
import queue
import threading
from types import TracebackType
from typing import Self

from linewright.simulator.door import Door
from linewright.simulator.face import Face
from linewright.simulator.remote import Remote
from linewright.simulator.run import Ready, run
from linewright.simulator.time import Clock, VirtualClock
from linewright.simulator.transport import Transport
from linewright.simulator.truth import Temper
from linewright.simulator.worlds import DefaultWorld, default_world

__all__ = ["RunningSimulator", "Simulator"]


class Simulator:
    """Everything a test needs: `remote` (the truth), `clock`, `control` (the door), `transport`, `world`.

    `empty=True` leaves the default world out; `world` then raises `AttributeError`.
    """

    world: DefaultWorld

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        seed: int = 0,
        temper: Temper | None = None,
        empty: bool = False,
    ) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.remote = Remote(self.clock, seed=seed, temper=temper)
        self.face = Face(self.remote)
        self.control = Door(self.face)
        self.transport = Transport(self.face)
        if not empty:
            self.world = default_world(self.remote)


class RunningSimulator(Simulator):
    """A simulator on real ports, in a thread of its own, while the context is open.

    `graph_url` and `control_url` say where. Starting raises what the server raised.
    """

    ready: Ready

    @property
    def graph_url(self) -> str:
        return self.ready.graph_url

    @property
    def control_url(self) -> str:
        return self.ready.control_url

    def __enter__(self) -> Self:
        started: queue.Queue[Ready | BaseException] = queue.Queue()

        def serve() -> None:
            try:
                asyncio.run(run(self.face, on_ready=started.put))
            except BaseException as failure:
                started.put(failure)

        self._thread = threading.Thread(target=serve, name="linewright-simulator", daemon=True)
        self._thread.start()
        ready = started.get()
        if isinstance(ready, BaseException):
            raise ready
        self.ready = ready
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ready.stop()
        self._thread.join()
