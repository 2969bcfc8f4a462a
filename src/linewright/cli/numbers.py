"""`linewright number …` and `linewright pin …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli import options as o
from linewright.cli.ask import line
from linewright.cli.inputs import is_terminal, passphrase
from linewright.cli.say import Shape, listing, result
from linewright.cli.session import run, timed
from linewright.cli.words import number_list, number_text, pin_history_text, pin_status_text
from linewright.errors import UsageError

if TYPE_CHECKING:
    from linewright.face import Linewright

__all__ = ["app", "pins"]

app = typer.Typer(help="The numbers that are known, and where each stands.", no_args_is_help=True)
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="FILE", help="File with the passphrase; - is stdin.")
]
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


@pins.command("export")
def pin_export(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The new file to write.")],
    n: Annotated[list[str] | None, typer.Argument(metavar="[N]...", help="Numbers; none: all.")] = None,
    account: Annotated[str | None, typer.Option("--account", metavar="A", help="All numbers of this account.")] = None,
    passphrase_file: PassphraseFile = None,
    as_json: o.Json = False,
) -> int:
    """Write PINs to a file, sealed for another keeper.

    The passphrase is asked for on a terminal. The audit names each PIN that left.
    """
    secret = passphrase(passphrase_file, twice=True)
    made = run(lambda linewright: linewright.export_pins(output, secret, numbers=n or (), account=account))
    lines = [f"{_counted(made['items'])} sealed in {made['file']}. It opens with its passphrase alone."]
    if made["without"]:
        names = ", ".join(each["display"] for each in made["without"][:20])
        lines.append(f"No PIN is kept of {len(made['without'])}: {names}{', …' if len(made['without']) > 20 else ''}.")
    lines.append("The other keeper takes it in with `linewright pin import FILE`.")
    result(made, "\n".join(lines), as_json=as_json)
    return 0


@pins.command("import")
def pin_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An export, or CSV or JSON lines of another tool.")],
    passphrase_file: PassphraseFile = None,
    as_json: o.Json = False,
) -> int:
    """Take in PINs from an export or another tool's list.

    CSV with the columns phone and pin, or a JSON object with both on each line. All rows or none; no PIN is shown.
    """

    async def work(linewright: Linewright) -> Shape:
        secret = passphrase(passphrase_file) if await linewright.is_sealed(file) else None
        return await linewright.import_pins(file, passphrase=secret)

    made = run(work)
    new = [each for each in made["items"] if each["taken"] == "new"]
    lines = [f"{_counted(new)} taken in as given; a registration proves one."]
    if len(new) < len(made["items"]):
        lines.append(f"{_counted(made['items'][len(new) :])} kept already.")
    if made["in_clear"]:
        lines.append(f"{made['file']} holds PINs that anybody can read: delete it now.")
    result(made, "\n".join(lines), as_json=as_json)
    return 0


def _counted(items: list[Shape]) -> str:
    return f"{len(items):,} PIN is" if len(items) == 1 else f"{len(items):,} PINs are"


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
