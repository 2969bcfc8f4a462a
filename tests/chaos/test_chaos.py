"""A short run on both databases; `make chaos` is the long one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.outage import full_disk, stopped_server
from tests.chaos.run import Plan, Told, play


@pytest.mark.parametrize("sqlite", [False, True], ids=["three workers on PostgreSQL", "one worker on SQLite"])
def test_nothing_is_lost_in_a_short_storm(
    sqlite: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    plan = Plan(numbers=9, seed=7, rate=200, workers=1 if sqlite else 3, kills=4, minutes=4, sqlite=sqlite, quick=True)
    told = asyncio.run(play(plan, tmp_path))
    record_property("chaos", told.lines)
    assert told.good, "\n".join(told.lines)


@pytest.mark.parametrize("way", [stopped_server, full_disk], ids=["a stopped PostgreSQL", "a full disk"])
def test_a_store_that_goes_away_in_the_middle(
    way: Callable[..., Told], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    told = way(tmp_path, seconds=1.5, numbers=8)
    record_property("chaos", told.lines)
    assert told.good, "\n".join(told.lines)
