"""An import while it is carried on: a bar on a terminal, a line for each change elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from linewright.cli.say import Shape, write

__all__ = ["bar", "lines"]

ENDED = ("done", "gave_up", "cancelled", "bad")
SHOWN = {
    "running": ("at work", "cyan"),
    "creating": ("being made", "cyan"),
    "waiting": ("waiting", "yellow"),
    "asking": ("asking", "magenta"),
    "gave_up": ("gave up", "red"),
    "bad": ("left out", "red"),
}
STEP = 100
"""Off a terminal a line comes each time that a hundredth more rows have ended."""


class _Bar(Progress):
    """One bar, and below it what is not at its end."""

    def get_renderables(self) -> Iterator[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        yield from (Text.from_markup(task.fields["others"]) for task in self.tasks)


@contextmanager
def bar(*, stderr: bool = False) -> Iterator[Callable[[Shape], None]]:
    """A bar that moves with the rows that have ended; what is not at its end is told beside it."""
    columns = (TextColumn("{task.fields[ended]}"), BarColumn(), TimeElapsedColumn())
    console = Console(highlight=False, emoji=False, stderr=stderr)
    with _Bar(*columns, console=console) as progress:
        task = progress.add_task("rows", total=None, others="", ended="looking")

        def show(shape: Shape) -> None:
            counts = shape["counts"]
            others = "  ".join(
                f"[{style}]{counts[state]:,} {word}[/]" for state, (word, style) in SHOWN.items() if counts[state]
            )
            over = f"{ended(shape):,} of {shape['rows']:,} rows"
            progress.update(task, total=shape["rows"], completed=ended(shape), others=others, ended=over)

        yield show


@contextmanager
def lines() -> Iterator[Callable[[Shape], None]]:
    """A line at the beginning, and one whenever enough more rows have ended."""
    told = -1

    def show(shape: Shape) -> None:
        nonlocal told
        step = ended(shape) * STEP // max(shape["rows"], 1)
        if step > told:
            told = step
            counts = shape["counts"]
            others = ", ".join(f"{counts[state]:,} {word}" for state, (word, _) in SHOWN.items() if counts[state])
            write(f"{ended(shape):,} of {shape['rows']:,} rows have ended" + (f"; {others}" if others else ""))

    yield show


def ended(shape: Shape) -> int:
    return sum(int(shape["counts"][state]) for state in ENDED)
