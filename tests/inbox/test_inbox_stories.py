"""A re-verification needs nobody: the code that comes to an inbox is used once, in time, for its number."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from tests.inbox.stage import COURIERS, NUMBER, Post, play

from linewright.secret import Secret
from linewright.simulator.couriers import signed
from linewright.store import tables as t

OTHER = "+15550133010"


def test_a_number_comes_online_with_nobody_by_each_kind_of_inbox(tmp_path: Path) -> None:
    """Lost again and again, each time with its verification lapsed; another courier has the phone each time."""

    async def story(post: Post) -> None:
        id = post.door.number(NUMBER)["id"]
        for courier in COURIERS:
            post.couriers.couriers.clear()
            post.opens(courier, name=courier)
            asked = await post.registers()
            assert asked["task"]["kind"] == "otp"
            assert await post.posts() == 1
            done = await post.goes_on(asked)
            assert (done["state"], done["reason"], post.online()) == ("done", "registered", True), courier
            calls = [attempt["call"] for attempt in done["attempts"] if attempt["call"] != "subscribe"]
            assert calls == ["register", "request_code", "verify_code", "register"]
            assert post.counted(courier) == {"used": 1}
            line = next(row for row in post.stage.audit() if row["who"] == f"inbox:{courier}")
            assert (line["action"], line["subject"]) == ("task answer", asked["task"]["id"])
            post.door.change_number(id, registered=False, verified=False)
            post.stage.clock.advance(4 * 86_400)

    play(tmp_path, story)


def test_it_does_so_on_both_databases_and_a_double_changes_nothing(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        post.opens(copies=3)
        asked = await post.registers()
        assert await post.posts() == 3
        done = await post.goes_on(asked)
        assert (done["state"], post.online()) == ("done", True)
        assert post.counted() == {"used": 1, "repeated": 2}
        assert len(post.calls("verify_code")) == 1
        assert post.kept() == []

    play(tmp_path, story, url)


def test_a_message_that_is_faster_than_its_question_is_used_when_that_is_asked(tmp_path: Path, url: str) -> None:
    """It comes while the remote's answer to our request is still on the way: nobody was asked yet, and nobody is."""

    async def story(post: Post) -> None:
        post.opens()
        transport: Any = post.stage.simulator.transport
        carry = transport.handle_async_request
        seen: list[int] = []

        async def faster(request: httpx.Request) -> httpx.Response:
            answer: httpx.Response = await carry(request)
            if request.url.path.endswith("/request_code"):
                await post.posts()
                seen.append(len(post.kept()))
            return answer

        transport.handle_async_request = faster
        done = await post.registers()
        assert seen == [1]
        assert (done["state"], post.online()) == ("done", True)
        assert post.counted() == {"kept": 1, "used": 1}
        assert post.kept() == []
        states = [row["state"] for row in timeline(post, done["id"])]
        assert states.count("asking") <= 1

    play(tmp_path, story, url)


def timeline(post: Post, operation: str) -> list[Any]:
    query = select(t.events).where(t.events.c.operation == operation).order_by(t.events.c.seq)
    with post.store.database.reading() as connection:
        return list(connection.execute(query).mappings())


