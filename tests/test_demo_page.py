"""`demo --serve`: somebody comes in by the printed link and sees all twelve come to their ends."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from linewright import demo_page
from linewright.service.server import Manner, Served

FASTER = 20_000.0
"""72 hours in thirteen seconds."""
PASSWORD = "four calm words together"


async def come_in(browser: httpx.AsyncClient, link: str) -> None:
    page = await browser.get(link)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf
    given = {"csrf": csrf[1], "name": "guest", "password": PASSWORD, "again": PASSWORD}
    assert (await browser.post(link, data=given)).status_code == 200


async def online(browser: httpx.AsyncClient, url: str) -> int:
    chip = re.search(r'id="chip-online"[^>]*>[^<]*<strong>(\d+)</strong>', (await browser.get(f"{url}/fleet")).text)
    return int(chip[1]) if chip else 0


def test_all_twelve_recover_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FAST", FASTER), ("SLOW_AT_FIRST", 0.0), ("PATIENCE", 0.0)):
        monkeypatch.setattr(demo_page, name, value)
    said: list[str] = []

    async def visit() -> None:
        stopping, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
        running = asyncio.ensure_future(
            demo_page.run(Manner(port=0), stopping=stopping, ready=listening.set_result, say=said.append)
        )
        try:
            served: Served = await asyncio.wait_for(listening, 60)
            assert served.first_admin is not None
            async with httpx.AsyncClient(follow_redirects=True, timeout=60) as browser, asyncio.timeout(120):
                await come_in(browser, served.first_admin)
                while await online(browser, served.url) < 11:
                    pass  # the twelfth lives in the Business app
        finally:
            stopping.set()
            await running

    asyncio.run(visit())
    assert any("246810" in line for line in said)
    assert any("WhatsApp code" in line for line in said)
