"""The Python face: what a program asks for, and the shapes it gets."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linewright import BlockingLinewright, Linewright, Secret, UsageError
from linewright.simulator.simulator import Simulator
from linewright.simulator.worlds import COEXISTENCE, HEALTHY

OPERATION_KEYS = {
    "id", "account", "number", "goal", "state", "reason", "message", "next_step", "opened_at", "ended_at",
    "wake_at", "standing", "read_at", "task", "attempts", "budgets",
}  # fmt: skip
NUMBER_KEYS = {
    "id", "account", "display", "e164", "standing", "reason", "message", "wanted", "read_at", "reading", "pin",
    "operation", "budgets",
}  # fmt: skip
TASK_KEYS = {
    "id", "kind", "question", "answers", "account", "number", "operation", "opened_at", "expires_at", "state",
}  # fmt: skip
ATTEMPT_KEYS = {
    "at", "answered_at", "call", "outcome", "code", "subcode", "details", "fbtrace_id", "http_status",
}  # fmt: skip
BUDGET_KEYS = {"used", "limit", "automatic_limit", "window_seconds", "next_free_at", "blocked_until"}
ACCOUNT_KEYS = {"name", "waba", "state", "reason", "until", "task", "pin_reset", "numbers"}


def test_shapes_are_those_of_the_interfaces(opened: Callable[[], Any], simulator: Simulator) -> None:
    async def story() -> None:
        async with opened() as lw:
            asking = await lw.register(simulator.world.numbers["133006"].id)
            assert asking.keys() == OPERATION_KEYS
            assert asking["state"] == "asking"
            assert asking["task"].keys() == TASK_KEYS
            assert asking["task"]["answers"] == ["value", "resend", "decline"]
            assert [attempt.keys() for attempt in asking["attempts"]] == [ATTEMPT_KEYS, ATTEMPT_KEYS]
            assert {budget.keys() == BUDGET_KEYS for budget in asking["budgets"].values()} == {True}
            assert asking["budgets"].keys() == {"register", "deregister", "request_code"}
            assert asking["opened_at"] == "2026-05-04T09:00:00Z"
            assert (await lw.number(asking["number"]["id"])).keys() == NUMBER_KEYS
            assert [account.keys() for account in await lw.accounts()] == [ACCOUNT_KEYS]
            json.dumps([asking, await lw.numbers(), await lw.tasks(), await lw.operations()])

    asyncio.run(story())


def test_follow_tells_each_change_until_the_end(opened: Callable[[], Any], simulator: Simulator) -> None:
    async def story() -> list[str]:
        async with opened() as lw:
            operation = await lw.open("register", simulator.world.numbers["133015"].id)
            return [change["state"] async for change in lw.follow(operation["id"])]

    states = asyncio.run(story())
    assert states[-1] == "done"
    assert set(states[:-1]) == {"waiting"}


def test_the_blocking_face_is_the_same_face(options: dict[str, Any], simulator: Simulator) -> None:
    world = simulator.world
    with BlockingLinewright(**options) as lw:
        lw.add_account("shop", world.account.id, Secret(world.token.text))
        assert lw.register(world.numbers["133000"].id)["reason"] == "registered"
        operation = lw.open("register", world.numbers["133004"].id)
        assert [change["state"] for change in lw.follow(operation["id"])][-1] == "done"
        assert lw.home == options["settings"].home
        with pytest.raises(UsageError, match="not known"):
            lw.number("+15550999999")


def test_a_healthy_number_costs_no_write(opened: Callable[[], Any], simulator: Simulator) -> None:
    async def story() -> dict[str, Any]:
        async with opened() as lw:
            done: dict[str, Any] = await lw.register(HEALTHY)
            return done

    done = asyncio.run(story())
    assert (done["state"], done["reason"], done["attempts"]) == ("done", "already-online", [])


def test_names_of_a_number(opened: Callable[[], Any], simulator: Simulator) -> None:
    truth = simulator.world.numbers["133010"]

    async def story() -> set[str]:
        async with opened() as lw:
            names = (truth.id, truth.phone.e164, truth.display, f"shop/{truth.phone.e164}")
            return {(await lw.number(name))["id"] for name in names}

    assert asyncio.run(story()) == {truth.id}


def test_check_counts_what_needs_somebody(opened: Callable[[], Any]) -> None:
    async def story() -> dict[str, Any]:
        async with opened() as lw:
            report: dict[str, Any] = await lw.check()
            return report

    report = asyncio.run(story())
    by_phone = {item["e164"]: item["standing"] for item in report["items"]}
    assert by_phone[HEALTHY] == "online"
    assert by_phone[COEXISTENCE] == "coexistence"
    assert report["attention"] == 9  # the magic numbers that are not online


def test_the_doctor_finds_what_is_wrong(opened: Callable[[], Any], simulator: Simulator) -> None:
    async def story() -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        async with opened() as lw:
            well = (await lw.doctor())["items"]
            number = (await lw.doctor(simulator.world.numbers["133005"].id))["items"]
            simulator.control.add_fault("account", "error", every=1, error=190)
            return well, number, (await lw.doctor())["items"]

    well, number, ill = asyncio.run(story())
    assert {each["name"]: each["ok"] for each in well} == {
        "home": True,
        "key": True,
        "database": True,
        "worker": True,
        "account shop: remote": True,
        "account shop: clock": True,
        "account shop: account": True,
        "account shop: token": True,
        "account shop: permissions": True,
        "account shop: webhooks": False,
    }
    assert [each["name"] for each in number if each["ok"] is not True] == ["standing", "PIN", "switching two-step off"]
    broken = next(each for each in ill if each["name"] == "account shop: account")
    assert broken["ok"] is False
    assert "account update shop" in broken["fix"]


def test_a_bundle_holds_every_trace_and_no_pin(opened: Callable[[], Any], simulator: Simulator, tmp_path: Path) -> None:
    target = tmp_path / "bundle.zip"

    async def story() -> dict[str, Any]:
        async with opened() as lw:
            number = simulator.world.numbers["133005"].id
            asking = await lw.register(number, pin=Secret("111222"))
            await lw.answer(asking["task"]["id"], value=Secret("246810"))
            done: dict[str, Any] = await lw.drive(asking["id"])
            await lw.bundle(number, target)
            return done

    done = asyncio.run(story())
    with zipfile.ZipFile(target) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    everything = "\n".join(texts.values())
    assert done["reason"] == "registered"
    for attempt in done["attempts"]:
        assert attempt["fbtrace_id"] in everything
    assert "111222" not in everything
    assert "246810" not in everything
    assert "Meta Direct Support" in texts["READ-ME-FIRST.txt"]
    assert json.loads(texts["timeline.json"])[0]["kind"] == "state"


def test_a_number_is_added_once(opened: Callable[[], Any], simulator: Simulator) -> None:
    async def story() -> tuple[dict[str, Any], dict[str, Any]]:
        async with opened() as lw:
            simulator.control.add_fault("create", "drop_after", times=1)
            first = await lw.add_number("+4915123456789", "shop", "Corner shop")
            return first, await lw.add_number("+49 1512 3456789", "shop", "Corner shop")

    first, second = asyncio.run(story())
    assert first["id"] == second["id"]
    assert first["standing"] == "unverified"
    assert sum(call.kind == "create" for call in simulator.control.calls()) == 1


def test_rotation_keeps_every_secret(opened: Callable[[], Any], options: dict[str, Any], simulator: Simulator) -> None:
    async def story() -> tuple[bytes, bytes, Secret]:
        async with opened() as lw:
            number = simulator.world.numbers["133008"].id
            await lw.register(number, pin=Secret("246810"))
            before = (lw.home / "key").read_bytes()
            await lw.rotate_key()
        async with Linewright(**options) as lw:
            await lw.sync("shop")
            return before, (lw.home / "key").read_bytes(), await lw.show_pin(number)

    before, after, pin = asyncio.run(story())
    assert before != after
    assert pin == Secret("246810")


@pytest.mark.parametrize(
    ("options_given", "reason"),
    [
        ({"confirm": "0000"}, "confirm"),
        ({}, "confirm"),
    ],
)
def test_a_deregister_needs_the_last_four_digits(
    opened: Callable[[], Any], options_given: dict[str, Any], reason: str
) -> None:
    async def story() -> None:
        async with opened() as lw:
            await lw.deregister(HEALTHY, **options_given)

    with pytest.raises(UsageError) as caught:
        asyncio.run(story())
    assert caught.value.reason == reason


def test_a_token_changed_by_another_process_is_used_at_once(
    opened: Callable[[], Any], options: dict[str, Any], simulator: Simulator
) -> None:
    """A worker keeps its connections; somebody gives the account a new token elsewhere."""
    world = simulator.world
    plain, lapsed = world.numbers["133010"].id, world.numbers["133000"].id

    async def story() -> tuple[str, str, str]:
        async with opened() as worker, Linewright(**options) as elsewhere:
            first = await worker.register(plain)
            world.token.revoked = 460
            held = await worker.register(lapsed)
            fresh = simulator.remote.add_token([world.account.id], app=world.app.id)
            await elsewhere.update_account(["shop"], token=Secret(fresh.text))
            return first["state"], held["reason"], (await worker.drive(held["id"]))["state"]

    assert asyncio.run(story()) == ("done", "account-on-hold", "done")