def test_a_kept_code_is_forgotten_when_its_question_never_comes(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.opens()
        asked = await post.registers()
        code = post.door.latest_code(NUMBER)
        await post.stage.lw.answer(asked["task"]["id"], value=Secret(code))
        await post.posts()
        assert (post.counted(), len(post.kept())) == ({"kept": 1}, 1)
        await post.goes_on(asked)
        assert post.kept() == []
        assert len(post.calls("verify_code")) == 1

    play(tmp_path, story)


def test_an_old_code_a_code_for_another_number_and_anothers_code_are_not_tried(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.opens("telnyx")
        now = post.stage.clock.now()
        await post.texts("WhatsApp code: 111-222")  # nobody waits
        asked = await post.registers()
        post.couriers.lose()
        await post.texts("WhatsApp code: 111-222", sent_at=now - timedelta(minutes=5))
        await post.texts("WhatsApp code: 111-222", to=OTHER)
        await post.texts("Your bank's code is 111222")
        await post.texts("Hello")
        await post.texts("WhatsApp code 111-222 or 333-444")
        assert post.counted() == {"nobody-waits": 2, "old": 1, "no-code": 3}
        assert (await post.goes_on(asked))["task"]["id"] == asked["task"]["id"]
        assert post.calls("verify_code") == []

    play(tmp_path, story)


def test_a_code_that_comes_when_it_is_no_longer_valid_is_not_tried(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.opens(delay_seconds=11 * 60)
        asked = await post.registers()
        assert await post.posts(minutes=11) == 1
        late = await post.goes_on(asked)
        assert late["task"]["answers"] == ["resend", "decline"]
        assert post.counted() == {"nobody-waits": 1}
        assert post.calls("verify_code") == []
        post.couriers.couriers[0].delay_seconds = 0
        await post.stage.lw.answer(late["task"]["id"], resend="sms")
        again = await post.goes_on(late)
        await post.posts()
        assert (await post.goes_on(again))["state"] == "done"

    play(tmp_path, story)


def test_wrong_codes_are_tried_three_times_and_then_a_person_is_asked(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        post.opens()
        asked = await post.registers()
        post.couriers.lose()
        for step in range(5):
            digits = f"{(int(post.door.latest_code(NUMBER)) + 1 + step) % 1_000_000:06d}"
            await post.texts(f"WhatsApp code: {digits[:3]}-{digits[3:]}")
            await post.texts(f"WhatsApp code: {digits}")  # the same code in another message is no second try
            asked = await post.goes_on(asked)
        assert len(post.calls("verify_code")) == 3
        assert asked["task"]["answers"] == ["resend", "decline"]
        assert post.counted()["used"] == 3
        assert post.counted()["repeated"] >= 3

    play(tmp_path, story, url)


def test_an_inbox_of_another_account_answers_nothing_of_ours(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        world = post.stage.simulator.world
        other = post.stage.simulator.remote.add_account("Other")
        token = post.stage.simulator.remote.add_token([other.id], app=world.app.id)
        await post.stage.lw.add_account("bakery", other.id, Secret(token.text))
        post.opens(name="theirs", account="bakery")
        post.opens(name="ours", account="shop")
        asked = await post.registers()
        await post.posts()
        assert (post.counted("theirs"), post.counted("ours")) == ({"other-account": 1}, {"used": 1})
        assert (await post.goes_on(asked))["state"] == "done"

    play(tmp_path, story)


def test_messages_at_the_same_time_are_one_answer(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        for name in ("one", "two", "three"):
            post.opens(name=name)
        asked = await post.registers()
        post.couriers.lose()
        posts = [(each.courier.url, *signed(each, post.stage.clock.now())) for each in post.couriers.parcels * 4]
        together = (post.client.post(url, content=body, headers=headers) for url, body, headers in posts)
        assert {answer.status_code for answer in await asyncio.gather(*together)} == {200}
        counted = Counter[str]()
        for name in ("one", "two", "three"):
            counted.update(post.counted(name))
        assert counted == {"used": 1, "repeated": 11}
        assert (await post.goes_on(asked))["state"] == "done"
        assert len(post.calls("verify_code")) == 1

    play(tmp_path, story, url)


def test_by_link_no_code_is_sent_before_somebody_says_so_and_then_the_inbox_answers(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.opens()
        asked = await post.registers(by_link=True)
        assert asked["task"]["answers"] == ["resend", "decline"]
        await post.stage.lw.answer(asked["task"]["id"], resend="sms")
        asked = await post.goes_on(asked)
        await post.posts()
        assert (await post.goes_on(asked))["state"] == "done"

    play(tmp_path, story)
