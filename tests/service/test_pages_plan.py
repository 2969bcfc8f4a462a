"""The page of a plan: drawn twice, told in words, nothing done."""

from __future__ import annotations

import re
from pathlib import Path

from tests.service.page_client import played, theatre_in

from linewright.store.users import Role


@played
async def test_a_plan_is_drawn_and_told_and_nothing_is_done(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person = theatre.person(Role.VIEWER)
        number = (await theatre.stage.lw.number("+15550133010"))["id"]
        assert f'href="/numbers/{number}/plan"' in (await person.see(f"/numbers/{number}")).html
        made = len(theatre.stage.simulator.control.calls())
        page = await person.see(f"/numbers/{number}/plan")
        assert page.status == 200
        assert "Now: registers with a PIN made for it; costs 1 of 8 registrations in 72 h." in page.text
        assert len(re.findall(r'<svg[^>]*role="img"', page.html)) == 2
        assert "The same in words" in page.text
        assert "style=" not in page.html
        for goal, says in (("verify", "Verification"), ("deregister", "Deregistration"), ("set-pin", "New PIN")):
            assert says in (await person.see(f"/numbers/{number}/plan?goal={goal}")).text
        assert len(theatre.stage.simulator.control.calls()) == made
        assert (await person.see(f"/numbers/{number}/plan?goal=nothing")).status in (400, 422)
        assert (await person.see("/numbers/nobody/plan")).status == 404


@played
async def test_an_open_operation_is_told_as_it_stands(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        opened = await theatre.stage.lw.open("register", "+15550133016")
        opened = await theatre.stage.lw.push(opened["id"])
        page = await theatre.person().see(f"/numbers/{opened['number']['id']}/plan?goal=verify")
        assert "waits 3 days 5 min until the block ends" in page.text
        assert f'href="/operations/{opened["id"]}"' in page.html


@played
async def test_the_drawing_is_a_file_of_its_own(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        number = (await theatre.stage.lw.number("+15550133005"))["id"]
        file = (await theatre.person().see(f"/numbers/{number}/plan.svg")).answer
        assert file.headers["content-type"].startswith("image/svg+xml")
        assert "attachment" in file.headers["content-disposition"]
        assert "prefers-color-scheme" in file.text
