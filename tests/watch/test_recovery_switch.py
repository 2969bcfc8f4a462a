"""Recovery by itself is off until somebody switches it on: by the page, over REST; each time the audit says who."""

from __future__ import annotations

from pathlib import Path

from tests.service.page_client import Theatre, played, theatre_in

from linewright.store.users import Role


def recovers(theatre: Theatre) -> bool:
    return theatre.stage.lw.office.store.accounts.get("shop").recover


def noted(theatre: Theatre) -> list[tuple[str, bool]]:
    """Who switched it, and which way."""
    rows = [row for row in theatre.stage.audit() if row["action"] == "account update"]
    return [(row["who"], row["detail"]["recover"]) for row in rows if "recover" in (row["detail"] or {})]


@played
async def test_an_admin_switches_it_on_the_page_and_off_again(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        assert not recovers(theatre)
        admin = theatre.person(Role.ADMIN, "Root")
        page = await admin.see("/accounts/shop")
        assert page.form("/accounts/shop/recover")["fields"]["recover"] == "off"
        page = await admin.send(page, "/accounts/shop/recover", recover="on")
        assert recovers(theatre)
        assert page.form("/accounts/shop/recover")["fields"]["recover"] == "on"
        neither = await admin.send(page, "/accounts/shop/recover", recover="perhaps")
        assert (neither.status, recovers(theatre)) == (422, True)
        await admin.send(page, "/accounts/shop/recover", recover="off")
        assert not recovers(theatre)
        assert [way for _, way in noted(theatre)] == [True, False]


@played
async def test_nobody_but_an_admin_switches_it(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        operator = theatre.person(Role.OPERATOR)
        page = await operator.see("/accounts/shop")
        csrf = page.form("/logout")["fields"]["csrf"]
        assert "/accounts/shop/recover" not in page.html
        refused = await operator.post("/accounts/shop/recover", csrf=csrf, recover="on")
        assert (refused.status, recovers(theatre)) == (403, False)


@played
async def test_a_program_switches_it_over_rest(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        api = theatre.stage.api
        assert (await api.patch("/accounts/shop", json={"recover": True})).status_code == 200
        assert recovers(theatre)
        assert (await api.patch("/accounts/shop", json={"paused": False})).status_code == 200
        assert recovers(theatre), "what was not named stays"
        assert (await api.patch("/accounts/shop", json={"recover": False})).status_code == 200
        assert [way for _, way in noted(theatre)] == [True, False]
