"""The commands, put together, and the way from the arguments to an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from linewright.cli import (
    accounts,
    adopt,
    alerts,
    care,
    goals,
    imports,
    inboxes,
    numbers,
    options,
    practice,
    release,
    serve,
    users,
    work,
    worker,
)
from linewright.cli.explain import show
from linewright.cli.guard import chosen, guarded
from linewright.cli.plan import plan
from linewright.cli.say import fault, write
from linewright.errors import UsageError

__all__ = ["app", "start"]

_commands = cache(get_command)

app = typer.Typer(
    name="linewright",
    help="Brings WhatsApp Business phone numbers online on Meta's Cloud API, and keeps them there.",
    epilog="Status: 0 done, 2 wrong input, 3 a person is needed, 4 gave up or cancelled, 5 still waiting, "
    "6 the database or the remote cannot be reached.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def start(arguments: Sequence[str]) -> int:
    """Runs the command that the arguments name; the result is the exit status."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    chosen.home = None
    given = list(arguments)
    return guarded(lambda: _parsed(given), as_json="--json" in given)


def _parsed(given: list[str]) -> int:
    try:
        status = _commands(app).main(given, prog_name="linewright", standalone_mode=False)
    except TyperException as error:
        if error.format_message().startswith("Usage:") and "--json" not in given:
            fault(error.format_message())
            return UsageError.status
        raise _usage(error) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    return status if isinstance(status, int) else 0


def _usage(error: TyperException) -> UsageError:
    """A wrong command line in two lines, without what was typed: it may be a secret in the wrong place."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "linewright"
    text = " ".join(_without_values(error).split()).rstrip(".")
    return UsageError(f"{text}.", fix=f"`{path} --help` shows what it takes.", reason="usage")


def _without_values(error: TyperException) -> str:
    from linewright.logs import without_secrets

    text = error.format_message()
    if text.startswith("Usage:"):
        return "A command is missing"
    if text.startswith("Got unexpected extra argument"):
        return "Too many words were given; a secret is never one of them"
    return without_secrets(text)


@app.callback(invoke_without_command=False)
def _root(
    home: Annotated[
        Path | None, typer.Option("--home", metavar="DIR", help="The home to use, instead of LINEWRIGHT_HOME.")
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version and end.", is_eager=True, callback=lambda on: _version(on)),
    ] = False,
) -> None:
    chosen.home = home


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        write(f"linewright {version('linewright')}")
        raise typer.Exit


goals.add_to(app)
release.add_to(app)
adopt.add_to(app)
care.add_to(app)
imports.add_to(app)
app.command("plan")(plan)


@app.command("explain")
def explain(
    words: Annotated[
        list[str],
        typer.Argument(metavar="CODE|JSON|-", help="A code, an error body, a log line that holds one; - is stdin."),
    ],
    as_json: options.Json = False,
) -> int:
    """Say what an error means and what to do about it."""
    return show(words, as_json)


serve.add_to(app)
worker.add_to(app)
practice.add_to(app)
app.add_typer(accounts.app, name="account")
app.add_typer(numbers.app, name="number")
app.add_typer(work.operations, name="operation")
app.add_typer(work.tasks, name="task")
app.add_typer(numbers.pins, name="pin")
app.add_typer(care.keys, name="key")
app.add_typer(alerts.app, name="alert")
app.add_typer(inboxes.app, name="inbox")
app.add_typer(users.app, name="user")
