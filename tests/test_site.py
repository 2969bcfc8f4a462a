"""The documentation's site: it builds without a warning, no link is broken, nothing comes from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs.drawn.promises import promises
from docs.site import broken, build, fetched

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build(folder / "html", cache=folder / "cache") == 0
    return folder / "html"


def test_each_link_leads_somewhere(site: Path) -> None:
    assert list(broken(site)) == []


def test_nothing_is_fetched_from_another_host(site: Path) -> None:
    assert fetched(site) == set()


def test_every_page_can_be_reached(site: Path) -> None:
    """Sphinx warns of a page in no list; here: each Markdown page is there as HTML."""
    pages = [path for path in (ROOT / "docs").rglob("*.md") if "drawn" not in path.parts]
    assert len(pages) >= 30
    for page in pages:
        assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").exists(), page.name


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#there">b</a> <a href="b.html#gone">b</a> <a href="c.html">c</a>')
    (tmp_path / "b.html").write_text('<p id="there">b</p><img src="https://elsewhere.example/x.png">')
    assert list(broken(tmp_path)) == ["a.html -> b.html#gone", "a.html -> c.html"]
    assert fetched(tmp_path) == {"elsewhere.example"}


def test_each_promise_has_tests_that_are_there() -> None:
    assert len(promises()) == 12
    for promise in promises():
        assert promise.tests, promise.name
        for test in promise.tests:
            path, _, function = test.partition("::")
            assert f"def {function or 'test_'}" in (ROOT / path).read_text(), test
