"""`python -m tests.walk.shots FOLDER`: every page, wide and phone-sized, light and dark, as pictures."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page
from tests.walk.house import chromium, house
from tests.walk.tour import SCHEMES, SIZES, Tour

__all__ = ["take"]


def take(folder: Path, only: str = "") -> list[Path]:
    """Writes the pictures into `folder` and returns their paths; `only` picks pages by a part of their name."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with (
        tempfile.TemporaryDirectory(prefix="linewright-shots-") as place,
        house(Path(place)) as home,
        chromium() as one,
    ):
        tour = Tour(one, home)
        for scheme in SCHEMES:
            for size in SIZES:
                taken += [_shot(folder, name, page, scheme, size) for name, page in tour.pages(size, scheme, only)]
        for name, page in tour.link_stages():
            taken += [_shot(folder, name, page, scheme, size) for scheme in SCHEMES for size in SIZES if only in name]
    return taken


def _shot(folder: Path, name: str, page: Page, scheme: str, size: str) -> Path:
    """Of a page that is open already."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(SIZES[size])
    path = folder / f"{name}-{size}-{scheme}.png"
    page.screenshot(path=path, full_page=True)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    given = parser.parse_args()
    print(f"{len(take(given.folder, given.only))} pictures are in {given.folder}.")  # noqa: T201 - its output
