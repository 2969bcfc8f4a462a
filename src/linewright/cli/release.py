"""`linewright release N`: gives a number up on purpose, with two keys; or says what remains to be done by hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli import options as o
from linewright.cli.ask import line
from linewright.cli.inputs import is_terminal
from linewright.cli.say import Shape, folded, result, write
from linewright.cli.session import run, timed
from linewright.cli.through import Manner, see_through
from linewright.cli.times import moment
from linewright.cli.words import release_text
from linewright.errors import UsageError

if TYPE_CHECKING:
    from linewright.face import Linewright

__all__ = ["add_to"]

KEY_WORD = "release"
ATTENTION = 3


def add_to(app: typer.Typer) -> None:
    app.command("release")(_release)


def _release(
    n: o.N,
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", metavar="LAST4", help="The last four digits of the number: the first key."),
    ] = None,
    last_paid: Annotated[
        str | None,
        typer.Option("--last-paid", metavar="DATE", help="The day it sent its last paid message, such as 2026-03-01."),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Only say how far it is and what remains.")] = False,
    wait: o.Wait = None,
    follow: o.Follow = False,
    timeout: o.Timeout = None,
    as_json: o.Json = False,
) -> int:
    """Give a number up on purpose. It takes two keys.

    The first key is its last four digits, the second the answer to the question that follows; in a service another
    operator gives it. With --status, 3 says that something is to be done by hand now.
    """
    if status:
        return _status(n, last_paid, as_json=as_json)
    digits = confirm or _first_key(n)

    async def begin(linewright: Linewright) -> Shape:
        return await linewright.release(n, confirm=digits, last_paid=last_paid)

    manner = Manner(wait, follow, timeout, as_json, command="release", key_word=KEY_WORD)
    ended = see_through(begin, manner, n)
    if ended == 0 and not as_json:
        write("\n" + folded(release_text(run(lambda linewright: linewright.release_status(n)))))
    return ended


def _status(n: str, last_paid: str | None, *, as_json: bool) -> int:
    release, now = timed(lambda linewright: linewright.release_status(n, last_paid=last_paid))
    result(release, folded(release_text(release)), as_json=as_json)
    return ATTENTION if _is_due(release, now) else 0


def _is_due(release: Shape, now: datetime) -> bool:
    day = moment(release["deletable_at"])
    return release["state"] == "released" and day is not None and day <= now


def _first_key(n: str) -> str:
    """The last four digits, typed by a person; a script must give them with the command."""
    if not is_terminal():
        raise UsageError(
            "A release gives a number up, so its last four digits are needed.",
            fix="Give them with --confirm LAST4.",
            reason="confirm",
        )
    number = run(lambda linewright: linewright.number(n))
    return line(f"{number['display']} is given up by this. Type its last four digits: ")
