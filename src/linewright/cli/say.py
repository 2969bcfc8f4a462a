"""Results and errors, as text for people or as one JSON document for scripts."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from linewright.errors import LinewrightError

__all__ = [
    "Shape",
    "clean",
    "fault",
    "folded",
    "listing",
    "pairs",
    "result",
    "table",
    "write",
    "write_error",
    "write_json",
]

Shape = dict[str, Any]
WIDEST = 100
"""Columns; longer lines of prose are hard to read."""
UNBROKEN = 28
"""Columns; what is no longer than this in a table stays on one line, and longer text has at least this much room."""


def write(text: str, stream: TextIO | None = None) -> None:
    """One text and a newline; a reader who has gone away is no error."""
    stream = stream or sys.stdout
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def clean(text: str) -> str:
    """The text without control characters: what the remote says must not steer a terminal."""
    return "".join(char for char in text if char in "\n\t" or char.isprintable())


def write_json(document: object) -> None:
    write(json.dumps(document, ensure_ascii=False, indent=2))


def fault(text: str) -> None:
    """A line beside the result: on stderr, folded on a terminal."""
    write(folded(text, sys.stderr), sys.stderr)


def result(document: object, text: str, *, as_json: bool) -> None:
    """The one result of a command. On a terminal no line is cut within a word."""
    if as_json:
        write_json(document)
    else:
        write(folded(text, widest=None))


def folded(text: str, stream: TextIO | None = None, *, widest: int | None = WIDEST) -> str:
    """The text folded between words to the terminal's width, and to `widest` where that is less; a line that is drawn
    (in columns, with colours) and one that fits stay as they are, and so does all of it for anything but a terminal."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return text
    width = _columns(stream)
    width = width if widest is None else min(width, widest)
    return "\n".join(_folded_line(line, width) for line in text.split("\n"))


def _columns(stream: TextIO) -> int:
    """How wide the terminal of this stream is, though another stream leads into a file."""
    import shutil

    try:
        own = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns
    return shutil.get_terminal_size((own.columns or 80, 24)).columns


def _folded_line(line: str, width: int) -> str:
    """Continued below its text: a list's mark or a label before two spaces stands by itself."""
    if len(line) <= width or "\x1b" in line:
        return line
    import textwrap

    mark = re.match(r" *(?:- |\d+\. |\S+ {2,}|\S+ \S+ {2,})?", line)
    hang = " " * (mark.end() if mark else 0)
    return "\n".join(textwrap.wrap(line, width, subsequent_indent=hang, break_on_hyphens=False, break_long_words=False))


def listing(items: Sequence[Shape]) -> Shape:
    """A list as DESIGN 8 has it; one page holds everything here."""
    return {"items": list(items), "next": None}


def write_error(error: LinewrightError, *, as_json: bool) -> None:
    """What is wrong, what to do, and the trace id where there is one."""
    if as_json:
        names = ("reason", "message", "fix", "fbtrace_id")
        write_json({"error": {name: getattr(error, name) for name in names}})
        return
    fault(clean(f"Error: {error.message}\n{error.fix}"))
    if error.fbtrace_id:
        fault(clean(f"Trace id: {error.fbtrace_id}"))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str, spare: Sequence[str] = ()) -> str:
    """A table: folded to a terminal's width, else one line for each row; `empty` when there is no row.

    On a terminal phones, ids and the like are not broken, and where it is too narrow for the rest, the columns that are
    `spare` are left out, the first one first.
    """
    if not rows:
        return empty
    cells = [[_cell(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        return _aligned([list(columns), *cells])
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, emoji=False)
    widths = dict(zip(columns, (max(map(len, column)) for column in zip(columns, *cells, strict=True)), strict=True))
    shown = _that_fit(widths, spare, console.width)
    whole = _needed({name: widths[name] for name in shown}) <= console.width
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in shown:
        drawn.add_column(name, no_wrap=whole and widths[name] <= UNBROKEN)
    for row in cells:
        drawn.add_row(*(cell for name, cell in zip(columns, row, strict=True) if name in shown))
    with console.capture() as captured:
        console.print(drawn)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _that_fit(widths: Mapping[str, int], spare: Sequence[str], width: int) -> list[str]:
    shown = dict(widths)
    for name in spare:
        if _needed(shown) > width:
            del shown[name]
    return list(shown)


def _needed(widths: Mapping[str, int]) -> int:
    """What columns of these widths need at least, the space after each with them."""
    return sum(min(width, UNBROKEN) + 2 for width in widths.values())


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else clean(str(value))


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def pairs(rows: Mapping[str, object]) -> str:
    """Names and values, one to a line; empty ones are left out."""
    shown = {name: clean(str(value)) for name, value in rows.items() if value not in (None, "", [])}
    width = max((len(name) for name in shown), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in shown.items())
