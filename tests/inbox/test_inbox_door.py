"""The address that providers post to, and who looks after it: what is refused, what is counted, what is shown once."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.inbox.stage import COURIERS, NUMBER, Post, play
from tests.support.search import Search, files_below

from linewright.secret import Secret
from linewright.service.inbox import LARGEST_POST
from linewright.simulator.couriers import signed
from linewright.store import tables as t

PATH = "/inbox/otp/main"


def test_a_forged_post_of_each_kind_changes_nothing(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        for courier in COURIERS:
            post.opens(courier, name=courier, forge=True)
        asked = await post.registers()
        assert await post.posts() == len(COURIERS)
        for courier in COURIERS:
            assert post.counted(courier) == {"forged": 1}
        assert (await post.goes_on(asked))["task"]["id"] == asked["task"]["id"]
        with post.store.database.reading() as connection:
            assert connection.execute(select(t.inbox_messages)).all() == []

    play(tmp_path, story)


def test_a_rightly_signed_post_that_was_changed_cut_or_kept_is_refused(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        for courier in COURIERS:
            post.opens(courier, name=courier)
        await post.registers()
        now = post.stage.clock.now()
        post.couriers.lose()
        posts = [(parcel.courier, *signed(parcel, now)) for parcel in post.couriers.parcels]
        assert len(posts) == len(COURIERS)
        for courier, body, headers in posts:
            if courier.kind == "bearer":  # it says who sends it, and nothing of what
                continue
            for some in (body.replace(b"1555", b"1556"), body[:-9]):
                answer = await post.client.post(courier.url, content=some, headers=headers)
                assert answer.json()["reason"] in ("forged", "unreadable"), courier.kind
            assert post.counted(courier.kind)["forged"] >= 1
        post.stage.clock.advance(301)
        for courier, body, headers in posts:
            if courier.kind not in ("twilio", "bearer"):  # theirs tell no time
                answer = await post.client.post(courier.url, content=body, headers=headers)
                assert answer.json()["reason"] == "stale", courier.kind
        assert all("used" not in post.counted(courier) for courier in COURIERS)

    play(tmp_path, story)


def test_refusals_are_problems_and_are_counted(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        post.opens("bearer")
        bearer = {"Authorization": f"Bearer {post.secrets[0]}", "Content-Type": "application/json"}
        for sent, status, reason in (
            ({"content": b"{}"}, 401, "unsigned"),
            ({"content": b"{}", "headers": bearer}, 400, "unreadable"),
            ({"content": b"x" * (LARGEST_POST + 1), "headers": bearer}, 413, "too-large"),
            ({"content": b"{}", "headers": {"Authorization": "Bearer " + "y" * 9_000}}, 403, "forged"),
            ({"content": b"\xff\x00", "headers": bearer}, 400, "unreadable"),
        ):
            answer = await post.client.post(PATH, **sent)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason)
            assert answer.headers["content-type"] == "application/problem+json"
        assert post.counted() == {"unsigned": 1, "unreadable": 2, "too-large": 1, "forged": 1}
        answer = await post.client.post("/inbox/otp/nobody", content=b"{}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "unknown-inbox")
        assert post.store.inboxes.tallies("")["unknown-inbox"].count == 1
        assert (await post.client.get(PATH)).status_code == 405

    play(tmp_path, story, url)


def test_a_body_that_says_no_length_is_cut_off_too(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.opens("bearer")

        async def endless() -> Any:
            for _ in range(100):
                yield b"x" * 1024

        answer = await post.client.post(PATH, content=endless())
        assert (answer.status_code, post.counted()) == (413, {"too-large": 1})

    play(tmp_path, story)


def test_what_each_kind_is_answered(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        for courier in COURIERS:
            post.opens(courier, name=courier)
        post.door.send_text(NUMBER, "Hello")
        for parcel in post.couriers.parcels:
            body, headers = signed(parcel, post.stage.clock.now())
            answer = await post.client.post(parcel.courier.url, content=body, headers=headers)
            assert answer.status_code == 200
            if parcel.courier.kind == "twilio":
                assert answer.headers["content-type"].startswith("text/xml")
                assert answer.text.endswith("<Response/>")
            elif parcel.courier.kind in ("generic", "bearer"):
                assert answer.json() == {"outcome": "no-code"}
            else:
                assert answer.content == b""

    play(tmp_path, story)


def test_rest_adds_lists_and_removes(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        api = post.stage.api
        body = {"name": "line", "kind": "generic"}
        made = (await api.post("/inboxes", json=body, headers={"Idempotency-Key": "k"})).json()
        assert made["url"] == "http://service.test/inbox/otp/line"
        assert made["secret"].startswith("whsec_")
        assert "Bearer" in made["enter"]
        again = await api.post("/inboxes", json=body, headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.json()["reason"]) == (409, "answer-not-kept")
        token = {"name": "two", "kind": "twilio", "secret": "an-auth-token-of-twilio", "account": "shop"}
        assert (await api.post("/inboxes", json=token)).json()["secret"] is None
        listed = (await api.get("/inboxes")).json()["items"]
        assert [(each["name"], each["account"]) for each in listed] == [("line", None), ("two", "shop")]
        assert made["secret"] not in json.dumps(listed)
        for wrong, status, reason in (
            ({**body}, 409, "inbox-exists"),
            ({"name": "x", "kind": "twilio"}, 422, "inbox-secret"),
            ({"name": "x", "kind": "pigeon"}, 422, "invalid"),
            ({"name": "x y", "kind": "generic"}, 422, "invalid"),
            ({"name": "..", "kind": "generic"}, 422, "invalid"),
            ({"name": "x", "kind": "generic", "account": "nobody"}, 404, "unknown-account"),
        ):
            answer = await api.post("/inboxes", json=wrong)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason)
        async with post.stage.client("operate") as operator:
            assert (await operator.post("/inboxes", json={**body, "name": "z"})).status_code == 403
            assert (await operator.delete("/inboxes/line")).status_code == 403
        assert (await api.delete("/inboxes/line")).json()["name"] == "line"
        assert (await api.delete("/inboxes/line")).json()["reason"] == "unknown-inbox"
        assert (await post.client.post("/inbox/otp/line", content=b"{}")).status_code == 404
        actions = [row["action"] for row in post.stage.audit()]
        assert actions.count("inbox add") == 2
        assert actions.count("inbox remove") == 1

    play(tmp_path, story)


def test_behind_a_proxy_the_address_that_twilio_was_given_counts(tmp_path: Path) -> None:
    """The request itself shows another host and plain http; the query belongs to what is signed."""

    async def story(post: Post) -> None:
        post.opens()
        post.couriers.couriers[0].url += "?from=proxy&x=%20"
        post.door.send_text(NUMBER, "Hello")
        (parcel,) = post.couriers.parcels
        body, headers = signed(parcel, post.stage.clock.now())
        inside = {**headers, "host": "10.0.0.7:8080"}
        answer = await post.client.post(f"{PATH}?from=proxy&x=%20", content=body, headers=inside)
        assert answer.status_code == 200
        assert (await post.client.post(f"{PATH}?from=else", content=body, headers=inside)).status_code == 403

    play(tmp_path, story)


def test_no_text_no_code_and_no_secret_is_left_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Before the code is used it is sealed; afterwards it is nowhere, and the text never was."""
    search = Search()

    async def story(post: Post) -> None:
        for courier in COURIERS:
            post.opens(courier, name=courier)
        first = post.couriers.couriers[0]
        asked = await post.registers()
        code = post.door.latest_code(NUMBER)
        first.text = f"Your WhatsApp code: {code[:3]}-{code[3:]}\nzebra-crossing"
        search.digits.add(code)
        search.words |= {*post.secrets, "zebra-crossing"} | {each.secret for each in post.couriers.couriers}
        await post.posts()
        search.look_at(files_below(tmp_path))
        await post.texts("WhatsApp code: 555-666 zebra-crossing")
        done = await post.goes_on(asked)
        shown = [done, (await post.stage.api.get("/inboxes")).json(), post.stage.audit()]
        search.look("answers", json.dumps(shown, default=str).encode())
        search.look("urls", "\n".join(str(call.path) for call in post.door.calls()).encode())
        with post.store.database.reading() as connection:
            rows = [connection.execute(select(table)).all() for table in (t.replies, t.inbox_messages, t.events)]
        search.look("rows", repr(rows).encode())

    with caplog.at_level(logging.DEBUG):
        play(tmp_path, story)
    search.look_at(files_below(tmp_path))
    search.look("log", caplog.text.encode())
    assert search.looked_at > 100_000
    assert search.found == set()


