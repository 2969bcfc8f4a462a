"""The drawing of a plan: well formed, escaped, folded, without a script, told to who cannot see it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.support.cases import case, kept, refused

from linewright.domain.foresight import foresee
from linewright.foretold import plan_shape
from linewright.outline import outline
from linewright.tree import inline, standalone

SVG = "{http://www.w3.org/2000/svg}"
WIDEST_SIGN = 0.62


@pytest.fixture
def plan() -> dict[str, Any]:
    asking = case(refused("register", case().now, 133005, pin="pin-right", fingerprint="digits-right"), pins=(kept(),))
    asking = replace(asking, read_this_turn=False, fresh=False)
    return plan_shape(foresee(asking), asking, depth=2)


@pytest.mark.parametrize("narrow", [False, True])
def test_it_is_named_and_described(plan: dict[str, Any], narrow: bool) -> None:
    drawn = ElementTree.fromstring(inline(plan, narrow=narrow))
    assert drawn.attrib["role"] == "img"
    title, desc = drawn.find(f"{SVG}title"), drawn.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert drawn.attrib["aria-labelledby"] == f"{title.attrib['id']} {desc.attrib['id']}"
    assert plan["summary"] in (desc.text or "")


def test_on_a_page_it_brings_neither_style_nor_script(plan: dict[str, Any]) -> None:
    for drawn in (inline(plan), inline(plan, narrow=True)):
        assert not re.search(r"<style|<script|style=|\son\w+=|href=", drawn)
    alone = standalone(plan)
    assert "prefers-color-scheme:dark" in alone
    assert ".plan .card" in alone
    assert not re.search(r"<script|href=|url\(|@import", alone)


@pytest.mark.parametrize("narrow", [False, True])
def test_everything_is_escaped(plan: dict[str, Any], narrow: bool) -> None:
    nasty = '</text><script>alert("&")</script>\x00\x1b'
    plan["number"]["display"] = plan["summary"] = nasty
    plan["tree"]["does"] = nasty
    plan["tree"]["branches"][0]["outcomes"][0]["label"] = nasty
    plan["tree"]["branches"][0]["likelihood"] = '"><script>'
    for text in (inline(plan, narrow=narrow), standalone(plan, narrow=narrow)):
        assert "<script" not in text
        ElementTree.fromstring(text.split("?>", 1)[-1])


@pytest.mark.parametrize("narrow", [False, True])
def test_every_line_lies_within_its_card_and_no_card_upon_another(plan: dict[str, Any], narrow: bool) -> None:
    plan["tree"]["branches"][0]["outcomes"][0]["label"] = "a label that does not end " * 4 + "x" * 90
    drawn = ElementTree.fromstring(inline(plan, narrow=narrow))
    whole_width, whole_height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    cards = []
    for group in drawn.iter(f"{SVG}g"):
        card = group.find(f"{SVG}rect")
        if card is None:
            continue
        x, y, width, height = (float(card.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x + width <= whole_width
        assert y + height <= whole_height
        cards.append((x, y, width, height))
        for text in group.findall(f"{SVG}text"):
            assert x < float(text.attrib["x"]) < x + width
            assert y < float(text.attrib["y"]) < y + height
            assert len(text.text or "") * 12 * 0.29 < width
    for place, (x, y, width, height) in enumerate(cards):
        for ox, oy, owidth, oheight in cards[place + 1 :]:
            assert x + width <= ox or ox + owidth <= x or y + height <= oy or oy + oheight <= y


def test_the_outline_holds_every_branch_and_price(plan: dict[str, Any]) -> None:
    root = outline(plan["tree"])
    assert root.steps == ("asks for the PIN",)
    assert [twig.label for twig in root.branches][:2] == ["a PIN is given", "a new PIN is approved"]
    assert root.branches[0].words == "likely: a PIN is given"
    assert root.branches[0].branches[0].price == "1 registration, 1 question, 5 s"
    assert root.branches[0].collapsed.steps[-1] == "done: online"
    assert root.branches[-1].end == "give_up"
