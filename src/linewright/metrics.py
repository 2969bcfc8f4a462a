"""What Linewright tells Prometheus: read from the database at a scrape, but for the remote's latency.

Names follow Prometheus' conventions. A label is a name of ours or a code of the catalogue: never a number, an account,
an id, or a word of the remote, so that the series stay few.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from threading import Lock
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from linewright.clock import monotonic
from linewright.domain.conditions import ConditionType
from linewright.domain.number import Standing
from linewright.domain.operation import OPEN_STATES, OperationState, TaskKind
from linewright.errors import LinewrightError, UsageError
from linewright.latency import BUCKETS, Latency
from linewright.store.figures import Attempts, Figures, Journal, figures
from linewright.wiring import Installation

__all__ = ["CONTENT_TYPE", "Metrics", "exposition", "open_door", "registry"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEPT_SECONDS = 10.0
"""Real: so long one look at the database serves every scrape."""
DELIVERIES = ("waiting", "sent", "gave_up")


class Metrics(Collector):
    """The collector. A database that is away is told by `linewright_database_up` alone; what this process knows by
    itself is told all the same. Any thread may ask."""

    def __init__(self, office: Installation, *, clock: Callable[[], float] = monotonic) -> None:
        self._office = office
        self._codes = {entry.code for entry in office.catalogue.entries}
        self._journal = Journal()
        self._lock = Lock()
        self._clock = clock
        self._kept: tuple[float, Figures, Attempts] | None = None

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            try:
                found, attempts = self._look()
            except LinewrightError:
                found = None
        yield _gauge("database_up", "Whether the database can be read: 1 or 0.", {(): float(found is not None)})
        yield _build(self._office)
        yield _latency(self._office.clients.latency)
        if found is not None:
            yield from _numbers(found)
            yield from _work(found, self._office.clock.now())
            yield self._attempts(attempts)
            yield from _told(found)

    def _look(self) -> tuple[Figures, Attempts]:
        if self._kept is None or self._clock() - self._kept[0] >= KEPT_SECONDS:
            store = self._office.store
            found = figures(
                store.database,
                self._office.clock.now(),
                workers=len(store.workers.alive()),
                next_wake=store.operations.next_wake(),
            )
            self._kept = self._clock(), found, self._journal.read(store.database)
        return self._kept[1], self._kept[2]

    def _attempts(self, attempts: Attempts) -> Metric:
        """Codes that the catalogue does not know are `other`."""
        sums: Counter[tuple[str, ...]] = Counter()
        for (call, outcome, code), count in attempts.items():
            shown = "" if code is None else str(code) if code in self._codes else "other"
            sums[call, outcome, shown] += count
        return _counter("attempts", "Calls that write to the remote.", sums, "call", "outcome", "code")


def registry(office: Installation) -> CollectorRegistry:
    """A registry of our own: nothing that another library of this process counts is in it."""
    made = CollectorRegistry()
    made.register(Metrics(office))
    return made


def exposition(registry: CollectorRegistry) -> bytes:
    """What a scrape is answered, in the text format of `CONTENT_TYPE`."""
    return generate_latest(registry)


@contextmanager
def open_door(office: Installation, host: str, port: int) -> Iterator[str]:
    """Serves `/metrics` on a port of its own, without a token: whoever can reach it may read. Port 0 takes a free one;
    the result is the address. Raises `UsageError` (reason `port-taken`) where it cannot listen."""
    try:
        server, thread = start_http_server(port, host, registry(office))
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"The metrics cannot be served at {host} port {port}: {getattr(error, 'strerror', '') or error}.",
            fix="Choose another port with --metrics-port (0 takes a free one), or another --metrics-host.",
            reason="port-taken",
        ) from None
    try:
        where = f"[{host}]" if ":" in host else host
        yield f"http://{where}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _numbers(found: Figures) -> Iterator[Metric]:
    standings = {(each.value,): found.standings.get(each.value, 0) for each in Standing}
    yield _gauge("numbers", "Numbers by standing.", standings, "standing")
    warned = {(each.value,): found.warnings.get(each.value, 0) for each in ConditionType}
    yield _gauge("numbers_warned", "Numbers that people are warned of, by their first warning.", warned, "condition")
    words = "Phones near the end of their registrations: low (2 or fewer automatic ones left), used_up, blocked."
    yield _gauge("registration_budgets_short", words, _one(found.budgets), "state")


def _work(found: Figures, now: datetime) -> Iterator[Metric]:
    yield _gauge("operations_open", "Open operations.", found.operations, "state", "reason")
    ended = {(each.value,): found.ended.get(each.value, 0) for each in OperationState if each not in OPEN_STATES}
    yield _counter("operations_ended", "Operations that ended.", ended, "state")
    kinds = [each.value for each in TaskKind]
    counts = {(kind,): found.tasks[kind][0] if kind in found.tasks else 0 for kind in kinds}
    yield _gauge("tasks_open", "Open questions to people.", counts, "kind")
    ages = {(kind,): _age(found.tasks[kind][1], now) if kind in found.tasks else 0 for kind in kinds}
    yield _gauge("tasks_oldest_age_seconds", "Age of the oldest open question.", ages, "kind")
    lag, late = _age(found.next_wake, now), _age(found.next_check, now)
    yield _gauge("engine_lag_seconds", "Age of the oldest turn that is due and was not taken.", {(): lag})
    yield _gauge("fleet_check_lag_seconds", "By how much the most overdue fleet check is late.", {(): late})
    yield _gauge("workers_alive", "Workers that take work.", {(): found.workers})


def _told(found: Figures) -> Iterator[Metric]:
    yield _counter("webhooks", "Posts of Meta, by what became of them.", _one(found.webhooks), "outcome")
    states = {(state,): found.deliveries.get(state, 0) for state in DELIVERIES}
    yield _gauge("alert_deliveries", "Alerts on their way to each channel, or at its end.", states, "state")
    yield _counter("recoveries", "Registers that Linewright opened by itself.", {(): found.recoveries})


def _latency(latency: Latency) -> Metric:
    words = "How long the remote took to answer this process."
    family = HistogramMetricFamily("linewright_remote_request_duration_seconds", words, labels=("call", "outcome"))
    for labels, took in sorted(latency.all().items()):
        total, buckets = 0, []
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), took.counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        family.add_metric(labels, buckets, took.seconds)
    return family


def _build(office: Installation) -> Metric:
    labels = (version("linewright"), platform.python_version(), office.store.database.engine.dialect.name)
    return _gauge("build_info", "What runs here; always 1.", {labels: 1}, "version", "python", "database")


def _gauge(name: str, words: str, values: Mapping[Any, float], *labels: str) -> Metric:
    family = GaugeMetricFamily(f"linewright_{name}", words, labels=labels)
    for given, value in values.items():
        family.add_metric(given, value)
    return family


def _counter(name: str, words: str, values: Mapping[Any, float], *labels: str) -> Metric:
    family = CounterMetricFamily(f"linewright_{name}", words, labels=labels)
    for given, value in values.items():
        family.add_metric(given, value)
    return family


def _one(counts: Mapping[str, int]) -> dict[tuple[str, ...], float]:
    return {(name,): count for name, count in counts.items()}


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since is not None else 0.0
