"""Giving a number up by REST and by the page: scopes, the two people, what is shown and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.service.api_client import Stage, stage_in
from tests.service.page_client import played, theatre_in

from linewright.store.users import Role

PHONE = "+15550100001"
"""Online in the default world."""


async def online(stage: Stage) -> str:
    """A number that is online."""
    numbers = (await stage.api.get("/numbers", params={"standing": "online"})).json()["items"]
    found: str = numbers[0]["e164"]
    return found


async def released(stage: Stage, e164: str, **body: Any) -> dict[str, Any]:
    opened = await stage.api.post(f"/numbers/{e164}/release", json={"confirm": e164[-4:], **body})
    assert opened.status_code == 201, opened.text
    task = opened.json()["task"]
    answered = await stage.api.post(f"/tasks/{task['id']}/answer", json={"approve": True})
    assert answered.status_code == 200, answered.text
    return await stage.until_it_rests(answered.json())


@played
async def test_a_program_gives_a_number_up(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        phone = await online(stage)
        missing = await stage.api.get(f"/numbers/{phone}/release")
        assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-released")
        wrong = await stage.api.post(f"/numbers/{phone}/release", json={"confirm": "0000"})
        assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/confirm")
        done = await released(stage, phone, last_paid="2026-05-01")
        assert (done["state"], done["goal"], done["reason"]) == ("done", "deregister", "deregistered")
        shown = (await stage.api.get(f"/numbers/{phone}/release")).json()
        assert (shown["state"], shown["deletable_at"]) == ("released", "2026-06-01T00:00:00Z")
        moved = await stage.api.patch(f"/numbers/{phone}/release", json={"last_paid": "2026-04-30"})
        assert moved.json()["deletable_at"] == "2026-05-31T00:00:00Z"
        late = await stage.api.patch(f"/numbers/{phone}/release", json={"last_paid": "2027-01-01"})
        assert (late.status_code, late.json()["type"]) == (422, "/problems/last-paid")
        again = await stage.api.post(f"/numbers/{phone}/release", json={"confirm": phone[-4:]})
        assert (again.status_code, again.json()["type"]) == (409, "/problems/released")
        stage.clock.jump_to(stage.clock.now() + timedelta(days=40))
        checked = (await stage.api.post("/check")).json()
        assert [each["number"]["e164"] for each in checked["releases"]] == [phone]
        actions = [row["action"] for row in stage.audit()]
        assert {"release opened", "task answer", "release last paid"} <= set(actions)


@played
async def test_who_may_only_look_gives_nothing_up(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        phone = await online(stage)
        await released(stage, phone)
        async with stage.client("read", name="looks") as reader:
            assert (await reader.get(f"/numbers/{phone}/release")).status_code == 200
            assert (await reader.get(f"/numbers/{phone}/pin/history")).status_code == 200
            for method, body in (("POST", {"confirm": phone[-4:]}), ("PATCH", {"last_paid": "2026-05-01"})):
                assert (await reader.request(method, f"/numbers/{phone}/release", json=body)).status_code == 403


@played
async def test_a_program_is_the_person_who_made_its_token(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, users = theatre.stage, theatre.stage.lw.office.store.users
        ana, _ = theatre.person(name="ana"), theatre.person(name="ben")
        assert users.operators() == 2
        phone = await online(stage)
        tokens = stage.lw.office.store.api_tokens
        hers, his = (tokens.make(f"of {who}", ["operate"], who, stage.real.now())[1] for who in ("ana", "ben"))
        async with stage.client() as program:
            program.headers["Authorization"] = f"Bearer {hers.open_secret()}"
            opened = await program.post(f"/numbers/{phone}/release", json={"confirm": phone[-4:]})
            task = opened.json()["task"]["id"]
            refused = await program.post(f"/tasks/{task}/answer", json={"approve": True})
            assert (refused.status_code, refused.json()["type"]) == (422, "/problems/second-key")
            number = opened.json()["number"]["id"]
            page = await ana.send(await ana.see("/desk"), f"/desk/{task}", answer="approve")
            assert "turned the first key of this release yourself" in page.text
            program.headers["Authorization"] = f"Bearer {his.open_secret()}"
            assert (await program.post(f"/tasks/{task}/answer", json={"approve": True})).status_code == 200
        shown = await stage.lw.release_status(number)
        assert (shown["opened_by"], shown["approved_by"]) == ("ana", "ben")


@played
async def test_whoever_turned_the_first_key_may_still_decline(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        ana, _ = theatre.person(name="ana"), theatre.person(name="ben")
        phone = await online(theatre.stage)
        id = (await theatre.stage.lw.number(phone))["id"]
        page = await ana.send(await ana.see(f"/numbers/{id}"), f"/numbers/{id}/release", confirm=phone[-4:])
        assert "Release" in page.text
        task = (await theatre.stage.lw.tasks())[0]["id"]
        page = await ana.send(await ana.see("/desk"), f"/desk/{task}", answer="decline")
        assert "is not given up" in page.text
        assert (await theatre.stage.lw.number(phone))["wanted"] != "released"


@played
async def test_the_page_gives_a_number_up_and_says_what_remains(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, ana, ben = theatre.stage, theatre.person(name="ana"), theatre.person(name="ben")
        phone = await online(stage)
        id = (await stage.lw.number(phone))["id"]
        page = await ana.see(f"/numbers/{id}")
        assert "by somebody else" in page.text
        wrong = await ana.send(page, f"/numbers/{id}/release", confirm="0000")
        assert (wrong.status, "last four digits do not match" in wrong.text) == (422, True)
        await ana.send(page, f"/numbers/{id}/release", confirm=phone[-4:], last_paid="2026-05-02")
        task = (await stage.lw.tasks())[0]["id"]
        page = await ben.send(await ben.see("/desk"), f"/desk/{task}", answer="approve")
        await stage.lw.run_all()
        page = await ben.see(f"/numbers/{id}")
        live = await ben.see(f"/numbers/{id}/live")
        assert (live.status, "What remains" in live.text) == (200, True)
        for words in ("Released", "ana turned the first key, ben the second", "from 2026-06-02 on", "another provider"):
            assert words in page.text, words
        assert f"/numbers/{id}/release" not in [form["action"] for form in page.forms()]
        page = await ben.send(page, f"/numbers/{id}/last-paid", last_paid="2026-05-03")
        assert "from 2026-06-03 on" in page.text
        wrong = await ben.send(page, f"/numbers/{id}/last-paid", last_paid="2031-01-01")
        assert (wrong.status, "lies in the future" in wrong.text) == (422, True)
        assert "due to be deleted" not in (await ben.see("/desk")).text
        stage.clock.jump_to(stage.clock.now() + timedelta(days=40))
        assert "due to be deleted" in (await ben.see("/desk")).text
        viewer = await theatre.person(Role.VIEWER).see(f"/numbers/{id}")
        assert "What remains" in viewer.text
        assert f"/numbers/{id}/last-paid" not in [form["action"] for form in viewer.forms()]
