"""`account webhook`: what Meta is given, and Meta told by Linewright itself; subscribe first, then override."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from tests.service.api_client import stage_in
from tests.service.browser import member
from tests.support.fleet_stage import fleet_stage
from tests.support.served import served
from tests.watch.posts import APP_SECRET

from linewright.cli.app import start
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store.users import Role


def test_meta_is_told_once_the_app_is_subscribed_and_asks_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path / "home") as stage:
            await stage.account("shop", 1)
            (account,) = stage.remote.accounts.values()
            account.subscribed.clear()
            with served(tmp_path / "home", "http://127.0.0.1:1") as (base, _):
                stage.store.facts.set("public-url", base)
                told, token = await stage.lw.webhook("shop", point=True)
            assert told == {
                "account": "shop",
                "url": f"{base}/webhooks/whatsapp/shop",
                "app_secret": False,
                "heard": True,
                "set": True,
            }
            (override,) = account.subscribed.values()
            assert override == {"override_callback_uri": told["url"]}
            assert stage.store.webhooks.tallies("shop").keys() == {"handshake"}
            told_of = [row["action"] for row in stage.store.audit.listing()]
            assert told_of == ["account webhook: set address", "account webhook: subscribe", "account webhook"]
            assert token.open_secret() not in str(stage.store.audit.listing())

    asyncio.run(story())


def test_an_address_that_does_not_answer_is_refused_in_words(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_stage(tmp_path) as stage:
            await stage.account("shop", 1)
            with pytest.raises(UsageError, match="It is not known how this Linewright is reached"):
                await stage.lw.webhook("shop")
            stage.store.facts.set("public-url", "http://127.0.0.1:1")
            with pytest.raises(UsageError, match="would not set address for shop"):
                await stage.lw.webhook("shop", point=True)
            with pytest.raises(UsageError, match="no account"):
                await stage.lw.webhook("nobody")

    asyncio.run(story())


def test_the_command_shows_it_at_a_terminal_or_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def filled() -> str:
        async with fleet_stage(tmp_path) as stage:
            await stage.account("shop", 1)
            stage.store.facts.set("public-url", "https://line.example")
            return stage.store.webhooks.verify_token("shop").open_secret()

    token = asyncio.run(filled())
    assert not sys.stdout.isatty()
    assert start(["--home", str(tmp_path), "account", "webhook", "shop"]) == 0
    said = capsys.readouterr().out
    assert "https://line.example/webhooks/whatsapp/shop" in said
    assert "--app-secret-file" in said
    assert token not in said
    assert start(["--home", str(tmp_path), "account", "webhook", "shop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verify_token"] == token


def test_only_an_admin_sees_the_verify_token(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            await stage.lw.update_account(["shop"], app_secret=Secret(APP_SECRET))
            token = stage.lw.office.store.webhooks.verify_token("shop").open_secret()
            admin = await member(stage, Role.ADMIN, "Ann")
            shown = (await admin.see("/accounts/shop")).text
            assert token in shown
            assert "http://service.test/webhooks/whatsapp/shop" in shown
            operator = await member(stage, Role.OPERATOR, "Bo", address="192.0.2.2")
            assert token not in (await operator.see("/accounts/shop")).text
            assert APP_SECRET not in shown

    asyncio.run(story())
