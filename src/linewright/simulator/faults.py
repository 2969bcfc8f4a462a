"""Faults asked for by a test: which calls they strike, and what becomes of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = ["DOINGS", "Ending", "Fault", "Faults"]

Ending = Literal["delivered", "cut", "hang", "refused"]


@dataclass(frozen=True)
class Doing:
    """Whether the call takes effect at all, and how it ends for the caller."""

    happens: bool
    ending: Ending


DOINGS: dict[str, Doing] = {
    "drop_before": Doing(False, "cut"),
    "drop_after": Doing(True, "cut"),
    "hang": Doing(False, "hang"),
    "hang_after": Doing(True, "hang"),
    "html503": Doing(False, "delivered"),
    "html503_after": Doing(True, "delivered"),
    "error": Doing(False, "delivered"),
    "error_after": Doing(True, "delivered"),
    "empty": Doing(True, "delivered"),
    "truncated": Doing(True, "delivered"),
    "refuse": Doing(False, "refused"),
}


@dataclass
class Fault:
    """One fault. `on` is a kind of call or "*"; `number` an id or E.164, None for any.

    It strikes `times` calls, or each `every`-th, or all before `until`; with none of them, once.
    `error` is for "error": a code, an object of error fields (code, subcode, details, message, http_status),
    or a whole body with the key "error".
    """

    on: str
    do: str
    number: str | None = None
    times: int | None = None
    every: int | None = None
    until: datetime | None = None
    error: int | dict[str, Any] | None = None
    seen: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.do not in DOINGS:
            raise ValueError(f"do must be one of {', '.join(DOINGS)}")
        if self.do.startswith("error") and self.error is None:
            raise ValueError("a fault that does an error needs the error")
        if self.every is not None and self.every < 1:
            raise ValueError("every must be at least 1")
        if self.times is None and self.every is None and self.until is None:
            self.times = 1

    def over(self, now: datetime) -> bool:
        late = self.until is not None and now >= self.until
        return late or (self.times is not None and self.struck >= self.times)

    def strikes(self, kind: str, names: tuple[str | None, ...]) -> bool:
        """Whether it strikes this call, which then is counted."""
        if self.on not in ("*", kind) or (self.number is not None and self.number not in names):
            return False
        self.seen += 1
        if self.every is not None and self.seen % self.every:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults that are set, oldest first; the first that strikes a call has it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def __len__(self) -> int:
        return len(self._faults)

    def strike(self, kind: str, names: tuple[str | None, ...], now: datetime) -> Fault | None:
        """The fault that this call meets, if any."""
        self._faults = [fault for fault in self._faults if not fault.over(now)]
        return next((fault for fault in self._faults if fault.strikes(kind, names)), None)
