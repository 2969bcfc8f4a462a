"""An answer to the old token that comes after the new one was given: it says nothing of the new one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from tests.support.fleet_stage import FleetStage, fleet_stage

from linewright.fleet import FleetCheck
from linewright.secret import Secret
from linewright.simulator.truth import Number

Event = Callable[[], Awaitable[None]]
Scene = Callable[[FleetStage, Number], Awaitable[None]]


class Meanwhile(httpx.AsyncBaseTransport):
    """The way to the simulator, on which things happen after a call was judged and before its answer is heard. Each
    of them happens once, in their order, at a call whose path ends so."""

    def __init__(self, stage: FleetStage, *happens: tuple[str, Event]) -> None:
        self._way = stage.simulator.transport
        self.left = list(happens)
        stage.lw.office.clients.transport = self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._way.handle_async_request(request)
        if self.left and request.url.path.endswith(self.left[0][0]):
            await self.left.pop(0)[1]()
        return answer


@pytest.fixture
def play(tmp_path: Path, url: str) -> Callable[[Scene], None]:
    """Plays a scene with one healthy number."""

    def run(scene: Scene) -> None:
        async def on_stage() -> None:
            async with fleet_stage(tmp_path / "home", url) as stage:
                (number,) = await stage.account("shop")
                await stage.run_for(minutes=20)
                await scene(stage, number)

        asyncio.run(on_stage())

    return run


async def changes_the_token(stage: FleetStage, number: Number) -> None:
    fresh = stage.door.add_token([number.account])
    await stage.lw.update_account(["shop"], token=Secret(fresh.text))


def test_a_late_listing_with_the_old_token_holds_nothing(play: Callable[[Scene], None]) -> None:
    async def scene(stage: FleetStage, number: Number) -> None:
        stage.tokens["shop"].revoked = 460
        late = Meanwhile(stage, ("/phone_numbers", lambda: changes_the_token(stage, number)))
        stage.clock.advance(30 * 60)
        before = len(stage.calls("list"))
        assert await stage.fleet.run_due() == 2
        assert late.left == []
        assert len(stage.calls("list")) - before == 2, "the new token is tried at once"
        assert stage.store.accounts.get("shop").hold is None
        assert stage.said(number.id, "TokenValid") == [("true", "valid")]

    play(scene)


def test_a_late_read_with_the_old_token_holds_nothing(play: Callable[[Scene], None]) -> None:
    async def scene(stage: FleetStage, number: Number) -> None:
        async def dies() -> None:
            stage.tokens["shop"].revoked = 460

        number.shows["status"] = None
        way = ("/phone_numbers", dies), (f"/{number.id}", lambda: changes_the_token(stage, number))
        late = Meanwhile(stage, *way)
        stage.clock.advance(30 * 60)
        assert (await FleetCheck(stage.lw.office).look("shop")).whole
        assert late.left == []
        assert stage.store.accounts.get("shop").hold is None
        assert stage.standing(number.id) == "online"

    play(scene)


def test_a_late_listing_with_the_old_token_releases_nothing(play: Callable[[Scene], None]) -> None:
    async def scene(stage: FleetStage, number: Number) -> None:
        async def a_dead_one() -> None:
            fresh = stage.door.add_token([number.account])
            fresh.revoked = 460
            await stage.lw.update_account(["shop"], token=Secret(fresh.text))
            await FleetCheck(stage.lw.office).look("shop")

        stage.tokens["shop"].revoked = 460
        await FleetCheck(stage.lw.office).look("shop")
        stage.tokens["shop"].revoked = None
        stage.clock.advance(30 * 60)
        Meanwhile(stage, ("/phone_numbers", a_dead_one))
        await FleetCheck(stage.lw.office).look("shop")
        hold = stage.store.accounts.get("shop").hold
        assert hold is not None
        assert hold.code == 190

    play(scene)


def test_a_turn_that_hears_of_the_old_token_holds_nothing(play: Callable[[Scene], None]) -> None:
    async def scene(stage: FleetStage, number: Number) -> None:
        stage.remote.change(number, {"registered": False})
        await stage.run_for(minutes=20)
        stage.tokens["shop"].revoked = 460
        late = Meanwhile(stage, (f"/{number.id}", lambda: changes_the_token(stage, number)))
        opened = await stage.lw.open("register", number.phone.e164, pin=Secret("246810"))
        told = await stage.lw.push(opened["id"])
        assert late.left == []
        assert stage.store.accounts.get("shop").hold is None
        assert told["reason"] == "unknown-reading"
        stage.clock.advance(60)
        await stage.lw.push(opened["id"])
        assert len(stage.calls("register")) == 1, "with the new token it goes on"

    play(scene)
