"""A browser without scripts, on the service in this process: cookies, forms, and what it was shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from fastapi import FastAPI
from tests.service.api_client import Stage

from linewright.secret import Secret
from linewright.service.people import hashed
from linewright.store.users import Role

__all__ = ["PASSWORD", "SITE", "Browser", "csrf_of", "member"]

SITE = "http://service.test"
PASSWORD = "correct horse battery"
CSRF = re.compile(r'name="csrf" value="([^"]*)"')


def csrf_of(text: str) -> str:
    found = CSRF.search(text)
    return found[1] if found else ""


@dataclass
class Browser:
    """`address` is where it comes from; `csrf` what the last page with a form carried."""

    app: FastAPI
    address: str = "192.0.2.1"
    site: str = SITE
    csrf: str = ""
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        transport = httpx.ASGITransport(self.app, client=(self.address, 40_000))
        self.client = httpx.AsyncClient(transport=transport, base_url=self.site, headers={"Accept": "text/html"})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *trace: object) -> None:
        await self.client.aclose()

    async def see(self, path: str, **more: Any) -> httpx.Response:
        """The page, and what follows a redirect."""
        return self._took(await self.client.get(path, follow_redirects=True, **more))

    async def get(self, path: str) -> httpx.Response:
        """The answer as it comes."""
        return self._took(await self.client.get(path))

    async def send(self, path: str, /, **fields: str) -> httpx.Response:
        """A form as the last page would send it; its answer as it comes."""
        return self._took(await self.client.post(path, data={"csrf": self.csrf, **fields}))

    async def fill(self, page: str, /, action: str | None = None, **fields: str) -> httpx.Response:
        """Opens a page and sends its form; the page that follows."""
        await self.see(page)
        sent = await self.send(action or page, **fields)
        return await self.see(sent.headers["location"]) if sent.is_redirect else sent

    async def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        await self.see("/login")
        return await self.send("/login", name=name, password=password)

    def _took(self, answer: httpx.Response) -> httpx.Response:
        self.shown.append(answer.text)
        self.csrf = csrf_of(answer.text) or self.csrf
        return answer


async def member(stage: Stage, role: Role, name: str, *, address: str = "192.0.2.1") -> Browser:
    """Somebody of this role, logged in."""
    users, now = stage.lw.office.store.users, stage.real.now()
    users.accept(users.invite(role, "test", now), name, hashed(Secret(PASSWORD), name), now)
    browser = Browser(stage.app, address)
    assert (await browser.log_in(name)).status_code == 303
    await browser.see("/settings")
    return browser
