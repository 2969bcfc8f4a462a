"""An operation is one trace, however long it waits and whichever process goes on with it; nothing secret is in it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from linewright.clock import JumpingClock
from linewright.config import Settings
from linewright.domain.journal import CallKind
from linewright.engine.ports import Clock
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator
from linewright.trace import Traces, trace_id
from linewright.wiring import assemble
from linewright.witness import Watch

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
DELETED, WRONG_PIN, HEALTHY = "+15550133015", "+15550133005", "+15550133010"


class Stage:
    """One home on a jumping clock. Each `process` is a Linewright of its own, with an exporter of its own."""

    def __init__(self, folder: Path) -> None:
        self.clock = JumpingClock(START)
        self.simulator = Simulator(self.clock, seed=7)
        self.settings = Settings(home=folder / "home", graph_url="http://127.0.0.1:1")

    def process(self) -> tuple[Linewright, InMemorySpanExporter]:
        exporter = InMemorySpanExporter()

        def traces(clock: Clock) -> Traces:
            return Traces(clock, SimpleSpanProcessor(exporter))

        watch = Watch(self.clock, traces=traces)
        lw = Linewright(settings=self.settings, clock=self.clock, transport=self.simulator.transport, watch=watch)
        return lw, exporter

    async def add_account(self, lw: Linewright) -> None:
        await lw.add_account("shop", self.simulator.world.account.id, Secret(self.simulator.world.token.text))


def played(story: Callable[[Stage], Coroutine[Any, Any, None]]) -> Callable[[Path], None]:
    def test(tmp_path: Path) -> None:
        asyncio.run(story(Stage(tmp_path)))

    test.__doc__ = story.__doc__
    return test


def named(spans: tuple[ReadableSpan, ...], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


def ids(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent is not None else None


@played
async def test_all_turns_of_an_operation_are_one_trace(stage: Stage) -> None:
    lw, exporter = stage.process()
    async with lw:
        await stage.add_account(lw)
        operation = await lw.register(DELETED)
    spans = exporter.get_finished_spans()
    assert {ids(span)[0] for span in spans} == {trace_id(operation["id"])}
    turns, calls = named(spans, "turn register"), named(spans, "register")
    (whole,) = (span for span in calls if span.parent is None)
    sent = [span for span in calls if span.parent is not None]
    assert operation["state"] == "done"
    assert len(turns) > 2
    assert {parent_of(turn) for turn in turns} == {ids(whole)[1]}
    assert {parent_of(call) for call in sent} <= {ids(turn)[1] for turn in turns}
    assert [span.attributes["linewright.code"] for span in sent[:-1] if span.attributes] == [133015, 133015]
    assert sent[-1].attributes is not None
    assert sent[-1].attributes["linewright.outcome"] == "ok"
    assert all(span.attributes and span.attributes["linewright.fbtrace_id"] for span in sent[:-1])
    assert all(span.attributes and span.attributes["http.response.status_code"] for span in sent)
    assert turns[-1].attributes is not None
    assert (turns[-1].attributes["linewright.state"], whole.name) == ("done", "register")
    moments = [whole.start_time, *(turn.start_time for turn in turns), whole.end_time]
    assert moments == sorted(moments, key=lambda moment: moment or 0)
    assert named(spans, CallKind.READ.value)


@played
async def test_two_processes_go_on_with_the_same_trace(stage: Stage) -> None:
    first, begun = stage.process()
    async with first:
        await stage.add_account(first)
        asked = await first.register(WRONG_PIN, pin=Secret("111222"))
    assert asked["state"] == "asking"
    second, ended = stage.process()
    async with second:
        await second.answer(asked["task"]["id"], value=Secret("246810"))
        done = await second.register(WRONG_PIN)
    assert done["id"] == asked["id"]
    spans = [*begun.get_finished_spans(), *ended.get_finished_spans()]
    assert {ids(span)[0] for span in spans} == {trace_id(asked["id"])}
    turns = [span for span in spans if span.name == "turn register"]
    assert len({parent_of(turn) for turn in turns}) == 1
    assert not [span for span in begun.get_finished_spans() if span.parent is None]
    (whole,) = (span for span in ended.get_finished_spans() if span.parent is None)
    assert ids(whole)[1] == parent_of(turns[0])
    text = "".join(span.to_json() for span in spans)
    for secret in ("246810", "111222", stage.simulator.world.token.text, WRONG_PIN, WRONG_PIN[1:]):
        assert secret not in text


@played
async def test_two_operations_are_two_traces(stage: Stage) -> None:
    lw, exporter = stage.process()
    async with lw:
        await stage.add_account(lw)
        operations = [await lw.register(each) for each in (HEALTHY, DELETED)]
    traces = {ids(span)[0] for span in exporter.get_finished_spans()}
    assert traces == {trace_id(each["id"]) for each in operations}
    assert len(traces) == 2


def test_what_is_not_sampled_is_not_sampled_in_any_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    stage = Stage(tmp_path)

    async def story() -> tuple[ReadableSpan, ...]:
        lw, exporter = stage.process()
        async with lw:
            await stage.add_account(lw)
            await lw.register(HEALTHY)
        return exporter.get_finished_spans()

    assert asyncio.run(story()) == ()


def test_an_error_of_our_own_is_told_without_its_words(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    traces = Traces(JumpingClock(START), SimpleSpanProcessor(exporter))
    with pytest.raises(ValueError, match="246810"), traces.call(CallKind.READ):
        raise ValueError("246810")
    (span,) = exporter.get_finished_spans()
    assert "246810" not in span.to_json()
    assert span.status.description == "ValueError"


WITHOUT = """
import asyncio, sys
sys.modules["opentelemetry"] = None
from linewright.config import Settings
from linewright.wiring import assemble
office = assemble(Settings(home={home!r}, graph_url="http://127.0.0.1:1"))
print(office.watch.traces)
asyncio.run(office.close())
"""


@pytest.mark.parametrize("asked", [True, False])
def test_without_the_extra_nothing_is_imported(tmp_path: Path, asked: bool) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"} if asked else {}
    line = [sys.executable, "-c", WITHOUT.format(home=str(tmp_path / "home"))]
    ran = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "None\n"
    assert ("install the wheel with its extra [trace]" in ran.stderr) is asked


def test_nothing_is_loaded_before_the_first_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor afterwards, where nobody asks for traces."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    office = assemble(Settings(home=tmp_path / "home", graph_url="http://127.0.0.1:1"))
    assert office.watch.traces is None
    asyncio.run(office.close())


def test_a_collector_that_is_not_there_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    stage = Stage(tmp_path)

    async def story() -> dict[str, Any]:
        lw = Linewright(settings=stage.settings, clock=stage.clock, transport=stage.simulator.transport)
        async with lw:
            await stage.add_account(lw)
            return await lw.register(HEALTHY)

    assert asyncio.run(story())["state"] == "done"
