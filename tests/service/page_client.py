"""People at the page, without a browser: they see its HTML and send its forms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ParamSpec

import httpx
from tests.service.api_client import Stage, stage_in

from linewright.service.desk import Desk
from linewright.service.who import COOKIE
from linewright.store.users import Role

P = ParamSpec("P")

__all__ = ["Browser", "Page", "Theatre", "played", "theatre_in"]


def played(story: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a story runs in a loop of its own."""

    @wraps(story)
    def test(*given: P.args, **named: P.kwargs) -> None:
        asyncio.run(story(*given, **named))

    return test


class _Forms(HTMLParser):
    """The forms of a page: where each goes, and the fields it holds with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({"action": given.get("action"), "method": given.get("method"), "fields": {}})
        elif tag == "input" and self.forms and given.get("name"):
            kind = given.get("type") or "text"
            if kind not in ("checkbox", "radio") or "checked" in given:
                self.forms[-1]["fields"][given["name"]] = given.get("value") or ""


@dataclass(frozen=True)
class Page:
    answer: httpx.Response

    @property
    def html(self) -> str:
        return self.answer.text

    @property
    def text(self) -> str:
        """What a person reads: without tags."""
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html)))

    @property
    def status(self) -> int:
        return self.answer.status_code

    def forms(self) -> list[dict[str, Any]]:
        parser = _Forms()
        parser.feed(self.html)
        return parser.forms

    def form(self, action: str) -> dict[str, Any]:
        found = [form for form in self.forms() if form["action"] == action]
        assert len(found) >= 1, (action, [form["action"] for form in self.forms()])
        return found[0]

    def ids(self) -> list[str]:
        return re.findall(r'\bid="([^"]+)"', self.html)


@dataclass
class Browser:
    """One person. Scripts are off: a form is what its fields say, a link is an address."""

    client: httpx.AsyncClient

    async def see(self, path: str, **query: Any) -> Page:
        return Page(await self.client.get(path, params=query or None, follow_redirects=True))

    async def send(self, page: Page, action: str, **fields: str) -> Page:
        """Sends a form of the page with these fields filled in, and follows to where it leads."""
        form = page.form(action)
        return await self.post(action, **{**form["fields"], **fields})

    async def post(self, path: str, **fields: str) -> Page:
        return Page(await self.client.post(path, data=fields, follow_redirects=True))


@dataclass
class Theatre:
    stage: Stage

    def person(self, role: Role = Role.OPERATOR, name: str = "") -> Browser:
        """Somebody who is logged in."""
        stage, users = self.stage, self.stage.lw.office.store.users
        now = stage.real.now()
        user = users.accept(users.invite(role, "test", now), name or role.value, "no hash", now)
        desk: Desk = stage.app.state.desk
        cookie = desk.cookies.closed(users.begin(user.id, now))
        return Browser(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(stage.app), base_url="http://service.test", cookies={COOKIE: cookie}
            )
        )

    def number(self, last_six: str) -> str:
        """The id of a magic number."""
        return self.stage.simulator.world.numbers[last_six].id

    def e164(self, last_six: str) -> str:
        return self.stage.simulator.world.numbers[last_six].phone.e164


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Theatre]:
    async with stage_in(folder)() as stage:
        yield Theatre(stage)


def theatre_in(folder: Path) -> Any:
    """A home in `folder` with the account `shop`, its twelve numbers, and the page."""
    return _opened(folder)
