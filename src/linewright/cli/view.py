"""What is shown while an operation is worked on: a live view on a terminal, one line per change elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from linewright.cli.say import Shape, clean, write
from linewright.cli.times import ahead, clock_time, moment
from linewright.cli.words import attempt_answer, budget_line, state_words, without_answer

__all__ = ["LinesView", "LiveView", "NoView", "View"]

Now = Callable[[], datetime]

STATE_STYLES = {
    "running": "cyan",
    "waiting": "yellow",
    "asking": "magenta",
    "done": "green",
    "gave_up": "red",
    "cancelled": "red",
}
OUTCOME_STYLES = {"ok": "green", "refused": "yellow", "in_doubt": "magenta", "unreachable": "yellow", "not_sent": "dim"}
OVER = ("done", "gave_up", "cancelled")
READS = "Reads the number."
FRAMES_PER_SECOND = 4
REST_OF_SCREEN = 16
"""Lines of the live view beside its attempts."""


class View(Protocol):
    """Shows an operation, again and again, while the context is open."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, operation: Shape) -> None:
        """The operation as it is now."""
        ...


class NoView:
    """Shows nothing: with `--json` only the result counts."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit: object) -> None:
        return None

    def show(self, operation: Shape) -> None:
        return None


class LinesView(NoView):
    """One line for each change, with the time; what was said once is not said again."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._answered = 0
        self._last = ""

    def show(self, operation: Shape) -> None:
        answered = [attempt for attempt in operation["attempts"] if attempt["answered_at"]]
        for attempt in answered[self._answered :]:
            trace = f", fbtrace_id {attempt['fbtrace_id']}" if attempt["fbtrace_id"] else ""
            self._line(operation, attempt["answered_at"], f"{attempt['call']}: {attempt_answer(attempt)}{trace}")
        self._answered = max(self._answered, len(answered))
        text = f"{state_words(operation)}: {operation['message'] or READS}"
        wake = moment(operation["wake_at"])
        if wake and wake > self._now() and operation["state"] not in OVER:
            text += f" Next at {operation['wake_at']}."
        if text != self._last:
            self._last = text
            self._line(operation, f"{self._now():%Y-%m-%dT%H:%M:%SZ}", text)

    def _line(self, operation: Shape, at: str, text: str) -> None:
        write(clean(f"{at}  {operation['number']['display']}  {' '.join(text.split())}"))


class LiveView:
    """The operation on a terminal, drawn in place; the countdown moves by itself."""

    def __init__(self, operation: Shape, now: Now, *, footer: str, stderr: bool = False) -> None:
        self._operation = operation
        self._now = now
        self._footer = footer
        self._console = Console(file=sys.stderr if stderr else sys.stdout, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=self._console,
            get_renderable=self._frame,
            refresh_per_second=FRAMES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *exit: object) -> None:
        self._footer = ""
        self._live.stop()

    def show(self, operation: Shape) -> None:
        self._operation = operation
        self._live.refresh()

    def _frame(self) -> RenderableType:
        most = max(3, self._console.height - REST_OF_SCREEN)
        return operation_frame(self._operation, self._now(), footer=self._footer, most_attempts=most)


def operation_frame(operation: Shape, now: datetime, *, footer: str = "", most_attempts: int = 12) -> RenderableType:
    """One picture of an operation: who, where it stands, why, what happens next, what was tried, what is left."""
    parts: list[RenderableType] = [_head(operation), Text(clean(operation["message"] or READS))]
    step = _next(operation, now)
    if step is not None:
        parts.append(step)
    if operation["attempts"]:
        parts += [Text(), _attempts(operation, now, most_attempts)]
    parts += [Text(), Text(f"Spent: {budget_line(operation['budgets'], now)}", style="dim")]
    if footer:
        parts.append(Text(footer, style="dim"))
    return Padding(Group(*parts), (1, 0, 0, 2))


def _head(operation: Shape) -> RenderableType:
    style = STATE_STYLES[operation["state"]]
    head = Text()
    head.append("● ", style=style)
    head.append(clean(operation["number"]["display"]), style="bold")
    head.append(f"  {operation['goal']}  ")
    head.append(state_words(operation), style=style)
    head.append(f"   {operation['standing']} in {clean(operation['account'])}", style="dim")
    return Group(head, Text())


def _next(operation: Shape, now: datetime) -> RenderableType | None:
    said = Text()
    wake = moment(operation["wake_at"])
    if wake is not None and operation["state"] not in (*OVER, "asking"):
        said.append(ahead(wake, now), style="bold")
        said.append(f" ({clock_time(wake, now)})  ", style="dim")
    if operation["next_step"]:
        said.append(clean(operation["next_step"]))
        if operation["state"] == "asking":
            said.append(without_answer(wake, now), style="dim")
    if not said:
        return None
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("Then" if operation["state"] in OVER else "Next", said)
    task = operation["task"]
    if task and operation["state"] == "waiting":
        grid.add_row("Or", Text(clean(f"{task['question']} Answer: linewright task answer {task['id']}")))
    return grid


def _attempts(operation: Shape, now: datetime, most: int) -> RenderableType:
    attempts = operation["attempts"]
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    for name in ("Time", "Call", "Answer"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("In the remote's words", ratio=1, overflow="ellipsis", no_wrap=True, style="dim")
    earlier = len(attempts) - most
    if earlier > 0:
        grid.add_row("", Text(f"{earlier} earlier", style="dim"))
    for attempt in attempts[-most:]:
        at = moment(attempt["at"])
        answer = Text(attempt_answer(attempt), style=OUTCOME_STYLES[attempt["outcome"]])
        if attempt["answered_at"] is None:
            answer = Text("under way", style="cyan")
        grid.add_row(clock_time(at, now) if at else "", attempt["call"], answer, clean(attempt["details"] or ""))
    return grid
