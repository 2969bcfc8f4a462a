"""Every guide is linked from the list of guides, and followed by a test of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.guide import GUIDES, Guide, commands

PAGES = sorted(page for page in GUIDES.glob("*.md") if page.name != "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_guide_is_followed_by_a_test(page: Path) -> None:
    module = Path(__file__).parent / f"test_{page.stem.replace('-', '_')}.py"
    assert f'Guide("{page.stem}"' in module.read_text()
    assert commands(page.read_text()), "a guide without a command"
    assert page.read_text().startswith("# ")


def test_the_list_has_every_guide_by_its_title() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (GUIDES / "README.md").read_text(), re.MULTILINE)
    titles = {(page.read_text().splitlines()[0].removeprefix("# "), page.name) for page in PAGES}
    assert set(listed) == titles
    assert len(listed) == len(titles)


def test_commands_of_a_page() -> None:
    page = "```sh\n# why\nlinewright a \\\n  --b\n\nexport X=1\n```\ntext\n```\nlinewright not-this\n```\n"
    assert commands(page) == ["linewright a --b", "export X=1"]


def test_the_shell_and_what_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page made here: pipes, exports, placeholders and a service that stays until the end."""
    page = tmp_path / "guides"
    page.mkdir()
    (page / "made.md").write_text(
        "```sh\nexport LINEWRIGHT_LOG=error\nlinewright serve --no-worker\ncurl -fsS http://127.0.0.1:8080/WHERE\n"
        "linewright number list --json | grep -c standing\nlinewright number show NOBODY\n```\n"
    )
    monkeypatch.setattr("tests.support.guide.GUIDES", page)
    with Guide("made", tmp_path, monkeypatch) as guide:
        met = []
        ran = guide.follow(
            words={"WHERE": "healthz", "NOBODY": lambda: "+15550000000"},
            statuses={"linewright number show": 2},
            before={"curl": lambda: met.append(guide.url)},
        )
        assert met == [guide.url]
        assert guide.url.startswith("http://127.0.0.1:")
        assert [line.status for line in ran] == [0, 0, 0, 0, 2]
        assert int(ran[3].out) >= 12
        with pytest.raises(AssertionError, match="no line begins"):
            guide.follow(statuses={"linewright nothing": 2})
        guide.lines = guide.lines[-1:]
        with pytest.raises(AssertionError, match="ended with 2, not 0"):
            guide.follow()
