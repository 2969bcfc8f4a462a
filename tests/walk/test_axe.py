"""No page breaks a rule of accessibility that axe knows, in light and dark, wide and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from tests.walk.house import house
from tests.walk.tour import SIZES, Tour

AXE = (Path(__file__).parent / "axe.min.js").read_text()
LOOKS = (("wide", "light"), ("phone", "dark"))
RUN = "async () => (await window.axe.run(document, {resultTypes: ['violations']})).violations"
"""Every rule; of what passes, which is most, it names no places."""
ARRIVED = "() => document.getAnimations().forEach(each => each instanceof CSSTransition && each.finish())"
"""Colours that fade into those of another look are at their end."""


def broken(page: Page) -> list[str]:
    """What axe finds, in a line each. It is put into a world of its own, which the page's policy does not rule."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(f"() => {{ {AXE} }}")
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]


def in_every_look(page: Page) -> Iterator[tuple[str, str, str]]:
    """One page, loaded once and turned from look to look; its styles alone make the difference."""
    for size, scheme in LOOKS:
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=scheme)
        page.evaluate(ARRIVED)
        for line in broken(page):
            yield size, scheme, line


def test_axe_finds_nothing(browser: Browser, tmp_path: Path) -> None:
    with house(tmp_path / "house") as home:
        tour = Tour(browser, home)
        wrong = [(name, *seen) for name, page in tour.pages(*LOOKS[0]) for seen in in_every_look(page)]
        wrong += [(name, "wide", "light", line) for name, page in tour.link_stages() for line in broken(page)]
    assert wrong == []


def test_axe_is_heard_in_the_look_that_is_wrong(browser: Browser) -> None:
    """Grey on grey in the dark, a picture without words on a phone: each is found there, and only there."""
    page = browser.new_page()
    page.set_content(
        "<html lang=en><title>t</title><main><h1>One</h1><p>Two</p><img src=data:,></main><style>img { display: none }"
        "@media (prefers-color-scheme: dark) { p { color: #777; background: #666 } }"
        "@media (max-width: 400px) { img { display: block } }</style>"
    )
    found = {(size, scheme, line.split(":")[0]) for size, scheme, line in in_every_look(page)}
    page.context.close()
    assert found == {("phone", "dark", "color-contrast"), ("phone", "dark", "image-alt")}
