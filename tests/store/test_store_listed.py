"""A page of numbers shows of each what is gathered of one alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.service.api_client import Stage, stage_in

from linewright.domain.budget import budget_of
from linewright.domain.number import Standing
from linewright.shapes import BUDGETED
from linewright.store.listed import number_page, one_number


def test_a_page_shows_what_a_number_shows(tmp_path: Path, url: str) -> None:
    async def story() -> None:
        async with stage_in(tmp_path / "stage", database_url=url)() as stage:
            for last_six in ("133000", "133004", "133006", "133010", "133015", "133016"):
                opened = (await stage.register(f"+15550{last_six}", pin="135791")).json()
                await stage.until_it_rests(opened)
            await stage.register("+15550133005", pin="111222")
            _compare(stage)

    asyncio.run(story())


def _compare(stage: Stage) -> None:
    store, catalogue, now = stage.lw.office.store, stage.lw.office.catalogue, stage.clock.now()
    page, following = number_page(store.database, now, catalogue)
    assert (len(page), following) == (12, None)
    for listed in page:
        id = listed.line.number.id
        whole = store.numbers.case(id, now, catalogue)
        assert listed.line == store.numbers.line(id)
        assert listed == one_number(store.database, id, now, catalogue)
        assert (listed.case.pins, listed.case.attempts, listed.case.weather) == (
            whole.pins,
            whole.attempts,
            whole.weather,
        )
        assert [budget_of(listed.case, kind) for kind in BUDGETED] == [budget_of(whole, kind) for kind in BUDGETED]
    assert any(listed.case.attempts for listed in page)
    assert len({listed.case.pins.state for listed in page}) > 2


def test_a_page_is_searched(tmp_path: Path, url: str) -> None:
    async def story() -> None:
        async with stage_in(tmp_path / "stage", database_url=url)() as stage:
            store, catalogue, now = stage.lw.office.store, stage.lw.office.catalogue, stage.clock.now()

            def found(**asked: object) -> list[str]:
                page, _ = number_page(store.database, now, catalogue, **asked)  # type: ignore[arg-type]  # each is typed
                return [listed.line.number.e164 for listed in page]

            assert found(search="555-013-3005") == ["+15550133005"]
            assert found(search="300000000000009") == ["+15550133010"]
            assert len(found(search="SHOP")) == 12
            assert found(search="%") == []
            assert set(found(standing=Standing.ONLINE)) == {"+15550131045", "+15550100001"}
            assert found(account="other") == []

    asyncio.run(story())
