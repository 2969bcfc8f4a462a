"""`user`: who may log in to the page, and the way back in for somebody who forgot the password."""

from __future__ import annotations

from typing import Annotated

import typer

from linewright.cli import options as o
from linewright.cli.say import clean, listing, result
from linewright.cli.session import run

__all__ = ["app"]

app = typer.Typer(help="Who may log in to the page.", no_args_is_help=True)


@app.command("list")
def show(as_json: o.Json = False) -> int:
    """Show who may log in."""
    people = run(lambda linewright: linewright.people(), at_home=True)
    width = max((len(each["name"]) for each in people), default=0)
    lines = [clean(f"{each['name']:{width}}  {each['role']}") for each in people]
    result(listing(people), "\n".join(lines) or "Nobody can log in yet: start `linewright serve`.", as_json=as_json)
    return 0


@app.command()
def invite(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Who gets a new password; without it a new admin is invited.")
    ] = None,
    as_json: o.Json = False,
) -> int:
    """Make a one-time link for a new password or a new admin.

    It is good for two days. Whoever has it comes in: give it to that person only.
    """
    made = run(lambda linewright: linewright.invite(name), at_home=True)
    whom = f"gives {name} a new password" if name else "makes a new admin"
    result(made, clean(f"This link {whom}, once, within two days:\n{made['url']}"), as_json=as_json)
    return 0
