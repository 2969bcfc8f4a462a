"""Numbers that are lost at the simulator, and what comes of it by itself. What was sent is read from its log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.fleet_stage import FleetStage, fleet_stage
from tests.watch.posts import change, failed, post_of

from linewright.domain.number import Wanted
from linewright.domain.posts import kept
from linewright.domain.recovery import Leave, Verdict
from linewright.recovery import Recovery
from linewright.simulator.truth import Number
from linewright.store import tables as t
from linewright.store.webhooks import Letter
from linewright.webhooks import Intake

Story = Callable[["Watch"], Awaitable[None]]


class Watch:
    """An account `shop` that is switched on, with one number that is wanted online, and everything that a worker does
    for it."""

    def __init__(self, stage: FleetStage, number: Number) -> None:
        self.stage, self.number, self.store = stage, number, stage.store
        office = stage.lw.office
        self.intake, self.recovery, self.engine = Intake(office), Recovery(office), office.local

    async def live(self, **span: float) -> None:
        """Lives through this span, five minutes at a time; an hour where it is long."""
        step = 60 if timedelta(**span) > timedelta(hours=5) else 5
        ends = self.stage.clock.now() + timedelta(**span)
        while self.stage.clock.now() < ends:
            await self.stage.run_for(minutes=step)
            await self.intake.run_due()
            await self.recovery.run_due()
            while await self.engine.run_due():
                pass

    def loses(self) -> None:
        self.stage.remote.change(self.number, {"registered": False})

    def hears(self, *changes: dict[str, Any]) -> None:
        now, waba = self.stage.clock.now(), self.store.accounts.get("shop").waba
        post = post_of(waba, now, changes)
        letter = Letter(account="shop", outcome="taken", digest=f"{post}{now}", body=kept(post, waba))
        self.store.webhooks.take([letter], now)

    def refused(self, code: int = 133010) -> None:
        """A message of the number was refused, as a webhook tells."""
        self.hears(failed(self.number.id, code, self.stage.clock.now()))

    @property
    def standing(self) -> str:
        return self.stage.standing(self.number.id)

    @property
    def registers(self) -> int:
        return len(self.stage.calls("register"))

    @property
    def writes(self) -> int:
        return len(self.stage.calls("register", "deregister", "request_code", "verify_code", "set_pin"))

    async def latest(self) -> dict[str, Any]:
        """The newest operation."""
        return (await self.stage.lw.operations())[0]

    def opened(self) -> int:
        return len(self.rows(t.recoveries))

    def rows(self, table: Any) -> list[Any]:
        with self.store.database.reading() as connection:
            return list(connection.execute(select(table)).mappings())

    def verdict(self) -> Verdict:
        office = self.stage.lw.office
        return self.store.recoveries.judge([self.number.id], office.clock.now(), office.catalogue)[self.number.id]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    def run(story: Story, *, switched_on: bool = True, wanted: Wanted = Wanted.ONLINE, **truth: Any) -> None:
        async def on_stage() -> None:
            async with fleet_stage(tmp_path / "home") as stage:
                (number,) = await stage.account("shop", 1, **truth)
                await stage.run_for(minutes=20)
                watch = Watch(stage, number)
                if switched_on:
                    await stage.lw.update_account(["shop"], recover=True)
                stage.store.numbers.set_wanted(number.id, wanted)
                await watch.live(minutes=20)
                await story(watch)

        asyncio.run(on_stage())

    return run


def test_a_lost_number_of_which_a_message_was_refused_comes_back_by_itself(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        watch.refused()
        await watch.live(minutes=40)
        assert (watch.standing, watch.registers, watch.opened()) == ("online", 1, 1)
        operation = await watch.latest()
        assert (operation["goal"], operation["state"], operation["reason"]) == ("register", "done", "registered")
        told = watch.rows(t.events)[0]["message"]
        assert told.startswith("Linewright opened this by itself. ")
        assert "133010" in told
        (audited,) = [row for row in watch.rows(t.audit) if row["who"] == "linewright"]
        assert (audited["action"], audited["subject"]) == ("recover", watch.number.phone.e164)
        assert audited["detail"]["operation"] == operation["id"]
        await watch.live(hours=10)
        assert (watch.registers, watch.opened()) == (1, 1)

    play(story)


def test_nothing_is_opened_where_the_account_is_not_switched_on(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        watch.refused()
        await watch.live(hours=26)
        assert (watch.standing, watch.writes, watch.opened()) == ("offline", 0, 0)

    play(story, switched_on=False)


def test_a_flap_opens_nothing(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        await watch.live(minutes=15)
        watch.stage.remote.change(watch.number, {"registered": True})
        await watch.live(hours=2)
        assert (watch.standing, watch.writes, watch.opened()) == ("online", 0, 0)

    play(story)


def test_a_loss_that_nothing_explains_is_asked_about_for_a_day(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        await watch.live(hours=2)
        asked = await watch.latest()
        assert (asked["state"], asked["reason"], asked["task"]["kind"]) == ("asking", "needs-approval", "approve")
        await watch.live(hours=20)
        assert (watch.writes, watch.standing) == (0, "offline")
        await watch.live(hours=4)
        assert (watch.registers, watch.standing) == (1, "online")

    play(story)


def test_a_person_who_says_yes_is_not_kept_waiting_and_a_no_is_kept_to(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        await watch.live(hours=1)
        await watch.stage.lw.answer((await watch.latest())["task"]["id"], approve=True)
        await watch.live(minutes=15)
        assert (watch.registers, watch.standing) == (1, "online")
        watch.loses()
        watch.refused()
        await watch.live(hours=1)
        second = await watch.latest()
        assert (second["state"], second["wake_at"]) == ("asking", None)
        assert "once in seven days" in second["message"]
        await watch.stage.lw.answer(second["task"]["id"], decline=True)
        watch.refused()
        await watch.live(hours=48)
        assert (watch.registers, watch.opened(), watch.standing) == (1, 2, "offline")
        assert watch.verdict() == Leave("left-by-a-person")

    play(story)


def test_a_refused_message_answers_the_question(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        await watch.live(hours=3)
        assert (await watch.latest())["state"] == "asking"
        watch.refused()
        await watch.live(minutes=15)
        assert (watch.registers, watch.standing) == (1, "online")

    play(story)


def test_it_came_back_meanwhile_so_nothing_is_asked_any_more(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        await watch.live(hours=1)
        watch.stage.remote.change(watch.number, {"registered": True})
        await watch.live(hours=1)
        operation = await watch.latest()
        assert (operation["state"], operation["reason"], watch.writes) == ("done", "already-online", 0)

    play(story)


@pytest.mark.parametrize("event", ["PARTNER_REMOVED", "ACCOUNT_OFFBOARDED"])
def test_after_the_partner_was_removed_only_a_person_brings_it_back(play: Callable[..., None], event: str) -> None:
    async def story(watch: Watch) -> None:
        watch.hears(change("account_update", event=event))
        watch.loses()
        watch.refused()
        await watch.live(hours=23)
        assert (watch.writes, watch.opened()) == (0, 0)
        watch.refused()
        await watch.live(hours=6)
        assert (watch.writes, watch.opened()) == (0, 1)
        assert (await watch.latest())["state"] == "asking"

    play(story)


def test_a_partner_removed_while_a_question_is_open_takes_its_end_from_it(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        await watch.live(hours=20)
        watch.hears(change("account_update", event="PARTNER_REMOVED"))
        await watch.live(hours=10)
        operation = await watch.latest()
        assert (operation["state"], operation["wake_at"], watch.writes) == ("asking", None, 0)

    play(story)


def test_a_number_that_is_left_alone_is_left_alone_at_once(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.loses()
        await watch.live(hours=2)
        await watch.stage.lw.want(watch.number.id, "unmanaged")
        await watch.live(hours=26)
        assert ((await watch.latest())["state"], watch.writes, watch.opened()) == ("cancelled", 0, 1)

    play(story)


NEVER: dict[str, tuple[Wanted, dict[str, Any]]] = {
    "released": (Wanted.RELEASED, {"registered": False}),
    "moved away": (Wanted.ONLINE, {"registered": False, "state": "MIGRATED"}),
    "coexistence": (Wanted.ONLINE, {"registered": False, "on_biz_app": True}),
    "banned": (Wanted.ONLINE, {"registered": False, "state": "BANNED"}),
}


@pytest.mark.parametrize("name", list(NEVER))
def test_never_registered_by_itself(play: Callable[..., None], name: str) -> None:
    wanted, becomes = NEVER[name]

    async def story(watch: Watch) -> None:
        watch.stage.remote.change(watch.number, becomes)
        for _ in range(2):
            watch.refused()
            await watch.live(hours=13)
        assert (watch.writes, watch.opened()) == (0, 0)

    play(story, wanted=wanted)


def test_an_approved_name_asks_for_its_register_with_the_date(play: Callable[..., None]) -> None:
    async def story(watch: Watch) -> None:
        watch.hears(
            change(
                "phone_number_name_update",
                display_phone_number=watch.number.phone.e164,
                decision="APPROVED",
                requested_verified_name="New Name",
            )
        )
        await watch.live(minutes=10)
        told = watch.stage.conditions(watch.number.id)["NameApproved"]
        assert (told.status.value, told.reason) == ("false", "register-again")
        assert "approved on 2 March" in told.message
        assert "until 16 March at " in told.message
        assert watch.store.fleet.one(watch.number.id).warned_of == "NameApproved"
        await watch.stage.lw.register(watch.number.id)
        await watch.live(minutes=10)
        assert (watch.stage.said(watch.number.id, "NameApproved"), watch.registers) == ([("true", "approved")], 1)

    play(story)
