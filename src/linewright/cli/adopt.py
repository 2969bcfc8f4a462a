"""`linewright adopt` and `linewright app …`: accounts that come out of Embedded Signup, and the apps they come by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli import options as o
from linewright.cli.inputs import app_secret, signup_code, token
from linewright.cli.say import Shape, clean, fault, listing, result, table, write
from linewright.cli.session import run
from linewright.cli.through import Manner, see_through
from linewright.cli.times import moment, stamp
from linewright.cli.words import STATUS, goes_on, operation_text
from linewright.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from linewright.face import Linewright

__all__ = ["add_to", "apps"]

apps = typer.Typer(help="The apps of Embedded Signup, and their secrets.", no_args_is_help=True)

AppId = Annotated[str, typer.Argument(metavar="ID", help="The App ID, as Meta's App Dashboard shows it.")]
Seen = tuple[Shape, "datetime", bool]
"""What was adopted, what the clock says, and whether a worker goes on with it."""


def add_to(app: typer.Typer) -> None:
    app.command("adopt", help=_adopt.__doc__)(_adopt)
    app.add_typer(apps, name="app")


def _adopt(
    waba: Annotated[str, typer.Option("--waba", metavar="ID", help="Id of the WhatsApp Business Account.")],
    number: Annotated[
        str | None, typer.Option("--number", metavar="N", help="The number to register: its id or phone.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="ACCOUNT", help="Name of a new account; else that of the WABA.")
    ] = None,
    token_file: o.TokenFile = None,
    code_file: Annotated[
        Path | None,
        typer.Option("--code-file", metavar="FILE", help="File with the signup's code, which lives 30 s; - is stdin."),
    ] = None,
    kept: Annotated[
        bool, typer.Option("--kept", help="Neither: go on with what is kept of this account from before.")
    ] = False,
    app: Annotated[str | None, typer.Option("--app", metavar="ID", help="The app; a code needs it.")] = None,
    wait: o.Wait = None,
    timeout: o.Timeout = None,
    as_json: o.Json = False,
) -> int:
    """Adopt an account after Embedded Signup.

    The token comes from a file or from stdin, or a code is exchanged for it. The account is opened or gets the new
    token, the app is subscribed, and the number that is named is registered. The same command again goes on where it
    stopped.
    """
    if sum([token_file is not None, code_file is not None, kept]) > 1:
        raise UsageError(
            "More than one of --token-file, --code-file and --kept was given.", fix="Keep one of them.", reason="usage"
        )
    code = signup_code(code_file) if code_file is not None else None
    key = None if code is not None or kept else token(token_file)
    manner = Manner(wait, follow=False, timeout=timeout, as_json=as_json)

    async def work(linewright: Linewright) -> Seen:
        adopted = await linewright.adopt(waba, number=number, code=code, token=key, app=app, name=name)
        if adopted["operation"] is not None and manner.waits and as_json:
            adopted["operation"] = await linewright.drive(adopted["operation"]["id"], timeout_seconds=timeout)
        return adopted, linewright.clock.now(), linewright.worked

    adopted, now, worked = run(work)
    operation = adopted["operation"]
    if operation is not None and manner.waits and not as_json:
        write(clean(adopted["message"]))
        return see_through(lambda linewright: linewright.operation(operation["id"]), manner)
    result(adopted, _text(adopted, now), as_json=as_json)
    status = STATUS[operation["state"]] if operation is not None else 0
    if status == STATUS["waiting"]:
        fault(goes_on(operation, now, None, worked=worked))
    return status


def _text(adopted: Shape, now: datetime) -> str:
    until = moment(adopted["last_day"])
    last = f"The last moment for that is {stamp(until)}, 14 days after its signup." if until is not None else ""
    lines = [clean(line) for line in (adopted["message"], adopted["next_step"], last) if line]
    if adopted["operation"] is not None:
        lines = [clean(adopted["message"]), "", operation_text(adopted["operation"], now)]
    return "\n".join(lines)


@apps.command("add")
def add(
    id: AppId,
    secret_file: Annotated[
        Path, typer.Option("--secret-file", metavar="FILE", help="File with the app secret; - is stdin.")
    ],
    as_json: o.Json = False,
) -> int:
    """Keep the secret of an app, in place of one kept before."""
    secret = app_secret(secret_file)
    made = run(lambda linewright: linewright.add_app(id, secret))
    result(made, f"The secret of the app {made['id']} is kept: codes of its signups can be exchanged.", as_json=as_json)
    return 0


@apps.command("list")
def show_all(as_json: o.Json = False) -> int:
    """List the apps whose secret is kept."""
    found = run(lambda linewright: linewright.apps())
    rows = [(each["id"], each["added_at"]) for each in found]
    text = table(("App", "Kept since"), rows, empty="No app yet: linewright app add ID --secret-file FILE")
    result(listing(found), text, as_json=as_json)
    return 0


@apps.command("remove")
def remove(id: AppId, as_json: o.Json = False) -> int:
    """Forget the secret of an app; its accounts keep it."""
    run(lambda linewright: linewright.remove_app(id))
    result(
        {"id": id}, f"The secret of the app {clean(id)} is forgotten; accounts that have it keep it.", as_json=as_json
    )
    return 0
