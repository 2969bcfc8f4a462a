"""No page breaks a rule of accessibility that axe knows, in light and dark, wide and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from tests.walk.house import house
from tests.walk.tour import Tour

AXE = (Path(__file__).parent / "axe.min.js").read_text()
LOOKS = (("wide", "light"), ("phone", "dark"))


def broken(page: Page) -> list[str]:
    """What axe finds, in a line each. It is put into a world of its own, which the page's policy does not rule."""
    found: dict[str, Any] = page.evaluate(f"async () => {{ {AXE}; return await axe.run(document); }}")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def test_axe_finds_nothing(browser: Browser, tmp_path: Path) -> None:
    with house(tmp_path / "house") as home:
        tour = Tour(browser, home)
        wrong = [
            (name, size, scheme, line)
            for size, scheme in LOOKS
            for name, page in tour.pages(size, scheme)
            for line in broken(page)
        ]
        wrong += [(name, "wide", "light", line) for name, page in tour.link_stages() for line in broken(page)]
    assert wrong == []
