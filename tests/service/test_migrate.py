"""A migration over REST and on the pages: asked for, answered step by step, and both sides shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.service.api_client import stage_in
from tests.service.page_client import played, theatre_in

from linewright.secret import Secret
from linewright.simulator.simulator import Simulator
from linewright.simulator.worlds import COEXISTENCE, HEALTHY

THEIRS = "+5511900000088"


def destination(simulator: Simulator) -> tuple[str, Secret]:
    """Another account of the same app: its id and a token."""
    control = simulator.control
    waba = control.add_account("New").id
    return waba, Secret(control.add_token([waba], app=simulator.world.app.id).text)


def test_a_number_moves_over_rest(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            await stage.lw.add_account("new", *destination(stage.simulator))
            body = {"goal": "migrate", "to": "new"}
            opened = await stage.api.post(f"/numbers/{HEALTHY}/operations", json=body)
            assert (opened.status_code, opened.json()["account"], opened.json()["state"]) == (201, "new", "asking")
            again = await stage.api.post(f"/numbers/{HEALTHY}/operations", json=body)
            assert (again.status_code, again.json()["id"]) == (200, opened.json()["id"])
            path = f"/tasks/{opened.json()['task']['id']}/answer"
            asked = (await stage.api.post(path, json={"approve": True})).json()
            assert (asked["task"]["kind"], asked["number"]["e164"]) == ("otp", HEALTHY)
            code = stage.simulator.control.latest_code(HEALTHY)
            taken = await stage.api.post(f"/tasks/{asked['task']['id']}/answer", json={"value": code})
            done = await stage.until_it_rests(taken.json())
            assert (done["state"], done["reason"], done["standing"]) == ("done", "migrated", "online")
            assert stage.simulator.control.number(done["number"]["id"])["online"]

    asyncio.run(story())


def test_what_rest_refuses_of_a_migration(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            await stage.lw.add_account("new", *destination(stage.simulator))
            for name, body, status, reason in (
                (HEALTHY, {"goal": "migrate"}, 422, "destination"),
                (HEALTHY, {"goal": "migrate", "to": "nowhere"}, 404, "unknown-account"),
                (HEALTHY, {"goal": "register", "to": "new"}, 422, "usage"),
                ("+123", {"goal": "migrate", "to": "new"}, 404, "unknown-number"),
            ):
                answer = await stage.api.post(f"/numbers/{name}/operations", json=body)
                assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text
            theirs = await stage.api.post(f"/numbers/{THEIRS}/operations", json={"goal": "migrate", "to": "new"})
            assert theirs.status_code == 201
            assert theirs.json()["number"] == {"id": None, "display": THEIRS, "e164": THEIRS}
            listed = (await stage.api.get("/numbers", params={"account": "new"})).json()["items"]
            assert listed == []

    asyncio.run(story())


@played
async def test_a_number_moves_from_its_page(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        simulator, person = theatre.stage.simulator, theatre.person()
        id = simulator.world.numbers[HEALTHY].id
        assert "/migrate" not in (await person.see(f"/numbers/{id}")).html
        await theatre.stage.lw.add_account("new", *destination(simulator))
        page = await person.see(f"/numbers/{id}")
        assert '<option value="new">' in page.html
        wrong = await person.send(page, f"/numbers/{id}/migrate", to="nowhere")
        assert "no account named nowhere" in wrong.text
        shown = await person.send(page, f"/numbers/{id}/migrate", to="new")
        assert "what Linewright cannot see" in shown.text
        assert "To go back, cancel: nothing was changed" in shown.text
        (task,) = await theatre.stage.lw.tasks()
        desk = await person.see(f"/desk/{task['id']}")
        assert "The destination has a payment method." in desk.text
        await person.send(desk, f"/desk/{task['id']}", answer="approve")
        (task,) = await theatre.stage.lw.tasks()
        story = await person.see(f"/operations/{task['operation']}")
        for words in ("Both sides", "From shop", "To new", "online", "the source still works"):
            assert words in story.text, words
        code = simulator.control.latest_code(HEALTHY)
        await person.send(await person.see(f"/desk/{task['id']}"), f"/desk/{task['id']}", answer="value", value=code)
        theatre.stage.clock.jump_to(theatre.stage.clock.now().replace(minute=30))
        await theatre.stage.lw.drive(task["operation"])
        done = await person.see(f"/operations/{task['operation']}")
        assert "Carried over" in done.text
        assert "migrated" in done.text
        assert "Migration" in (await person.see(f"/numbers/{id}")).text


@played
async def test_another_providers_number_and_what_may_not_move_on_the_pages(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person = theatre.person()
        await theatre.stage.lw.add_account("new", *destination(theatre.stage.simulator))
        opened = await theatre.stage.lw.open("migrate", THEIRS, to="new")
        asked = await theatre.stage.lw.push(opened["id"])
        story = await person.see(f"/operations/{opened['id']}")
        assert "another provider, not seen from here" in story.text
        assert f"/numbers/{THEIRS}" not in story.html + (await person.see(f"/desk/{asked['task']['id']}")).html
        both = theatre.stage.simulator.world.numbers[COEXISTENCE].id
        ended = await theatre.stage.lw.push((await theatre.stage.lw.open("migrate", both, to="new"))["id"])
        assert (ended["state"], ended["reason"]) == ("gave_up", "not-ours")
        assert "Embedded Signup for Business app users" in (await person.see(f"/operations/{ended['id']}")).text
