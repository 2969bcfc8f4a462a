"""The commands, as the command line itself tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from docs.drawn import NOTICE, table
from typer.main import get_command

from linewright.cli.app import app

__all__ = ["page"]

INTRODUCTION = """# The commands

Every command takes `--help`. Those that show something take `--json`: one JSON document on stdout and nothing else
there. `--home DIR` before the command chooses another home. A secret is never an argument: it comes from a file or from
stdin.

| status | what it means |
|---|---|
| 0 | done, or an answer or a cancellation was taken |
| 2 | wrong usage or input; one line says what is wrong, one what to do |
| 3 | a person is needed; for `check` and `doctor`: something needs attention |
| 4 | gave up, or was cancelled |
| 5 | still waiting |
| 6 | the database cannot be reached, or the remote by a command that cannot wait |

"""


def page() -> str:
    """Every command with what it takes."""
    root = get_command(app)
    return NOTICE + INTRODUCTION + "".join(_told(path, command) for path, command in _commands(root, ()))


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _told(path: tuple[str, ...], command: Any) -> str:
    given = [each for each in command.params if not each.hidden]
    words = [each for each in given if not _is_option(each)]
    rows: list[tuple[object, ...]] = [
        (f"`{_named(each)}`", each.help or "") for each in (*words, *filter(_is_option, given))
    ]
    usage = " ".join(["linewright", *path, *(_place(each) for each in words)])
    return f"## {' '.join(path)}\n\n{command.help}\n\n```text\n{usage} [OPTIONS]\n```\n\n" + table(("", ""), rows)


def _is_option(given: Any) -> bool:
    return str(given.opts[0]).startswith("-")


def _place(word: Any) -> str:
    """An argument as it stands in the usage line."""
    name = str(word.metavar or word.name.upper())
    name = name if word.required or name.startswith("[") else f"[{name}]"
    return f"{name}..." if word.nargs == -1 else name


def _named(given: Any) -> str:
    if not _is_option(given):
        return _place(given)
    names = "/".join([*given.opts, *given.secondary_opts])
    if given.is_flag:
        return names
    choices = get_args(given.type_descriptor.annotation)
    plain = all(isinstance(each, str) for each in choices)
    value = given.metavar or ("|".join(choices) if choices and plain else given.name.upper())
    return f"{names} {value}"
