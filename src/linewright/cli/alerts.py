"""`linewright alert …`: where people are told what changed, and what they were told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from linewright.cli import options as o
from linewright.cli.inputs import secret_text
from linewright.cli.say import Shape, clean, listing, result, table
from linewright.cli.session import run
from linewright.cli.times import stamp
from linewright.errors import UsageError

if TYPE_CHECKING:
    from linewright.alert_desk import AlertDesk
    from linewright.face import Linewright

__all__ = ["app", "at_desk"]

T = TypeVar("T")
WHO = "terminal"
FAILED = 6
"""A channel did not take what was sent."""
app = typer.Typer(help="Where people are told what changed.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The channel's name, as you choose it.")]


def at_desk(work: Callable[[AlertDesk, Linewright], Awaitable[T]]) -> T:
    """Does `work` on the home. Raises `UsageError` (`here-only`) where LINEWRIGHT_URL names a service."""

    async def whole(linewright: Linewright) -> T:
        if not hasattr(linewright, "office"):
            raise UsageError(
                "Alerts are looked after on the home itself, and LINEWRIGHT_URL names a service.",
                fix="Use the service's page or POST /api/v1/channels, or run this where the home is, without the URL.",
                reason="here-only",
            )
        from linewright.alert_desk import AlertDesk

        return await work(AlertDesk(linewright.office), linewright)

    return run(whole)


@app.command("add")
def add(
    name: Name,
    apprise_file: Annotated[
        Path | None, typer.Option("--apprise-file", metavar="FILE", help="File with an Apprise address; - is stdin.")
    ] = None,
    webhook_file: Annotated[
        Path | None, typer.Option("--webhook-file", metavar="FILE", help="File with a webhook's https address.")
    ] = None,
    quiet: Annotated[
        str, typer.Option("--quiet", metavar="FROM-UNTIL", help="Hours in which only the urgent comes: 22:00-07:00.")
    ] = "",
    zone: Annotated[str, typer.Option("--zone", metavar="ZONE", help="Time zone of these hours.")] = "UTC",
    as_json: o.Json = False,
) -> int:
    """Add a channel; its address comes from a file or from stdin.

    Without a file an Apprise address is read from stdin. A webhook's posts are signed: the secret is shown once.
    """
    if apprise_file is not None and webhook_file is not None:
        raise UsageError("Two addresses were given.", fix="Add one channel at a time.", reason="usage")
    kind = "webhook" if webhook_file is not None else "apprise"
    address = secret_text(webhook_file or apprise_file, f"{kind} address")

    async def work(desk: AlertDesk, _: Linewright) -> Shape:
        from linewright.alert_desk import quiet_hours

        return desk.add(name, kind, address, quiet=quiet_hours(quiet, zone), who=WHO)

    made = at_desk(work)
    text = f"The channel {name} is added: {made['address']}. Try it with `linewright alert test {name}`."
    if made["secret"]:
        text += f"\nIts posts are signed with this secret, shown only now:\n{made['secret']}"
    result(made, text, as_json=as_json)
    return 0


@app.command("list")
def show_channels(as_json: o.Json = False) -> int:
    """List the channels."""

    async def work(desk: AlertDesk, _: Linewright) -> list[Shape]:
        return desk.channels()

    found = at_desk(work)
    rows = [(each["name"], each["address"], _quiet(each["quiet"]), each["made_by"]) for each in found]
    empty = "No channel yet: `linewright alert add NAME --apprise-file FILE` adds one."
    result(listing(found), table(("Channel", "Address", "Quiet hours", "Added by"), rows, empty=empty), as_json=as_json)
    return 0


@app.command("test")
def try_out(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One channel; else all.")] = None,
    as_json: o.Json = False,
) -> int:
    """Send a test now, and say what each channel answered.

    Status 6 when one of them did not take it.
    """

    async def work(desk: AlertDesk, _: Linewright) -> list[Shape]:
        return await desk.test(name, who=WHO)

    found = at_desk(work)
    lines = [f"{each['channel']}: {'it took the test' if each['ok'] else each['error']}" for each in found]
    result(listing(found), clean("\n".join(lines)), as_json=as_json)
    return 0 if all(each["ok"] for each in found) else FAILED


@app.command("remove")
def remove(name: Name, as_json: o.Json = False) -> int:
    """Remove a channel and forget its address."""

    async def work(desk: AlertDesk, _: Linewright) -> Shape:
        return desk.remove(name, who=WHO)

    gone = at_desk(work)
    result(gone, f"The channel {gone['name']} is removed, and its address is forgotten.", as_json=as_json)
    return 0


@app.command("log")
def log(
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="How many at most.", min=1, max=500)] = 20,
    as_json: o.Json = False,
) -> int:
    """List what was told, the newest first."""

    async def work(desk: AlertDesk, _: Linewright) -> list[Shape]:
        return desk.log(limit=limit)[0]

    found = at_desk(work)
    rows = [
        (
            stamp(datetime.fromisoformat(each["at"])),
            each["kind"],
            each["title"],
            "; ".join(_way(way) for way in each["deliveries"]),
        )
        for each in found
    ]
    empty = "Nothing was told yet."
    result(listing(found), table(("Time", "Kind", "What", "Sent"), rows, empty=empty), as_json=as_json)
    return 0


def _quiet(hours: Shape | None) -> str:
    return f"{hours['from']}-{hours['until']} {hours['zone']}" if hours else ""


def _way(way: Shape) -> str:
    said = {"waiting": "on its way", "sent": "sent", "gave_up": "given up"}[way["state"]]
    return f"{way['channel']}: {said}" + (f" ({way['error']})" if way["error"] else "")
