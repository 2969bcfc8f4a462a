"""`sync`, `check`, `doctor`, `bundle`, `backup` and `key`: looking after a fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linewright.cli import options as o
from linewright.cli.say import Shape, clean, listing, result
from linewright.cli.session import run
from linewright.cli.words import account_list, number_list
from linewright.errors import UsageError

__all__ = ["add_to", "keys"]

keys = typer.Typer(help="The key that seals tokens and PINs.", no_args_is_help=True)
MARKS = {True: "ok     ", False: "wrong  ", None: "unknown"}
NOTE = "note   "
"""Nothing is wrong, and something could be better."""
ATTENTION = 3
UNREACHABLE = 6


def add_to(app: typer.Typer) -> None:
    """Adds the five commands."""
    for command in (sync, check, doctor, bundle, backup):
        app.command()(command)


def sync(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One account; else all.")] = None,
    as_json: o.Json = False,
) -> int:
    """Read the numbers of the accounts from the remote."""
    numbers = run(lambda linewright: linewright.sync(name))
    result(listing(numbers), number_list(numbers), as_json=as_json)
    return 0


def check(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One account; else all.")] = None,
    as_json: o.Json = False,
) -> int:
    """Read every number and say which need attention. Status 3 when one does."""
    found = run(lambda linewright: linewright.check(name))
    needy = found["attention"]
    held = [account for account in found["accounts"] if account["state"] != "ok"]
    warned = [_warning(item) for item in found["items"] if item["warning"]]
    parts = [number_list(found["items"]), account_list(held) if held else "", "\n".join(warned)]
    parts += [
        f"{each['number']['display']} is released, and can be deleted in WhatsApp Manager now."
        for each in found["releases"]
    ]
    parts.append(f"Needs attention: {needy}." if needy else "Nothing needs attention.")
    result(found, "\n\n".join(part for part in parts if part), as_json=as_json)
    return ATTENTION if needy else 0


def _warning(item: Shape) -> str:
    """What is wrong with a number, and what to do."""
    told = next(condition for condition in item["conditions"] if condition["type"] == item["warning"])
    fix = f"\n         To do: {told['fix']}" if told["fix"] else ""
    return clean(f"{item['display']}  {told['type']}: {told['message']}{fix}")


def doctor(
    n: Annotated[str | None, typer.Argument(metavar="[N]", help="A number to walk through; else the whole.")] = None,
    as_json: o.Json = False,
) -> int:
    """Look for what is wrong here, and say what to do.

    Checks the home, key, database, clock, remote and accounts, or walks through one number.
    Status 3 when something is wrong.
    """
    found = run(lambda linewright: linewright.doctor(n))
    result(found, "\n".join(_finding(item) for item in found["items"]), as_json=as_json)
    if any(item["ok"] is None and item["name"].endswith("remote") for item in found["items"]):
        return UNREACHABLE
    return ATTENTION if any(item["ok"] is False for item in found["items"]) else 0


def _finding(item: Shape) -> str:
    fix = f"\n         To do: {item['fix']}" if item["fix"] else ""
    mark = NOTE if item["ok"] is True and item["fix"] else MARKS[item["ok"]]
    return clean(f"{mark}  {item['name']}: {item['message']}{fix}")


def bundle(
    n: o.N,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.zip", help="The file to write.")],
    as_json: o.Json = False,
) -> int:
    """Write a zip file for support, without secrets."""
    made = run(lambda linewright: linewright.bundle(n, output))
    result(made, f"{made['file']} is written. It holds no secret; look into it before you send it.", as_json=as_json)
    return 0


def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The new file to write, on another disk at best.")
    ] = None,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="Say instead that this home was just put back from a copy made otherwise."),
    ] = False,
    as_json: o.Json = False,
) -> int:
    """Copy the database to a file while work goes on.

    The key that opens the tokens and PINs in it is not in it: keep that elsewhere. To put the file back, lay it into
    an empty home as linewright.db.
    """
    if (file is None) is not restored:
        raise UsageError(
            "A backup is made to one file, or with --restored to none.",
            fix="`linewright backup FILE` makes one.",
            reason="usage",
        )
    if file is None:
        told = run(lambda linewright: linewright.restored())
        names = ", ".join(told["paused"]) or "none is known"
        result(
            told,
            f"This home was put back from a copy. Its accounts rest until you resume them: {names}.",
            as_json=as_json,
        )
        return 0
    made = run(lambda linewright: linewright.backup(file))
    said = f"{made['file']} holds the whole database ({made['bytes']:,} bytes). The key is not in it: keep it apart."
    result(made, said, as_json=as_json)
    return 0


@keys.command("rotate")
def rotate(as_json: o.Json = False) -> int:
    """Make a new key and seal everything anew with it."""
    rotated = run(lambda linewright: linewright.rotate_key())
    result(rotated, "The key is new, and everything is sealed with it.", as_json=as_json)
    return 0


@keys.callback()
def _group() -> None:
    """The key that seals tokens and PINs."""
