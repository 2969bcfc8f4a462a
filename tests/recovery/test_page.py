"""The page about recovery says what the JSON says, and the pictures are drawn from it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bench.recovery import plot, report
from bench.recovery.play import POLICIES

DOCS = Path(__file__).parent.parent.parent / "docs"
KEPT = json.loads((DOCS / "recovery.json").read_text())


def test_the_page_is_written_from_its_json() -> None:
    page = (DOCS / "recovery.md").read_text()
    assert page == report.page(KEPT), "run `make bench-recovery WRITE=1`"
    assert "{{" not in page
    for one in KEPT["sets"]:
        for row in one["rows"]:
            assert f"| {row['policy']} | {row['online_72h'] * 100:.1f} % | {row['online_7d'] * 100:.1f} %" in page


def test_goals_that_fall_short_are_said() -> None:
    page = (DOCS / "recovery.md").read_text()
    short = [goal for one in KEPT["sets"] for goal in one["goals"] if not goal["met"]]
    assert page.count("**falls short**") == len(short)


def test_the_hold_out_comes_first_and_most_worlds_are_troubled() -> None:
    first = KEPT["sets"][0]
    assert first["seed"] == report.HOLD_OUT
    assert first["troubled"] >= 0.6 * first["worlds"]


@pytest.mark.parametrize(
    ("name", "shape"), [("recovery.svg", plot.WIDE), ("recovery-narrow.svg", plot.NARROW)], ids=["wide", "narrow"]
)
def test_the_pictures_are_drawn_from_the_same_figures(name: str, shape: plot.Shape) -> None:
    drawn = (DOCS / name).read_text()
    assert drawn == plot.draw(KEPT["sets"][0], shape)
    texts = [each.text for each in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert set(POLICIES) <= set(texts)
    assert (DOCS / name).with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_table_names_every_policy_and_goal() -> None:
    table = report.table(KEPT["sets"][0])
    for policy in POLICIES:
        assert policy in table
    for goal in KEPT["sets"][0]["goals"]:
        assert goal["name"] in table
