"""The pages Errors, Accounts, Settings and Audit, and what a refusal looks like."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fastapi import Request
from tests.service.api_client import Stage, stage_in
from tests.service.browser import Browser, member
from tests.support.signups import app_kept

from linewright.errors import StoreUnavailable
from linewright.explain import catalogue
from linewright.service import page
from linewright.service.page.frame import SAID
from linewright.service.problems import problem_response
from linewright.service.reasons import reasons
from linewright.service.who import COOKIE
from linewright.simulator.simulator import Simulator
from linewright.store.users import Role

Story = Callable[[Stage, Browser], Awaitable[None]]


def play(folder: Path, story: Story, role: Role = Role.ADMIN) -> None:
    async def played() -> None:
        async with stage_in(folder)() as stage:
            await story(stage, await member(stage, role, "root"))

    asyncio.run(played())


def words_of(text: str) -> str:
    """What stands on a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def second_account(simulator: Simulator) -> tuple[str, str]:
    """The id of another account, and a token that opens it."""
    account = simulator.control.add_account("Other").id
    token = "EAA" + "x" * 60
    simulator.remote.add_token([account], text=token, app=simulator.world.app.id)
    return account, token


# Errors


def test_every_entry_has_a_page_and_stands_in_the_guide(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        guide = (await root.see("/errors")).text
        for entry in catalogue().entries:
            assert f'href="/errors/{entry.key}"' in guide, entry.key
            shown = await root.get(f"/errors/{entry.key}")
            assert shown.status_code == 200, entry.key
            plain = words_of(shown.text).replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
            assert entry.name in plain, entry.key
            assert re.sub(r"\s+", " ", entry.owner) in plain, entry.key
        assert (await root.get("/errors/4242424242")).status_code == 404

    play(tmp_path, story)


def test_the_guide_is_searched_by_code_and_by_words(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        assert (await root.get("/errors?q=133005")).headers["location"] == "/errors/133005"
        found = (await root.see("/errors?q=PIN match")).text
        assert 'href="/errors/133005"' in found
        assert 'href="/errors/133004"' not in found
        assert "Nothing is described with these words" in (await root.see("/errors?q=zebra")).text

    play(tmp_path, story)


def test_a_pasted_error_is_explained_and_not_kept(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        secret = "EAA" + "b" * 40
        body = f'{{"error": {{"message": "no {secret}", "code": 133005, "fbtrace_id": "Axyz"}}}}'
        shown = await root.fill("/errors", error=f"12:00 WARN request failed {body}")
        assert "133005: Two-step PIN does not match" in shown.text
        assert "Axyz" in shown.text
        assert secret not in shown.text
        unknown = await root.fill("/errors", error='{"error": {"code": 987654, "message": "so it is"}}')
        assert "Nobody has described this error yet" in unknown.text
        assert "so it is" in unknown.text
        empty = await root.fill("/errors", error="  ")
        assert empty.status_code == 422
        assert "Paste an error first" in empty.text

    play(tmp_path, story, Role.VIEWER)


# Accounts


def test_an_account_is_added_and_removed(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        waba, token = second_account(stage.simulator)
        fields = {"name": "other", "waba": waba, "token": token, "pin_reset": "auto", "subscribe": "yes"}
        added = await root.fill("/accounts/new", "/accounts", **fields)
        assert added.url.path == "/accounts/other"
        assert "other is here, with 0 numbers." in added.text
        assert token not in added.text
        gone = await root.fill("/accounts/other", "/accounts/other/remove")
        assert "other was removed" in gone.text
        assert (await root.get("/accounts/other")).status_code in (404, 409)
        assert [row["action"] for row in stage.audit()][-2:] == ["account add", "account remove"]

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": "two words"}, "name", "cannot be an account"),
        ({"waba": "12a"}, "waba", "it holds digits only"),
        ({"token": "EAAqqq"}, "token", "too short"),
        ({"token": "EAA" + "z" * 60}, "token", "does not take this access token"),
        ({"name": "shop"}, "waba", "is an account here already"),
    ],
)
def test_what_was_typed_wrong_is_said_at_its_field_and_nothing_else_is_lost(
    tmp_path: Path, change: dict[str, str], field: str, words: str
) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        waba, token = second_account(stage.simulator)
        fields = {"name": "other", "waba": waba, "token": token, "app_secret": "s" * 32, "pin_reset": "auto"} | change
        shown = await root.fill("/accounts/new", "/accounts", **fields)
        assert shown.status_code == (409 if "already" in words else 422)
        at_field = re.search(rf'id="{field}-wrong".*?</p>', shown.text, re.DOTALL)
        assert at_field, words_of(shown.text)
        assert words in at_field[0]
        assert f'value="{fields["name"]}"' in shown.text
        assert f'value="{fields["waba"]}"' in shown.text
        assert re.search(r'value="auto" checked', shown.text)
        assert fields["token"] not in shown.text
        assert fields["app_secret"] not in shown.text
        assert [account["name"] for account in await stage.lw.accounts()] == ["shop"]

    play(tmp_path, story)


def test_an_account_is_paused_resumed_checked_and_fetched(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        here = "/accounts/shop"
        assert "shop was read: all is well." in (await root.fill(here, f"{here}/check")).text
        assert "lists 12 numbers" in (await root.fill(here, f"{here}/sync")).text
        assert "shop is paused" in (await root.fill(here, f"{here}/pause")).text
        assert ">paused<" in (await root.see("/accounts")).text
        assert "shop goes on" in (await root.fill(here, f"{here}/resume")).text
        await root.fill(here, f"{here}/pin-reset", pin_reset="auto")
        assert (await stage.lw.accounts())[0]["pin_reset"] == "auto"
        assert (await root.fill(here, f"{here}/pin-reset", pin_reset="never")).status_code == 422
        done = ["account check", "account sync", "account update", "account update", "account update"]
        assert [row["action"] for row in stage.audit() if row["who"] == "root"][-5:] == done

    play(tmp_path, story)


def test_a_dead_token_is_replaced(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        here, world = "/accounts/shop", stage.simulator.world
        world.token.revoked = True
        assert "is on hold" in (await root.fill(here, f"{here}/check")).text
        assert "does not take the token" in (await root.see(here)).text
        assert "too short" in (await root.fill(here, f"{here}/secrets", token="short")).text
        wrong = await root.fill(here, f"{here}/secrets", token="EAA" + "w" * 60)
        assert "stays on hold" in wrong.text
        token = "EAA" + "n" * 60
        stage.simulator.remote.add_token([world.account.id], text=token, app=world.app.id)
        right = await root.fill(here, f"{here}/secrets", token=token, app_secret="s" * 32)
        assert "The new token is kept, and it works." in right.text
        assert "kept, sealed" in right.text
        assert token not in str(stage.audit())

    play(tmp_path, story)


# Audit and settings


def test_the_audit_is_paged_and_picked(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        for serial in range(230):
            who = "olga" if serial % 2 else "vera"
            stage.lw.office.store.audit.append(stage.clock.now(), who, "act", f"thing-{serial:03}")
        shown, path, pages = [], "/audit?who=olga", 0
        while path:
            text = (await root.see(path)).text
            shown += re.findall(r"thing-(\d+)", text)
            assert "vera</td>" not in text
            following = re.search(r'href="([^"]+)" rel="next"', text)
            path, pages = (following[1].replace("&amp;", "&") if following else ""), pages + 1
        assert shown == [f"{serial:03}" for serial in range(229, 0, -2)]
        assert pages == 2
        assert (await root.get("/audit?before=x")).status_code == 200

    play(tmp_path, story)


def test_the_installation_is_shown_and_examined(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        bare = await root.see("/settings/installation")
        assert "No worker is alive" in bare.text
        assert "linewright app add" in bare.text
        await app_kept(stage.lw, stage.simulator)
        kept = await root.see("/settings/installation")
        app = stage.simulator.world.app
        assert app.id in kept.text
        assert app.secret not in kept.text
        stage.lw.office.store.workers.beat("w1", "1.2.3", ready=True)
        assert "at work" in (await root.see("/settings/installation")).text
        shown = await root.fill("/settings/installation")
        assert "The token is valid" in shown.text
        assert "SQLite, one file in the home" in shown.text

    play(tmp_path, story)


# Refusals


def test_a_refusal_is_a_page_that_says_what_to_do(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        missing = await root.get("/no/such/page")
        assert missing.status_code == 404
        assert "There is nothing at this address." in missing.text
        assert 'href="/fleet"' in missing.text, "who is logged in finds the way"
        assert 'href="/fleet"' not in (await Browser(stage.app).get("/no/such/page")).text
        unknown = await root.get("/accounts/nobody")
        assert unknown.status_code == 404
        wrong = await root.client.put("/accounts", data={"csrf": root.csrf})
        assert wrong.status_code == 405
        programs = await root.client.get("/api/v1/nothing")
        assert programs.headers["content-type"] == "application/problem+json"

    play(tmp_path, story)


def test_without_its_database_the_page_still_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/fleet",
            "headers": [],
            "query_string": b"",
            "app": stage.app,
        }
        error = StoreUnavailable("The database postgresql://db.internal/x cannot be used: no route.", fix="See to it.")
        stage.lw.office.store.database.close()
        answer = page.refusal(error, Request(scope))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "10"
        for told in (answer, problem_response(error, Request(scope))):
            assert b"The database cannot be used just now." in bytes(told.body)
            assert b"db.internal" not in bytes(told.body), "where it is, is nobody's business outside"
            assert b"no route" not in bytes(told.body)
        assert "db.internal" in caplog.text

    play(tmp_path, story)


def test_every_reason_has_a_page_for_people(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        visitor = Browser(stage.app)
        listed = (await visitor.see("/problems")).text
        for reason in reasons():
            assert f'href="/problems/{reason}"' in listed
            assert (await visitor.get(f"/problems/{reason}")).status_code == 200
        assert (await visitor.get("/problems/none")).status_code == 404

    play(tmp_path, story)


def test_a_form_of_a_session_that_ended_leads_to_the_login(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        cookie = root.client.cookies[COOKIE]
        await root.send("/logout")
        root.client.cookies.set(COOKIE, cookie, domain="service.test", path="/")
        assert (await root.send("/accounts/shop/pause")).headers["location"] == "/login"
        part = {"HX-Request": "true", "HX-Current-URL": "http://service.test/numbers/12?a=b"}
        moved = await root.client.get("/accounts", headers=part)
        assert moved.status_code == 204
        assert moved.headers["hx-redirect"] == "/login?next=/numbers/12%3Fa%3Db"

    play(tmp_path, story)


def test_a_message_that_nobody_signed_is_not_shown(tmp_path: Path) -> None:
    async def story(stage: Stage, root: Browser) -> None:
        for forged in ("WyJnb29kIiwiSGkiXQ==.0", "x", "WyJnb29kIiwiSGkiXQ==." + "0" * 64):
            root.client.cookies.set(SAID, forged, domain="service.test", path="/")
            shown = await root.get("/settings")
            assert shown.status_code == 200
            assert 'role="status"' not in shown.text

    play(tmp_path, story)
