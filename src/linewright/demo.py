"""The demo: twelve numbers in trouble, brought online side by side on a clock that jumps."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from linewright.clock import JumpingClock, SystemClock
from linewright.config import Settings
from linewright.errors import LinewrightError
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator
from linewright.simulator.worlds import COEXISTENCE, HEALTHY

__all__ = ["STORIES", "Story", "run"]

TITLES = ("number", "what went wrong", "what was done", "calls", "time", "Linewright", "control door")
ENDS = {"Linewright": 14, "Linewright\ncontrol door": 14}
WIDE, PAPER = 118, 140
"""Columns of the table where the output is no terminal."""
MOST_ANSWERS = 3
"""Answers that the people of the demo give about one number; more would be a fault, and shows as one."""
FRAME_SECONDS = 0.12
"""Real seconds that a change stays on the screen, so that a person can follow."""


@dataclass(frozen=True, slots=True)
class Story:
    """One number of the demo: what is given with the request, and the right end."""

    key: str
    trouble: str
    end: str
    pin: str | None = None
    because: int | None = None


STORIES = (
    Story("133000", "half deregistered", "registered"),
    Story("133004", "registration server down", "registered"),
    Story("133005", "wrong PIN given", "registered", pin="111222"),
    Story("133006", "verification lapsed", "registered"),
    Story("133008", "locked after wrong PINs", "registered", pin="246810"),
    Story("133009", "PIN entered too quickly", "registered", pin="246810"),
    Story("133010", "never registered", "registered"),
    Story("133015", "deleted a moment ago", "registered"),
    Story("133016", "all attempts used up", "registered"),
    Story("131045", "certificate trouble", "not-yet-proven", pin="246810", because=131045),
    Story(HEALTHY, "none: it is online", "already-online"),
    Story(COEXISTENCE, "lives in the Business app", "not-ours"),
)
"""The ten of the magic table, one healthy number, one that is not ours to touch."""

STATES = {
    "done": ("✓", "green"),
    "waiting": ("…", "yellow"),
    "asking": ("?", "magenta"),
    "gave_up": ("–", "cyan"),
    "cancelled": ("–", "cyan"),
    "running": ("•", "blue"),
}
COUNTED = {"register": "reg", "deregister": "dereg", "request_code": "code"}
CALL_WORDS = {"request_code": "send code", "verify_code": "verify", "set_pin": "set PIN"}


def _told(attempts: list[dict[str, Any]]) -> str:
    """What was called and answered, like `register 133004 ×3, ok → deregister ok`."""
    told = []
    for call, made in groupby(attempts, key=lambda attempt: str(attempt["call"])):
        answers = groupby("ok" if a["outcome"] == "ok" else str(a["code"] or a["outcome"]) for a in made)
        runs = [(answer, len(list(run))) for answer, run in answers]
        said = ", ".join(f"{answer} ×{times}" if times > 1 else answer for answer, times in runs)
        told.append(f"{CALL_WORDS.get(call, call)} {said}")
    return " → ".join(told)


def _span(passed: timedelta) -> str:
    """A span of time as a person says it."""
    seconds = max(int(passed.total_seconds()), 0)
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours:02} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _folded(cells: Sequence[str | Text]) -> list[str | Text]:
    """The seven cells of a row in five, for a narrow terminal: what belongs together stands in two lines."""
    number, wrong, done, calls, time, ours, door = cells
    return [number, wrong, done, f"{calls}\n{time}", Text.assemble(ours, "\n", door)]


@dataclass(slots=True)
class Row:
    """One line of the screen."""

    story: Story
    number: dict[str, Any]
    began: datetime
    operation: dict[str, Any] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    ended: datetime | None = None

    def note(self, operation: dict[str, Any], now: datetime) -> None:
        self.operation = operation
        if operation["ended_at"] and self.ended is None:
            self.ended = now

    def calls(self, kind: str) -> int:
        return sum(attempt["call"] == kind for attempt in self.operation.get("attempts", []))

    def cells(self, now: datetime) -> list[str | Text]:
        """The row of the live table."""
        state = self.operation.get("state", "running")
        sign, colour = STATES[state]
        wake = self.operation.get("wake_at")
        left = _span(datetime.fromisoformat(wake) - now) if wake and state in ("waiting", "asking") else ""
        standing = self.operation.get("standing") or "unknown"
        return [
            self.number["display"],
            self.story.trouble,
            Text(f"{sign} {standing}", style=colour),
            self.operation.get("message") or "",
            Text(f"in {left}" if left else "", style="dim"),
        ]

    def summary(self, truth: dict[str, Any], agrees: bool) -> list[str | Text]:
        """The row of the closing table."""
        steps = _told([attempt for attempt in self.operation["attempts"] if attempt["call"] != "subscribe"])
        spent = ", ".join(f"{self.calls(call)} {word}" for call, word in COUNTED.items() if self.calls(call))
        taken = _span((self.ended or self.began) - self.began)
        door = "online" if truth["online"] else "not online"
        door = "in the app" if truth["on_biz_app"] else door
        return [
            self.number["display"],
            self.story.trouble,
            steps or ("hands off" if self.story.end == "not-ours" else "nothing needed"),
            spent or "none",
            taken,
            Text(self.operation["reason"] or "", style="green" if agrees else "red"),
            Text(door, style="green" if agrees else "red"),
        ]

    def ended_right(self, truth: dict[str, Any]) -> bool:
        """Whether the end is the story's, and the door says the same."""
        if self.operation["reason"] != self.story.end:
            return False
        if self.story.end == "not-ours":
            return bool(truth["on_biz_app"]) and not self.operation["attempts"]
        return bool(truth["registered"]) and bool(truth["online"]) and truth["sends"] == "ok"


