"""The drawing of a plan: a tree as SVG, from left to right where there is room, from top to bottom on a phone.

It holds no script and no style of its own but in a file that stands alone: on a page the stylesheet colours it, in
light and dark. Every text is wrapped and escaped here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from linewright.outline import Twig, outline

__all__ = ["inline", "standalone"]

SIZE, SMALL, LEADING, PAD = 13.5, 12.0, 19.0, 12.0
"""Of the letters, of small ones, of a line, and around the text of a card; in pixels."""
GAP, INDENT = 14.0, 20.0
"""Between two cards, and by how much the narrow tree moves in."""
ANCHOR = 20.0
"""Where an edge meets a card, from its top."""
WIDE = (230.0, 330.0, 330.0, 300.0, 300.0)
ACROSS = 54.0
NARROW = 358.0
WIDTHS = {"iIjl.,:;'|!": 0.29, "()[]/ ftr-": 0.36, "mwMW…→": 0.92, "ABCDEFGHKLNOPQRSTUVXYZ": 0.7}
"""How wide a sign is, in parts of its size; those of common fonts, rather more than less."""
USUAL, BOLD = 0.62, 1.14

LIGHT = (
    "--paper:#fffefb;--ground:#f6f5f1;--ink:#1e2321;--ink-soft:#4a524e;--ink-faint:#626a65;--line:#dcd9ce;"
    "--line-strong:#b9b5a6;--accent:#0f6b5c;--good:#17693c;--warn:#855000;--bad:#a52a21"
)
DARK = (
    "--paper:#1c2220;--ground:#141817;--ink:#e9ece8;--ink-soft:#bec7c1;--ink-faint:#9aa59f;--line:#303835;"
    "--line-strong:#4c5651;--accent:#5cc4ae;--good:#7bd097;--warn:#ecbf6c;--bad:#f29e92"
)
FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif'
RULES = Path(__file__).parent / "service" / "static" / "plan.css"
"""How a tree looks, on the page and in a file: there the colours come with it."""
SIGNS = {"done": "M-3.2 .2l2.2 2.3 4.2-4.8", "give_up": "M-2.6-2.6l5.2 5.2M2.6-2.6l-5.2 5.2", "cut": "M-3 0h6"}


@dataclass(slots=True)
class _Card:
    """A twig with its lines folded, and where it lies."""

    twig: Twig
    width: float
    lines: list[tuple[str, str]]
    """Each with its class."""
    below: list[_Card] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0

    @property
    def height(self) -> float:
        return 2 * PAD + LEADING * len(self.lines) - 3

    @property
    def more(self) -> str:
        return f"… and {len(self.twig.more)} more" if self.twig.more else ""


def standalone(plan: Mapping[str, Any], *, narrow: bool = False) -> str:
    """A whole SVG file."""
    colours = f"svg.plan{{{LIGHT};background:var(--ground);font-family:{FONTS}}}"
    dark = f"@media (prefers-color-scheme:dark){{svg.plan{{{DARK}}}}}"
    rules = RULES.read_text(encoding="utf-8").split("*/", 1)[1].split("/* On the page", 1)[0]
    drawn = inline(plan, narrow=narrow, style=f"{colours}{dark}{rules}")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}\n'


def inline(plan: Mapping[str, Any], *, narrow: bool = False, style: str = "") -> str:
    """The `svg` element, for a page whose stylesheet colours it."""
    name = "plan-narrow" if narrow else "plan-wide"
    root = _card(outline(plan["tree"]), 0, narrow=narrow)
    width, height = _stack(root) if narrow else _spread(root)
    title = f"What would happen with {plan['number']['display']}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plan {name}" role="img" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">{_plain(title)}</title>',
        f'<desc id="{name}-desc">{_plain(plan["summary"])} {_plain(plan["assumes"])}</desc>',
        f"<style>{style}</style>" if style else "",
        *(_edges(root, narrow=narrow)),
        *(_cards(root)),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


# Words


def _card(twig: Twig, level: int, *, narrow: bool) -> _Card:
    width = NARROW - 2 - INDENT * level if narrow else WIDE[min(level, len(WIDE) - 1)]
    room = width - 2 * PAD
    lines: list[tuple[str, str]] = []
    if twig.likelihood in ("likely", "possible"):
        told = f"{twig.likelihood}: {twig.because}" if twig.because else twig.likelihood
        lines += [(f"small {twig.likelihood}-word", text) for text in _folded(told, room, SMALL * BOLD)]
    lines += [("label", text) for text in _folded(_begun(twig.label), room, SIZE * BOLD)]
    way = " → ".join(twig.steps)
    lines += [
        ("step" if twig.label else "label", text)
        for text in _folded(_begun(way), room, SIZE if twig.label else SIZE * BOLD)
    ]
    lines += [("small", text) for text in _folded(twig.price, room - 22, SMALL)]
    if twig.end and not twig.price:
        lines.append(("small", "nothing is spent"))
    below = [_card(branch, level + 1, narrow=narrow) for branch in twig.branches]
    return _Card(twig, width, lines, below)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _folded(text: str, room: float, size: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and _wide(f"{lines[-1]} {word}", size) <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines += _broken(word, room, size)
    return lines


def _broken(word: str, room: float, size: float) -> Iterator[str]:
    """A word that is longer than a line, in parts."""
    while _wide(word, size) > room and len(word) > 1:
        fits = next((n for n in range(len(word), 1, -1) if _wide(word[:n], size) <= room), 1)
        yield word[:fits]
        word = word[fits:]
    yield word


def _wide(text: str, size: float) -> float:
    return size * sum(next((share for signs, share in WIDTHS.items() if sign in signs), USUAL) for sign in text)


# Where everything lies


def _spread(root: _Card) -> tuple[float, float]:
    """From left to right: the likeliest path runs along the top."""
    bottom = _column(root, 1.0, 1.0)
    return _right(root) + 1, bottom + 1


def _column(card: _Card, x: float, y: float) -> float:
    """Lays a card and all beneath it; where its lowest part ends.

    What has nothing beneath it goes right under the card before; the rest below all that belongs to that one, so
    that no two forks lie side by side.
    """
    card.x, card.y = x, y
    free = lowest = y - GAP
    for branch in card.below:
        begin = (lowest if branch.below else free) + GAP
        lowest = max(lowest, _column(branch, x + card.width + ACROSS, begin))
        free = lowest if branch.below and branch is card.below[-1] else branch.y + branch.height
    return max(lowest, y + card.height, free + LEADING + 6 if card.more else 0)


def _right(card: _Card) -> float:
    return max([card.x + card.width, *(_right(branch) for branch in card.below)])


def _stack(root: _Card) -> tuple[float, float]:
    """From top to bottom, each step moved in."""
    return NARROW, _row(root, 1.0, 1.0) + 1


def _row(card: _Card, x: float, y: float) -> float:
    card.x, card.y = x, y
    down = y + card.height
    for branch in card.below:
        down = _row(branch, x + INDENT, down + GAP)
    return down + (LEADING + 6 if card.more else 0)


# What is drawn


def _edges(card: _Card, *, narrow: bool) -> Iterator[str]:
    for branch in reversed(card.below):  # the likeliest is drawn last, over the others
        middle = branch.y + ANCHOR
        if narrow:
            left = card.x + INDENT / 2
            way = f"M{left:g} {card.y + card.height:g}V{middle - 8:g}q0 8 8 8H{branch.x:g}"
        else:
            begin, out = card.y + ANCHOR, card.x + card.width
            half = out + ACROSS / 2
            turn = min(10.0, abs(middle - begin))
            way = f"M{out:g} {begin:g}H{branch.x:g}"
            if turn > 1:
                way = (
                    f"M{out:g} {begin:g}H{half - turn:g}q{turn:g} 0 {turn:g} {turn:g}V{middle - turn:g}"
                    f"q0 {turn:g} {turn:g} {turn:g}H{branch.x:g}"
                )
        yield f'<path class="edge {_plain(branch.twig.likelihood)}" d="{way}"/>'
        yield from _edges(branch, narrow=narrow)


def _cards(card: _Card) -> Iterator[str]:
    x, y = card.x, card.y
    yield f'<g class="{_plain(card.twig.likelihood) or "root"}">'
    yield f'<rect class="card" x="{x:g}" y="{y:g}" width="{card.width:g}" height="{card.height:g}" rx="9"/>'
    for place, (kind, text) in enumerate(card.lines):
        at = y + PAD + LEADING * (place + 0.72) - 1
        yield f'<text class="{kind}" x="{x + PAD:g}" y="{at:g}">{_plain(text)}</text>'
    if card.twig.end:
        where = f"translate({x + card.width - PAD - 8:g} {y + card.height - PAD - 7:g})"
        yield f'<g transform="{where}"><circle class="{card.twig.end}" r="8"/>'
        yield f'<path class="sign" d="{SIGNS[card.twig.end]}"/></g>'
    yield "</g>"
    for branch in card.below:
        yield from _cards(branch)
    if card.more:
        last = card.below[-1]
        yield f'<text class="small" x="{last.x + PAD:g}" y="{_bottom(last) + LEADING + 2:g}">{_plain(card.more)}</text>'


def _bottom(card: _Card) -> float:
    """Below everything that belongs to a card, its own words about more included."""
    down = max([card.y + card.height, *(_bottom(branch) for branch in card.below)])
    return down + (LEADING + 6 if card.more else 0)


def _plain(text: str) -> str:
    """Escaped, without signs that XML does not hold."""
    return escape("".join(sign for sign in text if sign.isprintable()), {'"': "&quot;"})
