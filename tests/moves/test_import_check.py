"""A file is looked at whole before anything is spent: against what is known here, and what Meta told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.service.api_client import Stage, stage_in
from tests.service.page_client import played

from linewright.domain.happenings import Happening, HappeningKind
from linewright.errors import RemoteUnavailable
from linewright.secret import Secret

Open = Callable[[], Any]


def csv(*lines: str) -> bytes:
    return "\n".join(["phone,account,pin,goal,verified_name", *lines]).encode()


def bad(report: dict[str, Any]) -> list[tuple[int, str]]:
    return [(each["line"], each["reason"]) for each in report["bad"]]


async def also(stage: Stage, name: str, *phones: str) -> str:
    """Another account with these numbers; its WABA."""
    control = stage.simulator.control
    waba = control.add_account(name).id
    for phone in phones:
        control.add_number(waba, phone)
    await stage.lw.add_account(name, waba, Secret(control.add_token([waba]).text))
    return waba


def told(stage: Stage, account: str, **limits: object) -> None:
    """Meta's word, by a webhook, of what an account may hold."""
    now, store = stage.clock.now(), stage.lw.office.store
    one = Happening(account=account, kind=HappeningKind.CAPABILITY, at=now, heard_at=now, detail=limits)
    with store.database.writing() as connection:
        store.happenings.add(connection, [one])


def writes(stage: Stage) -> list[str]:
    return [call.kind for call in stage.simulator.control.calls() if call.method == "POST" and call.kind != "batch"]


@played
async def test_each_bad_row_is_named_with_its_reason(on_both: Open) -> None:
    async with on_both() as stage:
        waba = await also(stage, "bakery", "+15550133010", "+15550177777")
        report = await stage.lw.check_import(
            csv(
                "+15550133010,,,,",
                "+15550133000,nobody,,,",
                "+15550133004,shop,,,",
                "+1 555 013 3004,shop,,,",
                "+15550199999,shop,,,",
                "15550188888,shop,,,A Name",
                "+15550166666,,,,A Name",
                f"+15550177777,{waba},,,",
                "+15550177777x,bakery,,,",
            )
        )
        assert bad(report) == [
            (2, "several-accounts"),
            (3, "unknown-account"),
            (4, "phone-twice"),
            (5, "phone-twice"),
            (6, "unknown-number"),
            (7, "phone-plus"),
            (8, "unknown-number"),
            (10, "phone"),
        ]
        assert (report["rows"], report["good"], report["creates"]) == (9, 1, 0)
        assert "lines 4, 5" in report["bad"][2]["message"]
        assert writes(stage) == []


@played
async def test_a_number_that_was_added_since_the_last_sync_is_found(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        stage.simulator.control.add_number(stage.simulator.world.account.id, "+15550155555")
        report = await stage.lw.check_import(csv("+15550155555,shop,,,"))
        assert (report["good"], report["bad"]) == (1, [])


@played
async def test_an_account_that_cannot_be_listed_takes_nothing(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        stage.simulator.control.add_fault("list", "html503", times=5)
        with pytest.raises(RemoteUnavailable):
            await stage.lw.take_import(csv("+15550155555,shop,,,New Name"))
        assert await stage.lw.imports() == []


@played
async def test_a_pin_that_the_remote_refused_is_turned_away(on_both: Open) -> None:
    async with on_both() as stage:
        await stage.register("+15550133005", pin="111222")
        for pin, expected in (("111222", [(2, "pin-refused")]), ("246810", [])):
            report = await stage.lw.check_import(csv(f"+15550133005,shop,{pin},,"))
            assert bad(report) == expected
            assert pin not in str(report)


@played
async def test_the_room_in_an_account_is_told_before_the_first_row_is_spent(on_both: Open) -> None:
    rows = [f"+155501444{serial:02d},shop,,none,Shop {serial}" for serial in range(10, 15)]
    async with on_both() as stage:
        report = await stage.lw.check_import(csv(*rows))
        (room,) = report["rooms"]
        assert (room["limit"], room["room"], room["numbers"], room["creates"]) == (None, None, 12, 5)
        told(stage, "shop", max_phone_numbers_per_business="14")
        stage.clock.advance(60)
        told(stage, "shop", max_phone_numbers_per_waba=15)
        taken = await stage.lw.take_import(csv(*rows))
        assert taken["import"] is None
        assert bad(taken["report"]) == [(5, "number-limit"), (6, "number-limit")]
        assert "shop has 12 numbers and it may hold 15: of 5 rows that create one, 3 fit" in str(taken["report"])
        assert writes(stage) == []
        some = await stage.lw.take_import(csv(*rows), skip_bad=True)
        assert some["import"]["counts"]["bad"] == 2
        other = (await stage.lw.check_import(csv("+15550144499,shop,,none,One more")))["rooms"][0]
        assert (other["promised"], other["room"]) == (3, 0)


@played
async def test_a_limit_of_the_whole_business_is_called_so(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        told(stage, "shop", max_phone_numbers_per_business=20)
        (room,) = (await stage.lw.check_import(csv("+15550144499,shop,,none,One more")))["rooms"]
        assert (room["limit"], room["whole_business"], room["room"]) == (20, True, 8)
