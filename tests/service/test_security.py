"""What somebody may try on the page, and that each try is refused without harm. New routes are walked by themselves."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import select
from tests.service.api_client import Stage, stage_in
from tests.service.browser import PASSWORD, Browser, csrf_of, member
from tests.support.databases import Postgres
from tests.support.search import Search

from linewright.secret import Secret
from linewright.service import page, people
from linewright.service.app import create_app
from linewright.service.guards import LARGEST_BODY, Guards
from linewright.service.page.frame import own_path
from linewright.service.people import PER_ADDRESS, PER_NAME, let_in, welcome_path
from linewright.service.problems import Problem
from linewright.service.who import COOKIE
from linewright.store import tables as t
from linewright.store.users import Role

Story = Callable[[Stage], Awaitable[None]]
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
OPEN_TO_ALL = ("/login", "/welcome/{bearer}", "/problems", "/problems/{reason}")
"""Pages without a login."""
OWN = {"/logout", "/settings/password", "/errors"}
"""What a viewer may send: it changes nothing but their own session and password."""

OF_ADMINS = {("post", ""), ("patch", ""), ("patch", "/{name}"), ("delete", "/{name}")}
"""What only an admin's token may do to accounts."""


def play(folder: Path, story: Story) -> None:
    async def played() -> None:
        async with stage_in(folder)() as stage:
            await story(stage)

    asyncio.run(played())


def routes(method: str, router: APIRouter = page.router) -> Iterator[str]:
    """The page's addresses that take a method, with the names of their parts."""
    for route in router.routes:
        if isinstance(route, APIRoute) and method in route.methods:
            yield route.path
        elif hasattr(route, "original_router"):
            yield from routes(method, route.original_router)


async def filled(stage: Stage, path: str) -> list[str]:
    """An address with every part filled in: by what is there, and by what is not."""
    users = stage.lw.office.store.users.all()
    tokens = stage.lw.office.store.api_tokens.all()
    operations = await stage.lw.operations()
    tasks = await stage.lw.tasks()
    numbers = [each["id"] for each in await stage.lw.numbers()]
    there = {
        "name": ["shop"],
        "account": ["shop"],
        "id": [*numbers[:1], *(each["id"] for each in operations[:1])],
        "number": numbers,
        "n": numbers[:1],
        "operation": [each["id"] for each in operations],
        "task": [each["id"] for each in tasks],
        "user": [users[0].id],
        "token": [tokens[0].id],
        "code": ["133005", "100", "7"],
        "rest": ["SMB"],
        "reason": ["operation-open"],
        "bearer": ["lwi_nothing"],
    }
    found = [path]
    for part in re.findall(r"{(\w+)(?::\w+)?}", path):
        values = [*there.get(part, []), "nothing"]
        found = [re.sub(rf"{{{part}(:\w+)?}}", value, each) for each in found for value in values]
    return found


def kept(stage: Stage) -> dict[str, list[Any]]:
    """Everything that is kept, but for when somebody was last seen."""
    passing = {t.sessions.c.seen_at, t.api_tokens.c.used_at}
    found = {}
    with stage.lw.office.store.database.reading() as connection:
        for table in t.metadata.sorted_tables:
            if table.name not in ("guesses", "workers"):
                columns = [column for column in table.c if column not in passing]
                found[table.name] = sorted(map(repr, connection.execute(select(*columns)).all()))
    return found


async def busy(stage: Stage) -> None:
    """Numbers with questions, waits and attempts; one whose name and errors hold HTML."""
    simulator = stage.simulator
    evil = simulator.control.add_number(simulator.world.account.id, "+15557654321", name=EVIL)
    fault = {"error": {"code": 777777, "message": EVIL, "error_data": {"details": EVIL}}}
    simulator.control.add_fault("register", "error", number=evil.id, times=9, **fault)
    await stage.lw.sync("shop")
    for number in ("+15550133005", "+15550133006", "+15550133008", "+15557654321"):
        opened = await stage.lw.open("register", number, pin=Secret("111222") if number[-1] in "58" else None)
        await stage.lw.push(opened["id"])


# Forms


