"""`linewright inbox …`: where text messages with codes come in by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from linewright.cli import options as o
from linewright.cli.inputs import secret_text
from linewright.cli.say import Shape, listing, result, table
from linewright.cli.session import run
from linewright.errors import UsageError
from linewright.secret import Secret

if TYPE_CHECKING:
    from linewright.face import Linewright
    from linewright.inbox_desk import InboxDesk

__all__ = ["app"]

T = TypeVar("T")
WHO = "terminal"
NO_ADDRESS = (
    "How the provider reaches this service is not known yet: set LINEWRIGHT_PUBLIC_URL, and `linewright inbox list` "
    "shows the address whole."
)
app = typer.Typer(help="Where codes come in by themselves.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The inbox's name, as you choose it; it is in its address.")]


def _at_desk(work: Callable[[InboxDesk], T]) -> T:
    """Does `work` on the home. Raises `UsageError` (`here-only`) where LINEWRIGHT_URL names a service."""

    async def whole(linewright: Linewright) -> T:
        if not hasattr(linewright, "office"):
            raise UsageError(
                "Inboxes are looked after on the home itself, and LINEWRIGHT_URL names a service.",
                fix="Use the service's page or POST /api/v1/inboxes, or run this where the home is, without the URL.",
                reason="here-only",
            )
        from linewright.inbox_desk import InboxDesk

        return work(InboxDesk(linewright.office))

    return run(whole)


@app.command("add")
def add(
    name: Name,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="generic, twilio, vonage or telnyx.")] = "generic",
    secret_file: Annotated[
        Path | None,
        typer.Option(
            "--secret-file",
            metavar="FILE",
            help="Twilio's auth token, Vonage's signature secret or Telnyx' public key; - is stdin.",
        ),
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="For the numbers of this account alone.")
    ] = None,
    as_json: o.Json = False,
) -> int:
    """Add an inbox, and say what to enter at the provider.

    The secret comes from a file or from stdin. Without one, a generic inbox gets a secret that is shown once.
    """
    given: Secret | None = None
    if secret_file is not None or kind in ("twilio", "vonage", "telnyx"):
        given = secret_text(secret_file, "inbox's secret")
    made = _at_desk(lambda desk: desk.add(name, kind, given, account=account, who=WHO))
    lines = [f"The inbox {name} is added. Its address:", made["url"] or f"https://…/inbox/otp/{name}"]
    lines += [] if made["url"] else [NO_ADDRESS]
    lines += [made["enter"]]
    if made["secret"]:
        lines += ["Its secret, shown only now:", made["secret"]]
    result(made, "\n".join(lines), as_json=as_json)
    return 0


@app.command("list")
def show(as_json: o.Json = False) -> int:
    """List the inboxes, with what came to each."""
    found = _at_desk(lambda desk: desk.inboxes())
    rows = [(each["name"], each["kind"], each["account"] or "all", each["url"] or "", _came(each)) for each in found]
    empty = "No inbox yet: `linewright inbox add NAME --kind KIND` adds one."
    heads = ("Inbox", "Kind", "Account", "Address", "Messages")
    result(listing(found), table(heads, rows, empty=empty), as_json=as_json)
    return 0


@app.command("remove")
def remove(name: Name, as_json: o.Json = False) -> int:
    """Remove an inbox and forget its secret."""
    gone = _at_desk(lambda desk: desk.remove(name, who=WHO))
    result(gone, f"The inbox {gone['name']} is removed, and its secret is forgotten.", as_json=as_json)
    return 0


def _came(inbox: Shape) -> str:
    """In a few words: `3 used, 1 nobody-waits; refused: 2 forged`."""
    took = ", ".join(f"{count} {outcome}" for outcome, count in inbox["messages"].items())
    refused = ", ".join(f"{count} {outcome}" for outcome, count in inbox["refused"].items())
    return "; ".join(part for part in (took, refused and f"refused: {refused}") if part) or "none yet"
