"""The fleet check at work against the simulator, on a clock that jumps. What was called is read from its log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.fleet_stage import FleetStage, fleet_stage

from linewright.domain.number import Wanted
from linewright.fleet import FleetCheck
from linewright.secret import Secret
from linewright.simulator.truth import MANAGEMENT
from linewright.worker import Worker

Play = Callable[..., None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Plays a scene on a stage of its own."""

    def run(scene: Callable[[FleetStage], Awaitable[None]], **options: Any) -> None:
        async def on_stage() -> None:
            async with fleet_stage(tmp_path / "home", **options) as stage:
                await scene(stage)

        asyncio.run(on_stage())

    return run


def test_a_healthy_account_costs_one_listing_each_quarter_of_an_hour(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        numbers = await stage.account("shop", 3)
        await stage.run_for(minutes=5)
        before = len(stage.calls("list"))
        await stage.run_for(hours=5)
        listed = len(stage.calls("list")) - before
        assert 20 <= listed <= 23
        assert len(stage.calls("read", "account")) == 0
        assert len(stage.calls("subscriptions")) == 1
        for number in numbers:
            types = ("Registered", "CanSend", "TokenValid", "WebhookSubscribed", "QualityGood")
            reasons = ["online", "available", "valid", "subscribed", "green"]
            assert stage.said(number.id, *types) == [("true", reason) for reason in reasons]

    play(scene)


def test_a_young_account_is_looked_at_hourly(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        (number,) = await stage.account("young", registered=False)
        await stage.run_for(minutes=5)
        before = len(stage.calls("list"))
        await stage.run_for(hours=6)
        assert 6 <= len(stage.calls("list")) - before <= 7
        stage.remote.change(number, {"registered": True})
        await stage.run_for(hours=1)
        before = len(stage.calls("list"))
        await stage.run_for(hours=1)
        assert len(stage.calls("list")) - before >= 4

    play(scene)


def test_a_dead_token_changes_no_number_and_a_new_one_is_tried_at_once(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        one, two = await stage.account("shop", 2)
        await stage.run_for(minutes=20)
        stage.tokens["shop"].revoked = 460
        stage.remote.change(two, {"registered": False})
        await stage.run_for(hours=2)
        assert [stage.standing(each.id) for each in (one, two)] == ["online", "online"]
        assert stage.said(one.id, "TokenValid", "Registered") == [("false", "refused"), ("true", "online")]
        fresh = stage.door.add_token([one.account])
        before = len(stage.calls("list"))
        await stage.lw.update_account(["shop"], token=Secret(fresh.text))
        await stage.fleet.run_due()
        assert len(stage.calls("list")) == before + 1
        assert stage.said(one.id, "TokenValid") == [("true", "valid")]
        assert stage.standing(two.id) == "offline"
        assert (await stage.lw.accounts())[0]["state"] == "ok"

    play(scene)


def test_a_token_that_lost_the_account_deletes_nothing(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        numbers = await stage.account("shop", 3)
        await stage.run_for(minutes=20)
        stage.tokens["shop"].accounts.clear()
        await stage.run_for(hours=1)
        for number in numbers:
            assert stage.standing(number.id) == "online"
            assert stage.said(number.id, "TokenValid") == [("false", "unreadable")]
        stage.tokens["shop"].accounts.add(numbers[0].account)
        await stage.run_for(minutes=30)
        assert stage.said(numbers[0].id, "TokenValid") == [("true", "valid")]

    play(scene)


def test_a_token_is_warned_of_before_it_ends(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        account, (number,) = stage.at_remote(1)
        await stage.taken_in("shop", account, expires_at=9 * 86_400)
        said = []
        for _ in range(10):
            await stage.run_for(days=1)
            said.append(stage.said(number.id, "TokenValid")[0])
        assert said[0] == ("true", "valid")
        assert said[3] == ("true", "expires-soon")
        assert said[-1] == ("false", "refused")
        assert "expires" in stage.conditions(number.id)["TokenValid"].message or said[-1][1] == "refused"

    play(scene)


def test_a_subscription_that_a_register_made_is_seen_by_the_next_look(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        account, numbers = stage.at_remote(2, registered=False)
        account.subscribed.clear()
        await stage.taken_in("shop", account)
        await stage.run_for(minutes=20)
        done = await stage.lw.register(numbers[0].id)
        assert done["state"] == "done"
        assert account.subscribed
        await stage.run_for(minutes=2)
        for number in numbers:
            assert stage.said(number.id, "WebhookSubscribed") == [("true", "subscribed")]

    play(scene)


def test_a_permission_that_is_missing_is_told(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        account, (number,) = stage.at_remote(1)
        account.subscribed.clear()
        await stage.taken_in("shop", account, scopes=[MANAGEMENT])
        await stage.run_for(minutes=20)
        types = ("TokenValid", "WebhookSubscribed")
        assert stage.said(number.id, *types) == [("false", "lacks-permission"), ("false", "not-subscribed")]
        assert "whatsapp_business_messaging" in stage.conditions(number.id)["TokenValid"].message

    play(scene)


def test_a_listing_that_fails_half_way_keeps_what_its_pages_told(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        numbers = await stage.account("shop", 150)
        await stage.run_for(minutes=20)
        first, last = numbers[0], numbers[-1]
        for number in (first, last):
            stage.remote.change(number, {"registered": False})
        stage.door.manage(numbers[1].id, delete=True)
        stage.door.add_fault("list", "html503", number=first.account, every=2, until=3_600)
        await stage.run_for(minutes=50)
        assert [stage.standing(each.id) for each in (first, last)] == ["offline", "online"]
        assert stage.standing(numbers[1].id) == "online"
        assert stage.calls("read") == []
        assert stage.store.accounts.get("shop").hold is None
        await stage.run_for(hours=1)
        assert [stage.standing(each.id) for each in (first, last)] == ["offline", "offline"]
        assert stage.standing(numbers[1].id) == "deleted"

    play(scene)


def test_a_remote_that_is_down_changes_nothing_and_is_asked_less_and_less(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        (number,) = await stage.account("shop")
        await stage.run_for(minutes=20)
        before, since = stage.conditions(number.id), len(stage.calls("list"))
        stage.door.add_fault("*", "refuse", until=4 * 3_600)
        await stage.run_for(hours=4)
        assert stage.conditions(number.id) == before
        assert 5 <= len(stage.calls("list")) - since <= 9
        await stage.run_for(hours=2)
        assert stage.store.checks.facts("shop").listed_at is not None
        assert stage.standing(number.id) == "online"

    play(scene)


def test_a_number_that_is_gone_is_deleted_and_asked_for_once_a_day(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        kept, gone = await stage.account("shop", 2)
        stage.store.numbers.set_wanted(gone.id, Wanted.ONLINE)
        await stage.run_for(minutes=20)
        stage.door.manage(gone.id, delete=True)
        await stage.run_for(days=3)
        assert stage.standing(gone.id) == "deleted"
        assert stage.said(gone.id, "Registered", "CanSend") == [("false", "deleted"), ("false", "not-registered")]
        assert stage.warnings([gone.id, kept.id]) == {
            kept.id: None,
            gone.id: stage.conditions(gone.id)["Registered"].message,
        }
        assert 3 <= len(stage.calls("read")) <= 5

    play(scene)


def test_a_row_without_a_status_is_read_again_and_changes_nothing(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        number, other = await stage.account("shop", 2)
        await stage.run_for(minutes=20)
        number.shows["status"] = None
        await stage.run_for(minutes=20)
        (read,) = stage.calls("read")
        assert read.target == number.id
        assert stage.standing(number.id) == "online"
        assert stage.store.numbers.latest(number.id) != stage.store.numbers.line(number.id).reading
        assert stage.standing(other.id) == "online"

    play(scene)


def test_a_contradiction_is_read_again_and_settled_by_a_second_reading(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        (number,) = await stage.account("shop")
        await stage.run_for(minutes=20)
        number.shows["platform_type"] = "NOT_APPLICABLE"
        seen = set()
        for _ in range(50):
            await stage.run_for(minutes=1)
            seen.add(
                (stage.standing(number.id), *stage.said(number.id, "Registered"), *stage.warnings([number.id]).values())
            )
        told = [(standing, said) for standing, said, _ in seen]
        assert ("unknown", ("unknown", "contradictory")) in told
        assert ("unknown", ("unknown", "contradictory"), None) in seen
        assert stage.standing(number.id) == "offline"
        assert 1 <= len(stage.calls("read")) <= 2

    play(scene)


def test_usage_limits_are_kept(play: Play) -> None:
    """A young account whose calls are used up elsewhere: the header says so, and the check waits."""

    async def scene(stage: FleetStage) -> None:
        (number,) = await stage.account("young", registered=False)
        await stage.run_for(minutes=5)
        waba = stage.remote.accounts[number.account]
        waba.calls.extend(stage.clock.now() for _ in range(300))
        await stage.run_for(hours=3)
        refused = [call for call in stage.calls("list") if call.code == 80008]
        assert len(refused) <= 2
        stage.remote.change(number, {"registered": True})
        await stage.run_for(hours=2)
        assert stage.standing(number.id) == "online"
        assert stage.store.accounts.get("young").hold is None

    play(scene, enforce_usage=True)


def test_a_paused_account_is_left_alone(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        await stage.account("shop")
        await stage.run_for(minutes=20)
        await stage.lw.update_account(["shop"], paused=True)
        before = len(stage.calls())
        await stage.run_for(hours=3)
        assert len(stage.calls()) == before
        await stage.lw.update_account(["shop"], paused=False)
        await stage.fleet.run_due()
        assert len(stage.calls("list")) > before - len(stage.calls("batch", "subscriptions"))

    play(scene)


def test_an_operation_wakes_when_its_number_came_online_elsewhere(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        number, _ = await stage.account("shop", 2, registered=False, ever_registered=True)
        stage.door.add_fault("register", "error", error=133016)
        opened = await stage.lw.open("register", number.id)
        opened = await stage.lw.push(opened["id"])
        assert (opened["state"], opened["reason"]) == ("waiting", "blocked")
        await stage.run_for(minutes=5)
        assert stage.said(number.id, "BudgetFree") == [("false", "blocked")]
        stage.remote.change(number, {"registered": True})
        await stage.run_for(minutes=70)
        await stage.lw.office.local.run_due()
        ended = await stage.lw.operation(opened["id"])
        assert (ended["state"], ended["standing"]) == ("done", "online")
        assert stage.said(number.id, "Registered") == [("true", "online")]
        await stage.run_for(days=4)
        assert stage.said(number.id, "BudgetFree") == [("true", "free")]

    play(scene)


def test_the_conditions_follow_the_end_of_an_operation_at_once(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        (number,) = await stage.account("shop", registered=False)
        assert stage.warnings([number.id])[number.id] is not None
        done = await stage.lw.register(number.id)
        assert done["state"] == "done"
        assert stage.said(number.id, "Registered", "PinKnown") == [("true", "online"), ("true", "accepted")]
        assert stage.warnings([number.id]) == {number.id: None}
        shown = {each["type"]: each for each in await stage.lw.conditions(number.id)}
        assert shown["PinKnown"]["status"] == "true"
        assert set(shown["Registered"]) == {"type", "status", "reason", "message", "fix", "since"}

    play(scene)


def test_check_shows_the_conditions_and_what_needs_somebody(play: Play) -> None:
    async def scene(stage: FleetStage) -> None:
        up, down, released = await stage.account("shop", 3)
        for number in (down, released):
            stage.remote.change(number, {"registered": False})
        stage.store.numbers.set_wanted(released.id, Wanted.RELEASED)
        report = await stage.lw.check()
        items = {item["id"]: item for item in report["items"]}
        assert {id: item["warning"] for id, item in items.items()} == {
            up.id: None,
            down.id: "Registered",
            released.id: None,
        }
        assert report["attention"] == 1
        assert items[up.id]["conditions"][0]["type"] == "Registered"
        assert len(items[up.id]["conditions"]) == 10

    play(scene)


# Several processes, and the worker


def test_several_share_the_accounts(tmp_path: Path, url: str) -> None:
    async def scene() -> None:
        async with fleet_stage(tmp_path / "home", url) as stage:
            for place in range(12):
                await stage.account(f"a{place}", 2)
            others = [FleetCheck(stage.lw.office, together=2) for _ in range(3)]
            before = len(stage.calls("list"))
            assert sum(await asyncio.gather(*(each.run_due() for each in others))) == 12
            assert len(stage.calls("list")) - before == 12
            stage.clock.advance(15 * 60)
            assert sum(await asyncio.gather(*(each.run_due() for each in others))) == 12
            assert len(stage.calls("list")) - before == 24

    asyncio.run(scene())


def test_a_worker_looks_after_the_fleet(tmp_path: Path, url: str) -> None:
    async def scene() -> None:
        async with fleet_stage(tmp_path / "home", url) as stage:
            (number,) = await stage.account("shop")
            worker = Worker(stage.lw.office, say=lambda line: None)
            working = asyncio.ensure_future(worker.run())
            async with asyncio.timeout(30):
                while stage.store.checks.facts("shop").subscribed is None:  # noqa: ASYNC110 - a database tells nobody
                    await asyncio.sleep(0.01)
            worker.stopping.set()
            await working
            assert stage.said(number.id, "Registered", "WebhookSubscribed") == [
                ("true", "online"),
                ("true", "subscribed"),
            ]

    asyncio.run(scene())


def test_a_look_that_is_stopped_is_given_back(tmp_path: Path, url: str) -> None:
    async def scene() -> None:
        async with fleet_stage(tmp_path / "home", url) as stage:
            await stage.account("shop", 150)
            stopping, page = asyncio.Event(), stage.store.numbers.keep_page

            def then_stop(*words: Any, **more: Any) -> Any:
                stopping.set()
                return page(*words, **more)

            stage.store.numbers.keep_page = then_stop  # type: ignore[method-assign]  # the moment to stop at
            await stage.fleet.serve(stopping)
            comes = stage.store.checks.next_at()
            assert comes is not None
            assert comes <= stage.clock.now()
            stage.store.numbers.keep_page = page  # type: ignore[method-assign]  # as it was
            assert await FleetCheck(stage.lw.office).run_due() == 1
            assert stage.clock.now() - comes < timedelta(minutes=1)

    asyncio.run(scene())
