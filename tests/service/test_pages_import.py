"""The pages of imports, without scripts: a file is sent by a form, looked at, taken, watched, its result fetched."""

from __future__ import annotations

from pathlib import Path

import httpx
from tests.service.page_client import Browser, Page, played, theatre_in

from linewright.service.guards import LARGEST_FILE
from linewright.service.page import upload
from linewright.store.users import Role

HEADER = b"phone,pin,goal\n"
GOOD = HEADER + b"+15550133010,,\n+15550133005,246810,register\n"
BAD = HEADER + b"+15550133010,,\n+15550133005,24681,register\n"


async def sent(browser: Browser, content: bytes | None, **fields: str) -> Page:
    page = await browser.see("/imports")
    whole = {**page.form("/imports")["fields"], **fields}
    files = {"file": ("numbers.csv", content, "text/csv")} if content is not None else {"other": ("", b"")}
    return Page(await browser.client.post("/imports", data=whole, files=files, follow_redirects=True))


@played
async def test_a_file_is_checked_then_taken_then_watched(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person = theatre.person()
        assert "Nothing was imported yet" in (await person.see("/imports")).text
        looked = await sent(person, GOOD, do="check")
        assert (looked.status, "2 of 2 rows are good" in looked.text) == (200, True)
        assert await theatre.stage.lw.imports() == []
        taken = await sent(person, GOOD, do="import")
        assert "delete the file" in taken.text
        assert "0 of 2 rows have ended" in taken.text
        id = str(taken.answer.url.path).rsplit("/", 1)[-1]
        again = await sent(person, GOOD, do="import")
        assert ("was taken before" in again.text, again.answer.url.path) == (True, f"/imports/{id}")
        live = await person.see(f"/imports/{id}/live")
        assert "hx-get" in live.html
        await theatre.stage.lw.drive_import(id)
        done = await person.see(f"/imports/{id}")
        assert "2 of 2 rows have ended" in done.text
        assert "hx-trigger" not in done.html
        assert "None is in this state" in (await person.see(f"/imports/{id}", state="gave_up")).text
        result = await person.client.get(f"/imports/{id}/result.csv")
        assert result.headers["content-disposition"] == f'attachment; filename="linewright-{id}.csv"'
        assert result.text.count("done") == 2
        for page in (looked, taken, again, live, done):
            assert "246810" not in page.html
        assert "246810" not in result.text


@played
async def test_bad_rows_are_shown_and_nothing_is_taken(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person = theatre.person()
        refused = await sent(person, BAD, do="import")
        assert (refused.status, "a leading zero was probably lost" in refused.text) == (422, True)
        assert "24681" not in refused.html
        assert await theatre.stage.lw.imports() == []
        some = await sent(person, BAD, do="import", skip_bad="yes")
        assert "Left out 1" in some.text
        for content in (b"nonsense", b"", None):
            assert (await sent(person, content, do="import")).status == 422


@played
async def test_it_is_cancelled_by_its_button(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        person, viewer = theatre.person(), theatre.person(Role.VIEWER)
        id = str((await sent(person, GOOD, do="import")).answer.url.path).rsplit("/", 1)[-1]
        action = f"/imports/{id}/cancel"
        assert all(form["action"] != action for form in (await viewer.see(f"/imports/{id}")).forms())
        fields = (await person.see(f"/imports/{id}")).form(action)["fields"]
        stopped = Page(await person.client.post(action, data=fields, follow_redirects=True))
        assert (stopped.status, "Cancelled 2" in stopped.text) == (200, True)
        assert all(form["action"] != action for form in stopped.forms())
        assert [each["action"] for each in theatre.stage.audit()].count("import cancel") == 1
        late = await theatre.stage.api.post(f"/imports/{id}/cancel")
        assert (late.status_code, late.json()["reason"]) == (409, "import-ended")


@played
async def test_who_may_and_what_is_too_much(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        viewer = theatre.person(Role.VIEWER)
        page = await viewer.see("/imports")
        assert all(form["action"] != "/imports" for form in page.forms())
        csrf = page.form("/logout")["fields"]["csrf"]
        files = {"file": ("numbers.csv", GOOD, "text/csv")}
        refused = await viewer.client.post("/imports", data={"csrf": csrf}, files=files)
        assert refused.status_code == 403
        person = theatre.person()
        forged = await person.client.post("/imports", data={"csrf": "x"}, files=files)
        assert forged.status_code == 403
        large = await person.client.post("/imports", content=b"x" * (LARGEST_FILE + 1))
        assert large.status_code == 413
        torn = await person.client.post("/imports", content=b"x", headers={"Content-Type": "multipart/form-data"})
        assert torn.status_code == 422
        missing = await person.see("/imports/imp-nobody")
        assert missing.status == 404
        assert await theatre.stage.lw.imports() == []


def test_a_file_of_numbers_never_lies_on_a_disk() -> None:
    assert upload._InMemory.spool_max_size >= LARGEST_FILE


@played
async def test_programs_send_the_file_itself(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        api = theatre.stage.api
        key = {"Idempotency-Key": "once"}
        first = await api.post("/imports", content=GOOD, params={"name": "a.csv"}, headers=key)
        assert first.status_code == 201, first.text
        id = first.json()["import"]["id"]
        again = await api.post("/imports", content=GOOD, params={"name": "a.csv"}, headers=key)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        found = await api.post("/imports", content=GOOD)
        assert (found.status_code, found.json()["import"]["id"]) == (200, id)
        looked = await api.post("/imports", content=BAD, params={"check": "true"})
        assert (looked.status_code, len(looked.json()["report"]["bad"])) == (200, 1)
        refused = await api.post("/imports", content=BAD)
        assert (refused.status_code, refused.json()["reason"]) == (422, "import-rows")
        form = await api.post("/imports", files={"file": ("a.csv", GOOD)})
        assert (form.status_code, form.json()["reason"]) == (422, "import-file")
        async with theatre.stage.client("read", name="reader") as reader:
            assert (await reader.post("/imports", content=GOOD)).status_code == 403
            assert [each["id"] for each in (await reader.get("/imports")).json()["items"]] == [id]
            rows: httpx.Response = await reader.get(f"/imports/{id}/rows", params={"limit": 1})
            assert (rows.json()["items"][0]["line"], rows.json()["next"]) == (2, "2")
            rest = await reader.get(f"/imports/{id}/rows", params={"cursor": "2", "state": "queued"})
            assert ([each["line"] for each in rest.json()["items"]], rest.json()["next"]) == ([3], None)
            assert (await reader.get(f"/imports/{id}/result")).text.count("queued") == 2
            assert (await reader.get("/imports/imp-nobody/rows")).status_code == 404
        assert (await api.post(f"/imports/{id}/push")).json()["counts"]["queued"] == 0