def test_a_key_that_is_rotated_opens_inboxes_still(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.opens("telnyx")
        assert (await post.stage.lw.rotate_key())["resealed"] >= 2

    play(tmp_path, story)


def test_a_killed_request_is_sent_again_and_used_once(tmp_path: Path, url: str) -> None:
    """The answer is lost after the commit: the provider posts the same bytes again."""

    async def story(post: Post) -> None:
        post.opens("vonage")
        asked = await post.registers()
        mail = post.store.inbox_mail
        take = mail.take

        def dies(*given: Any, **named: Any) -> Any:
            take(*given, **named)
            raise RuntimeError("the process dies here")

        mail.take = dies
        with pytest.raises(RuntimeError):
            await post.posts()
        mail.take = take
        post.couriers.send(NUMBER, "WhatsApp 123-830", id=post.couriers.parcels[0].id)
        await post.posts()
        assert post.counted() == {"used": 1, "repeated": 1}
        assert (await post.goes_on(asked))["state"] == "done"

    play(tmp_path, story, url)


def test_a_secret_is_kept_sealed(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.opens()
        found = post.store.inboxes.opened("main")
        assert found is not None
        assert found[1] == Secret(post.secrets[0])
        post.desk.remove("main", who="test")
        with post.store.database.reading() as connection:
            assert connection.execute(select(t.inboxes.c.secret)).scalar() is None

    play(tmp_path, story)
