"""An operation as one trace: a span for each turn, and in it one for each call. Needs the extra `trace`.

The ids are derived from the operation's, so turns made days apart, by other processes, come together. Times are
those of Linewright's clock. No span holds a secret or a phone number: ids, names of ours, and the remote's codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
    use_span,
)

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.domain.operation import OPEN_STATES, Operation
from linewright.engine.ports import Clock, Rested

__all__ = ["Traces", "exported", "trace_id"]

_chosen: ContextVar[tuple[int, int] | None] = ContextVar("linewright_span_ids", default=None)
"""The ids of the span that is made next, where they are not left to chance."""


def exported(clock: Clock) -> Traces:
    """Traces that go where the SDK's own settings say (`OTEL_EXPORTER_OTLP_ENDPOINT` and its kin)."""
    return Traces(clock, BatchSpanProcessor(OTLPSpanExporter()))


def trace_id(operation: str) -> int:
    """The trace of an operation, 128 bits."""
    return _ids(operation)[0]


def _ids(operation: str) -> tuple[int, int]:
    digest = sha256(f"linewright operation {operation}".encode()).digest()
    return int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big")


class _Ids(RandomIdGenerator):
    def generate_trace_id(self) -> int:
        chosen = _chosen.get()
        return chosen[0] if chosen is not None else super().generate_trace_id()

    def generate_span_id(self) -> int:
        chosen = _chosen.get()
        return chosen[1] if chosen is not None else super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        return False


class Traces:
    """Makes the spans and hands them to `processor`. The sampler is the SDK's; it judges an operation as a whole."""

    def __init__(self, clock: Clock, processor: SpanProcessor) -> None:
        ours = Resource({"service.name": "linewright", "service.version": version("linewright")})
        resource = ours.merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("linewright", version("linewright"))
        self._clock = clock

    @contextmanager
    def turn(self, operation: Operation) -> Iterator[None]:
        """A span around one turn."""
        span = self._tracer.start_span(
            f"turn {operation.goal.value}",
            self._within(operation),
            attributes=_about(operation),
            start_time=self._now(),
        )
        with self._ending(span):
            yield

    def rested(self, operation: Operation, rested: Rested) -> None:
        """Notes on the turn's span how it rested; at the operation's end comes the span of the whole."""
        told = {"linewright.state": rested.state.value, "linewright.reason": str(rested.reason)}
        get_current_span().set_attributes(told)
        if rested.state not in OPEN_STATES:
            self._whole(operation, told)

    @contextmanager
    def call(self, kind: CallKind) -> Iterator[Callable[[Answer], None]]:
        """A span around one call; what is yielded takes its answer."""
        attributes = {"linewright.call": kind.value}
        span = self._tracer.start_span(kind.value, kind=SpanKind.CLIENT, attributes=attributes, start_time=self._now())
        with self._ending(span):
            yield lambda answer: _hear(span, answer)

    def close(self) -> None:
        """Sends what is left, and ends."""
        self._provider.shutdown()

    def _whole(self, operation: Operation, told: dict[str, str]) -> None:
        token = _chosen.set(_ids(operation.id))
        try:
            span = self._tracer.start_span(
                operation.goal.value,
                Context(),
                attributes={**_about(operation), **told},
                start_time=_nanoseconds(operation.opened_at),
            )
        finally:
            _chosen.reset(token)
        span.end(self._now())

    def _within(self, operation: Operation) -> Context:
        """As part of the operation's own span, which is sent at its end, perhaps by another process."""
        trace, root = _ids(operation.id)
        judged = self._provider.sampler.should_sample(None, trace, operation.goal.value)
        flags = TraceFlags(TraceFlags.SAMPLED if judged.decision is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT)
        parent = SpanContext(trace, root, is_remote=True, trace_flags=flags)
        return set_span_in_context(NonRecordingSpan(parent), Context())

    @contextmanager
    def _ending(self, span: Span) -> Iterator[None]:
        # An exception's text stays out of the trace: only that there was one is told.
        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                yield
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end(self._now())

    def _now(self) -> int:
        return _nanoseconds(self._clock.now())


def _about(operation: Operation) -> dict[str, str]:
    return {
        "linewright.operation": operation.id,
        "linewright.goal": operation.goal.value,
        "linewright.number": operation.number,
        "linewright.account": operation.account,
    }


def _hear(span: Span, answer: Answer) -> None:
    error = answer.error
    told = {
        "linewright.outcome": answer.outcome.value,
        "linewright.code": error.code if error else None,
        "linewright.subcode": error.subcode if error else None,
        "linewright.fbtrace_id": answer.fbtrace_id or (error.fbtrace_id if error else None),
        "http.response.status_code": answer.http_status or (error.http_status if error else None),
    }
    span.set_attributes({name: value for name, value in told.items() if value is not None})
    if answer.outcome is not Outcome.OK:
        span.set_status(Status(StatusCode.ERROR, answer.outcome.value))


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
