"""The share online over time, drawn by hand as SVG, wide and narrow; and both as PNG by the Chromium of the tests.

Dark enough for colour-blind eyes, and told apart by weight and dash as well: ours bold, the yardstick dashed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from bench.recovery.curves import GRID

__all__ = ["NARROW", "WIDE", "draw", "photograph"]

Figures = Mapping[str, Any]
CHROMIUM = "/usr/bin/chromium"
INK, SOFT, GRID_LINE = "#1f2933", "#5b6770", "#e3e7ea"
TICKS = (
    (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (21_600, "6 h"), (86_400, "1 day"), (604_800, "7 days"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """How one curve looks."""

    name: str
    colour: str
    width: float = 1.6
    dash: str = ""


LINES = (
    Line("yardstick, auto", "#7b8794", 1.8, "5 4"),
    Line("Linewright, auto", "#0b7a75", 3.4),
    Line("Linewright, ask", "#1d4e89", 3.4, "9 3"),
    Line("errors page as a script", "#b7791f", 2.2),
    Line("retry, 10 tries", "#a8577e", 1.6),
    Line("deregister, then register", "#8a6f4d", 1.6),
    Line("retry, 5 tries", "#a8577e", 1.4, "2 3"),
    Line("a fresh PIN each time", "#6b7280", 1.6, "1 3"),
    Line("single shot", "#4b5563", 1.2),
)


@dataclass(frozen=True)
class Shape:
    """A size: where the axes lie, how large the letters are, and whether the names stand beside the lines."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    letters: int
    beside: bool


WIDE = Shape(width=1000, height=560, left=64, right=318, top=84, bottom=56, letters=15, beside=True)
NARROW = Shape(width=420, height=720, left=58, right=24, top=84, bottom=316, letters=14, beside=False)


def draw(figures: Figures, shape: Shape) -> str:
    """The SVG of one set of worlds."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {shape.width} {shape.height}" '
        f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="{shape.letters}" role="img">',
        f"<title>{escape(_told(figures))}</title>",
        f'<rect width="{shape.width}" height="{shape.height}" fill="#ffffff"/>',
        *_head(figures, shape),
        *_axes(shape),
        *(_curve(figures["curves"][line.name], line, shape) for line in reversed(LINES)),
        *(_beside(figures, shape) if shape.beside else _beneath(figures, shape)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _told(figures: Figures) -> str:
    ends = ", ".join(f"{line.name} {figures['curves'][line.name][-1]:.0%}" for line in LINES)
    return f"Share of {figures['worlds']} numbers online over seven days: {ends}"


def _head(figures: Figures, shape: Shape) -> list[str]:
    share = figures["troubled"] / max(figures["worlds"], 1)
    under = f"{figures['worlds']:,} simulated numbers, {share:.0%} of them in trouble, seed {figures['seed']}"
    size = shape.letters + (7 if shape.beside else 4)
    return [
        _text(shape.left - 30, 36, "Share of numbers online, by time since the start", INK, size=size, bold=True)
        if shape.beside
        else _text(16, 32, "Share of numbers online", INK, size=size, bold=True),
        _text(shape.left - 30, 60, under, SOFT)
        if shape.beside
        else _text(16, 54, under.partition(", seed")[0], SOFT, size=shape.letters - 2),
    ]


def _x(seconds: float, shape: Shape) -> float:
    inner = shape.width - shape.left - shape.right
    return shape.left + inner * math.log(seconds / GRID[0]) / math.log(GRID[-1] / GRID[0])


def _y(share: float, shape: Shape) -> float:
    return shape.top + (shape.height - shape.top - shape.bottom) * (1 - share)


def _axes(shape: Shape) -> list[str]:
    parts = []
    ends = shape.width - shape.right
    for percent in range(0, 101, 25):
        y = _y(percent / 100, shape)
        parts.append(f'<line x1="{shape.left}" x2="{ends}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID_LINE}"/>')
        parts.append(_text(shape.left - 8, y + 5, f"{percent} %", SOFT, anchor="end", size=shape.letters - 2))
    ticks = TICKS if shape.beside else [tick for tick in TICKS if tick[0] in (60, 3_600, 86_400, 604_800)]
    for seconds, name in ticks:
        x = _x(seconds, shape)
        base = shape.height - shape.bottom
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 5}" stroke="{SOFT}"/>')
        anchor = "end" if seconds == TICKS[-1][0] and not shape.beside else "middle"
        parts.append(_text(x, base + 22, name, SOFT, anchor=anchor, size=shape.letters - 2))
    return parts


def _curve(shares: list[float], line: Line, shape: Shape) -> str:
    points = " ".join(f"{_x(at, shape):.1f},{_y(share, shape):.1f}" for at, share in zip(GRID, shares, strict=True))
    dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="{line.width}"{dash} '
        'stroke-linejoin="round"/>'
    )


def _beside(figures: Figures, shape: Shape) -> list[str]:
    """The names at the ends of their lines, pushed apart where they would touch."""
    gap = shape.letters + 5.0
    parts, last = [], -math.inf
    for line in sorted(LINES, key=lambda line: -figures["curves"][line.name][-1]):
        y = _y(figures["curves"][line.name][-1], shape)
        place = max(y, last + gap)
        last = place
        ends = shape.width - shape.right
        parts.append(f'<line x1="{ends}" x2="{ends + 12}" y1="{y:.1f}" y2="{place:.1f}" stroke="{line.colour}"/>')
        bold = line.width > 3
        share = figures["curves"][line.name][-1]
        parts.append(_text(ends + 18, place + 5, f"{share:.0%}", line.colour, bold=True))
        parts.append(_text(ends + 66, place + 5, line.name, INK if bold else SOFT, bold=bold))
    return parts


def _beneath(figures: Figures, shape: Shape) -> list[str]:
    """The names below the axis, each with a piece of its line."""
    parts, y = [], shape.height - shape.bottom + 62.0
    for line in sorted(LINES, key=lambda line: -figures["curves"][line.name][-1]):
        dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
        parts.append(
            f'<line x1="16" x2="52" y1="{y - 5:.1f}" y2="{y - 5:.1f}" stroke="{line.colour}" '
            f'stroke-width="{line.width}"{dash}/>'
        )
        bold = line.width > 3
        parts.append(_text(62, y, f"{figures['curves'][line.name][-1]:.0%}", line.colour, bold=True))
        parts.append(_text(112, y, line.name, INK if bold else SOFT, bold=bold))
        y += 28
    return parts


def _text(
    x: float, y: float, text: str, colour: str, *, anchor: str = "start", size: int | None = None, bold: bool = False
) -> str:
    extra = f' font-size="{size}"' if size else ""
    extra += ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'


def photograph(svg: Path, shape: Shape) -> Path:
    """The drawing as PNG beside it, twice as large. Needs Playwright and Debian's Chromium, as the tests do."""
    from playwright.sync_api import sync_playwright

    target = svg.with_suffix(".png")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": shape.width, "height": shape.height}, device_scale_factor=2)
        page.set_content(f'<body style="margin:0">{svg.read_text()}</body>')
        page.screenshot(path=target)
        browser.close()
    return target
