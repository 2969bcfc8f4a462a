"""People come in by an invitation, log in and out, and change what they may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.service.api_client import Stage, stage_in
from tests.service.browser import PASSWORD, Browser, member

from linewright.errors import UsageError
from linewright.service import people
from linewright.service.people import PER_NAME, accepted_name, ensure_first_admin, welcome_path
from linewright.service.who import COOKIE
from linewright.store import tables as t
from linewright.store.facts import PUBLIC_URL
from linewright.store.users import Role

STRONG = people._HASHER
NEW = "another four quiet words"
Story = Callable[[Stage], Awaitable[None]]


def play(folder: Path, story: Story) -> None:
    async def played() -> None:
        async with stage_in(folder)() as stage:
            await story(stage)

    asyncio.run(played())


def test_a_password_costs_as_much_as_argon2s_default_profile() -> None:
    assert (STRONG.type.name, STRONG.memory_cost, STRONG.time_cost, STRONG.parallelism) == ("ID", 65_536, 3, 4)


def test_the_first_admin_comes_in_by_the_printed_link_and_it_works_once(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        store = stage.lw.office.store
        earlier = ensure_first_admin(store, stage.real.now())
        link = ensure_first_admin(store, stage.real.now())
        assert earlier
        assert link
        async with Browser(stage.app) as browser:
            assert (await browser.see(welcome_path(earlier))).status_code == 404
            page = await browser.see(welcome_path(link))
            assert "You are the first here" in page.text
            fields = {"name": "Ada  Byron", "password": PASSWORD, "again": PASSWORD}
            home = await browser.fill(welcome_path(link), **fields)
            assert "ada byron" in home.text
            assert (await browser.see(welcome_path(link))).status_code == 404
        assert ensure_first_admin(store, stage.real.now()) is None
        assert [row["action"] for row in stage.audit()][-1] == "join"

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "password": PASSWORD, "again": PASSWORD}, "A name has 1 to 80 characters."),
        ({"name": "x" * 81, "password": PASSWORD, "again": PASSWORD}, "A name has 1 to 80 characters."),
        ({"name": "Token  ci", "password": PASSWORD, "again": PASSWORD}, "The audit has this name for somebody else"),
        ({"name": "Ada", "password": "short", "again": "short"}, "at least 12 characters; this one has 5"),
        ({"name": "Ada", "password": "a" * 257, "again": "a" * 257}, "at most 256 characters"),
        ({"name": "Ada", "password": "aaaaaaaabbbb", "again": "aaaaaaaabbbb"}, "too easy to guess"),
        ({"name": "Ada", "password": PASSWORD, "again": PASSWORD + "!"}, "The two passwords are not the same."),
        ({"name": "root", "password": PASSWORD, "again": PASSWORD}, "Somebody of this name is here already."),
    ],
)
def test_what_is_wrong_with_an_answer_stands_at_its_field(tmp_path: Path, fields: dict[str, str], words: str) -> None:
    async def story(stage: Stage) -> None:
        await member(stage, Role.ADMIN, "root")
        link = stage.lw.office.store.users.invite(Role.VIEWER, "root", stage.real.now())
        async with Browser(stage.app) as browser:
            page = await browser.fill(welcome_path(link), **fields)
            assert page.status_code == 422
            assert words in page.text
            assert fields["password"] not in page.text
            assert fields["name"] in page.text or len(fields["name"]) > 80
            assert (await browser.see(welcome_path(link))).status_code == 200, "the link is used up"

    play(tmp_path, story)


@pytest.mark.parametrize(
    "name",
    [
        "token ci",
        "Terminal",
        "first  start",
        "A visitor",
        "LINK x",
        "Linewright",
        "token",
        "\uff54oken ci",
        "to\u212aen ci",
    ],
)
def test_nobody_is_named_like_another_actor_of_the_audit(name: str) -> None:
    with pytest.raises(UsageError, match="The audit has this name") as refused:
        accepted_name(name)
    assert refused.value.reason == "user-name"
    assert accepted_name("Tokenia Linkson") == "Tokenia Linkson"


def test_in_and_out(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        async with await member(stage, Role.VIEWER, "vera") as vera:
            assert (await vera.get("/accounts")).status_code == 200
            out = await vera.send("/logout")
            assert out.headers["location"] == "/login"
            assert "You are logged out." in (await vera.see("/login")).text
            assert "You are logged out." not in (await vera.see("/login")).text
            assert (await vera.get("/accounts")).headers["location"] == "/login?next=/accounts"
            assert (await vera.log_in(" VERA ")).headers["location"] == "/"
            refused = await (other := Browser(stage.app)).log_in("vera", PASSWORD + "?")
            unknown = await other.log_in("nobody", PASSWORD)
            assert refused.status_code == unknown.status_code == 403
            assert "do not fit together" in refused.text
            assert refused.text.replace("vera", "") == unknown.text.replace("nobody", "")

    play(tmp_path, story)


def test_whoever_was_sent_to_the_login_comes_back(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await member(stage, Role.ADMIN, "root")
        async with Browser(stage.app) as browser:
            page = await browser.see("/audit?who=root&before=9")
            assert page.url.path == "/login"
            assert 'value="/audit?who=root&amp;before=9"' in page.text
            back = await browser.send("/login", name="root", password=PASSWORD, next="/audit?who=root&before=9")
            assert back.headers["location"] == "/audit?who=root&before=9"

    play(tmp_path, story)


def test_a_session_ends_by_itself(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        async with await member(stage, Role.VIEWER, "vera") as vera:
            stage.real.jump_to(stage.real.now() + timedelta(hours=23))
            assert (await vera.get("/accounts")).status_code == 200
            stage.real.jump_to(stage.real.now() + timedelta(hours=25))
            assert (await vera.get("/accounts")).status_code == 303

    play(tmp_path, story)


def test_after_too_many_wrong_ones_not_even_the_right_one_is_looked_at(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await member(stage, Role.VIEWER, "vera")
        async with Browser(stage.app) as browser:
            tries = [(await browser.log_in("vera", "wrong wrong wrong")).status_code for _ in range(PER_NAME)]
            assert tries == [403] * PER_NAME
            right = await browser.log_in("vera")
            assert right.status_code == 429
            assert right.headers["retry-after"] == "900"
            assert "Wait 15 minutes" in right.text
            with stage.lw.office.store.database.writing() as connection:
                connection.execute(update(t.guesses).values(since=t.guesses.c.since - 901))
            assert (await browser.log_in("vera")).status_code == 303

    play(tmp_path, story)


def test_a_new_password_logs_every_other_browser_out(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        here = await member(stage, Role.VIEWER, "vera")
        elsewhere = Browser(stage.app)
        await elsewhere.log_in("vera")
        new = "another battery staple"
        wrong = await here.fill("/settings", "/settings/password", current="not it at all", password=new, again=new)
        assert "This is not your password." in wrong.text
        unlike = await here.fill("/settings", "/settings/password", current=PASSWORD, password=new, again=new + "x")
        assert "The two new passwords are not the same." in unlike.text
        done = await here.fill("/settings", "/settings/password", current=PASSWORD, password=new, again=new)
        assert "Your new password holds." in done.text
        assert (await elsewhere.get("/accounts")).status_code == 303
        assert (await here.get("/accounts")).status_code == 200
        assert (await elsewhere.log_in("vera")).status_code == 403
        assert (await elsewhere.log_in("vera", new)).status_code == 303

    play(tmp_path, story)


def test_an_admin_invites_changes_and_closes(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        root = await member(stage, Role.ADMIN, "root")
        page = await root.fill("/settings/people", role="operator")
        link = page.text.split('class="shown-once">')[1].split("<")[0]
        assert link.startswith("http://service.test/welcome/lwi_")
        assert link not in (await root.see("/settings/people")).text, "shown once"
        olga = Browser(stage.app)
        await olga.fill(link, name="Olga", password=PASSWORD, again=PASSWORD)
        assert (await olga.get("/accounts")).status_code == 200
        users = {user.name: user.id for user in stage.lw.office.store.users.all()}
        changed = await root.fill("/settings/people", f"/settings/people/{users['olga']}/role", role="viewer")
        assert "olga is a viewer now." in changed.text
        assert (await olga.get("/accounts")).status_code == 303, "a new role begins with a new session"
        renewed = await root.fill("/settings/people", f"/settings/people/{users['olga']}/password")
        link = renewed.text.split('class="shown-once">')[1].split("<")[0]
        assert "A new password for olga" in (await olga.see(link)).text
        await olga.send(link, password="four new words here", again="four new words here")
        assert (await olga.get("/accounts")).status_code == 200
        assert (await Browser(stage.app).log_in("olga")).status_code == 403
        closed = await root.fill("/settings/people", f"/settings/people/{users['olga']}/close")
        assert "olga cannot come in any more." in closed.text
        assert (await olga.get("/accounts")).status_code == 303
        assert (await olga.log_in("olga", "four new words here")).status_code == 403
        last = await root.fill("/settings/people", f"/settings/people/{users['root']}/close")
        assert last.status_code == 409
        assert "This is the only admin" in last.text
        told = [row["action"] for row in stage.audit() if row["who"] == "root"]
        assert told == ["log in", "user invite", "user role", "user password link", "user close"]

    play(tmp_path, story)


def test_an_invitation_can_be_taken_back(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        root = await member(stage, Role.ADMIN, "root")
        page = await root.fill("/settings/people", role="admin")
        link = page.text.split('class="shown-once">')[1].split("<")[0]
        invitation = page.text.split('name="invitation" value="')[1].split('"')[0]
        assert invitation not in link
        await root.fill("/settings/people", "/settings/people/withdraw", invitation=invitation)
        assert (await Browser(stage.app).see(link)).status_code == 404

    play(tmp_path, story)


@pytest.mark.parametrize("how", ["close", "role"])
def test_an_admin_who_goes_leaves_no_invitation_behind(tmp_path: Path, how: str) -> None:
    async def story(stage: Stage) -> None:
        root, eve = await member(stage, Role.ADMIN, "root"), await member(stage, Role.ADMIN, "eve")
        users = stage.lw.office.store.users
        eves, vera = users.password_of("eve"), await member(stage, Role.VIEWER, "vera")
        veras = users.password_of("vera")
        assert eves
        assert veras
        await eve.see("/settings/people")
        paths = ("", f"/{veras[0].id}/password", f"/{eves[0].id}/password")
        made = [await eve.send(f"/settings/people{path}", role="admin") for path in paths]
        links = [page.text.split('class="shown-once">')[1].split("<")[0] for page in made]
        own = (await root.fill("/settings/people", role="viewer")).text.split('class="shown-once">')[1].split("<")[0]
        assert [(await vera.get(link)).status_code for link in (*links, own)] == [200] * 4
        await root.fill("/settings/people", f"/settings/people/{eves[0].id}/{how}", role="operator")
        assert [(await vera.get(link)).status_code for link in (*links, own)] == [404, 404, 404, 200]
        await Browser(stage.app).send(links[0], name="Mallory", password=PASSWORD, again=PASSWORD)
        assert "mallory" not in {user.name for user in users.all()}

    play(tmp_path, story)


def test_a_new_password_takes_the_older_links_for_one_back(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        users, now = stage.lw.office.store.users, stage.real.now()
        vera = await member(stage, Role.VIEWER, "vera")
        known = users.password_of("vera")
        assert known
        older, newer, last = (welcome_path(users.invite_again(known[0].id, "root", now)) for _ in range(3))
        other = welcome_path(users.invite(Role.VIEWER, "vera", now))
        await Browser(stage.app).fill(newer, password=NEW, again=NEW)
        assert [(await vera.get(link)).status_code for link in (older, newer, last, other)] == [404, 404, 404, 200]
        again = welcome_path(users.invite_again(known[0].id, "root", now))
        await vera.log_in("vera", NEW)
        await vera.fill("/settings", "/settings/password", current=NEW, password=PASSWORD, again=PASSWORD)
        assert (await vera.get(again)).status_code == 404

    play(tmp_path, story)


def test_tokens_are_shown_once_and_revoked(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        root = await member(stage, Role.ADMIN, "root")
        assert "A token has a name" in (await root.fill("/settings/tokens", name=" ", scope="read")).text
        page = await root.fill("/settings/tokens", name="crm", scope="operate")
        text = page.text.split('class="shown-once">')[1].split("<")[0]
        assert text.startswith("lwt_")
        headers = {"Authorization": f"Bearer {text}"}
        assert (await root.client.get("/api/v1/accounts", headers=headers)).status_code == 200
        listed = await root.see("/settings/tokens")
        assert text not in listed.text
        assert "last used" in listed.text
        token = next(each for each in stage.lw.office.store.api_tokens.all() if each.name == "crm")
        await root.fill("/settings/tokens", f"/settings/tokens/{token.id}/revoke")
        assert (await root.client.get("/api/v1/accounts", headers=headers)).status_code == 401
        assert [row["action"] for row in stage.audit()][-2:] == ["token make", "token revoke"]

    play(tmp_path, story)


def test_a_wrong_login_is_in_the_audit_without_what_was_typed(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await member(stage, Role.VIEWER, "vera")
        async with Browser(stage.app) as browser:
            await browser.log_in("vera", "wrong wrong wrong")
            await browser.log_in("my secret in the wrong field", "wrong wrong wrong")
        told = [(row["who"], row["subject"]) for row in stage.audit() if row["action"] == "log in: refused"]
        assert told == [("a visitor", "vera"), ("a visitor", "an unknown name")]
        assert "my secret" not in str(stage.audit())

    play(tmp_path, story)


def test_an_admin_who_forgot_the_password_comes_back_from_the_machine(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await member(stage, Role.ADMIN, "root")
        stage.lw.office.store.facts.set(PUBLIC_URL, "http://service.test")
        made = await stage.lw.invite("Root", now=stage.real.now())
        path = made["url"].removeprefix("http://service.test")
        assert [row["action"] for row in stage.audit()][-1] == "user invite"
        assert path not in str(stage.audit())
        async with Browser(stage.app) as browser:
            await browser.fill(path, password=NEW, again=NEW)
            assert (await browser.log_in("root")).status_code == 403
            assert (await browser.send("/login", name="root", password=NEW)).status_code == 303
        with pytest.raises(UsageError, match="Nobody named 'nobody'"):
            await stage.lw.invite("nobody", now=stage.real.now())

    play(tmp_path, story)


def test_every_login_begins_a_session_of_its_own(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        vera = await member(stage, Role.VIEWER, "vera")
        first = vera.client.cookies[COOKIE]
        again = Browser(stage.app)
        again.client.cookies.set(COOKIE, first, domain="service.test", path="/")
        await again.see("/settings")
        assert (await again.send("/login", name="vera", password=PASSWORD)).status_code == 303
        assert again.client.cookies[COOKIE] != first
        assert (await vera.get("/accounts")).status_code == 303, "the cookie that was brought opens nothing any more"

    play(tmp_path, story)