def run(*, hands_on: bool = False, console: Console | None = None, quiet: bool = False) -> int:
    """Plays the demo; the exit status is 0 only when every end is right by Linewright and by the door.

    `hands_on` leaves the questions to the user; `quiet` shows the closing table alone.
    """
    console = console or Console()
    if not console.is_terminal:
        console.width = max(console.width, PAPER)
    with tempfile.TemporaryDirectory(prefix="linewright-demo-") as folder:
        return asyncio.run(_Demo(Path(folder), console, hands_on=hands_on, quiet=quiet).play())


class _Demo:
    """The stage: a simulator and Linewright in one process, on one clock that jumps."""

    def __init__(self, folder: Path, console: Console, *, hands_on: bool, quiet: bool) -> None:
        self.clock = JumpingClock(SystemClock().now().replace(microsecond=0))
        self.simulator = Simulator(self.clock, seed=1)
        self.console = console
        self.hands_on = hands_on
        self.quiet = quiet
        self.rows: dict[str, Row] = {}
        self.began = self.clock.now()
        self.lines: list[str] = []
        settings = Settings(home=folder, graph_url="http://127.0.0.1:1", clock_rate=None, log="error")
        self.lw = Linewright(settings=settings, clock=self.clock, transport=self.simulator.transport)

    async def play(self) -> int:
        async with self.lw:
            await self._open_everything()
            live = Live(self._screen(), console=self.console, auto_refresh=False, transient=True)
            self.live = live
            if self.console.is_terminal and not self.hands_on and not self.quiet:
                with live:
                    await self._bring_online()
            else:
                await self._bring_online()
            return self._close()

    async def _open_everything(self) -> None:
        world = self.simulator.world
        await self.lw.add_account("demo", world.account.id, Secret(world.token.text))
        known = {number["e164"]: number for number in await self.lw.sync("demo")}
        for story in STORIES:
            truth = world.numbers[story.key]
            row = Row(story, known[truth.phone.e164], began=self.clock.now())
            pin = Secret(story.pin) if story.pin else None
            row.operation = await self.lw.open("register", truth.id, pin=pin, because=story.because)
            self.rows[row.operation["id"]] = row

    async def _bring_online(self) -> None:
        await self.lw.run_all(idle=self._people, on_change=self._turned)

    async def _turned(self, operation: str) -> None:
        row = self.rows[operation]
        row.note(await self.lw.operation(operation), self.clock.now())
        if self.live.is_started:
            self.live.update(self._screen(), refresh=True)
            await asyncio.sleep(FRAME_SECONDS)
        elif not self.quiet:
            self.console.print(self._line(row), highlight=False)

    # The people: the owner of the phone and of the PIN, played through the control door

    async def _people(self) -> bool:
        open_tasks = [task for task in await self.lw.tasks() if task["operation"] in self.rows]
        asked = [task for task in open_tasks if self._blocks(task)]
        for task in asked:
            await self._answer(task)
        return bool(asked)

    def _blocks(self, task: dict[str, Any]) -> bool:
        operation = self.rows[task["operation"]].operation
        return operation.get("state") == "asking"

    async def _answer(self, task: dict[str, Any]) -> None:
        row = self.rows[task["operation"]]
        if self.hands_on:
            await self._ask_user(task, row)
            return
        if len(row.people) >= MOST_ANSWERS:
            await self.lw.answer(task["id"], decline=True)
            return
        if task["kind"] == "otp":
            code = self.simulator.control.latest_code(row.number["e164"])
            row.people.append("the phone's owner gave the code")
            await self.lw.answer(task["id"], value=Secret(code))
        elif task["kind"] == "pin":
            truth = self.simulator.control.number(row.number["id"])
            row.people.append("the PIN's owner gave the right PIN")
            await self.lw.answer(task["id"], value=Secret(str(truth["pin"])))
        else:
            row.people.append(f"nobody in the demo can answer: {task['question']}")
            await self.lw.answer(task["id"], decline=True)

    async def _ask_user(self, task: dict[str, Any], row: Row) -> None:
        self.console.print(f"\n[bold]{task['question']}[/bold]", highlight=False)
        if task["kind"] == "otp":
            code = self.simulator.control.latest_code(row.number["e164"])
            self.console.print(f"[dim]The phone {row.number['display']} shows: WhatsApp code {code}[/dim]")
        elif task["kind"] == "pin":
            truth = self.simulator.control.number(row.number["id"])
            self.console.print(f"[dim]A note beside the phone says: PIN {truth['pin']}[/dim]")
        row.people.append("you answered")
        given = self.console.input("[bold]Your answer (empty: decline): [/bold]").strip()
        try:
            if given:
                await self.lw.answer(task["id"], value=Secret(given))
            else:
                await self.lw.answer(task["id"], decline=True)
        except LinewrightError as refused:
            self.console.print(f"[red]{refused.message}[/red] {refused.fix}")

    # What is shown

    def _screen(self) -> RenderableType:
        table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, expand=False)
        for title in ("number", "trouble", "standing", "what happens", "next"):
            table.add_column(
                title, no_wrap=True, overflow="ellipsis", max_width=58 if title == "what happens" else None
            )
        for row in self.rows.values():
            table.add_row(*row.cells(self.clock.now()))
        passed = _span(self.clock.now() - self.began)
        return Group(Text(f" Virtual time passed: {passed}", style="dim"), table)

    def _line(self, row: Row) -> str:
        operation = row.operation
        passed = _span(self.clock.now() - self.began)
        return f"{passed:>9}  {row.number['display']:<17} {operation['state']:<8} {operation['message']}"

    def _close(self) -> int:
        table = Table(
            box=SIMPLE_HEAD, header_style="bold", pad_edge=False, title="Where they ended", title_style="bold"
        )
        wide = self.console.width >= WIDE
        for title in map(str, TITLES if wide else _folded(TITLES)):
            table.add_column(title, overflow="fold", no_wrap=title == TITLES[0], min_width=ENDS.get(title))
        right = True
        for row in self.rows.values():
            truth = self.simulator.control.number(row.number["id"])
            agrees = row.ended_right(truth)
            right = right and agrees
            cells = row.summary(truth, agrees)
            table.add_row(*(cells if wide else _folded(cells)))
        self.console.print(table)
        people = [f"  {row.number['display']}: {word}" for row in self.rows.values() for word in row.people]
        if people:
            self.console.print("\n".join([f"A person was asked {len(people)} times:", *people]), highlight=False)
        registers = sum(row.calls("register") for row in self.rows.values())
        passed = _span(self.clock.now() - self.began)
        self.console.print(
            f"{len(self.rows)} numbers, {registers} registrations, {passed} of virtual time. "
            + (
                "[green]Every end is right, by Linewright and by the control door.[/green]"
                if right
                else "[red]Some ends are wrong.[/red]"
            ),
            highlight=False,
        )
        return 0 if right else 4
