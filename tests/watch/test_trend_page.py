"""The trend on the fleet page: drawn on the server, told in words and as a table, quiet where there is nothing yet."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.service.page_client import played, theatre_in

from linewright.service.page.trend import DAYS, HEIGHT, WIDTH, trend_of
from linewright.store.trend import WARNED, Point

NOW = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hour(ago: int, **counts: int) -> Point:
    return Point(NOW.replace(minute=0) - ago * HOUR, counts)


def test_a_line_stays_within_its_frame() -> None:
    points = [hour(ago, online=1_990 + ago % 7, warned=ago % 3) for ago in range(24 * DAYS, -1, -1)]
    for line in trend_of(points, NOW).lines:
        across = [float(x) for x in re.findall(r"[HM]([\d.]+)", line.path)]
        down = [float(y) for y in re.findall(r"V([\d.]+)|M[\d.]+ ([\d.]+)", line.path) for y in y if y]
        assert across == sorted(across)
        assert 0 <= across[0] < across[-1] <= WIDTH
        assert 0 <= min(down) < max(down) <= HEIGHT


def test_what_did_not_move_has_no_line_but_for_two() -> None:
    trend = trend_of([hour(1, online=5, banned=2, offline=1), hour(0, online=5, banned=2, offline=3)], NOW)
    assert [line.name for line in trend.lines] == ["online", WARNED, "offline"]
    assert [line.told for line in trend.lines] == [
        "Online: 5 all the time.",
        "Warnings: 0 all the time.",
        "Offline: 3 now; between 1 and 3.",
    ]


def test_hours_that_nobody_noted_break_the_line() -> None:
    whole = trend_of([hour(2, online=1), hour(1, online=1), hour(0, online=1)], NOW)
    broken = trend_of([hour(9, online=1), hour(1, online=1), hour(0, online=1)], NOW)
    assert [line.path.count("M") for line in (whole.lines[0], broken.lines[0])] == [1, 2]


def test_the_table_has_the_last_count_of_each_day() -> None:
    trend = trend_of([hour(ago, online=100 - ago) for ago in range(30, -1, -1)], NOW)
    assert [(day.day, counts[0]) for day, counts in trend.days] == [(9, 100), (8, 90)]


def test_one_hour_is_no_trend() -> None:
    assert trend_of([hour(0, online=1)], NOW).lines == ()


@played
async def test_it_is_drawn_without_a_script(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        browser, store = theatre.person(), theatre.stage.lw.office.store
        empty = await browser.see("/fleet")
        assert "is drawn here once a worker has noted two hours of it" in empty.text
        assert '<svg viewBox="0 0 168 32"' not in empty.html
        now = theatre.stage.clock.now().replace(minute=0, second=0, microsecond=0)
        for ago in (2, 1, 0):
            store.trend.add(now - ago * HOUR, {"online": 1_990 + ago, "offline": 2 - ago, WARNED: 2})
        drawn = await browser.see("/fleet")
        assert drawn.html.count('<svg viewBox="0 0 168 32"') == 3
        assert "Online: 1,990 now; between 1,990 and 1,992." in drawn.text
        assert "Warnings: 2 all the time." in drawn.text
        assert "As a table" in drawn.text
        assert " style=" not in drawn.html
        searched = await browser.see("/fleet", q="133010")
        assert "The last seven days" not in searched.text
        assert len(drawn.ids()) == len(set(drawn.ids()))
