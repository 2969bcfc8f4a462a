"""`register`, `verify`, `set-pin`, `migrate` and `deregister`: each opens its operation, or joins the open one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli import options as o
from linewright.cli.ask import line
from linewright.cli.inputs import is_terminal, pin
from linewright.cli.say import Shape
from linewright.cli.session import run
from linewright.cli.through import Manner, see_through
from linewright.errors import UsageError

if TYPE_CHECKING:
    from linewright.face import Linewright

__all__ = ["add_to"]

SUMMARIES = {
    "register": "Bring a number online, through whatever the remote answers.",
    "verify": "Verify a number with a code sent to its phone.",
    "set-pin": "Set the two-step PIN, the given one or a fresh one.",
}
Confirm = Annotated[
    str | None, typer.Option("--confirm", metavar="LAST4", help="The last four digits of the number, as consent.")
]

To = Annotated[str, typer.Option("--to", metavar="ACCOUNT", help="The account that the number moves to.")]


def add_to(app: typer.Typer) -> None:
    """Adds the five commands."""
    for goal, summary in SUMMARIES.items():
        app.command(goal, help=summary)(_command(goal))
    app.command("migrate", help="Move a number to another account. The source works until the last step.")(_migrate)
    app.command("deregister", help="Take a number offline. An online one needs a sure way back.")(_deregister)


def _command(goal: str) -> Callable[..., int]:
    def command(
        n: o.N,
        pin_file: o.PinFile = None,
        pin_stdin: o.PinStdin = False,
        code_method: o.CodeMethod = None,
        code_language: o.CodeLanguage = None,
        because: o.Because = None,
        use_reserve: o.UseReserve = False,
        no_subscribe: o.NoSubscribe = False,
        by_link: o.ByLink = False,
        wait: o.Wait = None,
        follow: o.Follow = False,
        timeout: o.Timeout = None,
        as_json: o.Json = False,
    ) -> int:
        digits = pin(pin_file, stdin=pin_stdin)
        return _seen_through(
            goal,
            n,
            Manner(wait, follow, timeout, as_json, by_link),
            pin=digits,
            code_method=code_method,
            code_language=code_language,
            because=because,
            use_reserve=use_reserve,
            subscribe=not no_subscribe,
            by_link=by_link,
        )

    return command


def _seen_through(goal: str, n: str, manner: Manner, **asked: Any) -> int:
    """Opens the operation as it was asked for, and sees it through."""

    async def begin(linewright: Linewright) -> Shape:
        return await linewright.open(goal, n, **asked)

    return see_through(begin, manner, n)


def _migrate(
    n: o.N,
    to: To,
    pin_file: o.PinFile = None,
    pin_stdin: o.PinStdin = False,
    code_method: o.CodeMethod = None,
    code_language: o.CodeLanguage = None,
    because: o.Because = None,
    use_reserve: o.UseReserve = False,
    no_subscribe: o.NoSubscribe = False,
    by_link: o.ByLink = False,
    wait: o.Wait = None,
    follow: o.Follow = False,
    timeout: o.Timeout = None,
    as_json: o.Json = False,
) -> int:
    digits = pin(pin_file, stdin=pin_stdin)
    return _seen_through(
        "migrate",
        n,
        Manner(wait, follow, timeout, as_json, by_link),
        to=to,
        pin=digits,
        code_method=code_method,
        code_language=code_language,
        because=because,
        use_reserve=use_reserve,
        subscribe=not no_subscribe,
        by_link=by_link,
    )


def _deregister(
    n: o.N,
    confirm: Confirm = None,
    pin_file: o.PinFile = None,
    pin_stdin: o.PinStdin = False,
    code_method: o.CodeMethod = None,
    code_language: o.CodeLanguage = None,
    because: o.Because = None,
    use_reserve: o.UseReserve = False,
    wait: o.Wait = None,
    follow: o.Follow = False,
    timeout: o.Timeout = None,
    as_json: o.Json = False,
) -> int:
    digits = pin(pin_file, stdin=pin_stdin)
    consent = confirm or _consent(n)

    return _seen_through(
        "deregister",
        n,
        Manner(wait, follow, timeout, as_json),
        pin=digits,
        code_method=code_method,
        code_language=code_language,
        because=because,
        use_reserve=use_reserve,
        confirm=consent,
    )


def _consent(n: str) -> str:
    """The last four digits, typed by a person; a script must give them with the command."""
    if not is_terminal():
        raise UsageError(
            "Deregistering takes a number offline, so its last four digits are needed.",
            fix="Give them with --confirm LAST4.",
            reason="confirm",
        )
    number = run(lambda linewright: linewright.number(n))
    return line(f"{number['display']} goes offline by this. Type its last four digits: ")
