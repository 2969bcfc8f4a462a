"""The life of a number, drawn from its table."""

from __future__ import annotations

from docs.drawn import NOTICE, table

from linewright.domain.lifecycle import LIFE
from linewright.domain.number import Standing

__all__ = ["PLACES", "drawing", "page"]

PLACES: dict[Standing | None, tuple[int, int]] = {
    None: (60, 70),
    Standing.UNVERIFIED: (190, 70),
    Standing.OFFLINE: (420, 70),
    Standing.ONLINE: (720, 70),
    Standing.RESTRICTED: (570, 230),
    Standing.DELETED: (190, 230),
    Standing.BANNED: (420, 380),
    Standing.MIGRATED: (880, 380),
}
"""Where each standing stands; a test says when one of the table has no place."""
WIDE, HIGH = 960, 450
HALF, TALL = 58, 19
STYLE = """
svg { --ink: #20302b; --soft: #5d6b66; --line: #7d8d87; --fill: #ffffff; --good: #0f6b5a; --page: #faf9f5; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6ece9; --soft: #a8b5b0; --line: #7d8d87; --fill: #1c2321; --good: #5cc7b2; --page: #141a18; }
}
text { font: 14px "DejaVu Sans", Verdana, sans-serif; fill: var(--ink); text-anchor: middle; }
.by { font-size: 12px; fill: var(--soft); paint-order: stroke; stroke: var(--page); stroke-width: 6px; }
.page { fill: var(--page); stroke: none; }
g rect { fill: var(--fill); stroke: var(--line); stroke-width: 1.5; }
.online rect { stroke: var(--good); stroke-width: 2.5; }
path { fill: none; stroke: var(--line); stroke-width: 1.5; }
.tip, .dot { fill: var(--line); stroke: none; }
"""
BENT: dict[tuple[Standing | None, Standing | None], tuple[int, int, int, int]] = {
    (Standing.OFFLINE, Standing.ONLINE): (570, 36, 570, 22),
    (Standing.ONLINE, Standing.OFFLINE): (570, 104, 570, 112),
    (Standing.ONLINE, Standing.RESTRICTED): (690, 170, 672, 182),
    (Standing.RESTRICTED, Standing.ONLINE): (590, 140, 606, 146),
    (Standing.RESTRICTED, Standing.OFFLINE): (450, 190, 470, 176),
    (Standing.ONLINE, Standing.MIGRATED): (860, 180, 838, 216),
    (Standing.ONLINE, Standing.BANNED): (770, 320, 690, 306),
    (Standing.BANNED, Standing.OFFLINE): (404, 240, 412, 270),
    (Standing.OFFLINE, Standing.DELETED): (290, 190, 318, 162),
}
"""Where the arrow between two standings bends, and where its words stand."""


def page() -> str:
    """The picture, and the same as a table."""
    rows: list[tuple[object, ...]] = [
        (begin.value if begin else "(not there)", by or "(ends)", end.value if end else "(not there)")
        for begin, by, end in LIFE
    ]
    words = (
        "# The life of a number\n\n"
        "Where a number is, is computed from its last good reading, never stored. Numbers that are not ours to change "
        "(in the Business app, on the retired On-Premises API, test numbers) are left out; *unknown* is no place in a "
        "life: it says that a reading failed, and nothing about the number.\n\n"
        "![How a number moves between its standings](life.svg)\n\n"
    )
    return NOTICE + words + table(("from", "by", "to"), rows)


def drawing() -> str:
    """The picture as SVG, for light and dark pages."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" aria-labelledby="t">',
        f'<title id="t">How a number moves between its standings</title><style>{STYLE}</style>',
        f'<rect class="page" width="{WIDE}" height="{HIGH}" rx="12"/>',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="tip" d="M0 1 10 5 0 9z"/></marker></defs>',
    ]
    arrows = [_arrow(*each) for each in LIFE if each[2] is not None]
    parts += [line for line, _ in arrows] + [words for _, words in arrows]
    parts += [_place(standing) for standing in PLACES]
    return "\n".join([*parts, "</svg>", ""])


def _place(standing: Standing | None) -> str:
    x, y = PLACES[standing]
    if standing is None:
        return f'<circle class="dot" cx="{x}" cy="{y}" r="7"/>'
    box = f'<rect x="{x - HALF}" y="{y - TALL}" width="{2 * HALF}" height="{2 * TALL}" rx="8"/>'
    return f'<g class="{standing.value}">{box}<text x="{x}" y="{y + 5}">{standing.value}</text></g>'


def _arrow(begin: Standing | None, by: str, end: Standing | None) -> tuple[str, str]:
    """The line, and the words that stand on it."""
    bend = BENT.get((begin, end))
    (x, y), (u, v) = PLACES[begin], PLACES[end]
    if bend is None:
        bend = ((x + u) // 2, (y + v) // 2, (x + u) // 2, (y + v) // 2 - 12)
    first, last = _edge((x, y), bend[:2], begin), _edge((u, v), bend[:2], end)
    curve = f"M{first[0]} {first[1]} Q{bend[0]} {bend[1]} {last[0]} {last[1]}"
    line = f'<path d="{curve}" marker-end="url(#tip)"/>'
    return line, f'<text class="by" x="{bend[2]}" y="{bend[3]}">{_words(by, bend)}</text>'


def _words(by: str, bend: tuple[int, int, int, int]) -> str:
    """A long one on two lines."""
    if by != "created, or found by sync":
        return by
    return f'<tspan x="{bend[2]}" dy="-26">created, or</tspan><tspan x="{bend[2]}" dy="14">found by sync</tspan>'


def _edge(place: tuple[int, int], toward: tuple[int, ...], standing: Standing | None) -> tuple[float, float]:
    """Where the line to `toward` leaves the box of a standing."""
    half, tall = (9, 9) if standing is None else (HALF + 2, TALL + 2)
    dx, dy = toward[0] - place[0], toward[1] - place[1]
    scale = min(half / abs(dx) if dx else 9e9, tall / abs(dy) if dy else 9e9, 1.0)
    return round(place[0] + dx * scale, 1), round(place[1] + dy * scale, 1)
