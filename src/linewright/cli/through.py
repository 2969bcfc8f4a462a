"""Sees an operation through: to its end, to a question, or only as far as it goes now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from linewright.cli.ask import Answer, ask
from linewright.cli.inputs import is_terminal
from linewright.cli.say import Shape, clean, fault, folded, result, write, write_json
from linewright.cli.session import run
from linewright.cli.words import STATUS, again, goes_on, link_text, operation_text, task_text
from linewright.clock import monotonic
from linewright.errors import UsageError

if TYPE_CHECKING:
    from linewright.cli.view import View
    from linewright.face import Linewright

__all__ = ["Manner", "see_through"]

Begin = Callable[["Linewright"], Awaitable[Shape]]
"""Opens or joins an operation."""
FOOTER = "Ctrl-C stops watching; the operation stays."


@dataclass(frozen=True, slots=True)
class Manner:
    """How a command waits: `wait` None is yes on a terminal and no elsewhere; `timeout` in real seconds."""

    wait: bool | None
    follow: bool
    timeout: float | None
    as_json: bool
    by_link: bool = False
    """At a question it is not asked here: a link is made for whoever has the phone."""
    command: str | None = None
    """The command that goes on with it, where it is not named like the goal."""
    key_word: str | None = None
    """What a person types to approve, in full: the second key of a release."""

    def named(self, operation: Shape) -> Shape:
        """The operation as the command that goes on with it calls it."""
        return operation | ({"goal": self.command} if self.command else {})

    @property
    def waits(self) -> bool:
        if self.wait is None:
            return is_terminal() or self.follow
        return self.wait


def see_through(begin: Begin, manner: Manner, asked_as: str | None = None) -> int:
    """Opens the operation and waits for it as `manner` says; the result is the exit status."""
    if not manner.waits:
        return _begin_only(begin, manner, asked_as)
    return _Watch(manner, asked_as).to_the_end(begin)


def _begin_only(begin: Begin, manner: Manner, asked_as: str | None) -> int:
    async def work(linewright: Linewright) -> _Seen:
        opened = await begin(linewright)
        return _Seen(await linewright.push(opened["id"]), linewright.clock.now(), linewright.worked)

    seen = run(work)
    result(seen.operation, operation_text(seen.operation, seen.now), as_json=manner.as_json)
    return _leave(seen, manner, asked_as)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An operation as it was when the home was closed, and whether a worker goes on with it."""

    operation: Shape
    now: datetime
    worked: bool


def _leave(seen: _Seen, manner: Manner, asked_as: str | None) -> int:
    status = STATUS[seen.operation["state"]]
    if manner.by_link and status == STATUS["asking"] and seen.operation["task"]:
        _link(seen.operation["task"]["id"], seen.now, as_json=manner.as_json)
    if status == STATUS["waiting"]:
        fault(goes_on(manner.named(seen.operation), seen.now, asked_as, worked=seen.worked))
    return status


def _link(task: str, now: datetime, *, as_json: bool) -> None:
    """Makes the link of a question; with `--json` it is said beside the document."""
    try:
        made = run(lambda linewright: linewright.link(task))
    except UsageError as error:
        fault(clean(f"No link was made. {error.message} {error.fix}"))
    else:
        (fault if as_json else write)(f"\n{link_text(made, now)}")


class _Watch:
    """One command that waits: it may open the home several times, since a question takes a person's time."""

    def __init__(self, manner: Manner, asked_as: str | None) -> None:
        self._manner = manner
        self._asked_as = asked_as
        self._deadline = None if manner.timeout is None else monotonic() + manner.timeout
        self._seen: Shape | None = None

    def to_the_end(self, begin: Begin) -> int:
        """Drives, asks and drives on. Ctrl-C leaves the operation as it is."""
        try:
            seen = self._drive(begin)
            while self._may_ask(seen.operation) and self._answered(seen.operation["task"]):
                seen = self._drive(_rejoin(seen.operation["id"]))
        except KeyboardInterrupt:
            return self._stopped()
        return self._ended(seen)

    def _may_ask(self, operation: Shape) -> bool:
        asks = operation["state"] == "asking" and operation["task"] is not None
        return asks and is_terminal() and not self._manner.follow and not self._manner.by_link

    def _drive(self, begin: Begin) -> _Seen:
        async def work(linewright: Linewright) -> _Seen:
            operation = self._seen = await begin(linewright)
            with self._view(operation, linewright.clock.now) as view:

                def changed(operation: Shape) -> None:
                    self._seen = operation
                    view.show(operation)

                changed(operation)
                left = None if self._deadline is None else max(0.0, self._deadline - monotonic())
                operation = await linewright.drive(
                    operation["id"], follow=self._manner.follow, timeout_seconds=left, on_change=changed
                )
                changed(operation)
            return _Seen(operation, linewright.clock.now(), linewright.worked)

        return run(work)

    def _view(self, operation: Shape, now: Callable[[], datetime]) -> View:
        from linewright.cli.view import LinesView, LiveView, NoView

        if is_terminal():
            return LiveView(operation, now, footer=FOOTER, stderr=self._manner.as_json)
        return NoView() if self._manner.as_json else LinesView(now)

    def _answered(self, task: Shape) -> bool:
        """Asks until an answer is taken; False when the person leaves it for later."""
        word = self._manner.key_word if task["kind"] == "approve" else None
        answer = ask(task, word=word)
        while True:
            if answer is None:
                return False
            try:
                run(_answer(task["id"], answer))
            except UsageError as error:
                fault(clean(f"{error.message} {error.fix}"))
                answer = ask(task, again=True, word=word)
            else:
                return True

    def _stopped(self) -> int:
        operation = self._seen
        if operation is None:
            raise KeyboardInterrupt
        if self._manner.as_json:
            write_json(operation)
        fault(
            f"\nStopped watching. The operation {operation['id']} stays as it is, and nothing is lost.\n"
            f"`{again(self._manner.named(operation), self._asked_as)}` goes on with it; `linewright operation cancel "
            f"{operation['id']}` ends it."
        )
        return STATUS[operation["state"]]

    def _ended(self, seen: _Seen) -> int:
        operation = seen.operation
        if self._manner.as_json:
            write_json(operation)
        elif operation["task"]:
            write("\n" + folded(task_text(operation["task"]), widest=None))
        elif operation["next_step"] and operation["ended_at"] and not is_terminal():
            write(clean(operation["next_step"]))
        return _leave(seen, self._manner, self._asked_as)


def _answer(task: str, answer: Answer) -> Begin:
    async def work(linewright: Linewright) -> Shape:
        return await linewright.answer(task, **answer)

    return work


def _rejoin(operation: str) -> Begin:
    async def work(linewright: Linewright) -> Shape:
        return await linewright.operation(operation)

    return work
