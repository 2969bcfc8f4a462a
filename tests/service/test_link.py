"""The link: a customer without a login asks for the code, types it, and sees the number online; nothing else opens."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.api_client import Stage, stage_in

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.service.link import GUESSES
from linewright.service.links_out import link_for
from linewright.store.digest import new_bearer
from linewright.store.links import MOST_TRIES

LAPSED, PIN_NEEDED = "+15550133006", "+15550133005"
PIN = "246810"


@dataclass
class Visit:
    """Somebody who got a link."""

    stage: Stage
    operation: str
    url: str
    browser: httpx.AsyncClient

    async def look(self) -> httpx.Response:
        return await self.browser.get(self.url)

    async def press(self, place: str, **fields: str) -> httpx.Response:
        """Sends the form of the page as it is now; the redirect is followed."""
        task = re.search(r'name="task" value="([^"]+)"', (await self.look()).text)
        shown = {"task": task[1]} if task else {}
        return await self.browser.post(f"{self.url}/{place}", data=shown | fields, follow_redirects=True)

    def code(self) -> str:
        return self.stage.simulator.control.latest_code(LAPSED)

    def codes(self) -> int:
        return len(self.stage.simulator.control.codes(LAPSED))

    def wrong(self) -> str:
        return f"{(int(self.code()) + 1) % 1_000_000:06d}"

    async def settles(self) -> dict[str, Any]:
        return await self.stage.until_it_rests(await self.stage.lw.push(self.operation))


async def visit(stage: Stage, number: str = LAPSED, **options: Any) -> Visit:
    opened = await stage.lw.open("register", number, **{"by_link": True} | options)
    asks = await stage.until_it_rests(await stage.lw.push(opened["id"]))
    assert asks["state"] == "asking"
    made = await link_for(stage.app.state.desk, asks["task"]["id"], "root")
    return Visit(stage, asks["id"], made["url"], browser(stage))


def browser(stage: Stage, address: str = "192.0.2.7") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(stage.app, client=(address, 4000)))


Story = Callable[[Stage], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Story], None]:
    def played(story: Story) -> None:
        async def whole() -> None:
            async with stage_in(tmp_path)() as stage:
                await story(stage)

        asyncio.run(whole())

    return played


def test_the_code_from_the_first_look_to_online(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage)
        page = await customer.look()
        assert page.status_code == 200
        assert "+1 555-013-3006" in page.text
        assert "WhatsApp wants to check that the number is yours." in page.text
        assert 'name="value"' not in page.text
        assert customer.codes() == 0
        page = await customer.press("send", method="voice")
        assert 'name="value"' in page.text
        assert stage.simulator.control.codes(LAPSED)[-1]["method"] == "VOICE"
        page = await customer.press("answer", value=customer.wrong())
        assert "The code was not right." in page.text
        assert 'aria-invalid="true"' in page.text
        page = await customer.press("answer", value=f"Your WhatsApp code is {customer.code()}.")
        assert 'name="value"' not in page.text
        done = await customer.settles()
        assert done["reason"] == "registered"
        assert "Your number is online" in (await customer.look()).text
        dead = await browser(stage).get(customer.url)
        assert (dead.status_code, "<form" in dead.text) == (410, False)

    play(story)


def test_a_used_link_tells_for_an_hour_and_then_nothing(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage)
        await customer.press("send", method="sms")
        await customer.press("answer", value=customer.code())
        await customer.settles()
        assert (await customer.look()).status_code == 410
        assert (await customer.browser.get(f"{customer.url}/now")).status_code == 286
        stage.real.advance(3700)
        later = await customer.look()
        assert "+1 555" not in later.text
        assert "done its work" in later.text

    play(story)


def test_the_part_that_looks_again_is_sent_only_when_something_changed(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage)
        again = re.search(r'hx-get="(/l/[^"]+)"', (await customer.look()).text)
        assert again
        here = f"http://service.test{again[1]}"
        assert (await customer.browser.get(here)).status_code == 204
        await customer.press("send", method="sms")
        changed = await customer.browser.get(here)
        assert changed.status_code == 200
        assert 'name="value"' in changed.text
        assert "<html" not in changed.text

    play(story)


def test_ten_tries_and_no_more(play: Callable[[Story], None]) -> None:
    """Three for each code, as everywhere; whoever looks after the number says each time that it goes on."""

    async def story(stage: Stage) -> None:
        customer = await visit(stage)
        for _ in range(MOST_TRIES):
            page = await customer.look()
            if "Send me the code now" in page.text:
                stage.clock.advance(7200)
                await customer.press("send", method="sms")
            await customer.press("answer", value=customer.wrong())
            asked = (await customer.settles())["task"]
            if asked["kind"] == "support":
                assert "have to decide" in (await customer.look()).text
                await stage.lw.answer(asked["id"], done=True)
                await customer.settles()
        right = await customer.press("answer", value=customer.code())
        assert right.status_code == 410
        assert "Too many codes" in right.text
        tried = [a for a in (await stage.lw.operation(customer.operation))["attempts"] if a["call"] == "verify_code"]
        assert len(tried) == MOST_TRIES

    play(story)


def test_what_is_no_code_is_turned_away_at_once(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage)
        await customer.press("send", method="sms")
        for value in ("12345", "", "<script>alert(1)</script>", "1234567"):
            page = await customer.press("answer", value=value)
            assert (page.status_code, "not six digits" in page.text) == (422, True)
            assert "<script>alert" not in page.text
        assert [a["call"] for a in (await stage.lw.operation(customer.operation))["attempts"]].count("verify_code") == 0

    play(story)


def test_a_pin_is_asked_for_and_a_refused_one_is_not_taken_again(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage, PIN_NEEDED, pin=Secret("111222"))
        assert "six-digit PIN" in (await customer.look()).text
        page = await customer.press("answer", value="111222")
        assert (page.status_code, "was tried before" in page.text) == (422, True)
        await customer.press("answer", value=PIN)
        assert (await customer.settles())["reason"] == "registered"

    play(story)


def test_a_new_pin_is_set_on_the_owners_word(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage, PIN_NEEDED, pin=Secret("111222"))
        assert "Set a new PIN for me" in (await customer.look()).text
        await customer.press("done", answer="approve")
        done = await customer.settles()
        assert done["reason"] == "registered"
        assert [a["call"] for a in done["attempts"]].count("set_pin") == 1

    play(story)


def test_guessed_links_are_refused_and_the_right_one_still_opens(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage)
        for serial in range(GUESSES):
            thief = browser(stage, f"2001:db8:0:7::{serial + 1:x}")  # one household of IPv6 is one place
            guessed = await thief.get(f"http://service.test/l/{new_bearer('lwl').open_secret()}")
            assert guessed.status_code == 404
            assert "+1 555" not in guessed.text
        beside, elsewhere = browser(stage, "2001:db8:0:7::ffff"), browser(stage, "2001:db8:0:8::1")
        for guess in (new_bearer("lwl").open_secret(), "x" * 5000):
            refused = await beside.get(f"http://service.test/l/{guess}")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
            assert (await elsewhere.get(f"http://service.test/l/{guess}")).status_code == 404
        assert (await beside.get(customer.url)).status_code == 200, "others there do not lock out whoever was sent it"

    play(story)


def test_a_newer_link_takes_the_place_of_the_older(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        first = await visit(stage)
        again = await visit(stage)
        assert first.operation == again.operation
        old = await first.look()
        assert (old.status_code, "newer link" in old.text) == (410, True)
        assert (await again.look()).status_code == 200
        stage.real.advance(timedelta(days=7).total_seconds())
        late = await again.look()
        assert (late.status_code, "seven days" in late.text) == (410, True)
        assert (await again.press("send", method="sms")).status_code == 410
        assert again.codes() == 0

    play(story)


def test_it_opens_nothing_else_and_leaves_no_trace(
    play: Callable[[Story], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def story(stage: Stage) -> None:
        customer = await visit(stage)
        page = await customer.look()
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert "set-cookie" not in page.headers
        bearer = customer.url.rsplit("/", 1)[1]
        for place in ("fleet", "desk", "api/v1/numbers", "settings"):
            for headers in ({}, {"Authorization": f"Bearer {bearer}"}, {"Cookie": f"linewright={bearer}"}):
                other = await customer.browser.get(f"http://service.test/{place}", headers=headers)
                assert other.status_code in (303, 401, 404)
        await customer.press("send", method="sms")
        await customer.press("answer", value=customer.code())
        home = stage.lw.home
        kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
        assert bearer.encode() not in kept
        assert bearer not in caplog.text
        who = {row["who"] for row in stage.audit() if row["action"] == "task answer"}
        assert len(who) == 1
        assert who.pop().startswith("link ")

    with caplog.at_level(logging.DEBUG, logger="linewright"):
        play(story)


def test_a_question_for_operators_makes_no_link(play: Callable[[Story], None]) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(UsageError) as unknown:
            await link_for(stage.app.state.desk, "task_none", "root")
        assert unknown.value.reason == "unknown-task"
        customer = await visit(stage)
        task = (await stage.lw.operation(customer.operation))["task"]["id"]
        await stage.lw.answer(task, decline=True)
        with pytest.raises(UsageError) as closed:
            await link_for(stage.app.state.desk, task, "root")
        assert closed.value.reason == "task-closed"

    play(story)
