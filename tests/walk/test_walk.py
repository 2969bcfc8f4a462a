"""The walk: what people do with the page, from the first admin to a link that has done its work."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import APIResponse, Browser, Page, expect
from tests.walk.house import House, house
from tests.walk.steps import Walker


def somebody(browser: Browser, home: House, *, scripts: bool = True) -> Walker:
    """A browser of their own, with no cookie of anybody else's."""
    context = browser.new_context(java_script_enabled=scripts, accept_downloads=True)
    return Walker(home, context.new_page(), scripts=scripts)


def answered(page: Page, path: str, home: House) -> APIResponse:
    """What a form is answered that is sent without a button for it, with the proof of the sender's own pages."""
    proof = page.locator("input[name=csrf]").first.get_attribute("value")
    assert proof
    return page.request.post(f"{home.url}{path}", form={"csrf": proof}, max_redirects=0)


def test_the_walk(browser: Browser, tmp_path: Path) -> None:
    with house(tmp_path / "house") as home:
        admin = somebody(browser, home)
        admin.comes_in(home.first_admin, "Root")
        admin.adds_the_account()
        admin.reads_the_fleet()
        admin.registers("133006")
        admin.types_the_code("133006")
        admin.registers("133005", pin="111222")
        admin.gives_the_pin("133005", "246810")
        admin.sees_it_move("133015")
        admin.pastes_an_error()
        admin.downloads_the_bundle("133006", tmp_path)
        admin.is_refused_a_deregister("133006")

        viewer = somebody(browser, home)
        viewer.comes_in(admin.invites("viewer"), "Guest")
        viewer.go(f"/numbers/{home.id_of('133006')}")
        expect(viewer.page.locator("summary").filter(has_text="Register")).to_have_count(0)
        path = f"/numbers/{home.id_of('133006')}/deregister"
        refused = answered(viewer.page, path, home)
        assert refused.status == 403
        assert "This needs the role operator" in refused.text()

        operator = somebody(browser, home)
        operator.comes_in(admin.invites("operator"), "Olga")
        let_past = answered(operator.page, path, home)
        assert let_past.status not in (401, 403), "the same form gets as far as the digits it lacks"
        assert "This needs the role" not in let_past.text()
        assert home.online("133006")


def test_the_link_from_the_desk_to_online(browser: Browser, tmp_path: Path) -> None:
    with house(tmp_path / "house") as home:
        admin = somebody(browser, home)
        admin.comes_in(home.first_admin, "Root")
        admin.adds_the_account()
        admin.registers("133006", by_link=True)
        link = admin.makes_a_link("133006")
        customer = somebody(browser, home)
        customer.answers_by_link("133006", link)
        assert customer.page.context.cookies() == []
        customer.finds_the_link_dead(link)
        somebody(browser, home).finds_the_link_dead(link)
        assert link.rsplit("/", 1)[1] not in home.log()
        assert home.first_admin.rsplit("/", 1)[1] not in home.log()
        assert "GET /l/" in home.log()


def test_the_core_walk_without_scripts(browser: Browser, tmp_path: Path) -> None:
    with house(tmp_path / "house") as home:
        admin = somebody(browser, home, scripts=False)
        admin.comes_in(home.first_admin, "Root")
        admin.adds_the_account()
        admin.reads_the_fleet()
        admin.registers("133010")
        admin.sees_online("133010")
        admin.registers("133005", pin="111222")
        admin.gives_the_pin("133005", "246810")
        admin.registers("133006", by_link=True)
        link = admin.makes_a_link("133006")
        customer = somebody(browser, home, scripts=False)
        customer.answers_by_link("133006", link)
        customer.finds_the_link_dead(link)
        admin.pastes_an_error()
        admin.is_refused_a_deregister("133006")
