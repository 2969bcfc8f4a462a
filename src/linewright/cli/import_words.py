"""What is said of imports on a terminal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from linewright.cli.say import Shape, clean, table
from linewright.cli.times import stamp

__all__ = ["STATUS", "WORDS", "goes_on", "import_list", "import_text", "report_text"]

STATUS = {"done": 0, "asking": 3, "gave_up": 4, "waiting": 5, "running": 5}
WORDS = {
    "done": "reached the goal",
    "asking": "waiting for a person",
    "waiting": "waiting for a time",
    "running": "at work",
    "creating": "being made",
    "queued": "not begun yet",
    "gave_up": "gave up",
    "cancelled": "cancelled",
    "bad": "bad, and left out",
}
"""In the order in which they are told."""
MOST_BAD = 20
"""Bad rows named on the screen; `--json` and the result file have them all."""


def import_list(imports: list[Shape]) -> str:
    rows = [
        (
            made["id"],
            made["name"],
            made["state"].replace("_", " "),
            made["rows"],
            made["counts"]["done"],
            stamp(datetime.fromisoformat(made["made_at"])),
        )
        for made in imports
    ]
    return table(("Import", "File", "State", "Rows", "Done", "Taken"), rows, empty="Nothing was imported yet.")


def import_text(shape: Shape, output: Path | None) -> str:
    """How an import stands."""
    lines = [f"{shape['id']}  {shape['name']}: {shape['rows']:,} rows"]
    lines += [f"  {shape['counts'][state]:>7,} {words}" for state, words in WORDS.items() if shape["counts"][state]]
    if shape["counts"]["gave_up"] or shape["counts"]["bad"]:
        lines.append(f"What became of each is in the result file: `linewright import --resume {shape['id']} -o FILE`.")
    if output is not None:
        lines.append(f"{output} is written. It holds no PIN.")
    return clean("\n".join(lines))


def goes_on(shape: Shape, *, worked: bool) -> str:
    """Who goes on with it, and what people can do."""
    counts, lines = shape["counts"], []
    if counts["asking"]:
        lines.append(f"{_rows(counts['asking'])} a person: see `linewright task list`, or the page's desk.")
    if worked:
        lines.append(f"A worker goes on with it; `linewright import --resume {shape['id']}` shows how it stands.")
    else:
        again = f"`linewright import --resume {shape['id']} --wait`"
        lines.append(f"No worker runs here: go on with {again}, or start `linewright worker`.")
    return "\n".join(lines)


def _rows(count: int) -> str:
    return f"{count:,} row{' waits' if count == 1 else 's wait'} for"


def report_text(taken: Shape, *, from_file: bool) -> str:
    """What a look at a file found, and what came of it."""
    made, report = taken["import"], taken["report"]
    if report is None:
        return f"This file was taken before, as {made['id']}: that import goes on, and no second one begins."
    lines = _found(report)
    if made is None:
        lines.append(_verdict(report))
    else:
        lines.append(f"Taken as {made['id']}.")
        if report["pins"] and from_file:
            lines.append(
                f"Its {_pins(report['pins'])} sealed in the vault now: delete the file, it holds them in clear."
            )
    return clean("\n".join(lines))


def _pins(count: int) -> str:
    return "PIN is" if count == 1 else f"{count:,} PINs are"


def _found(report: Shape) -> list[str]:
    bad = report["bad"]
    lines = [f"{report['rows']:,} rows, {report['good']:,} good."]
    lines += [f"  line {each['line']}: {each['message']}" for each in bad[:MOST_BAD]]
    if len(bad) > MOST_BAD:
        lines.append(f"  … and {len(bad) - MOST_BAD:,} more; --json names them all.")
    lines += map(_room, report["rooms"])
    return lines


def _room(room: Shape) -> str:
    creates = room["creates"]
    to_make = f"{creates:,} {'is' if creates == 1 else 'are'} to be made there"
    has = f"{room['account']} has {room['numbers']:,} number{'' if room['numbers'] == 1 else 's'}, and {to_make}"
    if room["limit"] is None:
        return f"{has}; how many it may hold is not known: Meta tells it by a webhook, and none came."
    whose = "its whole business may hold" if room["whole_business"] else "it may hold"
    return f"{has}; {whose} {room['limit']:,}, so there is room for {room['room']:,} more."


def _verdict(report: Shape) -> str:
    if not report["bad"]:
        return "Nothing is wrong with it. Nothing was taken: it was only looked at."
    if not report["good"]:
        return "No row is good; nothing was taken."
    return "Nothing was taken. Correct these rows, or take the good ones with --skip-bad."
