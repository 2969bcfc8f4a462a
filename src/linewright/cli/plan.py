"""`linewright plan N`: what would be done now, and what each answer would lead to, without doing it."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from linewright.cli import options as o
from linewright.cli.say import WIDEST, Shape, clean, result
from linewright.cli.session import run
from linewright.errors import UsageError

if TYPE_CHECKING:
    from linewright.outline import Twig

__all__ = ["plan", "plan_text"]

SCREEN = 24
"""Lines that a plan takes where no depth was asked for; a terminal that is higher gets more."""
ARROW = " → "
HANG = "    "


def plan(
    n: o.N,
    goal: Annotated[
        Literal["register", "verify", "deregister", "set-pin"] | None,
        typer.Option("--goal", help="What to suppose is asked for; an open operation is told as it is."),
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="D", help="How many choices deep, 1 to 4; 2 on one screen.")
    ] = None,
    read: Annotated[bool, typer.Option("--read", help="Read the number once first.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw the tree into this file too.")] = None,
    narrow: Annotated[bool, typer.Option("--narrow", help="Draw it from top to bottom, for a phone.")] = False,
    as_json: o.Json = False,
) -> int:
    """Say what would be done with a number, without doing it.

    It tells too what each answer would lead to and what it would cost. Nothing is sent and nothing is spent; with
    --read the number is read once first.
    """
    found = run(lambda linewright: linewright.plan(n, goal=goal, depth=depth, read=read))
    if svg is not None:
        _draw(found, svg, narrow=narrow)
    drawn = f"\n\n{svg} is written." if svg is not None else ""
    result(found, plan_text(found, lines=None if depth else _screen()) + drawn, as_json=as_json)
    return 0


def _screen() -> int:
    return max(SCREEN, shutil.get_terminal_size().lines - 2) if sys.stdout.isatty() else SCREEN


def _draw(found: Shape, file: Path, *, narrow: bool) -> None:
    from linewright.tree import standalone

    try:
        file.write_text(standalone(found, narrow=narrow), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The drawing cannot be written to {file}: {error.strerror or type(error).__name__}.",
            fix="Name a file in a folder that can be written.",
        ) from None


def plan_text(found: Shape, *, lines: int | None = SCREEN, width: int | None = None) -> str:
    """The plan as an indented tree, on about `lines` lines of the screen; None: whole."""
    from linewright.outline import outline

    if width is None:
        width = min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else WIDEST
    tree = found["tree"]
    told = [found["summary"], *([tree["why"]] if tree["why"] else []), found["assumes"]]
    head = [f"{found['number']['display']}: {found['goal']}, {_of(found)}."]
    head += [row for text in told for row in textwrap.wrap(text, width)]
    root = outline(tree)
    rows = list(_beneath(root, "", width))
    if lines is not None and len(rows) > lines - len(head) - 2:
        rows = _fitting(root, lines - len(head) - 2, width)
    first = ["", *textwrap.wrap(_told(root), width, subsequent_indent=HANG)] if rows else []
    return clean("\n".join([*head, *first, *rows]))


def _of(found: Shape) -> str:
    return f"the open operation {found['operation']}" if found["operation"] else "as if it were asked for now"


def _told(twig: Twig) -> str:
    way = ARROW.join(twig.steps)
    spent = f"  [{twig.price}]" if twig.price else ""
    return f"{twig.words}{ARROW}{way}{spent}" if twig.label else f"{way}{spent}"


def _beneath(twig: Twig, indent: str, width: int) -> Iterator[str]:
    """The branches of a twig, a row or more each."""
    for place, branch in enumerate(twig.branches):
        last = place == len(twig.branches) - 1 and not twig.more
        beneath = f"{indent}{'   ' if last else '│  '}"
        hang = f"{beneath}{'│' if branch.branches else ' '}   "
        mark = f"{indent}{'└─ ' if last else '├─ '}"
        yield from textwrap.wrap(_told(branch), width, initial_indent=mark, subsequent_indent=hang)
        yield from _beneath(branch, beneath, width)
    if twig.more:
        yield from textwrap.wrap(
            f"… and {len(twig.more)} more", width, initial_indent=f"{indent}└─ ", subsequent_indent=indent
        )


def _fitting(root: Twig, most: int, width: int) -> list[str]:
    """The rows with as many branches opened, from the likeliest on, as there is room for; the rest in a row each."""
    shown = [branch.collapsed for branch in root.branches]
    while len(shown) > 2 and len(_rows(root, shown, width)) > most:
        shown.pop()
    for place in range(len(shown)):
        opened = [*shown[:place], root.branches[place], *shown[place + 1 :]]
        if len(_rows(root, opened, width)) <= most:
            shown = opened
    return _rows(root, shown, width)


def _rows(root: Twig, shown: Sequence[Twig], width: int) -> list[str]:
    left_out = tuple(branch.label for branch in root.branches[len(shown) :])
    return list(_beneath(replace(root, branches=tuple(shown), more=(*left_out, *root.more)), "", width))
