"""`linewright import`: many numbers asked for by one file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli import options as o
from linewright.cli.import_words import STATUS, goes_on, import_list, import_text, report_text
from linewright.cli.inputs import STDIN, bytes_of, is_terminal
from linewright.cli.say import Shape, clean, fault, listing, result, write, write_json
from linewright.cli.session import run
from linewright.errors import StoreUnavailable, UsageError

if TYPE_CHECKING:
    from linewright.face import Linewright

__all__ = ["add_to"]

BAD = 2


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("import")(import_numbers)


def import_numbers(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.csv", help="The file of numbers; - is stdin.", show_default=False)
    ] = None,
    check: Annotated[bool, typer.Option("--check", "--dry-run", help="Only look at the file; take nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Take the good rows though others are bad.")] = False,
    by_link: o.ByLink = False,
    again: Annotated[bool, typer.Option("--again", help="Take a file anew whose import has ended.")] = False,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Go on with an import, or see how it stands.")
    ] = None,
    cancel: Annotated[
        str | None, typer.Option("--cancel", metavar="ID", help="Stop an import; what was reached stays.")
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the imports.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the result file: a row per number.")
    ] = None,
    wait: o.Wait = None,
    follow: o.Follow = False,
    timeout: o.Timeout = None,
    as_json: o.Json = False,
) -> int:
    """Register, verify or create many numbers from a CSV file.

    Its first line names the columns: phone, account, pin, code_method, goal, verified_name, code_language; only phone
    is needed. It is looked at whole before anything is spent. PINs are sealed at once: delete the file afterwards.
    Status 3 when rows wait for a person, 4 when some gave up, 5 while some still wait.
    """
    if [file is not None, resume is not None, cancel is not None, show_list].count(True) != 1:
        said = "Name one thing: a FILE.csv, --resume ID, --cancel ID or --list."
        raise UsageError(said, fix="`linewright import --help`.")
    if show_list:
        found = run(lambda linewright: linewright.imports())
        result(listing(found), import_list(found), as_json=as_json)
        return 0
    if cancel is not None:
        return _cancel(cancel, as_json)
    _writable(output)
    if check:
        return _check(_content(file), as_json)
    if resume is None:
        taken = _take(_content(file), _name(file), skip_bad=skip_bad, by_link=by_link, again=again)
        if taken["import"] is None:
            return _refused(taken, as_json)
        if not as_json:
            write(report_text(taken, from_file=file != STDIN))
        resume = str(taken["import"]["id"])
    waits = is_terminal() or follow if wait is None else wait
    return _carry_on(resume, output, waits=waits, follow=follow, timeout=timeout, as_json=as_json)


def _cancel(id: str, as_json: bool) -> int:
    """Taken is done: what still ends in its time is said."""

    async def work(linewright: Linewright) -> tuple[Shape, bool]:
        return await linewright.cancel_import(id), linewright.worked

    shape, worked = run(work)
    result({"import": shape, "report": None}, import_text(shape, None), as_json=as_json)
    if shape["ended_at"] is None:
        fault(goes_on(shape, worked=worked))
    return 0


def _check(content: bytes, as_json: bool) -> int:
    report = run(lambda linewright: linewright.check_import(content))
    looked = {"import": None, "report": report}
    result(looked, report_text(looked, from_file=False), as_json=as_json)
    return BAD if report["bad"] or not report["good"] else 0


def _take(content: bytes, name: str, *, skip_bad: bool, by_link: bool, again: bool) -> Shape:
    return run(
        lambda linewright: linewright.take_import(content, name=name, skip_bad=skip_bad, by_link=by_link, again=again)
    )


def _refused(taken: Shape, as_json: bool) -> int:
    """Nothing was taken; every bad row is named."""
    if as_json:
        write_json(taken)
    else:
        fault(report_text(taken, from_file=False))
    return BAD


def _carry_on(id: str, output: Path | None, *, waits: bool, follow: bool, timeout: float | None, as_json: bool) -> int:
    seen: list[Shape] = []

    async def work(linewright: Linewright) -> tuple[Shape, bool, str | None]:
        if waits:
            with _bar(as_json) as show:

                def changed(now: Shape) -> None:
                    seen[:] = [now]
                    show(now)

                shape = await linewright.drive_import(id, follow=follow, timeout_seconds=timeout, on_change=changed)
        else:
            shape = await linewright.push_import(id)
        text = await linewright.import_result(id) if output is not None else None
        return shape, linewright.worked, text

    try:
        shape, worked, text = run(work)
    except KeyboardInterrupt:
        fault(f"\nStopped watching. The import stays, and nothing is lost: `linewright import --resume {id}`.")
        if not seen:
            raise
        return STATUS[seen[0]["state"]]
    if output is not None and text is not None:
        _write(output, text)
    result({"import": shape, "report": None}, import_text(shape, output), as_json=as_json)
    if shape["ended_at"] is None:
        fault(goes_on(shape, worked=worked))
    return STATUS[shape["state"]]


def _bar(as_json: bool) -> AbstractContextManager[Callable[[Shape], None]]:
    from linewright.cli.import_view import bar, lines

    if is_terminal():
        return bar(stderr=as_json)
    return nullcontext(lambda shape: None) if as_json else lines()


# The files


def _name(file: Path | None) -> str:
    return "stdin" if file is None or file == STDIN else clean(file.name)


def _content(file: Path | None) -> bytes:
    from linewright.sheet import LARGEST

    if file is None:
        raise UsageError("There is no file to look at.", fix="Name a FILE.csv.")
    return bytes_of(file, "The file of numbers", LARGEST)


def _writable(output: Path | None) -> None:
    """Told before anything is spent: a result file that cannot be written."""
    if output is not None and (output.is_dir() or not output.absolute().parent.is_dir()):
        raise UsageError(
            f"The result cannot be written to {output}.",
            fix="Name another file with -o, in a folder that can be written.",
            reason="file-unwritable",
        )


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8-sig", newline="")
    except OSError as error:
        raise StoreUnavailable(
            f"The result cannot be written to {output}: {error.strerror or type(error).__name__}.",
            fix="Name another file with -o; `linewright import --resume ID -o FILE` writes it again.",
            reason="file-unwritable",
        ) from None
