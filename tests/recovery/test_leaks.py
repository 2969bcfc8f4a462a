"""What a second reader tried: whether the hidden truth reaches the decision but by the wire and the person."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from bench.recovery import stage as staging
from bench.recovery.person import Desk
from bench.recovery.play import play
from bench.recovery.policies import linewright
from bench.recovery.stage import Stage, Wire
from bench.recovery.worlds import Owner, World, draw

from linewright.simulator.truth import Number, Phone, Temper

POLICY = "Linewright, auto"
PLACES = (2, 3, 10)
"""Of seed 2: names in review, a lapsed verification, a lock, a half-done deregistration, a wrong PIN."""
SHOWN = {"message", "error_user_title", "error_user_msg", "type", "fbtrace_id"}


class Mute(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A wire whose errors have codes and no words."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _wordless(self._inner.handle_request(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return _wordless(await self._inner.handle_async_request(request))


def _wordless(response: httpx.Response) -> httpx.Response:
    try:
        body: Any = json.loads(response.read())
    except ValueError:
        return response
    if not isinstance(body, dict) or "error" not in body:
        return response
    error: dict[str, Any] = {name: "x" if name in SHOWN else value for name, value in body["error"].items()}
    if "error_data" in error:
        error["error_data"] |= {"details": "x"}
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return httpx.Response(response.status_code, headers=headers, json=body | {"error": error})


def muted(world: World) -> Stage:
    stage = Stage(world, "auto")
    vars(stage.wire)["_inner"] = Mute(stage.simulator.transport)
    return stage


def calls(world: World) -> list[tuple[int, str, int | None]]:
    stage = muted(world)
    play(world, POLICY, stage=stage)
    return [(round(stage.seconds(each.call.started_at)), each.call.kind, each.call.code) for each in stage.wire.seen]


@pytest.mark.parametrize("place", PLACES)
def test_other_digits_and_ids_change_nothing(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the words are taken away, which the simulator draws by the phone."""
    world = draw(2, place)
    before = calls(world)
    assert len(before) > 3
    assert calls(replace(world, e164="+15559712345")) == before
    monkeypatch.setattr(staging, "SEED", 99)
    assert calls(world) == before


@pytest.mark.parametrize("place", PLACES)
def test_a_remote_without_words_costs_time_and_nothing_else(place: int) -> None:
    world = draw(2, place)
    silent, spoken = play(world, POLICY, stage=muted(world)), play(world, POLICY)
    assert silent.online["168h"]
    assert (silent.registers, silent.breaches, silent.needless) == (spoken.registers, [], [])


class Guard:
    """Notes every look at the truth that is made neither by the wire nor by the person."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on, self.inside = False, 0
        self.looks: list[str] = []
        for kind in (Number, Phone, Temper, World, Owner):
            monkeypatch.setattr(kind, "__getattribute__", self._noting(kind.__name__), raising=False)
        for owner, name in ((Wire, "handle_request"), (Desk, "ask"), (Desk, "answer")):
            monkeypatch.setattr(owner, name, self._allowed(getattr(owner, name)))
        passed = Wire.handle_async_request

        async def handle(wire: Wire, request: httpx.Request) -> httpx.Response:
            self.inside += 1
            try:
                return await passed(wire, request)
            finally:
                self.inside -= 1

        monkeypatch.setattr(Wire, "handle_async_request", handle)

    def _noting(self, kind: str) -> Any:
        def look(owner: object, name: str) -> Any:
            if self.on and not self.inside:
                self.looks.append(f"{kind}.{name}")
            return object.__getattribute__(owner, name)

        return look

    def _allowed(self, passed: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            self.inside += 1
            try:
                return passed(*args, **more)
            finally:
                self.inside -= 1

        return call


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    return Guard(monkeypatch)


def test_nobody_looks_at_the_truth_while_linewright_decides(guard: Guard) -> None:
    for place in PLACES:
        stage = Stage(draw(2, place), "auto")
        guard.on = True
        end = linewright.run(stage.job, stage.wire, stage.clock, stage.desk, stage.ends)
        guard.on = False
        assert end.startswith("done")
    assert guard.looks == []
    guard.on = True
    assert stage.number.phone.e164
    assert guard.looks == ["Number.phone", "Phone.e164"], "the guard would not have seen it"
