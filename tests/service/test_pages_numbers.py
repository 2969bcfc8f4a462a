"""The pages about numbers, without scripts: what they show, what they take, what they refuse."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.service.page_client import Page, Theatre, played, theatre_in

from linewright.secret import Secret
from linewright.simulator.worlds import HEALTHY
from linewright.store import tables as t
from linewright.store.users import Role

ALL = 12


def put_account(theatre: Theatre, count: int) -> None:
    """An account with so many numbers more, none of them read."""
    store, now = theatre.stage.lw.office.store, theatre.stage.clock.now()
    store.accounts.add("many", "77", Secret("EAAmany"), now=now)
    rows = [
        {
            "id": str(8_000_000 + n),
            "e164": f"+1555{n:07}",
            "account": "many",
            "display": f"+1 555 {n:07}",
            "added_at": now,
        }
        for n in range(count)
    ]
    with store.database.writing() as connection:
        connection.execute(t.numbers.insert(), rows)


def rows(page: Page) -> list[str]:
    """The ids of the numbers in a list."""
    return re.findall(r'href="/numbers/(\d+)"', page.html)


@played
async def test_the_fleet_shows_every_number_and_its_standing(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        page = await theatre.person(Role.VIEWER).see("/")
        assert page.status == 200
        assert len(rows(page)) == ALL
        assert "in the Business app" in page.text
        assert re.search(r"All 12 .*Online 2", page.text)
        for column in ("Number", "Standing", "What happens next", "Account"):
            assert column in page.text


@played
async def test_the_fleet_is_filtered_and_searched_by_its_address(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person = theatre.person()
        found = await person.see("/fleet", q="3006")
        assert rows(found) == [theatre.number("133006")]
        assert 'value="3006"' in found.html
        online = await person.see("/fleet", standing="online")
        assert set(rows(online)) == {theatre.number("131045"), theatre.number(HEALTHY)}
        assert rows(await person.see("/fleet", account="nobody")) == []
        assert "No number is found" in (await person.see("/fleet", q="nowhere")).text
        await theatre.stage.lw.push((await theatre.stage.lw.open("register", theatre.number("133006")))["id"])
        asking = await person.see("/fleet", state="asking")
        assert rows(asking) == [theatre.number("133006")]
        assert "A code is on its way to the phone." in asking.text


@pytest.mark.parametrize("query", ["standing=nonsense", "state=none", "warned=%F0", "after=none", "q=%25%27%22"])
@played
async def test_an_address_that_makes_no_sense_is_left_aside(tmp_path: Path, query: str) -> None:
    async with theatre_in(tmp_path) as theatre:
        assert (await theatre.person().see(f"/fleet?{query}")).status == 200


@played
async def test_a_fleet_of_thousands_comes_by_the_hundred(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        put_account(theatre, 1_234)
        person = theatre.person()
        page = await person.see("/fleet", account="many")
        assert "All 1,234" in page.text
        seen: list[str] = []
        while True:
            assert len(page.html) < 90_000
            seen += rows(page)
            following = re.search(r'href="(/fleet\?[^"]+)" rel="next"', page.html)
            if following is None:
                break
            page = await person.see(following[1].replace("&amp;", "&"))
            assert "From the beginning" in page.text
        assert len(seen) == len(set(seen)) == 1_234


@played
async def test_rows_come_again_only_when_they_changed(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, lw = theatre.person(), theatre.stage.lw
        at_rest = await person.see("/fleet")
        assert 'hx-trigger="every 15s"' in at_rest.html, "nothing moves, but the watch may have news"
        opened = await lw.open("register", theatre.number("133006"))
        page = await person.see("/fleet")
        poll = re.search(r'hx-get="(/fleet/rows[^"]+)" hx-trigger="every 4s"', page.html)
        assert poll is not None
        again = await person.see(poll[1])
        assert (again.status, again.html) == (204, "")
        await lw.push(opened["id"])
        moved = await person.see(poll[1])
        assert moved.status == 200
        assert moved.html.lstrip().startswith('<div id="rows"')
        assert "A code is on its way" in moved.text


@played
async def test_a_number_tells_what_is_why_and_what_comes_next(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, id = theatre.person(), theatre.number("133008")
        page = await person.see(f"/numbers/{id}")
        page = await person.send(page, f"/numbers/{id}/register", pin="246810")
        assert page.status == 200
        assert "the remote has locked registration for a time (133008)" in page.text
        assert "What 133008 means" in page.text
        assert re.search(r"Register refused 133008", page.text)
        assert re.search(r"trace A\w+", page.text)
        assert re.search(r"in 7 h \d+ min \(16:\d\d UTC\)", page.text)
        assert "1 of 10" in page.text
        assert "one is kept, not proven yet" in page.text
        assert "246810" not in page.html
        assert 'href="/errors/133008"' in page.html


@played
async def test_a_number_moves_without_a_reload_and_then_rests(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, person, id = theatre.stage, theatre.person(), theatre.number("133010")
        opened = await stage.lw.push((await stage.lw.open("register", id))["id"])
        page = await person.see(f"/numbers/{id}")
        poll = re.search(rf'hx-get="(/numbers/{id}/live\?v=\w+&amp;o=open)" hx-trigger="every \d+s"', page.html)
        assert poll is not None
        live = poll[1].replace("&amp;", "&")
        assert (await person.see(live)).status == 204
        await stage.until_it_rests(opened)
        moved = await person.see(live)
        assert moved.status == 200
        assert {"live", "more", "op-buttons"} <= set(moved.ids())
        assert "The number is online." in moved.text
        assert 'hx-trigger="every 10s"' in moved.html, "it ended, but the watch may have news"
        assert not {"act-register", "register-pin"} & set(moved.ids()), "what is typed lies outside what is swapped"


@played
async def test_ids_are_unique_and_every_field_has_a_label(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, id = theatre.person(), theatre.number("133005")
        await theatre.stage.lw.push((await theatre.stage.lw.open("register", id, pin=Secret("111222")))["id"])
        for path in ("/fleet", f"/numbers/{id}", "/desk", "/operations"):
            page = await person.see(path)
            assert len(page.ids()) == len(set(page.ids())), path
            labelled = set(re.findall(r'<label for="([^"]+)"', page.html))
            for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page.html):
                if 'type="hidden"' not in field:
                    named = re.search(r'\bid="([^"]+)"', field)
                    assert named is not None, field
                    assert named[1] in labelled, field
            assert " style=" not in page.html
            assert "<script>" not in page.html


@played
async def test_a_viewer_sees_no_action_and_may_take_none(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        viewer, operator, id = theatre.person(Role.VIEWER), theatre.person(), theatre.number("133010")
        await theatre.stage.lw.push((await theatre.stage.lw.open("register", theatre.number("133006")))["id"])
        for path in (f"/numbers/{id}", "/desk", "/fleet", "/operations"):
            page = await viewer.see(path)
            actions = [form["action"] for form in page.forms() if form["method"] == "post"]
            assert actions == ["/logout"], path
        csrf = (await viewer.see(f"/numbers/{id}")).form("/logout")["fields"]["csrf"]
        for action in ("register", "verify", "set-pin", "deregister", "read", "forget"):
            answer = await viewer.post(f"/numbers/{id}/{action}", csrf=csrf)
            assert answer.status == 403, action
            assert "role operator" in answer.text
        assert (await operator.see("/operations")).text.count("Registration") == 1
        assert theatre.stage.simulator.control.number(id)["registered"] is False


@played
async def test_a_form_without_its_token_is_refused(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, other, id = theatre.person(), theatre.person(name="other"), theatre.number("133010")
        theirs = (await other.see(f"/numbers/{id}")).form(f"/numbers/{id}/register")["fields"]["csrf"]
        for fields in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": theirs}):
            answer = await person.post(f"/numbers/{id}/register", **fields)
            assert answer.status == 403
        assert await theatre.stage.lw.operations() == []


@played
async def test_a_deregister_needs_the_last_four_digits(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, id = theatre.person(), theatre.number("131045")
        page = await person.see(f"/numbers/{id}")
        for wrong in ("0000", "", "104", "31045"):
            refused = await person.send(page, f"/numbers/{id}/deregister", confirm=wrong)
            assert refused.status == 422
            assert "last four digits" in refused.text
            assert re.search(r'<details class="action" id="act-deregister" open>', refused.html)
        assert await theatre.stage.lw.operations() == []
        taken = await person.send(page, f"/numbers/{id}/deregister", confirm=" 1045 ")
        assert taken.status == 200
        assert [each["goal"] for each in await theatre.stage.lw.operations()] == ["deregister"]


@pytest.mark.parametrize(
    ("goal", "fields", "says"),
    [
        ("register", {"pin": "12345"}, "exactly six digits"),
        ("register", {"because": "many"}, "is no error code"),
        ("register", {"because": "99999999999"}, "is no error code"),
        ("register", {"code_method": "pigeon"}, "sms or voice"),
    ],
)
@played
async def test_what_is_asked_wrongly_is_said_beside_the_form(
    tmp_path: Path, goal: str, fields: dict[str, str], says: str
) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, id = theatre.person(), theatre.number("133010")
        page = await person.see(f"/numbers/{id}")
        refused = await person.send(page, f"/numbers/{id}/{goal}", **fields)
        assert refused.status == 422
        assert says in refused.text
        assert "12345" not in refused.html.replace(theatre.e164("133010"), "")
        assert await theatre.stage.lw.operations() == []


@played
async def test_a_number_is_read_now_or_says_why_not(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, person, id = theatre.stage, theatre.person(), theatre.number("131045")
        page = await person.see(f"/numbers/{id}")
        assert "Read now: Meta says CONNECTED." in (await person.send(page, f"/numbers/{id}/read")).text
        stage.simulator.control.add_fault("read", "drop_before", number=id, times=5)
        page = await person.send(page, f"/numbers/{id}/read")
        assert page.status == 200
        assert "did not answer" in page.text
        assert "online" in page.text


@played
async def test_a_number_is_forgotten_and_no_longer_found(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, id = theatre.person(), theatre.number("133010")
        page = await person.see(f"/numbers/{id}")
        gone = await person.send(page, f"/numbers/{id}/forget")
        assert "is no longer listed" in gone.text
        assert (await person.see(f"/numbers/{id}")).status == 404
        for strange in (
            "/numbers/999",
            "/numbers/x%00y",
            "/numbers/..%2f..%2fetc",
            "/operations/op-none",
            "/desk/task-none",
        ):
            assert (await person.see(strange)).status == 404, strange


@played
async def test_the_bundle_comes_as_a_file_without_secrets(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, viewer, id = theatre.stage, theatre.person(Role.VIEWER), theatre.number("133005")
        await stage.lw.push((await stage.lw.open("register", id, pin=Secret("111222")))["id"])
        answer = (await viewer.see(f"/numbers/{id}/bundle")).answer
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"] == f'attachment; filename="linewright-{id}.zip"'
        with zipfile.ZipFile(BytesIO(answer.content)) as bundle:
            whole = b"".join(bundle.read(name) for name in bundle.namelist())
        assert b"133005" in whole
        for secret in (b"111222", stage.simulator.world.token.text.encode()):
            assert secret not in whole


@played
async def test_html_in_names_is_shown_as_it_is_written(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        bad = "<img src=x onerror=alert(1)>'\"&`"
        id, store = theatre.number("133010"), theatre.stage.lw.office.store
        with store.database.writing() as connection:
            connection.execute(update(t.numbers).where(t.numbers.c.id == id).values(name=bad, display=bad))
        opened = await theatre.stage.lw.open("register", id)
        with store.database.writing() as connection:
            words = {"message": f"{bad} `<b>code</b>`", "next_step": bad}
            connection.execute(update(t.operations).where(t.operations.c.id == opened["id"]).values(words))
        person = theatre.person()
        for path in ("/fleet", f"/numbers/{id}", "/operations", f"/operations/{opened['id']}", f"/fleet?q={bad}"):
            page = await person.see(path)
            assert page.status == 200
            assert "<img" not in page.html, path
            assert "<b>code" not in page.html, path
        assert "&lt;img" in page.html


@played
async def test_every_act_stands_in_the_audit(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, id = theatre.person(name="ana"), theatre.number("133010")
        page = await person.see(f"/numbers/{id}")
        await person.send(page, f"/numbers/{id}/register", pin="246810")
        await person.send(page, f"/numbers/{id}/read")
        acts = [(line["who"], line["action"], line["subject"]) for line in theatre.stage.audit()]
        e164 = theatre.e164("133010")
        assert [act for act in acts if act[0] == "ana"] == [("ana", "register", e164), ("ana", "read", e164)]
        assert "246810" not in repr(theatre.stage.audit())


@played
async def test_an_operation_is_cancelled_and_taken_up_again(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        stage, person, id = theatre.stage, theatre.person(), theatre.number("133016")
        opened = await stage.lw.push((await stage.lw.open("register", id))["id"])
        assert opened["state"] == "waiting"
        page = await person.see(f"/operations/{opened['id']}")
        assert "in 3 days" in page.text
        page = await person.send(page, f"/operations/{opened['id']}/cancel")
        assert "cancelled" in page.text
        page = await person.send(page, f"/operations/{opened['id']}/retry")
        found = await stage.lw.operations()
        assert [each["state"] for each in found] == ["waiting", "cancelled"]
        assert found[0]["id"] in str(page.answer.url)
        again = await person.send(page, f"/operations/{found[0]['id']}/retry")
        assert again.status == 200
        assert len(await stage.lw.operations()) == 2, "an open one looks again and stays the same"


@played
async def test_operations_are_listed_by_state_and_page(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        put_account(theatre, 130)
        store, now = theatre.stage.lw.office.store, theatre.stage.clock.now()
        values = {
            "goal": "register",
            "account": "many",
            "opened_at": now,
            "code_method": "SMS",
            "code_language": "en_US",
        }
        done = [
            {
                "id": f"op-{n:04}",
                "number": str(8_000_000 + n),
                "e164": f"+1555{n:07}",
                "state": "done",
                "ended_at": now,
                **values,
            }
            for n in range(130)
        ]
        with store.database.writing() as connection:
            connection.execute(t.operations.insert(), done)
        person = theatre.person()
        first = await person.see("/operations", state="done")
        assert "Done 130" in first.text
        assert first.html.count('<th scope="row">') == 100
        following = re.search(r'href="(/operations\?[^"]+)" rel="next"', first.html)
        assert following is not None
        second = await person.see(following[1].replace("&amp;", "&"))
        assert second.html.count('<th scope="row">') == 30
        assert "None is in this state" in (await person.see("/operations", state="gave_up")).text


@played
async def test_an_operation_of_another_number_is_named(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, id = theatre.person(), theatre.number("133016")
        await theatre.stage.lw.push((await theatre.stage.lw.open("register", id))["id"])
        page = await person.see(f"/numbers/{id}")
        refused = await person.send(page, f"/numbers/{id}/set-pin")
        assert refused.status == 409
        assert "is open on this phone" in refused.text
