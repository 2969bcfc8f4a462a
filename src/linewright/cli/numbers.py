"""`linewright number …` and `linewright pin …`."""

from __future__ import annotations

from typing import Annotated

import typer

from linewright.cli import options as o
from linewright.cli.ask import line
from linewright.cli.inputs import is_terminal
from linewright.cli.say import listing, result
from linewright.cli.session import run, timed
from linewright.cli.words import number_list, number_text, pin_history_text, pin_status_text
from linewright.errors import UsageError

__all__ = ["app", "pins"]

app = typer.Typer(help="The numbers that are known, and where each stands.", no_args_is_help=True)
pins = typer.Typer(help="The two-step PINs, kept sealed.", no_args_is_help=True)


@app.command("list")
def show_all(
    standing: Annotated[
        str | None, typer.Option("--standing", metavar="S", help="Only these, such as online or offline.")
    ] = None,
    as_json: o.Json = False,
) -> int:
    """List the numbers as they were last read."""
    numbers = run(lambda linewright: linewright.numbers(standing))
    result(listing(numbers), number_list(numbers), as_json=as_json)
    return 0


@app.command("show")
def show(n: o.N, as_json: o.Json = False) -> int:
    """Show a number: standing, PIN state, what was spent."""
    number, now = timed(lambda linewright: linewright.number(n))
    result(number, number_text(number, now), as_json=as_json)
    return 0


@app.command("add")
def add(
    e164: Annotated[str, typer.Argument(metavar="E164", help="The phone, such as +15550133010.")],
    account: Annotated[str, typer.Option("--account", metavar="A", help="The account that gets it.")],
    verified_name: Annotated[str, typer.Option("--verified-name", metavar="T", help="The display name to show.")],
    as_json: o.Json = False,
) -> int:
    """Create a number in an account, at the remote.

    It is not registered yet; `linewright register` does that.
    """
    number = run(lambda linewright: linewright.add_number(e164, account, verified_name))
    text = f"{number['display']} is in {number['account']}. `linewright register {number['e164']}` brings it online."
    result(number, text, as_json=as_json)
    return 0


@app.command("forget")
def forget(n: o.N, as_json: o.Json = False) -> int:
    """Forget a number here; at the remote nothing changes.

    Its attempts still count.
    """
    number = run(lambda linewright: linewright.forget_number(n))
    result(number, f"{number['display']} is forgotten here; at the remote nothing changed.", as_json=as_json)
    return 0


@pins.command("status")
def pin_status(n: o.N, as_json: o.Json = False) -> int:
    """Say how much is known of a number's PIN, without showing it."""
    status = run(lambda linewright: linewright.pin_status(n))
    result(status, pin_status_text(status), as_json=as_json)
    return 0


@pins.command("history")
def pin_history(n: o.N, as_json: o.Json = False) -> int:
    """List what became of a number's PINs, without showing one.

    Made, given, accepted, refused, changed elsewhere, shown, exported: when, and by what.
    """
    events = run(lambda linewright: linewright.pin_history(n))
    result(listing(events), pin_history_text(events), as_json=as_json)
    return 0


@pins.command("show")
def pin_show(n: o.N, as_json: o.Json = False) -> int:
    """Show a PIN, on a terminal only.

    It asks for the number's last four digits first, and the audit says that it was shown.
    """
    if not is_terminal():
        raise UsageError(
            "A PIN is shown on a terminal only.", fix="Run it by hand, without a pipe.", reason="terminal-only"
        )
    number = run(lambda linewright: linewright.number(n))
    typed = line(f"Showing the PIN of {number['display']}. Type the number's last four digits: ")
    if not number["e164"] or typed != number["e164"][-4:]:
        raise UsageError(
            "Those are not the last four digits of the number; the PIN was not shown.",
            fix="Run it again and type them.",
            reason="confirm",
        )
    digits = run(lambda linewright: linewright.show_pin(n)).open_secret()
    result({"number": number["id"], "pin": digits}, digits, as_json=as_json)
    return 0