def test_a_form_from_elsewhere_is_refused_on_every_address(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        root = await member(stage, Role.ADMIN, "root")
        other = await member(stage, Role.ADMIN, "other")
        visitor = Browser(stage.app)
        await visitor.see("/login")
        before, tried = kept(stage), 0
        for route in routes("POST"):
            for path in await filled(stage, route):
                for csrf in ("", "0" * 64, other.csrf, visitor.csrf, "é"):
                    answer = await root.client.post(path, data={"csrf": csrf} if csrf else {})
                    assert answer.status_code == 403, (path, csrf, answer.text)
                    assert "was not made by this page" in answer.text
                    tried += 1
                json = await root.client.post(path, json={"csrf": root.csrf})
                assert json.status_code == 403, path
        assert kept(stage) == before
        assert tried > 50

    play(tmp_path, story)


def test_the_walk_finds_the_routes() -> None:
    """Of the link's forms each is let in by its unguessable path instead; `test_link` tries those."""
    assert {"/login", "/logout", "/accounts", "/settings/people"} <= set(routes("POST"))
    assert len(set(routes("GET"))) > 20


def test_each_form_of_each_page_holds_what_lets_it_in(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        root = await member(stage, Role.ADMIN, "root")
        forms = 0
        async for _, answer in pages(stage, root):
            for form in re.findall(r"<form\b.*?</form>", answer.text, re.DOTALL):
                if re.search(r'method="post"', form, re.IGNORECASE) or "hx-post" in form:
                    assert csrf_of(form) == root.csrf, (str(answer.url), form[:200])
                    forms += 1
        assert forms > 20

    play(tmp_path, story)


def test_a_viewer_and_a_visitor_change_nothing(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        await member(stage, Role.ADMIN, "root")
        vera = await member(stage, Role.VIEWER, "vera")
        visitor = Browser(stage.app)
        await visitor.see("/login")
        before = kept(stage)
        for route in set(routes("POST")) - {*OWN, *OPEN_TO_ALL}:
            for path in await filled(stage, route):
                refused = await vera.send(path, name="x", role="admin", approve="yes", value="123456")
                assert refused.status_code == 403, (path, refused.text)
                turned = await visitor.send(path)
                assert turned.status_code == 303, path
                assert turned.headers["location"] == "/login"
        assert kept(stage) == before

    play(tmp_path, story)


def test_an_operator_does_not_look_after_the_installation(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        await member(stage, Role.ADMIN, "root")
        olga = await member(stage, Role.OPERATOR, "olga")
        before = kept(stage)
        for route in set(routes("POST")) - OWN:
            if route.startswith(("/settings", "/accounts")) and not route.endswith(("/check", "/sync")):
                for path in await filled(stage, route):
                    assert (await olga.send(path, role="admin")).status_code == 403, path
        for path in ("/audit", "/settings/people", "/settings/tokens", "/settings/installation", "/accounts/new"):
            assert (await olga.get(path)).status_code == 403, path
        assert kept(stage) == before

    play(tmp_path, story)


def test_a_visitor_sees_no_page(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        await member(stage, Role.ADMIN, "root")
        visitor = Browser(stage.app)
        for route in set(routes("GET")) - set(OPEN_TO_ALL):
            for path in await filled(stage, route):
                answer = await visitor.get(path)
                assert answer.status_code == 303, path
                assert answer.headers["location"].startswith("/login"), path

    play(tmp_path, story)


# Pages


async def pages(stage: Stage, who: Browser) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Every page there is, as somebody sees it; parts for scripts and downloads too."""
    for route in routes("GET"):
        for path in await filled(stage, route):
            answer = await who.see(path, headers={"HX-Request": "true"} if "/part" in path else {})
            assert answer.status_code < 500, (path, answer.text)
            yield path, answer


class Outline(HTMLParser):
    """What a browser would run: scripts without an address, styles in the page, attributes that act."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.tags.add(tag)
        if (tag == "script" and not (names.get("src") or "").startswith("/static/")) or tag in ("style", "base"):
            self.wrong.append(tag)
        for name, value in attrs:
            if name.startswith(("on", "hx-on")) or name == "style" or (value or "").startswith("javascript:"):
                self.wrong.append(f"{tag} {name}")


def test_every_page_keeps_a_browser_strict_and_shows_html_as_text(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        root = await member(stage, Role.ADMIN, "<b>root</b>")
        seen, shown = 0, 0
        async for path, answer in pages(stage, root):
            policy = answer.headers["content-security-policy"]
            assert "unsafe" not in policy, path
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert "strict-transport-security" not in answer.headers
            if "html" in answer.headers.get("content-type", ""):
                outline = Outline()
                outline.feed(answer.text)
                assert not outline.wrong, (path, outline.wrong)
                assert "img" not in outline.tags, path
                assert "<b>root" not in answer.text, path
                shown += "&lt;script&gt;alert(1)" in answer.text
                seen += 1
        assert seen > 40
        assert shown > 1, "the evil name stands on a page"
        pasted = await root.fill("/errors", error=f'{{"error": {{"code": 133005, "message": "x {EVIL[:24]}"}}}}')
        assert "<script>alert" not in pasted.text

    play(tmp_path, story)


def test_no_page_answer_or_log_tells_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        root = await member(stage, Role.ADMIN, "root")
        app_secret = "0123456789abcdef0123456789abcdef"
        token = stage.simulator.world.token.text
        await root.fill("/accounts/shop", "/accounts/shop/secrets", token=token, app_secret=app_secret)
        await root.fill("/accounts/new", "/accounts", name="bad name", waba="12", token=token, app_secret=app_secret)
        await root.fill("/errors", error=f"request failed: access_token={token} (#190)")
        wrong = "wrong wrong wrong"
        await root.fill("/settings", "/settings/password", current=wrong, password=wrong + "1", again=wrong + "2")
        store = stage.lw.office.store
        link = store.users.invite(Role.ADMIN, "root", stage.real.now()).open_secret()
        async for _ in pages(stage, root):
            pass
        search = Search(words={token, app_secret, PASSWORD, wrong, link, root.client.cookies[COOKIE]})
        search.digits.update({"111222", "246810"})
        search.digits.update(code.text for phone in stage.simulator.remote.phones.values() for code in phone.codes)
        for text in root.shown:
            search.look("a page", text.encode())
        search.look("the log", caplog.text.encode())
        search.look("the audit", repr(stage.audit()).encode())
        for path in (tmp_path / "home").rglob("*"):
            if path.is_file() and path.name != "key":
                search.look(path.name, path.read_bytes())
        assert search.looked_at > 200_000
        assert search.found == set()

    caplog.set_level("DEBUG")
    play(tmp_path, story)


# Sessions


def test_a_cookie_that_was_planted_opens_nothing(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        vera = await member(stage, Role.VIEWER, "vera")
        bearer, _, signature = vera.client.cookies[COOKIE].rpartition(".")
        for planted in ("", "x", bearer, f"{bearer}.", f"{bearer}.{'0' * 64}", f"lws_x.{signature}", f"{bearer}.é"):
            browser = Browser(stage.app)
            answer = await browser.client.get("/accounts", headers={"Cookie": f"{COOKIE}={planted}".encode()})
            assert answer.status_code == 303, planted

    play(tmp_path, story)


@pytest.mark.parametrize("secure", [False, True])
def test_the_cookies_flags(tmp_path: Path, secure: bool) -> None:
    async def story(stage: Stage) -> None:
        await member(stage, Role.VIEWER, "vera")
        site = "https://service.test" if secure else "http://service.test"
        browser = Browser(create_app(stage.lw, public_url=site, clock=stage.real), site=site)
        page = await browser.see("/login")
        answer = await browser.log_in("vera")
        made = [*page.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")]
        assert len(made) == 2
        for cookie in made:
            parts = [part.strip().lower() for part in cookie.split(";")]
            assert "httponly" in parts
            assert "samesite=lax" in parts
            assert "path=/" in parts
            assert ("secure" in parts) is secure
            assert not any(part.startswith("domain") for part in parts)
        assert ("strict-transport-security" in answer.headers) is secure

    play(tmp_path, story)


def test_a_session_does_not_open_the_api_nor_a_token_the_page(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        root = await member(stage, Role.ADMIN, "root")
        assert (await root.client.get("/api/v1/accounts")).status_code == 401
        _, bearer = stage.lw.office.store.api_tokens.make("p", ["admin"], "test", stage.real.now())
        headers = {"Authorization": f"Bearer {bearer.open_secret()}"}
        assert (await Browser(stage.app).client.get("/accounts", headers=headers)).status_code == 303

    play(tmp_path, story)


def test_a_stolen_token_does_what_its_scope_says_and_no_more(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await busy(stage)
        schema = (await stage.api.get("/openapi.json")).json()
        admins, tried = set(), set()
        async with stage.client("read", name="stolen") as thief, stage.client("operate", name="another") as operator:
            before = kept(stage)
            for method, path, body in changes(schema):
                address = re.sub(r"{(\w+)}", lambda part: "shop" if part[1] == "name" else "nothing", path)
                url = f"http://service.test{address}"
                answer = await thief.request(method, url, json=body)
                assert (answer.status_code, answer.json()["reason"]) == (403, "forbidden"), (method, path, answer.text)
                tried.add((method, path))
                if "lacks the scope admin" in answer.text:
                    admins.add((method, path))
                    answer = await operator.request(method, url, json=body)
                    assert answer.status_code == 403, (method, path, answer.text)
            assert kept(stage) == before
        assert {("post", "/api/v1/numbers"), ("post", "/api/v1/accounts/{name}/check")} <= tried - admins
        assert {(method, f"/api/v1/accounts{name}") for method, name in OF_ADMINS} <= admins

    play(tmp_path, story)


def changes(schema: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Each method and path of the API that changes something, with the first example of its body."""
    for path, methods in schema["paths"].items():
        for method, told in methods.items():
            if method in ("get", "parameters") or path.endswith("/explain"):
                continue
            content = told.get("requestBody", {}).get("content", {}).get("application/json")
            shape = content["schema"] if content else {}
            name = next((each["$ref"] for each in (shape, *shape.get("anyOf", ())) if "$ref" in each), "")
            examples = schema["components"]["schemas"][name.rpartition("/")[2]].get("examples") if name else None
            yield method, path, (examples or [None])[0]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test/",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/%0d%0aLocation: x" + "\r\nLocation: https://evil.test",
        "javascript:alert(1)",
        "evil.test",
        " //evil.test",
        "http:evil.test",
        "/login?next=//evil.test",
        "/logout",
        "//[",
        "http://[/",
        "",
    ],
)
def test_the_login_leads_nowhere_else(elsewhere: str) -> None:
    assert own_path(elsewhere) == "/"


def test_the_login_leads_where_one_wanted_to_go() -> None:
    for path in ("/", "/fleet", "/numbers/12?tab=x&y=%2F", "/accounts/a.b-c"):
        assert own_path(path) == path


# Crowds


class Counting(PasswordHasher):
    """Counts how often it is asked."""

    asked = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        type(self).asked += 1
        return super().verify(hash, password)


def test_ten_thousand_wrong_logins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(stage: Stage) -> None:
        hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
        monkeypatch.setattr(people, "_HASHER", hasher)
        Counting.asked = 0
        for name in ("vera", "olga"):
            await member(stage, Role.VIEWER, name)
        asked_before = Counting.asked
        before, told = kept(stage), len(stage.audit())
        one = await _crowd(stage, 200, lambda serial: "192.0.2.7", lambda serial: f"guess{serial}")
        assert one == {403, 429}
        assert Counting.asked - asked_before <= PER_ADDRESS
        many = await _crowd(stage, 200, lambda serial: f"198.51.100.{serial}", lambda serial: "vera")
        assert many == {403, 429}
        for serial in range(9_600):  # the rest without the pages around them
            with pytest.raises(Problem, match="too many"):
                let_in(
                    stage.lw.office.store, "vera", Secret(f"wrong {serial}"), f"203.0.{serial // 250}.{serial % 250}"
                )
        assert Counting.asked - asked_before <= PER_ADDRESS + PER_NAME
        refused = stage.audit()[told:]
        assert 0 < len(refused) <= PER_ADDRESS + PER_NAME
        assert {row["action"] for row in refused} == {"log in: refused"}
        assert kept(stage) | {"audit": None} == before | {"audit": None}
        assert (await Browser(stage.app).log_in("olga")).status_code == 303, "others come in meanwhile"
        assert (await Browser(stage.app).log_in("vera")).status_code == 429

    async def _crowd(stage: Stage, size: int, address: Callable[[int], str], name: Callable[[int], str]) -> set[int]:
        visitor = Browser(stage.app)
        await visitor.see("/login")
        cookies, csrf, found = dict(visitor.client.cookies), visitor.csrf, set()
        for serial in range(size):
            transport = httpx.ASGITransport(stage.app, client=(address(serial), 1))
            fields = {"csrf": csrf, "name": name(serial), "password": f"wrong wrong {serial}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://service.test", cookies=cookies) as one:
                found.add((await one.post("/login", data=fields)).status_code)
        return found

    play(tmp_path, story)


async def body_of(parts: int) -> AsyncIterator[bytes]:
    for _ in range(parts):
        yield b"error=" + b"x" * 100_000


def test_a_body_that_is_too_large(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        root = await member(stage, Role.ADMIN, "root")
        before = kept(stage)
        for path in ("/errors", "/login", "/api/v1/explain", "/api/v1/accounts"):
            announced = await root.client.post(path, content=b"x" * (LARGEST_BODY + 1))
            assert announced.status_code == 413, path
            told = {"Content-Type": "application/x-www-form-urlencoded", **stage.api.headers}
            in_parts = await root.client.post(path, content=body_of(11), headers=told)
            assert in_parts.status_code == 413, (path, in_parts.text)
        crowded = "&".join(f"f{serial}=1" for serial in range(5_000))
        told = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await root.client.post("/errors", content=crowded, headers=told)).status_code < 500
        files = {"error": ("f", b"x" * 1000)}
        assert (await root.client.post("/errors", data={"csrf": root.csrf}, files=files)).status_code < 500
        assert kept(stage) == before

    play(tmp_path, story)


def test_a_body_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        guarded, sent = Guards(stage.app, secure=False, body_seconds=0.05), []

        async def silence() -> Any:
            await asyncio.Event().wait()

        async def take(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"100")]
        scope = {"type": "http", "method": "POST", "path": "/login", "raw_path": b"/login", "query_string": b""}
        scope |= {"headers": headers, "http_version": "1.1", "scheme": "http", "server": ("s", 80), "client": ("c", 1)}
        await asyncio.wait_for(guarded(scope, silence, take), 20)
        assert sent[0]["status"] == 408
        assert (b"connection", b"close") in sent[0]["headers"]

    play(tmp_path, story)


# Names of files and invitations


def test_names_lead_to_no_other_file(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        root = await member(stage, Role.ADMIN, "root")
        ups = ("..%2f..%2f..%2fetc%2fpasswd", "..%2fapp.py", "%2e%2e/%2e%2e/app.py", "..%5capp.py", "%00", "a%0d%0ab")
        for up in ups:
            for place in ("/static/", "/numbers/", "/accounts/", "/errors/", "/operations/", "/problems/", "/welcome/"):
                for end in ("", "/bundle", "/bundle.zip"):
                    answer = await root.client.get(f"{place}{up}{end}")
                    assert answer.status_code in (303, 400, 404, 405, 422), (place, up, answer.status_code)
                    assert "root:" not in answer.text
                    assert "create_app" not in answer.text
            for end in ("", "/bundle"):
                answer = await stage.api.get(f"/numbers/{up}{end}")
                assert answer.status_code in (404, 405, 422), up
        bundles = [
            path
            for route in routes("GET")
            if "bundle" in route
            for path in await filled(stage, route)
            if not path.endswith("nothing")
        ]
        for path in bundles:
            answer = await root.get(path)
            name = answer.headers.get("content-disposition", "")
            assert answer.status_code == 404 or re.search(r'filename="?[\w.+-]+"?$', name), (path, name)

    play(tmp_path, story)


def test_invitations_cannot_be_guessed(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        link = stage.lw.office.store.users.invite(Role.ADMIN, "root", stage.real.now())
        path, browser = welcome_path(link), Browser(stage.app)
        assert len(path) > 50
        before = kept(stage)
        await browser.see("/login")
        for guess in (
            path[:-1],
            path + "A",
            path[:-1] + ("A" if path[-1] != "A" else "B"),
            "/welcome/lwi_",
            path.upper(),
        ):
            assert (await browser.get(guess)).status_code == 404, guess
            made = await browser.send(guess, name="eve", password=PASSWORD, again=PASSWORD)
            assert made.status_code in (404, 405), guess
        assert kept(stage) == before

    play(tmp_path, story)


# What a database cannot keep


def test_a_nul_gets_no_further_than_the_door(tmp_path: Path, postgres_server: Postgres) -> None:
    async def story() -> None:
        async with stage_in(tmp_path, database_url=postgres_server.cleaned())() as stage:
            root = await member(stage, Role.ADMIN, "root")
            visitor = Browser(stage.app)
            await visitor.see("/login")
            before, bad = kept(stage), "a\0b"
            for method in ("GET", "POST"):
                for route in {route for route in routes(method) if "{" in route} | {"/webhooks/whatsapp/{account}"}:
                    path = re.sub(r"{\w+(:\w+)?}", "%00", route)
                    sent = await root.client.request(method, path, data={"csrf": root.csrf})
                    assert sent.status_code == 404, (method, path, sent.text)
            for path in ("/fleet?q=%00", "/audit?who=a%00", "/operations?after=%00", "/desk/news?have=%00"):
                assert (await root.get(path)).status_code == 422, path
            for path, field in (("/settings/tokens", "name"), ("/accounts", "waba"), ("/settings/people", "role")):
                refused = await root.send(path, **{"scope": "read", "name": "x", field: bad})
                assert refused.status_code == 422, path
                assert f"{field}: There is a NUL in it." in refused.text
            assert (await visitor.send("/login", name=bad, password="x")).status_code == 422
            for path in ("/api/v1/numbers/%00", "/l/%00", "/l/%00/now"):
                assert (await stage.api.get(f"http://service.test{path}")).status_code == 404, path
            assert (await stage.api.get("/numbers?search=%00")).status_code == 422
            assert kept(stage) == before

    asyncio.run(story())
