"""`GET /numbers/{number}/plan`: what may ask for it, what it takes, what it leaves as it is."""

from __future__ import annotations

from pathlib import Path

from tests.service.api_client import stage_in
from tests.service.page_client import played

PHONE = "+15550133016"


@played
async def test_who_may_only_look_may_plan_and_nothing_is_done(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        before = len(stage.simulator.control.calls()), len(stage.audit())
        async with stage.client("read", name="looks") as reader:
            found = (await reader.get(f"/numbers/{PHONE}/plan")).json()
            assert (found["goal"], found["operation"], found["tree"]["call"]) == ("register", None, "register")
            deep = await reader.get(f"/numbers/{PHONE}/plan", params={"goal": "verify", "depth": 4})
            assert (deep.status_code, deep.json()["depth"], deep.json()["goal"]) == (200, 4, "verify")
        assert (len(stage.simulator.control.calls()), len(stage.audit())) == before
        async with stage.client() as nobody:
            assert (await nobody.get(f"/numbers/{PHONE}/plan")).status_code == 401


@played
async def test_an_open_operation_is_planned_and_another_goal_is_a_conflict(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        opened = (await stage.register(PHONE)).json()
        found = (await stage.api.get(f"/numbers/{PHONE}/plan")).json()
        assert (found["operation"], found["tree"]["until"]) == (opened["id"], opened["wake_at"])
        other = await stage.api.get(f"/numbers/{PHONE}/plan?goal=verify")
        assert (other.status_code, other.json()["reason"]) == (409, "operation-open")
        for wrong in ("goal=nothing", "goal=migrate", "depth=0", "depth=5", "depth=many"):
            assert (await stage.api.get(f"/numbers/{PHONE}/plan?{wrong}")).status_code == 422
        assert (await stage.api.get("/numbers/+15559999999/plan")).status_code == 404
