"""`linewright account …`: the WhatsApp Business Accounts and their tokens."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from linewright.cli import options as o
from linewright.cli.ask import sure
from linewright.cli.inputs import app_secret, is_terminal, token
from linewright.cli.say import Shape, listing, result
from linewright.cli.session import run
from linewright.cli.words import account_list
from linewright.errors import UsageError

__all__ = ["app"]

app = typer.Typer(help="The WhatsApp Business Accounts, their tokens and their state.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name, as you chose it.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="One or more accounts.")]


@app.command("add")
def add(
    name: Name,
    waba: Annotated[str, typer.Option("--waba", metavar="ID", help="Id of the WhatsApp Business Account.")],
    token_file: o.TokenFile = None,
    app_secret_file: o.AppSecretFile = None,
    pin_reset: o.PinReset = None,
    no_subscribe: o.NoSubscribe = False,
    as_json: o.Json = False,
) -> int:
    """Add an account; the token comes from a file or from stdin. It is tried before it is kept."""
    key, secret = token(token_file), app_secret(app_secret_file)
    account = run(
        lambda linewright: linewright.add_account(
            name, waba, key, app_secret=secret, pin_reset=pin_reset or "ask", subscribe=not no_subscribe
        )
    )
    text = (
        f"The account {account['name']} is added. Numbers: {account['numbers']}. `linewright number list` shows them."
    )
    result(account, text, as_json=as_json)
    return 0


@app.command("list")
def show_all(as_json: o.Json = False) -> int:
    """List the accounts."""
    accounts = run(lambda linewright: linewright.accounts())
    result(listing(accounts), account_list(accounts), as_json=as_json)
    return 0


@app.command("check")
def check(name: Name, as_json: o.Json = False) -> int:
    """Try an account's token and read its state. Status 3 when something needs attention."""
    account = run(lambda linewright: linewright.check_account(name))
    result(account, account_list([account]), as_json=as_json)
    return 0 if account["state"] == "ok" else 3


@app.command("update")
def update(
    names: Names,
    token_file: o.TokenFile = None,
    app_secret_file: o.AppSecretFile = None,
    pin_reset: o.PinReset = None,
    pause: Annotated[
        bool | None, typer.Option("--pause/--resume", help="Hold the account's calls, or let them go on.")
    ] = None,
    recover: Annotated[
        Literal["on", "off"] | None,
        typer.Option("--recover", help="Whether numbers that are wanted online come back by themselves."),
    ] = None,
    as_json: o.Json = False,
) -> int:
    """Change accounts. With nothing else to change, a new token is read from stdin."""
    other = app_secret_file is not None or any(each is not None for each in (pin_reset, pause, recover))
    key = None if token_file is None and other else token(token_file)
    secret = app_secret(app_secret_file)
    accounts = run(
        lambda linewright: linewright.update_account(
            names,
            token=key,
            app_secret=secret,
            pin_reset=pin_reset,
            paused=pause,
            recover=None if recover is None else recover == "on",
        )
    )
    told = {
        "a new token": key is not None,
        "the app secret": secret is not None,
        f"PIN reset {pin_reset}": pin_reset is not None,
        "paused" if pause else "resumed": pause is not None,
        f"recovery {recover}": recover is not None,
    }
    changed = ", ".join(words for words, is_so in told.items() if is_so)
    result(listing(accounts), f"{account_list(accounts)}\nChanged: {changed}.", as_json=as_json)
    return 0


@app.command("webhook")
def webhook(
    name: Name,
    point: Annotated[
        bool, typer.Option("--set", help="Have Meta send this account's webhooks here: subscribe, then override.")
    ] = False,
    as_json: o.Json = False,
) -> int:
    """Show where Meta should send the webhooks, and the verify token.

    With --set Meta is told so at once. The audit says that it was shown.
    """
    told, token = run(lambda linewright: linewright.webhook(name, point=point))
    shown = token.open_secret() if as_json or is_terminal() else "shown at a terminal, or with --json"
    lines = [f"Callback URL: {told['url']}", f"Verify token: {shown}"]
    lines += [f"Meta now sends the webhooks of {name} there."] if point else []
    if not told["app_secret"]:
        lines.append(f"No post is taken yet: linewright account update {name} --app-secret-file FILE")
    result({**told, "verify_token": shown}, "\n".join(lines), as_json=as_json)
    return 0


@app.command("remove")
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: o.Json = False,
) -> int:
    """Remove an account; numbers, attempts and PINs are kept."""
    if not yes and not is_terminal():
        raise UsageError(f"Removing {name} needs a yes.", fix="Give --yes.", reason="confirm")
    if not yes and not sure(f"Remove the account {name} and its token? Its numbers, attempts and PINs are kept."):
        raise UsageError("Nothing was removed.", fix="Answer y to remove it.", reason="confirm")
    account: Shape = run(lambda linewright: linewright.remove_account(name))
    result(account, f"The account {name} is removed; its numbers, attempts and PINs are kept.", as_json=as_json)
    return 0
