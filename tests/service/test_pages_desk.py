"""The desk, without scripts: questions, every answer that they take, and two people who answer the same one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.service.page_client import Browser, Page, Theatre, played, theatre_in

from linewright.secret import Secret
from linewright.store.users import Role


async def ask(theatre: Theatre, last_six: str, pin: str = "") -> dict[str, Any]:
    """Opens a register that comes to a question; the question."""
    lw = theatre.stage.lw
    opened = await lw.open("register", theatre.number(last_six), pin=Secret(pin) if pin else None)
    shape = await lw.push(opened["id"])
    assert shape["task"] is not None
    task: dict[str, Any] = shape["task"]
    return task


async def online(theatre: Theatre, last_six: str) -> bool:
    """After everything that only needs time."""
    await theatre.stage.lw.run_all()
    return bool(theatre.stage.simulator.control.number(theatre.number(last_six))["online"])


def code(theatre: Theatre, last_six: str) -> str:
    return theatre.stage.simulator.control.latest_code(theatre.e164(last_six))


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


async def answer(person: Browser, task: str, kind: str = "value", **fields: str) -> Page:
    page = await person.see("/desk")
    return await person.send(page, f"/desk/{task}", answer=kind, **fields)


@played
async def test_a_desk_without_questions_says_so(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        page = await theatre.person(Role.VIEWER).see("/desk")
        assert page.status == 200
        assert "Nothing waits for a person" in page.text


@played
async def test_the_most_urgent_question_comes_first(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        first = await ask(theatre, "133005", "111222")
        urgent = await ask(theatre, "133006")
        page = await theatre.person(Role.VIEWER).see("/desk")
        shown = re.findall(r'<article class="card question" id="q-([\w-]+)"', page.html)
        assert shown == [urgent["id"], first["id"]]
        assert re.search(r"Runs out in 9 min \d+ s \(09:10 UTC\)", page.text)
        assert "2 open questions" in page.text


@played
async def test_a_code_is_typed_and_a_wrong_one_is_said_at_once(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133006")
        right = code(theatre, "133006")
        again = await answer(person, task["id"], value=wrong(right))
        assert again.status == 200
        assert "wrong" in again.text
        assert wrong(right) not in again.html
        assert str(again.answer.url) != f"http://service.test/desk/{task['id']}"
        action = str(again.answer.url).removeprefix("http://service.test")
        done = await person.send(again, action, answer="value", value=f"WhatsApp code {right[:3]}-{right[3:]}")
        assert done.status == 200
        assert await online(theatre, "133006")


@pytest.mark.parametrize("value", ["12345", "", "no code", "123456 and 654321"])
@played
async def test_what_is_no_code_is_refused_beside_its_field(tmp_path: Path, value: str) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133006")
        refused = await answer(person, task["id"], value=value)
        assert refused.status == 422
        assert 'role="alert"' in refused.html
        assert 'aria-invalid="true"' in refused.html
        if value:
            assert value not in refused.html
        assert [each["id"] for each in await theatre.stage.lw.tasks()] == [task["id"]]


@played
async def test_a_refused_pin_is_not_tried_again_and_the_right_one_is(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133005", "111222")
        page = await person.see("/desk")
        assert re.search(rf'id="v{task["id"]}" name="value" type="password"', page.html)
        refused = await answer(person, task["id"], value="111222")
        assert refused.status == 422
        assert "has refused this PIN already" in refused.text
        assert "111222" not in refused.html
        taken = await answer(person, task["id"], value="246810")
        assert taken.status == 200
        assert "246810" not in taken.html
        assert await online(theatre, "133005")
        assert "246810" not in repr(theatre.stage.audit())


@played
async def test_a_pin_that_was_changed_is_said_to_be_so(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, person, task = theatre.stage, theatre.person(), await ask(theatre, "133005", "111222")
        stage.simulator.control.manage(theatre.number("133005"), pin="111222")
        taken = await answer(person, task["id"], value="111222", pin_changed="1")
        assert taken.status == 200
        assert await online(theatre, "133005")


@played
async def test_a_reset_is_approved(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133005", "111222")
        assert (await answer(person, task["id"], "approve")).status == 200
        assert await online(theatre, "133005")
        calls = [each["call"] for each in (await theatre.stage.lw.operations())[0]["attempts"]]
        assert "set_pin" in calls


@played
async def test_two_step_verification_is_said_to_be_off(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133005", "111222")
        theatre.stage.simulator.control.manage(theatre.number("133005"), two_step="off")
        assert (await answer(person, task["id"], "done")).status == 200
        assert await online(theatre, "133005")


@pytest.mark.parametrize("way", ["resend-sms", "resend-voice"])
@played
async def test_a_new_code_is_asked_for(tmp_path: Path, way: str) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, person, task = theatre.stage, theatre.person(), await ask(theatre, "133006")
        stage.clock.advance(700)
        assert (await answer(person, task["id"], way)).status == 200
        await stage.lw.run_all()
        codes = stage.simulator.control.codes(theatre.e164("133006"))
        assert len(codes) == 2


@played
async def test_a_question_is_declined(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133006")
        page = await answer(person, task["id"], "decline")
        assert page.status == 200
        ended = (await theatre.stage.lw.operations())[0]
        assert (ended["state"], ended["reason"]) == ("gave_up", "declined")


@played
async def test_two_people_never_do_one_twice(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        ana, ben, task = theatre.person(name="ana"), theatre.person(name="ben"), await ask(theatre, "133006")
        hers, his = await ana.see("/desk"), await ben.see("/desk")
        right = code(theatre, "133006")
        assert (await ana.send(hers, f"/desk/{task['id']}", answer="value", value=right)).status == 200
        late = await ben.send(his, f"/desk/{task['id']}", answer="value", value=right)
        assert late.status == 409
        assert "Somebody was faster." in late.text
        assert re.search(r"Answered by ana", late.text)
        assert right not in late.html
        verified = [each["call"] for each in (await theatre.stage.lw.operations())[0]["attempts"]]
        assert verified.count("verify_code") == 1
        told = await ben.see(f"/desk/{task['id']}")
        assert told.status == 200
        assert "Nothing more is needed here." in told.text


@played
async def test_what_came_and_what_was_answered_is_told_without_touching_the_rest(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        ana, ben = theatre.person(name="ana"), theatre.person(name="ben")
        first, second = await ask(theatre, "133006"), await ask(theatre, "133005", "111222")
        page = await ben.see("/desk")
        poll = re.search(r'hx-get="(/desk/news\?have=[^"]+)"', page.html)
        assert poll is not None
        assert (await ben.see(poll[1])).status == 204
        await answer(ana, first["id"], "decline")
        third = await ask(theatre, "133008", "246810")
        news = await ben.see(poll[1])
        assert news.status == 200
        assert re.search(rf'id="q-{first["id"]}" hx-swap-oob="true"', news.html)
        assert re.search(
            rf'hx-swap-oob="beforeend:#questions"><article class="card question" id="q-{third["id"]}"', news.html
        )
        assert f'id="q-{second["id"]}"' not in news.html, "somebody may be typing there"


@played
async def test_a_viewer_reads_questions_and_answers_none(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        viewer, task = theatre.person(Role.VIEWER), await ask(theatre, "133006")
        page = await viewer.see(f"/desk/{task['id']}")
        assert "Which code did" in page.text
        csrf = page.form("/logout")["fields"]["csrf"]
        for path in (f"/desk/{task['id']}", f"/desk/{task['id']}/link"):
            refused = await viewer.post(path, csrf=csrf, answer="decline")
            assert refused.status == 403
        assert len(await theatre.stage.lw.tasks()) == 1


@played
async def test_an_account_asks_once_for_all_its_operations(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, person = theatre.stage, theatre.person()
        stage.simulator.world.token.revoked = 460
        for last_six in ("133006", "133010"):
            opened = await stage.lw.open("register", theatre.number(last_six))
            await stage.lw.push(opened["id"])
        page = await person.see("/desk")
        assert page.text.count("Something must be changed") == 1
        assert "2 operations held up" in page.text
        task = (await stage.lw.tasks())[0]
        stage.simulator.world.token.revoked = None
        taken = await person.send(page, f"/desk/{task['id']}", answer="done")
        assert "looks at the account shop again" in taken.text
        found = [await stage.lw.push(each["id"]) for each in await stage.lw.operations()]
        assert "account-on-hold" not in {each["reason"] for each in found}


@played
async def test_a_link_is_made_and_shown_once(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133006")
        page = await person.see("/desk")
        made = await person.send(page, f"/desk/{task['id']}/link")
        assert made.status == 200
        address = re.search(r'id="link-address">(http://service\.test/l/[^<]+)<', made.html)
        assert address is not None
        assert address[1].rsplit("/", 1)[1] not in (await person.see("/desk")).html
        assert address[1].rsplit("/", 1)[1] not in repr(theatre.stage.audit())


@played
async def test_an_unknown_answer_changes_nothing(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, task = theatre.person(), await ask(theatre, "133006")
        for kind in ("", "approve", "everything", "done"):
            assert (await answer(person, task["id"], kind)).status == 422
        assert [each["id"] for each in await theatre.stage.lw.tasks()] == [task["id"]]
