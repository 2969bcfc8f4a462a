"""The steps of the walk, found by roles and by what a person reads; each works with scripts and without."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect
from tests.walk.house import House

__all__ = ["Walker", "accept"]

USE = re.compile("Use this code|Send the code")
PASSWORD = "four calm words together"
LOOKS = 200
"""Reloads after which a page that moves nobody counts as stuck."""


class Walker:
    """Somebody at a browser. `scripts`: the page moves by itself; else it is loaded again until it shows."""

    def __init__(self, house: House, page: Page, *, scripts: bool) -> None:
        self.house = house
        self.page = page
        self.scripts = scripts
        page.set_default_timeout(20_000)

    # How one looks

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else f"{self.house.url}{path}")

    def turns_to(self, name: str) -> None:
        """By the tabs at the top."""
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def sees(self, what: str | re.Pattern[str] | Locator) -> None:
        """Until it is there: without scripts by loading the page again, as a person does."""
        found = what if isinstance(what, Locator) else self.page.get_by_text(what).first
        if self.scripts:
            expect(found).to_be_visible(timeout=30_000)
            return
        for _ in range(LOOKS):
            if found.is_visible():
                return
            self.page.reload()
        expect(found).to_be_visible()

    def opens(self, label: str) -> Locator:
        """A box that opens in place; its form."""
        self.page.locator("summary").filter(has_text=re.compile(f"^{re.escape(label)}$")).click()
        return self.page.locator("details[open]").filter(has=self.page.get_by_role("button")).last

    # The steps

    def comes_in(self, link: str, name: str) -> None:
        """By a one-time link, which opens nothing afterwards."""
        self.go(link)
        accept(self.page, name)
        self.sees(self.page.get_by_role("heading", name="Fleet"))

    def adds_the_account(self) -> None:
        self.turns_to("Accounts")
        self.page.get_by_role("link", name="Add an account").click()
        self.page.get_by_label("Name", exact=True).fill("shop")
        self.page.get_by_label("WhatsApp Business Account id").fill(self.house.waba)
        self.page.get_by_label("Access token").fill(self.house.token)
        self.press("Add the account")
        self.sees(self.page.get_by_text("12 numbers").first)

    def migrates(self, phone: str, account: str) -> str:
        """From the number's page to its first question; the address of the operation's page."""
        house, control = self.house, self.house.simulator.control
        waba = control.add_account("Another account").id
        token = control.add_token([waba], app=house.simulator.world.app.id).text
        assert house.terminal("account", "add", account, "--waba", waba, stdin=token).status == 0
        self.go(f"/numbers/{house.id_of(phone)}")
        form = self.opens("Migrate")
        form.get_by_label("The account that it moves to").fill(account)
        form.get_by_role("button", name=re.compile("^Migrate")).click()
        self.sees("has a payment method")
        return str(self.page.locator("#to-operation").get_attribute("href"))

    def reads_the_fleet(self) -> None:
        """All twelve, over their standings; a search finds one; warnings come with their reasons."""
        self.turns_to("Fleet")
        expect(self.page.get_by_role("row")).to_have_count(13)
        self.page.get_by_label("Search").fill("3006")
        self.press("Look")
        expect(self.page.get_by_role("row")).to_have_count(2)
        self.go("/fleet")

    def registers(self, key: str, *, pin: str = "", by_link: bool = False) -> None:
        self.go(f"/numbers/{self.house.id_of(key)}")
        form = self.opens("Register")
        if pin:
            form.get_by_label("Its two-step PIN").fill(pin)
        if by_link:
            form.get_by_label("Ask the phone's owner by a link").check()
        form.get_by_role("button", name="Register +1").click()

    def question(self, key: str) -> Locator:
        """The question about a number, on the desk."""
        self.go("/desk")
        card = self.page.get_by_role("article").filter(has_text=shown(key))
        self.sees(card)
        return card

    def types_the_code(self, key: str) -> None:
        """On the desk: a wrong one first, which is said at once; then the right one."""
        card = self.question(key)
        card.get_by_label("The code").fill(self.house.wrong_code(key))
        card.get_by_role("button", name=USE).click()
        self.sees(re.compile("That code was wrong"))
        card = self.question(key)
        card.get_by_label("The code").fill(f"Your WhatsApp code: {self.house.code(key)}")
        card.get_by_role("button", name=USE).click()
        self.sees_online(key)

    def gives_the_pin(self, key: str, pin: str) -> None:
        card = self.question(key)
        card.get_by_label("The PIN", exact=True).fill(pin)
        card.get_by_role("button", name="Use this PIN").click()
        self.sees_online(key)

    def sees_online(self, key: str) -> None:
        self.go(f"/numbers/{self.house.id_of(key)}")
        self.sees(self.page.get_by_text("The number is online.").first)
        assert self.house.online(key)

    def sees_it_move(self, key: str) -> None:
        """A wait is counted down and a new line comes, in the page as it was loaded."""
        self.registers(key)
        clock = self.page.locator("time[data-countdown]").first
        expect(clock).to_have_text(re.compile("^in .*min"))
        self.page.evaluate("window.loadedOnce = true")
        before = clock.inner_text()
        expect(clock).not_to_have_text(before)
        tries = self.page.get_by_role("listitem").filter(has=self.page.get_by_text("Register", exact=True))
        made = tries.count()
        assert made > 0
        self.house.clock.advance(400)
        expect(self.page.get_by_role("listitem").filter(has_text="Waited").first).to_be_visible(timeout=30_000)
        expect(tries.nth(made)).to_be_visible(timeout=30_000)
        assert self.page.evaluate("window.loadedOnce") is True

    def pastes_an_error(self) -> None:
        self.turns_to("Errors")
        body = '{"error":{"message":"(#133005) PIN Mismatch","code":133005,"fbtrace_id":"AbCdEf123"}}'
        self.page.get_by_label("Any text that holds one").fill(body)
        self.press("What does it mean?")
        self.sees(self.page.get_by_role("heading", name=re.compile("133005")))
        self.sees("AbCdEf123")

    def downloads_the_bundle(self, key: str, folder: Path) -> None:
        self.go(f"/numbers/{self.house.id_of(key)}")
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Support bundle").click()
        file = folder / "bundle.zip"
        download.value.save_as(file)
        with zipfile.ZipFile(file) as bundle:
            names, whole = bundle.namelist(), b"".join(bundle.read(name) for name in bundle.namelist())
        assert names
        assert not any(name.startswith("/") or ".." in name for name in names)
        assert shown(key).encode()[-4:] in whole
        assert self.house.token.encode() not in whole

    def is_refused_a_deregister(self, key: str) -> None:
        self.go(f"/numbers/{self.house.id_of(key)}")
        form = self.opens("Deregister")
        form.get_by_label("The number's last four digits").fill("0000")
        form.get_by_role("button", name="Deregister").click()
        self.sees(self.page.get_by_role("alert").first)
        assert self.house.online(key)

    def imports(self, content: bytes) -> str:
        """Sends in a file of numbers; the path of its page."""
        self.go("/imports")
        chosen = {"name": "numbers.csv", "mimeType": "text/csv", "buffer": content}
        self.page.get_by_label("CSV file").set_input_files(files=[chosen])
        self.press("Import")
        self.sees(self.page.get_by_role("heading", name="numbers.csv"))
        return urlsplit(self.page.url).path

    def releases(self, key: str, last_paid: str) -> None:
        """With both keys; who is alone may turn both."""
        self.go(f"/numbers/{self.house.id_of(key)}")
        form = self.opens("Release")
        form.get_by_label("The number's last four digits").fill(key[-4:])
        form.get_by_label("The day of its last paid message").fill(last_paid)
        form.get_by_role("button", name="Release +1").click()
        self.question(key).get_by_role("button", name="Release it").click()
        self.go(f"/numbers/{self.house.id_of(key)}")
        self.sees(self.page.get_by_role("heading", name="What remains"))
        assert not self.house.simulator.control.number(self.house.id_of(key))["registered"]

    def invites(self, role: str) -> str:
        """The one-time link for somebody else."""
        self.go("/settings/people")
        self.page.get_by_label(role).check()
        self.press("Make a link")
        return self.page.locator(".shown-once").inner_text()

    def adds_a_channel(self, name: str, address: str) -> None:
        """Where alerts go; a test of it is sent at once, and told whether it came."""
        self.go("/alerts/new")
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_role("textbox", name="Address").fill(address)
        self.press("Add the channel")
        self.go("/alerts")
        self.press(f"Test {name}")

    def makes_a_link(self, key: str) -> str:
        card = self.question(key)
        card.get_by_role("button", name="Ask by link").click()
        return self.page.locator("#link-address").inner_text()

    # The customer, who has nothing but the link

    def answers_by_link(self, key: str, link: str) -> None:
        self.go(link)
        self.sees(shown(key))
        assert self.house.codes(key) == [], "not even the first code is sent before somebody is ready"
        self.press("Send me the code now, by SMS")
        self.sees(self.page.get_by_label("The six digits of the code"))
        self.page.get_by_label("The six digits of the code").fill(self.house.wrong_code(key))
        self.press(USE)
        self.sees(self.page.get_by_role("alert"))
        self.page.get_by_label("The six digits of the code").fill(self.house.code(key))
        self.press(USE)
        self.sees(self.page.get_by_role("heading", name="Your number is online"))
        assert self.house.online(key)

    def finds_the_link_dead(self, link: str) -> None:
        answer = self.page.goto(link)
        assert answer is not None
        assert answer.status == 410
        expect(self.page.get_by_role("button")).to_have_count(0)
        expect(self.page.get_by_role("textbox")).to_have_count(0)


def accept(page: Page, name: str) -> None:
    """Fills in the page of an invitation."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("A password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Come in").click()


def shown(key: str) -> str:
    """A number of the simulator as it is displayed: `+1 555-013-3006`."""
    return f"+1 555-0{key[:2]}-{key[2:]}"
