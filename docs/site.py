"""The documentation as a site: built by Sphinx, with every warning an error; and its links looked at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["broken", "build", "fetched"]

HERE = Path(__file__).parent
FETCHING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "srcset"}


class _Page(HTMLParser):
    """What a page links to, what it fetches, and the places in it that can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetches: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHING and given.get(FETCHING[tag]):
            self.fetches.append(given[FETCHING[tag]])


def build(target: Path, *, cache: Path) -> int:
    """Writes the site into `target`; Sphinx' status, 0 when there was nothing to warn of."""
    strictly = ["-q", "-n", "-W", "--keep-going", "-d", str(cache), "-b", "html"]
    return subprocess.run([sys.executable, "-m", "sphinx", *strictly, str(HERE), str(target)], check=False).returncode  # noqa: S603


def broken(site: Path) -> Iterator[str]:
    """Every link within the site that leads nowhere, as `page -> link`."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in [*page.links, *page.fetches]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            known = pages.get(there)
            if not there.exists() or (known and parts.fragment and unquote(parts.fragment) not in known.places):
                yield f"{path.relative_to(site)} -> {link}"


def fetched(site: Path) -> set[str]:
    """The other hosts that a reader's browser would be sent to."""
    pages = [_read(path) for path in site.rglob("*.html")]
    return {host for page in pages for link in page.fetches if (host := urlsplit(link).netloc)}


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page
