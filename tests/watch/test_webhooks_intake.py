"""Posts worked through: what they tell becomes happenings, evidence, stale PINs and conditions, once each."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.watch.post_stage import Post, play
from tests.watch.posts import body_of, change, failed, security

from linewright.domain import webhooks
from linewright.errors import StoreUnavailable
from linewright.secret import Secret
from linewright.store import intake
from linewright.store.intake import work_through
from linewright.store.webhooks import KEPT_FOR, TRIES
from linewright.webhooks import Intake


def test_a_refused_send_is_evidence_and_shows_at_once(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        number = post.numbers[0].id
        at = post.now - timedelta(minutes=2)
        assert await post.told(failed(number, 131031, at, times=50)) == ["send-refused"]
        (one,) = post.happened()
        assert (one.number, one.detail, one.at) == (number, {"code": 131031}, at.replace(microsecond=0))
        assert [(e["code"], e["source"], e["at"]) for e in post.evidence()] == [(131031, "webhook", one.at)]
        assert post.stage.said(number, "CanSend") == [("false", "heard-131031")]
        assert post.stage.warnings([number]) == {number: "Sending was refused with 131031."}
        assert post.stage.said(post.numbers[1].id, "CanSend") == [("true", "available")]

    play(tmp_path, url, story)


def test_a_flood_of_refused_sends_is_one_piece_of_evidence(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        begin = post.now - timedelta(minutes=5)
        for seconds in range(0, 60, 3):
            kinds = await post.told(failed(post.numbers[0].id, 131042, begin + timedelta(seconds=seconds)))
        assert kinds == ["send-refused"]
        (one,) = post.evidence()
        assert one["at"] == (begin + timedelta(seconds=57)).replace(microsecond=0)
        assert await post.told(failed(post.numbers[0].id, 131042, post.now)) == ["send-refused"] * 2

    play(tmp_path, url, story)


def test_a_changed_pin_is_stale_and_one_that_was_set_here_is_not(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        ours, theirs = post.numbers[0], post.numbers[1]
        for number in (ours, theirs):
            done = await post.stage.lw.set_pin(number.id, pin=Secret("482913"))
            assert done["state"] == "done"
        assert await post.told(security(post.phone(0))) == ["other"]
        assert post.store.pins.book(post.store.numbers.get(ours.id)).state.value != "stale"
        post.stage.clock.advance(3_600)
        assert await post.told(security(post.phone(1))) == ["other", "pin-changed"]
        assert post.store.pins.book(post.store.numbers.get(theirs.id)).state.value == "stale"
        assert post.stage.said(theirs.id, "PinKnown") == [("false", "stale")]

    play(tmp_path, url, story)


def test_a_late_word_of_a_changed_pin_does_not_undo_a_later_proof(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        number, changed = post.numbers[0], post.now
        post.stage.clock.advance(3_600)
        done = await post.stage.lw.register(number.id, pin=Secret("246810"))
        assert done["state"] == "done"
        before = post.store.pins.book(post.store.numbers.get(number.id))
        assert before.state.value == "accepted"
        assert await post.told(security(post.phone(0)), at=changed) == ["other"]
        assert post.store.pins.book(post.store.numbers.get(number.id)).state == before.state

    play(tmp_path, url, story, registered=False, pin="246810")


def test_the_same_thing_in_another_post_counts_once(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        at = post.now - timedelta(minutes=1)
        alone = security(post.phone(0))
        review = change("account_review_update", decision="REJECTED")
        assert await post.told(alone, at=at) == ["pin-changed"]
        assert await post.told(alone, at=at, mark="again") == ["pin-changed"]
        assert await post.told(alone, review, at=at) == ["pin-changed", "review"]
        assert await post.told(review, alone, at=at) == ["pin-changed", "review"]

    play(tmp_path, url, story)


def test_a_number_by_its_digits_and_one_that_is_not_listed_yet(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        account = post.stage.remote.accounts[post.waba]
        fresh = post.stage.line(account)
        known = change("phone_number_name_update", display_phone_number=post.phone(2), decision="APPROVED")
        digits = fresh.phone.e164.removeprefix("+")
        later = change("phone_number_name_update", display_phone_number=digits, decision="APPROVED")
        assert await post.told(later, known) == ["name-approved"]
        assert post.happened()[0].number == post.numbers[2].id
        (row,) = post.rows()
        assert (row["done_at"], row["tries"]) == (None, 1)
        assert post.due() <= post.now
        await post.stage.run_for(minutes=2)
        await post.intake.run_due()
        assert [each.number for each in post.happened()] == [post.numbers[2].id, fresh.id]
        assert post.rows()[0]["done_at"] is not None

    play(tmp_path, url, story)


def test_a_number_that_never_comes_is_kept_as_of_the_account(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        await post.told(security("4930999999"), failed("424242", 131031, post.now))
        for _ in range(5):
            post.stage.clock.advance(3_600)
            await post.intake.run_due()
        assert [(each.kind.value, each.number, each.detail["phone"]) for each in post.happened()] == [
            ("pin-changed", None, "4930999999"),
            ("send-refused", None, "424242"),
        ]
        assert post.evidence() == []
        (row,) = post.rows()
        assert (row["done_at"] is not None, row["error"]) == (True, None)

    play(tmp_path, url, story)


def test_a_thousand_changes_in_one_post(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        many = [failed(post.numbers[place % 3].id, code, post.now) for place in range(998) for code in (131031,)]
        assert await post.told(*many, security(post.phone(0)), {"field": "x"}) == ["send-refused"] * 3 + ["pin-changed"]
        assert len(post.evidence()) == 3

    play(tmp_path, url, story)


def test_an_account_is_looked_at_soon_and_once_for_a_flood(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        await post.stage.run_for(minutes=1)
        assert post.due() > post.now
        await post.told(change("account_review_update", decision="APPROVED"))
        assert post.due() <= post.now
        await post.stage.fleet.run_due()
        for place in range(5):
            await post.told(change("account_review_update", decision=f"X{place}"))
        assert post.now < post.due() <= post.now + timedelta(minutes=1)

    play(tmp_path, url, story)


def test_two_workers_do_a_post_once(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        for place in range(20):
            post.come(change("account_review_update", decision=f"X{place}"))
        others = [Intake(post.stage.lw.office) for _ in range(4)]
        await asyncio.gather(*(each.run_due() for each in others))
        assert len(post.happened()) == 20
        assert all(row["done_at"] is not None for row in post.rows())
        again = work_through(post.store.database, post.rows()[0]["seq"], post.now, post.stage.lw.office.catalogue)
        assert again is None

    play(tmp_path, url, story)


def test_a_post_that_fails_is_tried_again_and_keeps_none_waiting(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(post: Post) -> None:
        right = webhooks.told

        def wrong(body: Any, waba: str, received: datetime) -> Any:
            found = right(body, waba, received)
            if any(each.detail.get("decision") == "BAD" for each in found):
                raise RuntimeError("EAAGsecret words of a post")
            return found

        monkeypatch.setattr(intake, "told", wrong)
        post.come(change("account_review_update", decision="BAD"))
        assert await post.told(change("account_review_update", decision="GOOD")) == ["review"]
        bad, good = post.rows()
        assert (bad["done_at"], bad["tries"], bad["error"]) == (None, 1, "RuntimeError")
        assert good["done_at"] is not None
        for _ in range(TRIES):
            post.stage.clock.advance(7_300)
            await post.intake.run_due()
        assert post.rows()[0]["tries"] == TRIES
        assert post.rows()[0]["done_at"] is not None
        monkeypatch.undo()
        post.come(change("account_review_update", decision="BAD"), mark="2")
        await post.intake.run_due()
        assert len(post.happened()) == 2

    play(tmp_path, url, story)


def test_old_posts_go_and_what_they_told_stays(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        await post.told(security(post.phone(0)))
        post.stage.clock.advance(KEPT_FOR.total_seconds() + 3_700)
        await post.intake.run_due()
        assert post.rows() == []
        (one,) = post.happened()
        assert (one.kind.value, one.event) == ("pin-changed", None)

    play(tmp_path, url, story)


def test_a_store_that_is_away_is_waited_for(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        post.come(security(post.phone(0)))
        with post.store.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE happenings RENAME TO gone")
        with pytest.raises(StoreUnavailable):
            await post.intake.run_due()
        assert (post.rows()[0]["tries"], post.rows()[0]["done_at"]) == (0, None)
        with post.store.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE gone RENAME TO happenings")
        assert await post.intake.run_due() == 1
        assert len(post.happened()) == 1

    play(tmp_path, "", story)


def test_the_largest_post_is_worked_through(tmp_path: Path) -> None:
    async def story(post: Post) -> None:
        whole = [failed(post.numbers[0].id, 131031, post.now, times=2_000) for _ in range(5)]
        assert len(body_of(whole)) > 2_000_000
        assert await post.told(*whole) == ["send-refused"]

    play(tmp_path, "", story)
