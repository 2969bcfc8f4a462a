"""The numbers, operations, tasks and accounts over REST, against the simulator on a jumping clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.service.api_client import Stage, stage_in

Story = Callable[[Stage], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Story], None]:
    """Runs a story on a stage of its own."""

    def played(story: Story) -> None:
        async def whole() -> None:
            async with stage_in(tmp_path)() as stage:
                await story(stage)

        asyncio.run(whole())

    return played


def test_a_number_is_registered(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        opened = await stage.register("+15550133010")
        assert opened.status_code == 201
        done = await stage.until_it_rests(opened.json())
        assert (done["state"], done["reason"], done["standing"]) == ("done", "registered", "online")
        number = (await stage.api.get("/numbers/+15550133010")).json()
        assert (number["standing"], number["wanted"]) == ("online", "online")
        assert (await stage.api.get(f"/operations/{done['id']}")).json() == done

    play(story)


def test_the_same_goal_is_joined_and_another_is_refused(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        first = await stage.register("+15550133015")
        again = await stage.register("+15550133015", use_reserve=True)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["id"] == again.json()["id"]
        other = await stage.api.post("/numbers/+15550133015/operations", json={"goal": "verify"})
        assert (other.status_code, other.json()["reason"]) == (409, "operation-open")
        assert other.headers["content-type"] == "application/problem+json"
        assert other.json()["type"] == "/problems/operation-open"
        assert first.json()["id"] in other.json()["title"]

    play(story)


def test_a_question_is_answered_refused_and_closed(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        asked = (await stage.register("+15550133005", pin="111222")).json()
        task = asked["task"]
        assert (asked["state"], task["kind"]) == ("asking", "pin")
        assert (await stage.api.get("/tasks")).json() == {"items": [task], "next": None}
        assert (await stage.api.get(f"/tasks/{task['id']}")).json() == task
        path = f"/tasks/{task['id']}/answer"
        for body, reason in (
            ({"value": "12345"}, "answer-refused"),
            ({"value": "111222"}, "pin-refused"),
            ({"resend": "sms"}, "answer-refused"),
            ({}, "answer-refused"),
            ({"value": "246810", "approve": True}, "answer-refused"),
        ):
            refused = await stage.api.post(path, json=body)
            assert (refused.status_code, refused.json()["reason"]) == (422, reason)
            assert "111222" not in refused.text
        taken = await stage.api.post(path, json={"value": "246810"})
        assert (taken.status_code, taken.json()["id"]) == (200, asked["id"])
        done = await stage.until_it_rests(taken.json())
        assert (done["state"], done["standing"]) == ("done", "online")
        late = await stage.api.post(path, json={"value": "246810"})
        assert (late.status_code, late.json()["reason"]) == (409, "task-closed")
        status = await stage.api.get("/numbers/+15550133005/pin")
        assert status.json()["pin"]["state"] == "accepted"
        everything = json.dumps([asked, done, status.json()], default=str) + json.dumps(stage.audit(), default=str)
        assert "246810" not in everything
        assert "111222" not in everything

    play(story)


def test_accounts_are_added_changed_and_removed_without_showing_a_secret(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        token = stage.simulator.world.token.text
        again = {"name": "other", "waba": stage.simulator.world.account.id, "token": token}
        there = await stage.api.post("/accounts", json=again)
        assert (there.status_code, there.json()["reason"]) == (409, "account-exists")
        changed = await stage.api.patch("/accounts/shop", json={"paused": True, "token": token})
        assert (changed.status_code, changed.json()["state"]) == (200, "paused")
        both = await stage.api.patch("/accounts", json={"names": ["shop"], "paused": False, "pin_reset": "auto"})
        assert [(each["state"], each["pin_reset"]) for each in both.json()["items"]] == [("ok", "auto")]
        assert (await stage.api.post("/accounts/shop/check")).json()["state"] == "ok"
        assert len((await stage.api.post("/accounts/shop/sync")).json()["items"]) == 12
        gone = await stage.api.delete("/accounts/shop")
        assert (gone.status_code, gone.json()["name"]) == (200, "shop")
        assert (await stage.api.get("/accounts/shop")).status_code == 404
        back = await stage.api.post("/accounts", json=again | {"name": "shop"})
        assert (back.status_code, back.json()["numbers"]) == (201, 12)
        for answer in (there, changed, both, gone, back):
            assert token not in answer.text
        told = json.dumps(stage.audit(), default=str)
        assert token not in told
        assert [line["action"] for line in stage.audit()][-1] == "account add"
        assert all(line["who"] == "token root" for line in stage.audit())

    play(story)


def test_numbers_come_in_pages(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        found, cursor = [], None
        for _ in range(10):
            params = {"limit": "5"} | ({"cursor": cursor} if cursor else {})
            page = (await stage.api.get("/numbers", params=params)).json()
            found += [number["id"] for number in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == sorted(set(found))
        assert len(found) == 12
        online = (await stage.api.get("/numbers", params={"standing": "online"})).json()["items"]
        assert {number["e164"] for number in online} == {"+15550131045", "+15550100001"}
        assert (await stage.api.get("/numbers", params={"standing": "sideways"})).status_code == 422

    play(story)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/numbers", "read"),
        ("POST", "/numbers/+15550133010/operations", "operate"),
        ("POST", "/accounts", "admin"),
        ("DELETE", "/accounts/shop", "admin"),
        ("POST", "/accounts/shop/sync", "operate"),
        ("POST", "/tasks/task_1/answer", "operate"),
        ("POST", "/explain", "read"),
    ],
)
def test_each_act_needs_its_scope(play: Callable[[Story], None], method: str, path: str, scope: str) -> None:
    order = ["read", "operate", "admin"]

    async def story(stage: Stage) -> None:
        async with stage.client() as nobody:
            refused = await nobody.request(method, path, json={})
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        for held in order:
            async with stage.client(held) as program:
                answer = await program.request(method, path, json={})
                assert (answer.status_code == 403) is (order.index(held) < order.index(scope)), held

    play(story)
