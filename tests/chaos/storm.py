"""What is done to the workers, the database and the wire while the numbers recover."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from linewright.config import Settings
from linewright.simulator.simulator import RunningSimulator

__all__ = ["Server", "Storm"]

CUTS = (
    ("register", "drop_after", 9),
    ("register", "drop_before", 11),
    ("request_code", "drop_after", 7),
    ("verify_code", "drop_after", 8),
    ("deregister", "drop_after", 6),
    ("set_pin", "drop_after", 6),
    ("read", "drop_before", 13),
    ("read", "html503", 17),
    ("subscribe", "drop_after", 9),
)
"""Every so-many-th call of a kind is cut off before or after it was sent, or answered by a proxy's page."""


class Server(Protocol):
    """A database server that can be taken away."""

    def stop(self) -> None: ...

    def start(self) -> None: ...


@dataclass
class Storm:
    """Kills, stops and restarts at random; `chance` is seeded, the machine's speed is not."""

    settings: Settings
    folder: Path
    chance: Random
    workers: int
    server: Server | None = None
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    asleep: dict[int, float] = field(default_factory=dict)
    """Stopped workers by pid, and when they are woken (seconds of `time.monotonic`)."""
    done: Counter[str] = field(default_factory=Counter)
    next_restart: float = 0.0

    def begin(self, simulator: RunningSimulator) -> None:
        for on, do, every in CUTS:
            simulator.control.add_fault(on, do, every=every)
        self.start()
        self.next_restart = time.monotonic() + 45

    def start(self) -> None:
        """The workers, and nothing against them."""
        self.running = [self._worker() for _ in range(self.workers)]

    def said(self) -> list[str]:
        """The lines of the workers' logs."""
        return (self.folder / "workers.log").read_text(errors="replace").splitlines()

    def strike(self) -> None:
        """One blow, and whatever is due: sleepers woken, the dead replaced."""
        now = time.monotonic()
        for pid, until in list(self.asleep.items()):
            if now >= until:
                os.kill(pid, signal.SIGCONT)
                del self.asleep[pid]
        victim = self.chance.choice(self.running)
        if self.chance.random() < 0.75 or victim.pid in self.asleep:
            self._kill(victim)
        else:
            os.kill(victim.pid, signal.SIGSTOP)
            self.asleep[victim.pid] = now + self.chance.uniform(1, 9)
            self.done["stopped"] += 1
        if self.server is not None and now >= self.next_restart:
            self.server.stop()
            time.sleep(self.chance.uniform(0.5, 3))
            self.server.start()
            self.done["database restarts"] += 1
            self.next_restart = time.monotonic() + 60
        self._replace()

    def _kill(self, victim: subprocess.Popen[bytes]) -> None:
        self.asleep.pop(victim.pid, None)
        victim.kill()
        victim.wait()
        self.done["killed"] += 1

    def _replace(self) -> None:
        for place, worker in enumerate(self.running):
            status = worker.poll()
            if status is not None:
                if status != -signal.SIGKILL:
                    self.done[f"ended by itself with status {status}"] += 1
                self.running[place] = self._worker()

    def _worker(self) -> subprocess.Popen[bytes]:
        names = ("home", "database_url", "graph_url", "clock_rate", "lease_seconds", "log")
        environment = {f"LINEWRIGHT_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        with (self.folder / "workers.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "linewright.cli", "worker"],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )

    def calm(self) -> None:
        """Wakes everybody; nothing is struck any more."""
        for pid in self.asleep:
            os.kill(pid, signal.SIGCONT)
        self.asleep.clear()
        self._replace()

    def end(self) -> list[int]:
        """Stops the workers as a service would; their exit statuses."""
        self.calm()
        for worker in self.running:
            worker.send_signal(signal.SIGTERM)
        return [worker.wait(30) for worker in self.running]
