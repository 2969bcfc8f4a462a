"""The log of calls."""

from __future__ import annotations

import asyncio

import httpx
from graph_script import OTHER_PIN, PIN, Script

from linewright.simulator.simulator import Simulator


def test_each_call_is_noted_without_its_secrets(script: Script) -> None:
    number = script.number("133005")
    for pin in (OTHER_PIN, OTHER_PIN, PIN):
        script.register(number, pin)
        script.wait(60)
    first, second, third = script.control.calls()
    assert (first.kind, first.method, first.target, first.e164) == (
        "register",
        "POST",
        number.id,
        "+15550133005",
    )
    assert (first.http_status, first.code, third.code, third.http_status) == (400, 133005, None, 200)
    assert first.secrets["pin"] == second.secrets["pin"] != third.secrets["pin"]
    assert (second.started_at - first.started_at).total_seconds() == 60
    text = str([call.as_json() for call in script.control.calls()])
    for secret in (OTHER_PIN, PIN, script.simulator.world.token.text):
        assert secret not in text


def test_since_takes_a_count_or_a_moment(script: Script) -> None:
    number = script.number("131045")
    for _ in range(3):
        script.read(number)
        script.wait(10)
    moment = script.simulator.clock.now()
    script.read(number)
    assert [call.seq for call in script.control.calls(2)] == [3, 4]
    assert [call.seq for call in script.control.calls(at=moment)] == [4]


def test_overlapping_calls_to_one_phone_are_seen(linewright_simulator: Simulator) -> None:
    world = linewright_simulator.world
    one, other = world.numbers["133010"], world.numbers["133004"]

    async def both(*numbers: str) -> None:
        async with httpx.AsyncClient(
            transport=linewright_simulator.transport,
            base_url="https://graph.facebook.com",
            headers={"authorization": f"Bearer {world.token.text}"},
        ) as client:
            await asyncio.gather(*(client.get(f"/{number}") for number in numbers))

    asyncio.run(both(one.id, other.id))
    assert linewright_simulator.face.log.overlapping() == []
    asyncio.run(both(one.id, one.id))
    assert len(linewright_simulator.face.log.overlapping()) == 1


def test_calls_in_turn_do_not_overlap(script: Script) -> None:
    for _ in range(3):
        script.read(script.number("133010"))
    assert script.simulator.face.log.overlapping() == []
