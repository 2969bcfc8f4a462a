"""The trend: each hour once, however many workers there are, and older ones by the day."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.fleet_stage import fleet_stage

from linewright.domain.number import Standing
from linewright.store.engine import Database, open_store
from linewright.store.trend import EVERY_HOUR_FOR, WARNED, Point, Trends
from linewright.trend import Trend

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def trends(database: Database) -> Trends:
    return Trends(database)


def test_an_hour_is_kept_once(trends: Trends, url: str) -> None:
    other = open_store(url)
    assert trends.add(NINE, {"online": 3, WARNED: 1})
    assert not Trends(other).add(NINE, {"online": 4, WARNED: 0})
    assert trends.since(NINE) == [Point(NINE, {"online": 3, WARNED: 1})]
    assert trends.last_at() == NINE
    other.close()


def test_hours_come_in_their_order_and_older_ones_not_at_all(trends: Trends) -> None:
    for hours in (2, 0, 1):
        trends.add(NINE + hours * HOUR, {"online": hours})
    assert [point.at for point in trends.since(NINE + HOUR)] == [NINE + HOUR, NINE + 2 * HOUR]


def test_after_ninety_days_one_hour_of_a_day_is_left(trends: Trends) -> None:
    begun = NINE.replace(hour=3)
    for hours in range(72):
        trends.add(begun + hours * HOUR, {"online": hours})
    assert trends.thin(begun + timedelta(days=3)) == 0
    gone = trends.thin(begun + EVERY_HOUR_FOR + timedelta(days=2))
    left = [point.at for point in trends.since(begun)]
    assert gone == 20 + 23
    assert left[:2] == [begun, begun.replace(day=3, hour=0)]
    assert left[2:] == [begun.replace(day=4, hour=0) + hours * HOUR for hours in range(27)]
    assert trends.thin(begun + EVERY_HOUR_FOR + timedelta(days=2)) == 0


def test_the_round_notes_what_the_fleet_shows(tmp_path: Path, url: str) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path / "home", url) as stage:
            round_, other = Trend(stage.lw.office), Trend(stage.lw.office)
            assert await round_.run_due() == 0  # no number yet
            numbers = await stage.account("shop", 3)
            assert [await each.run_due() for each in (round_, other)] == [1, 0]
            stage.door.change_number(numbers[0].id, state="BANNED")
            await stage.run_for(hours=1)
            assert [await each.run_due() for each in (other, round_)] == [1, 0]
            first, second = stage.store.trend.since(stage.clock.now() - 3 * HOUR)
            assert set(first.counts) == {*(each.value for each in Standing), WARNED}
            assert (first.counts["online"], first.counts["banned"], first.counts[WARNED]) == (3, 0, 0)
            assert (second.counts["online"], second.counts["banned"], second.counts[WARNED]) == (2, 1, 1)
            assert second.at - first.at == HOUR

    asyncio.run(story())


def test_the_round_ends_when_it_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path / "home") as stage:
            stopping = asyncio.Event()
            serving = asyncio.ensure_future(Trend(stage.lw.office).serve(stopping))
            await asyncio.sleep(0)
            stopping.set()
            await serving

    asyncio.run(story())
