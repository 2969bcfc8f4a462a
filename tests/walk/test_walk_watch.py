"""The watch, walked: a number goes offline at Meta, its page warns by itself, and one click brings it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.walk.house import house
from tests.walk.test_walk import somebody

KEY = "133010"
A_CHECK = 16 * 60
"""Virtual seconds in which the fleet check comes round once."""


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_number_goes_offline_and_one_click_brings_it_back(browser: Browser, tmp_path: Path, scripts: bool) -> None:
    with house(tmp_path / "house") as home:
        admin = somebody(browser, home, scripts=scripts)
        admin.comes_in(home.first_admin, "Root")
        admin.adds_the_account()
        admin.registers(KEY)
        admin.sees_online(KEY)
        page, number = admin.page, home.id_of(KEY)
        expect(page.get_by_role("button", name="Bring it back")).to_have_count(0)
        if scripts:
            page.evaluate("() => { document.body.dataset.loaded = 'once' }")

        home.simulator.control.change_number(number, registered=False)
        home.clock.advance(A_CHECK)
        admin.sees(page.get_by_role("button", name="Bring it back"))
        expect(page.get_by_text("It is not registered: it can neither send nor receive.").first).to_be_visible()
        if scripts:
            assert page.evaluate("() => document.body.dataset.loaded") == "once"
        page.screenshot(path=tmp_path / "warned.png")
        assert not home.online(KEY)

        page.get_by_role("button", name="Bring it back").click()
        admin.sees(page.get_by_text("The number is online.").first)
        expect(page.get_by_role("button", name="Bring it back")).to_have_count(0)
        assert home.online(KEY)
