"""Every page, in a house where much is going on, for whoever wants to look at them all."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, BrowserContext, Page
from tests.walk.house import House
from tests.walk.steps import Walker

from linewright.simulator.worlds import COEXISTENCE, HEALTHY

__all__ = ["SCHEMES", "SIZES", "Tour"]

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")


class Tour:
    """Fills the house once; then each page can be visited in any size and colours."""

    def __init__(self, browser: Browser, house: House) -> None:
        self._browser = browser
        self._house = house
        first = Walker(house, browser.new_page(), scripts=True)
        self._invitation = self._fill(first)
        self._state = first.page.context.storage_state()
        first.page.context.close()

    def _fill(self, admin: Walker) -> str:
        """Numbers that are online, that wait, that ask; the result is somebody's invitation."""
        house = self._house
        admin.comes_in(house.first_admin, "Root")
        admin.adds_the_account()
        admin.registers("133010")
        admin.sees_online("133010")
        for key in ("133004", "133015", "133016"):
            admin.registers(key)
        admin.registers("133005", pin="111222")
        admin.question("133005")
        admin.registers("133006", by_link=True)
        self.link = admin.makes_a_link("133006")
        admin.registers("133000")
        admin.sees_online("133000")
        admin.releases("133000", "2026-01-15")
        admin.adds_a_channel("ops-mail", "json://127.0.0.1:9/")
        self.imported = admin.imports(b"phone,pin\n+15550133000,\n+15550133009,246810\n+15550100001,\n")
        self.migration = admin.migrates(HEALTHY, "elsewhere")
        invitation = admin.invites("operator")
        admin.go("/settings/tokens")
        admin.page.get_by_label("What it is for").fill("nightly report")
        admin.press("Make it")
        return invitation

    def visitor(self, size: str, scheme: str) -> BrowserContext:
        return self._context(size, scheme, None)

    def admin(self, size: str, scheme: str) -> BrowserContext:
        return self._context(size, scheme, self._state)

    def _context(self, size: str, scheme: str, state: object) -> BrowserContext:
        return self._browser.new_context(viewport=SIZES[size], color_scheme=scheme, storage_state=state)

    def pages(self, size: str, scheme: str, only: str = "") -> Iterator[tuple[str, Page]]:
        """Each page with its name, loaded; `only` those whose name holds this."""
        for context, places in (
            (self.visitor(size, scheme), self._outside()),
            (self.admin(size, scheme), self._inside()),
        ):
            page = context.new_page()
            for name, path in (place for place in places if only in place[0]):
                page.goto(path if path.startswith("http") else f"{self._house.url}{path}")
                yield name, page
            context.close()

    def link_stages(self) -> Iterator[tuple[str, Page]]:
        """What the customer sees, one after the other; afterwards the link has done its work."""
        house = self._house
        customer = Walker(house, self._browser.new_page(), scripts=True)
        page = customer.page
        tasks = house.terminal("task", "list", "--json").document["items"]
        pin = next(task["id"] for task in tasks if task["kind"] == "pin")
        page.goto(house.terminal("task", "link", pin, "--json").document["url"])
        yield "link-pin", page
        page.goto(self.link)
        customer.press("Send me the code now, by SMS")
        customer.sees(page.get_by_label("The six digits of the code"))
        yield "link-code", page
        page.get_by_label("The six digits of the code").fill(house.wrong_code("133006"))
        page.get_by_role("button", name="Use this code").click()
        customer.sees(page.get_by_role("alert"))
        yield "link-wrong", page
        page.get_by_label("The six digits of the code").fill(house.code("133006"))
        page.get_by_role("button", name="Use this code").click()
        yield "link-working", page
        customer.sees(page.get_by_role("heading", name="Your number is online"))
        yield "link-online", page
        page.context.close()

    def _outside(self) -> list[tuple[str, str]]:
        return [
            ("login", "/login"),
            ("welcome", self._invitation),
            ("link", self.link),
            ("link-unknown", "/l/lwl_nobody"),
        ]

    def _inside(self) -> list[tuple[str, str]]:
        number = self._house.id_of
        return [
            ("fleet", "/fleet"),
            ("fleet-warnings", "/fleet?warned=1"),
            ("number-waiting", f"/numbers/{number('133015')}"),
            ("number-blocked", f"/numbers/{number('133016')}"),
            ("number-online", f"/numbers/{number('133010')}"),
            ("number-asking", f"/numbers/{number('133005')}"),
            ("number-released", f"/numbers/{number('133000')}"),
            ("plan-asking", f"/numbers/{number('133005')}/plan"),
            ("plan-blocked", f"/numbers/{number('133016')}/plan"),
            ("plan-online", f"/numbers/{number('133010')}/plan"),
            ("plan-healthy", f"/numbers/{number('133008')}/plan"),
            ("plan-shared", f"/numbers/{number(COEXISTENCE)}/plan"),
            ("desk", "/desk"),
            ("operations", "/operations"),
            ("operation-migration", self.migration),
            ("imports", "/imports"),
            ("import", self.imported),
            ("alerts", "/alerts"),
            ("alert-new", "/alerts/new"),
            ("errors", "/errors"),
            ("error", "/errors/133005"),
            ("accounts", "/accounts"),
            ("account", "/accounts/shop"),
            ("account-new", "/accounts/new"),
            ("settings", "/settings"),
            ("settings-people", "/settings/people"),
            ("settings-tokens", "/settings/tokens"),
            ("settings-inboxes", "/settings/inboxes"),
            ("settings-installation", "/settings/installation"),
            ("audit", "/audit"),
            ("problems", "/problems"),
            ("problem", "/problems/operation-open"),
            ("nothing-here", "/nothing-here"),
        ]
