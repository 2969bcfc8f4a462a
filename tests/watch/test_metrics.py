"""`/metrics`: what it counts is what there is, its labels are few, and who may read is asked."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update
from tests.service.api_client import Stage, stage_in
from tests.support.fleet_stage import fleet_stage

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.errors import UsageError
from linewright.face import Linewright
from linewright.latency import BUCKETS, Latency
from linewright.metrics import Metrics, exposition, open_door, registry
from linewright.store import tables as t
from linewright.store.figures import OVERLAP, Journal
from linewright.store.fleet import Look

HEALTHY, WRONG_PIN, USED_UP, DELETED = "+15550133010", "+15550133005", "+15550133016", "+15550133015"


def value(text: str | bytes, name: str, **labels: str) -> float | None:
    """Of one sample in an exposition; None where it is not there."""
    given = text.decode() if isinstance(text, bytes) else text
    found = [
        sample.value
        for family in text_string_to_metric_families(given)
        for sample in family.samples
        if sample.name == f"linewright_{name}" and sample.labels == labels
    ]
    assert len(found) <= 1
    return found[0] if found else None


def told(lw: Linewright) -> bytes:
    """A fresh look."""
    return exposition(registry(lw.office))


def test_what_is_counted_is_what_there_is(tmp_path: Path, url: str) -> None:
    async def story() -> None:
        async with stage_in(tmp_path, database_url=url)() as stage:
            lw = stage.lw
            await stage.until_it_rests((await stage.register(HEALTHY)).json())
            asked = await stage.until_it_rests((await stage.register(WRONG_PIN, pin="111222")).json())
            held = (await stage.register(USED_UP)).json()
            await stage.api.post(f"/operations/{held['id']}/push")
            stage.clock.advance(600)
            text = told(lw)
            for standing, count in lw.office.store.fleet.counts(Look()).standings.items():
                assert value(text, "numbers", standing=standing.value) == count
            assert value(text, "numbers", standing="banned") == 0
            assert value(text, "operations_open", state="asking", reason=asked["reason"]) == 1
            assert value(text, "operations_ended_total", state="done") == 1
            assert value(text, "tasks_open", kind="pin") == 1
            age = value(text, "tasks_oldest_age_seconds", kind="pin")
            assert age is not None
            assert 600 <= age < 700
            assert value(text, "attempts_total", call="register", outcome="ok", code="") == 1
            assert value(text, "attempts_total", call="register", outcome="refused", code="133005") == 1
            assert value(text, "attempts_total", call="register", outcome="refused", code="133016") == 1
            assert value(text, "workers_alive") == 0
            assert value(text, "database_up") == 1
            calls = value(text, "remote_request_duration_seconds_count", call="register", outcome="refused")
            assert calls == 2
            assert "+1555" not in text.decode()
            assert not re.search(r"op_|1330\d{2}\d", text.decode())

    asyncio.run(story())


def test_warnings_budgets_lags_and_what_was_told(tmp_path: Path, url: str) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path / "home", url) as stage:
            one, two, three = await stage.account("shop", 3)
            stage.door.change_number(one.id, state="BANNED")
            await stage.run_for(hours=1)
            store, now = stage.store, stage.clock.now()
            text = told(stage.lw)
            assert value(text, "numbers_warned", condition="Registered") == 1
            assert value(text, "registration_budgets_short", state="low") == 0
            stage.clock.advance(7_200)
            for phone, spent in ((two, 6), (three, 8)):
                _register(stage.lw, phone.id, phone.phone.e164, spent)
            with store.database.writing() as connection:
                tally = {"account": "shop", "outcome": "taken", "count": 5, "last_at": now}
                connection.execute(insert(t.webhook_tallies), [tally, {**tally, "account": "", "count": 2}])
            text = told(stage.lw)
            assert value(text, "registration_budgets_short", state="low") == 1
            assert value(text, "registration_budgets_short", state="used_up") == 1
            assert value(text, "webhooks_total", outcome="taken") == 7
            late = value(text, "fleet_check_lag_seconds")
            assert late is not None
            assert late > 3_600
            lag = value(text, "engine_lag_seconds")
            assert lag is not None
            assert lag > 0

    asyncio.run(story())


def _register(lw: Linewright, number: str, e164: str, times: int) -> None:
    """An open operation of a number that has spent so many registrations, and is due since an hour."""
    now = lw.office.clock.now()
    row = {"e164": e164, "account": "shop", "number": number}
    with lw.office.store.database.writing() as connection:
        id = f"op-{number}"
        values = {**row, "id": id, "goal": "register", "opened_at": now, "state": "waiting", "reason": "registering"}
        values |= {"code_method": "SMS", "code_language": "en_US", "wake_at": now - timedelta(hours=1)}
        connection.execute(insert(t.operations), values)
        sent = {"operation": id, "number": number, "e164": e164, "call": "register", "at": now, "answered_at": now}
        rows = [{**sent, "id": f"{id}-{each}", "outcome": "refused"} for each in range(times)]
        connection.execute(insert(t.attempts), [*rows, {**sent, "id": f"{id}-lost", "outcome": "not_sent"}])


def test_sums_of_the_journal_grow_with_it(tmp_path: Path, url: str) -> None:
    """Also where an attempt is answered long after later ones, and however far the first look reaches."""

    async def story() -> None:
        async with fleet_stage(tmp_path / "home", url) as stage:
            one, two = await stage.account("shop", 2)
            database, journal = stage.store.database, Journal()
            assert dict(journal.read(database)) == {}
            _register(stage.lw, one.id, one.phone.e164, 3 * OVERLAP)
            with database.writing() as connection:
                late = {"operation": f"op-{one.id}", "number": two.id, "e164": two.phone.e164, "call": "set_pin"}
                connection.execute(insert(t.attempts), {**late, "id": "late", "at": stage.clock.now()})
            _register(stage.lw, two.id, two.phone.e164, 2 * OVERLAP)
            expected = {("register", "refused", None): 5 * OVERLAP, ("register", "not_sent", None): 2}
            for _ in range(3):
                assert dict(journal.read(database)) == expected
            assert dict(Journal().read(database)) == expected
            with database.writing() as connection:
                answered = {"outcome": "refused", "error": {"code": 133005}}
                connection.execute(update(t.attempts).where(t.attempts.c.id == "late").values(answered))
            expected[("set_pin", "refused", 133005)] = 1
            for _ in range(3):
                assert dict(journal.read(database)) == expected
            assert dict(Journal().read(database)) == expected

    asyncio.run(story())


def test_a_code_that_nobody_knows_is_other(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path / "home") as stage:
            (one,) = await stage.account("shop", 1)
            _register(stage.lw, one.id, one.phone.e164, 1)
            with stage.store.database.writing() as connection:
                connection.execute(update(t.attempts).values(error={"code": 987_654}))
            text = told(stage.lw)
            assert value(text, "attempts_total", call="register", outcome="refused", code="other") == 1
            assert b"987654" not in text

    asyncio.run(story())


def test_one_look_serves_for_some_seconds(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path / "home") as stage:
            real = [0.0]
            collector = Metrics(stage.lw.office, clock=lambda: real[0])

            def online() -> float:
                (numbers,) = (each for each in collector.collect() if each.name == "linewright_numbers")
                return next(each.value for each in numbers.samples if each.labels["standing"] == "online")

            assert online() == 0
            await stage.account("shop", 2)
            assert online() == 0
            real[0] += 10
            assert online() == 2

    asyncio.run(story())


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path / "home") as stage:
            await stage.account("shop", 1)
            made = registry(stage.lw.office)
            (tmp_path / "home" / "linewright.db").rename(tmp_path / "gone.db")
            stage.store.database.close()
            (tmp_path / "home" / "linewright.db").mkdir()
            text = exposition(made)
            assert value(text, "database_up") == 0
            assert value(text, "numbers", standing="online") is None
            assert b"linewright_remote_request_duration_seconds_bucket" in text

    asyncio.run(story())


def test_a_token_with_the_scope_read_is_needed(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        for scopes, status in ((("read",), 200), ((), 401)):
            async with stage.client(*scopes) as program:
                answer = await program.get("http://service.test/metrics")
                assert answer.status_code == status
                typed = answer.headers["content-type"]
                assert typed.startswith("text/plain; version=0.0.4" if status == 200 else "application/problem+json")

    async def played() -> None:
        async with stage_in(tmp_path)() as stage:
            await story(stage)

    asyncio.run(played())


def test_probes_say_why_not(tmp_path: Path) -> None:
    async def played() -> None:
        async with stage_in(tmp_path)() as stage, stage.client() as probe:
            assert (await probe.get("http://service.test/readyz")).json() == {"status": "ok"}
            with stage.lw.office.store.database.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
            refused = await probe.get("http://service.test/readyz")
            assert (refused.status_code, refused.json()["reason"]) == (503, "newer-version")
            assert (await probe.get("http://service.test/healthz")).status_code == 200

    asyncio.run(played())


def test_a_worker_serves_its_own(tmp_path: Path) -> None:
    async def played() -> None:
        async with fleet_stage(tmp_path / "home") as stage:
            await stage.account("shop", 2)
            with open_door(stage.lw.office, "127.0.0.1", 0) as url:
                async with httpx.AsyncClient() as prometheus:
                    answer = await prometheus.get(url)
                assert value(answer.text, "numbers", standing="online") == 2
                port = int(url.split(":")[2].split("/")[0])
                with (
                    pytest.raises(UsageError, match="cannot be served"),
                    open_door(stage.lw.office, "127.0.0.1", port),
                ):
                    raise AssertionError("two at one port")

    asyncio.run(played())


def test_latency_falls_into_buckets() -> None:
    latency = Latency()
    ok = Answer(call=CallKind.READ, outcome=Outcome.OK)
    for seconds in (0.01, BUCKETS[0], BUCKETS[-1], 31.0, 99.0):
        latency.add(ok, seconds)
    latency.add(Answer(call=CallKind.READ, outcome=Outcome.NOT_SENT), 1.0)
    ((key, took),) = latency.all().items()
    assert key == ("read", "ok")
    assert took.counts == [2, *([0] * (len(BUCKETS) - 2)), 1, 2]
    assert took.seconds == pytest.approx(0.01 + BUCKETS[0] + BUCKETS[-1] + 130)
