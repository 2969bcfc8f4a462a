"""`sync`, `check`, `doctor`, `bundle` and `key`: looking after a fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linewright.cli import options as o
from linewright.cli.say import Shape, clean, listing, result
from linewright.cli.session import run
from linewright.cli.words import account_list, number_list

__all__ = ["add_to", "keys"]

keys = typer.Typer(help="The key that seals tokens and PINs.", no_args_is_help=True)
MARKS = {True: "ok     ", False: "wrong  ", None: "unknown"}
ATTENTION = 3
UNREACHABLE = 6


def add_to(app: typer.Typer) -> None:
    """Adds the four commands."""
    for command in (sync, check, doctor, bundle):
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
    fix = f"\n         To do: {item['fix']}" if item["fix"] and item["ok"] is not True else ""
    return clean(f"{MARKS[item['ok']]}  {item['name']}: {item['message']}{fix}")


def bundle(
    n: o.N,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.zip", help="The file to write.")],
    as_json: o.Json = False,
) -> int:
    """Write a zip file for support, without secrets."""
    made = run(lambda linewright: linewright.bundle(n, output))
    result(made, f"{made['file']} is written. It holds no secret; look into it before you send it.", as_json=as_json)
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
