"""Where Meta sends the webhooks, compared with where they are looked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.support.fleet_stage import FleetStage, fleet_stage
from tests.watch.posts import APP_SECRET

from linewright.domain.addresses import Address, address_in_force, is_same
from linewright.graph.wire import plain_address, without_queries
from linewright.secret import Secret
from linewright.store.webhooks import Letter

HERE = "https://line.example/webhooks/whatsapp/shop"
THERE = "https://other.example/hook?key=hidden"


@pytest.mark.parametrize(
    ("told", "override", "found"),
    [
        (None, None, None),
        ({"application": ""}, None, None),
        ({"application": "https://app"}, None, Address("https://app", "app")),
        ({"application": "https://app"}, "https://acc", Address("https://acc", "account")),
        ({"whatsapp_business_account": "https://b"}, "https://acc", Address("https://b", "account")),
        ({"phone_number": "https://n", "application": "https://a"}, "https://acc", Address("https://n", "number")),
        ({"phone_number": 7}, None, None),
        ("strange", None, None),
    ],
)
def test_the_nearest_address_wins(told: Any, override: str | None, found: Address | None) -> None:
    assert address_in_force(told, override) == found


@pytest.mark.parametrize(
    ("url", "same"),
    [
        (HERE, True),
        (HERE + "/", True),
        (HERE.upper().replace("/WEBHOOKS/WHATSAPP/SHOP", "/webhooks/whatsapp/shop"), True),
        ("https://line.example:443/webhooks/whatsapp/shop", True),
        (HERE + "?x=1", True),
        (HERE + "2", False),
        ("https://line.example:8443/webhooks/whatsapp/shop", False),
        ("http://[broken", False),
    ],
)
def test_two_addresses_are_the_same_place(url: str, same: bool) -> None:
    assert is_same(url, HERE) is same


def test_no_query_and_no_user_is_kept() -> None:
    assert plain_address("https://me:pw@other.example:8443/hook?key=hidden#part") == "https://other.example:8443/hook"
    for strange in (None, 7, "", "no address", "http://[broken"):
        assert plain_address(strange) == ""
    row = {"id": "1", "webhook_configuration": {"application": THERE}, "override_callback_uri": THERE}
    assert "hidden" not in str(without_queries({"data": [row, 7], **row}))


async def said_of(stage: FleetStage, **addresses: Any) -> list[tuple[str, str]]:
    (number,) = stage.store.numbers.standings("shop")
    stage.remote.find(number).shows["webhook_configuration"] = addresses
    await stage.run_for(days=1, hours=1)
    return stage.said(number, "WebhookSubscribed")


def test_another_address_is_warned_of_only_where_ours_is_used(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path) as stage:
            (number,) = await stage.account("shop", 1)
            settings = stage.lw.settings.model_copy(update={"public_url": "https://line.example"})
            stage.lw.office.settings = settings
            assert await said_of(stage, application=THERE) == [("true", "subscribed")]
            await stage.lw.update_account(["shop"], app_secret=Secret(APP_SECRET))
            assert await said_of(stage, application=THERE) == [("true", "subscribed")]
            stage.store.webhooks.take([Letter(account="shop", outcome="handshake")], stage.clock.now())
            assert await said_of(stage, application=THERE) == [("false", "elsewhere")]
            shown = stage.conditions(number.id)["WebhookSubscribed"]
            assert "other.example" in shown.message
            assert "app" in shown.message
            assert "hidden" not in shown.message
            assert await said_of(stage, application=HERE) == [("true", "subscribed")]
            assert await said_of(stage, application=HERE, phone_number=THERE) == [("false", "elsewhere")]
            assert "number" in stage.conditions(number.id)["WebhookSubscribed"].message

    asyncio.run(story())
