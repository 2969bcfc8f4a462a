"""The figures as a table for the terminal, and as the page `docs/recovery.md`, both from the same JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.recovery.curves import curves
from bench.recovery.figures import YARDSTICKS, goals, rows, yardstick
from bench.recovery.hindsight import HIDDEN
from bench.recovery.losses import losses
from bench.recovery.play import POLICIES
from bench.recovery.run import HOLD_OUT, TUNED_ON
from bench.recovery.worlds import draw, mixture

__all__ = ["TEMPLATE", "figures_of", "page", "table"]

TEMPLATE = Path(__file__).parent / "page.md"
World = dict[str, Any]
Figures = Mapping[str, Any]
SHOWN = 12
"""Worlds that are named where a goal falls short."""


def figures_of(seed: int, worlds: list[World]) -> dict[str, Any]:
    """Everything that the table, the page and the plot need of one set of worlds."""
    return {
        "seed": seed,
        "worlds": len(worlds),
        "troubled": sum(bool(world["troubles"]) for world in worlds),
        "rows": [row.as_json() for row in rows(worlds)],
        "goals": [goal.as_json() for goal in goals(worlds)],
        "troubles": _by_trouble(worlds),
        "losses": losses(worlds),
        "curves": curves(worlds),
    }


def _by_trouble(worlds: list[World]) -> dict[str, dict[str, float]]:
    """For each trouble: how many worlds have it, and the share that each policy brings online."""
    found: dict[str, dict[str, float]] = {}
    met = Counter(trouble for world in worlds for trouble in world["troubles"] or ["no trouble"])
    for trouble in ["no trouble", *mixture()["troubles"]]:
        mine = [world for world in worlds if trouble in (world["troubles"] or ["no trouble"])]
        if not mine:
            continue
        found[trouble] = {"worlds": met[trouble]}
        for setting in YARDSTICKS:
            found[trouble][f"yardstick, {setting}"] = sum(yardstick(w, setting)[0] is not None for w in mine) / len(
                mine
            )
        for policy in POLICIES:
            found[trouble][policy] = sum(w["plays"][policy]["online"]["168h"] for w in mine) / len(mine)
    return found


# The terminal

COLUMNS: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("online 72 h", lambda row: _percent(row["online_72h"])),
    ("7 days", lambda row: _percent(row["online_7d"])),
    ("of yardstick's", lambda row: _percent(row["of_yardstick"])),
    ("registrations", lambda row: f"{row['registers']:.2f}"),
    ("wrong PINs", lambda row: str(row["wrong_pins"])),
    ("locks caused", lambda row: str(row["caused_locks"])),
    ("blocks caused", lambda row: str(row["caused_blocks"])),
    ("questions", lambda row: f"{row['questions']:.2f}"),
    ("offers", lambda row: f"{row['offers']:.2f}"),
    ("needless in", lambda row: _percent(row["needless"]) if row["policy"] in POLICIES else "-"),
    ("said online, was not", lambda row: str(row["said_online_was_not"])),
    ("later, median", lambda row: _span(row["late_median"])),
    ("later, p90", lambda row: _span(row["late_p90"])),
)


def table(figures: Figures) -> str:
    """One set of worlds as text: the policies, the goals, what the rest died of."""
    head = ["", *(name for name, _ in COLUMNS)]
    lines = [head, *([row["policy"], *(cell(row) for _, cell in COLUMNS)] for row in figures["rows"])]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    said = [f"{_title(figures)}", ""]
    for line in lines:
        said.append("  ".join(cell.ljust(w) if not n else cell.rjust(w) for n, (cell, w) in _placed(line, widths)))
    said += ["", "Goals:"]
    for goal in figures["goals"]:
        mark = "met " if goal["met"] else "SHORT"
        said.append(f"  {mark:5}  {goal['policy']}: {goal['name']}: {_measured(goal)} (wanted {goal['wanted']})")
        if not goal["met"]:
            said.append(f"         worlds {', '.join(goal['short'][:SHOWN])}")
    return "\n".join(line.rstrip() for line in said)


def _placed(line: list[str], widths: list[int]) -> enumerate[tuple[str, int]]:
    return enumerate(zip(line, widths, strict=True))


def _title(figures: Figures) -> str:
    what = {HOLD_OUT: "which nobody tuned on", TUNED_ON: "which were tuned on"}.get(figures["seed"], "")
    share = figures["troubled"] / max(figures["worlds"], 1)
    return f"{figures['worlds']} worlds of seed {figures['seed']}{', ' + what if what else ''}; {share:.0%} in trouble"


# The page


def page(kept: Mapping[str, Any]) -> str:
    """`docs/recovery.md` from the JSON and its template."""
    sets: list[Figures] = kept["sets"]
    values = {
        "command": kept["command"],
        "date": kept["date"],
        "seconds": f"{kept['seconds'] / 60:.0f} minutes" if kept["seconds"] >= 60 else f"{kept['seconds']:.0f} seconds",
        "policies": "\n\n".join(f"### {_title(one)}\n\n{_policies(one)}" for one in sets),
        "goals": "\n\n".join(f"### {_title(one)}\n\n{_goals(one)}" for one in sets),
        "died_of": _died_of(sets[0]),
        "losses": _losses(sets[0]),
        "by_trouble": _troubles(sets[0]),
        "mixture": _mixture(),
        "hidden": "\n".join(f"- {text};" for text in HIDDEN.values()).rstrip(";") + ".",
    }
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def _policies(figures: Figures) -> str:
    lines = [f"| | {' | '.join(name for name, _ in COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in figures["rows"]:
        lines.append(f"| {row['policy']} | {' | '.join(cell(row) for _, cell in COLUMNS)} |")
    return "\n".join(lines)


def _goals(figures: Figures) -> str:
    lines = ["| goal | policy | wanted | measured | |", "|---|---|---|---|---|"]
    for goal in figures["goals"]:
        mark = "met" if goal["met"] else "**falls short**"
        lines.append(f"| {goal['name']} | {goal['policy']} | {goal['wanted']} | {_measured(goal)} | {mark} |")
    return "\n".join([*lines, *_short(figures)])


def _short(figures: Figures) -> list[str]:
    """The worlds that fell short of a goal, with their troubles."""
    said: dict[str, list[str]] = {}
    for goal in figures["goals"]:
        for world in () if goal["met"] else goal["short"][:SHOWN]:
            troubles = ", ".join(draw(*map(int, world.split("/"))).troubles).replace("_", " ")
            said.setdefault(goal["name"], []).append(f"{world} ({troubles})")
    return [
        line
        for name, worlds in said.items()
        for line in ("", f"Short of *{name}*: {'; '.join(dict.fromkeys(worlds))}.")
    ]


def _died_of(figures: Figures) -> str:
    lines = ["| policy | not online after 7 days | of what |", "|---|---|---|"]
    for row in figures["rows"]:
        whys = ", ".join(f"{why} ({count})" for why, count in list(row["died_of"].items())[:6])
        lines.append(f"| {row['policy']} | {sum(row['died_of'].values())} | {whys or 'nothing'} |")
    return "\n".join(lines)


def _losses(figures: Figures) -> str:
    words = {
        "not online": "a script is online, Linewright never",
        "later": "a script is online more than 5 minutes earlier",
        "dearer": "a script needs fewer registrations",
    }
    lines = ["| policy | where | worlds | troubles of these worlds |", "|---|---|---|---|"]
    for loss in figures["losses"]:
        count, most = len(loss["worlds"]), loss["troubles"].items()
        named = ", ".join(f"{trouble.replace('_', ' ')} {times}" for trouble, times in most) or "-"
        share = _percent(count / max(figures["worlds"], 1))
        lines.append(f"| {loss['policy']} | {words[loss['kind']]} | {count} ({share}) | {named} |")
    return "\n".join(lines)


def _troubles(figures: Figures) -> str:
    columns = ["yardstick, ask", "Linewright, ask", "Linewright, auto", *list(POLICIES)[2:]]
    lines = [f"| in the world | worlds | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for trouble, shares in figures["troubles"].items():
        cells = " | ".join(_percent(shares[column], digits=0) for column in columns)
        lines.append(f"| {trouble.replace('_', ' ')} | {shares['worlds']:.0f} | {cells} |")
    return "\n".join(lines)


def _mixture() -> str:
    """The published mixture, as shares."""
    said = []
    for name in ("how_many_troubles", "troubles", "two_step", "person", "knows_pin", "languages"):
        weights = mixture()[name]
        whole = sum(weights.values())
        shares = ", ".join(f"{what.replace('_', ' ')} {weight / whole:.0%}" for what, weight in weights.items())
        said.append(f"- **{name.replace('_', ' ')}**: {shares}")
    spans = ", ".join(
        f"{what.replace('_', ' ')} {_span(low)} to {_span(high)}" for what, (low, high) in mixture()["seconds"].items()
    )
    said.append(f"- **times**, drawn evenly on a logarithmic scale: {spans}")
    turns = ", ".join(f"{what.replace('_', ' ')} {share:.0%}" for what, share in mixture()["chances"].items())
    said.append(f"- **turns of fate**: {turns}")
    return "\n".join(said)


def _measured(goal: Mapping[str, Any]) -> str:
    value, note = goal["measured"], goal["note"] and f" ({goal['note']})"
    if "x" in goal["wanted"]:
        return f"{value:.2f} x{note}"
    return (str(int(value)) if goal["wanted"] == "none" else _percent(value)) + note


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if abs(seconds) < 90:
        return f"{abs(seconds):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} d"
