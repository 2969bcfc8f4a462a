"""Alerts from the fleet check to the receiver, on both databases: once for each real change."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from standardwebhooks.webhooks import Webhook
from tests.service.page_client import played
from tests.support.fleet_stage import FleetStage, fleet_stage
from tests.watch.receivers import Receiver, receiver

from linewright.alert_desk import AlertDesk, quiet_hours
from linewright.alerts import Alerts
from linewright.domain.happenings import Happening, HappeningKind
from linewright.secret import Secret
from linewright.store import tables as t

Shape = dict[str, Any]


class Watch:
    """A stage with alerts: every quarter of an hour a check, and what it means for people."""

    def __init__(self, stage: FleetStage, hook: Receiver) -> None:
        self.stage, self.hook = stage, hook
        self.alerts = Alerts(stage.lw.office)
        self.desk = AlertDesk(stage.lw.office)
        self.store = stage.store

    async def check(self, times: int = 1, *, minutes: float = 15) -> None:
        """Accounts are looked at now, then alerts are; after a while they are sent."""
        for _ in range(times):
            names = [line.account.name for line in self.store.accounts.all()]
            self.store.checks.soon(names, self.stage.clock.now())
            await self.stage.fleet.run_due()
            await self.alerts.run_due()
            self.stage.clock.advance(60)
            await self.alerts.run_due()
            self.stage.clock.advance(minutes * 60 - 60)

    def channel(self, name: str = "hook", quiet: Shape | None = None) -> str:
        """Adds a webhook; its secret."""
        return str(self.desk.add(name, "webhook", Secret(self.hook.url), quiet=quiet, who="test")["secret"])

    def told(self) -> list[tuple[str, list[str]]]:
        """Kind of each alert and what it tells, the oldest first."""
        alerts, _ = self.desk.log(limit=500)
        return [
            (each["kind"], [f"{item['type']}:{item['reason']}" for item in each["items"]]) for each in reversed(alerts)
        ]

    def heard(self, account: str, kind: str, number: str | None = None, at: datetime | None = None) -> None:
        """A webhook told this."""
        now = self.stage.clock.now()
        happening = Happening(account=account, kind=HappeningKind(kind), at=at or now, heard_at=now, number=number)
        with self.store.database.writing() as connection:
            self.store.happenings.add(connection, [happening])


@asynccontextmanager
async def watch(folder: Path, url: str) -> AsyncIterator[Watch]:
    with receiver() as hook:
        async with fleet_stage(folder, url) as stage:
            yield Watch(stage, hook)


@played
async def test_a_number_that_goes_offline_is_told_once_and_its_return_once(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        (number,) = await w.stage.account("shop")
        secret = w.channel()
        await w.check(3)
        assert w.told() == []
        number.registered = False
        await w.check()
        assert w.told() == []
        await w.check(4)
        assert w.told() == [("warning", ["Registered:offline"])]
        number.registered = True
        await w.check(4)
        assert w.told()[1:] == [("recovered", ["Registered:offline"])]
        first, second = (post.json for post in w.hook.posts)
        assert [first["type"], second["type"]] == ["alert.warning", "alert.recovered"]
        assert "is not registered" in first["data"]["body"]
        assert first["data"]["items"][0]["number"]["id"] == number.id
        for post in w.hook.posts:
            Webhook(secret).verify(post.body, post.headers)


@played
async def test_a_flap_is_silent(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        (number,) = await w.stage.account("shop")
        await w.check()
        for registered in (False, True, True, False, True):
            number.registered = registered
            await w.check()
        assert w.told() == []
        with w.store.database.reading() as connection:
            assert connection.execute(select(t.changes)).all() == []


@played
async def test_what_a_new_account_looks_like_is_told_together(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        await w.stage.account("shop", 30, registered=False)
        await w.check(3)
        ((kind, items),) = w.told()
        assert (kind, items) == ("warning", ["Registered:offline"] * 30)
        (alert,), _ = w.desk.log()
        assert alert["title"] == "30 numbers of shop need attention"
        assert alert["body"].count("It is not registered") == 20
        assert "and 10 more" in alert["body"]


@played
async def test_a_failed_check_is_none(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        (number,) = await w.stage.account("shop")
        await w.check()
        number.registered = False
        await w.check()
        w.stage.door.add_fault("*", "html503", every=1)
        await w.check(3)
        assert w.told() == []
        w.stage.door.clear_faults()
        await w.check()
        assert w.told() == [("warning", ["Registered:offline"])]


@played
async def test_a_dead_token_is_one_alert_for_the_account(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        await w.stage.account("shop", 5)
        await w.check()
        w.stage.tokens["shop"].revoked = 463
        await w.check(5)
        assert w.told() == [("warning", ["TokenValid:refused"])]
        (alert,), _ = w.desk.log()
        assert alert["title"] == "The account shop needs attention"
        assert alert["items"][0]["number"] is None


@played
async def test_a_number_that_is_let_go_ends_in_silence(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        (number,) = await w.stage.account("shop", registered=False)
        await w.check(3)
        assert len(w.told()) == 1
        with w.store.database.writing() as connection:
            connection.execute(update(t.numbers).values(wanted="released"))
        number.registered = True
        await w.check(3)
        assert len(w.told()) == 1


@played
async def test_a_pin_change_is_told_at_once_and_once(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        (number,) = await w.stage.account("shop")
        w.channel(quiet=quiet_hours("00:00-23:59", "UTC"))
        await w.check()
        first, then = w.stage.clock.now(), w.stage.clock.now() - timedelta(hours=2)
        for moment in (first, first, then, then):
            w.heard("shop", "pin-changed", number.id, at=moment)
            await w.alerts.run_due()
        w.heard("shop", "pin-changed", None, at=first)
        w.heard("shop", "capability", number.id)
        await w.alerts.run_due()
        await w.check(2)
        items = [item for _, items in w.told() for item in items]
        assert items == ["pin-changed:pin-changed"] * 3
        (post,) = w.hook.posts
        assert post.json["data"]["urgent"] is True


@played
async def test_changes_that_come_shortly_after_join_the_alert(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        numbers = await w.stage.account("shop", 3)
        w.channel()
        await w.check()
        for number in numbers:
            w.heard("shop", "pin-changed", number.id)
            await w.alerts.run_due()
            w.stage.clock.advance(4)
        w.stage.clock.advance(30)
        await w.alerts.run_due()
        assert [len(items) for _, items in w.told()] == [3]
        assert [post.json["data"]["total"] for post in w.hook.posts] == [3]


@played
async def test_quiet_hours_hold_what_is_not_urgent(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        (number,) = await w.stage.account("shop")
        w.channel(quiet=quiet_hours("08:00-12:00", "UTC"))  # the stage begins at nine
        await w.check()
        number.registered = False
        await w.check(4)
        assert [kind for kind, _ in w.told()] == ["warning"]
        assert w.hook.posts == []
        w.stage.clock.advance(2 * 3_600)
        await w.alerts.run_due()
        assert len(w.hook.posts) == 1


@played
async def test_a_delivery_that_fails_is_repeated_with_the_same_id_and_given_up_at_last(
    tmp_path: Path, url: str
) -> None:
    async with watch(tmp_path, url) as w:
        await w.stage.account("shop", registered=False)
        w.channel()
        w.hook.statuses = [500] * 8
        await w.check(3)
        for _ in range(8):
            w.stage.clock.advance(13 * 3_600)
            await w.alerts.run_due()
        assert len(w.hook.posts) == 8
        assert len({post.headers["webhook-id"] for post in w.hook.posts}) == 1
        (alert,), _ = w.desk.log()
        (way,) = alert["deliveries"]
        assert (way["state"], way["tries"], way["error"]) == ("gave_up", 8, "It answered 500.")


@played
async def test_a_claim_that_ran_out_is_sent_again_with_the_same_id(tmp_path: Path, url: str) -> None:
    """As after a kill between sending and noting it."""
    async with watch(tmp_path, url) as w:
        await w.stage.account("shop", registered=False)
        w.channel()
        for _ in range(2):
            w.store.checks.soon(["shop"], w.stage.clock.now())
            await w.stage.fleet.run_due()
            w.store.changes.look("shop", w.stage.clock.now())
            w.stage.clock.advance(900)
        w.stage.clock.advance(60)
        now = w.stage.clock.now()
        (taken,) = w.store.deliveries.claim(now, now + timedelta(minutes=5), 8)
        await w.alerts.run_due()
        assert w.hook.posts == []
        w.stage.clock.advance(301)
        await w.alerts.run_due()
        (post,) = w.hook.posts
        assert post.headers["webhook-id"] == taken.alert
        w.store.deliveries.failed(taken, w.stage.clock.now(), "late")  # whoever had it before changes nothing
        (alert,), _ = w.desk.log()
        assert alert["deliveries"][0]["state"] == "sent"


@played
async def test_two_workers_tell_a_change_once(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        numbers = [n for name in ("one", "two", "three") for n in await w.stage.account(name, 4)]
        await w.check()
        for number in numbers:
            number.registered = False
        for _ in range(3):
            w.store.checks.soon(["one", "two", "three"], w.stage.clock.now())
            await w.stage.fleet.run_due()
            now = w.stage.clock.now()

            def look(now: datetime = now) -> None:
                for account in ("one", "two", "three"):
                    w.store.changes.look(account, now)

            threads = [threading.Thread(target=look) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            w.stage.clock.advance(15 * 60)
        assert w.told() == [("warning", ["Registered:offline"] * 4)] * 3


@played
async def test_two_workers_send_a_delivery_once(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        for name in ("one", "two", "three"):
            await w.stage.account(name, registered=False)
        for name in ("a", "b", "c"):
            w.channel(name)
        await w.check(3)
        others = [Alerts(w.stage.lw.office) for _ in range(3)]
        w.stage.clock.advance(60)
        await asyncio.gather(*(each.run_due() for each in others))
        assert len(w.hook.posts) == 9
        assert len({post.headers["webhook-id"] for post in w.hook.posts}) == 3


@played
async def test_old_alerts_go(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        await w.stage.account("shop", registered=False)
        w.channel()
        await w.check(3)
        assert w.store.deliveries.counts() == {"alerts": 1, "sent": 1}
        w.stage.clock.advance(401 * 86_400)
        await w.alerts.run_due()
        assert w.store.deliveries.counts() == {"alerts": 0}


@played
async def test_a_worker_serves_until_it_is_stopped(tmp_path: Path, url: str) -> None:
    async with watch(tmp_path, url) as w:
        await w.stage.account("shop", registered=False)
        w.channel()
        await w.check(2)
        w.heard("shop", "partner-removed")
        stopping = asyncio.Event()
        serving = asyncio.ensure_future(w.alerts.serve(stopping))
        while w.store.deliveries.counts().get("sent", 0) < 2:
            w.stage.clock.advance(1)
            await asyncio.sleep(0.01)
        stopping.set()
        await serving
        assert len(w.hook.posts) == 2


@pytest.mark.parametrize("quiet", ["22:00-07:00", ""])
def test_quiet_hours_are_read(quiet: str) -> None:
    found = quiet_hours(quiet, "Europe/Berlin")
    assert found == ({"from": "22:00", "until": "07:00", "zone": "Europe/Berlin"} if quiet else None)
