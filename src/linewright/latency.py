"""How long the remote takes to answer, counted in this process for `/metrics`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from linewright.domain.journal import Answer, Outcome

__all__ = ["BUCKETS", "Latency", "Took"]

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds; what takes longer falls into a last one without a bound."""


@dataclass(slots=True)
class Took:
    """The calls of one kind and outcome: how many fell into each bucket, and all their seconds together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0


class Latency:
    """Counts by kind of call and outcome; a call that was not sent is none. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._took: dict[tuple[str, str], Took] = {}

    def add(self, answer: Answer, seconds: float) -> None:
        """`seconds` are real ones, from the call's first byte to the end of its answer."""
        if answer.outcome is Outcome.NOT_SENT:
            return
        with self._lock:
            took = self._took.setdefault((answer.call.value, answer.outcome.value), Took())
            took.counts[bisect_left(BUCKETS, seconds)] += 1
            took.seconds += max(seconds, 0.0)

    def all(self) -> Mapping[tuple[str, str], Took]:
        """By call and outcome, as counted until now."""
        with self._lock:
            return {key: Took(list(took.counts), took.seconds) for key, took in self._took.items()}
