"""`simulator` and `demo`: Linewright without the real remote."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli import options as o
from linewright.cli.guard import chosen
from linewright.cli.say import Shape, fault, write, write_json
from linewright.errors import StoreUnavailable, UsageError

if TYPE_CHECKING:
    from linewright.clock import HomeClock
    from linewright.simulator.run import Ready

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Adds the two commands."""
    app.command()(simulator)
    app.command()(demo)


def simulator(
    port: Annotated[int, typer.Option("--port", help="Port of the Graph API; 0 takes a free one.", min=0)] = 0,
    control_port: Annotated[
        int, typer.Option("--control-port", help="Port of the control door; 0 takes a free one.", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same answers.")] = 0,
    rate: Annotated[
        float | None, typer.Option("--rate", help="How fast its clock runs; moved by the control door.", min=0.001)
    ] = None,
    callback: Annotated[
        str | None,
        typer.Option("--callback", metavar="URL", help="Where its app's webhooks go, signed."),
    ] = None,
    home: Annotated[Path | None, typer.Option("--home", metavar="DIR", help="Share the clock of this home.")] = None,
    as_json: o.Json = False,
) -> int:
    """Run a stand-in for the remote. Ctrl-C ends it.

    It begins with twelve numbers; the last six digits of each choose its trouble.
    """
    from linewright.simulator.run import ready_lines, run
    from linewright.simulator.simulator import Simulator

    def ready(ready: Ready) -> None:
        if as_json:
            write_json(_ready(ready))
        else:
            write("\n".join(ready_lines(ready)))

    try:
        with tempfile.TemporaryDirectory(prefix="linewright-simulator-") as spare:
            made = Simulator(_clock(home or chosen.home, rate, Path(spare)), seed=seed)
            made.world.app.callback = callback
            asyncio.run(run(made.face, port=port, control_port=control_port, on_ready=ready))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        raise UsageError(
            f"The simulator cannot listen there: {error.strerror or type(error).__name__}.",
            fix="Choose other ports with --port and --control-port, or 0 for free ones.",
            reason="port-taken",
        ) from None
    return 0


def _ready(ready: Ready) -> Shape:
    """Where the simulator is, and what it takes; its tokens open nothing but itself."""
    remote = ready.face.remote
    pairs = [(account, token.text) for token in remote.tokens.values() for account in sorted(token.accounts)]
    return {
        "graph_url": ready.graph_url,
        "control_url": ready.control_url,
        "seed": remote.seed,
        "accounts": [{"waba": account, "token": token} for account, token in pairs],
    }


def _clock(home: Path | None, rate: float | None, spare: Path) -> HomeClock:
    """The clock of the named home; without one, a clock of the simulator's own. A real home is never touched."""
    from linewright.clock import HomeClock

    try:
        (home or spare).mkdir(mode=0o700, parents=True, exist_ok=True)
        return HomeClock(home or spare, rate)
    except OSError as error:
        raise StoreUnavailable(
            f"The home cannot be used: {error.strerror or type(error).__name__}.",
            fix="Name a folder that you may write to with --home.",
        ) from None


def demo(
    hands_on: Annotated[bool, typer.Option("--hands-on", help="Answer the questions yourself.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Show them on the page, until Ctrl-C.")] = False,
    port: Annotated[
        int, typer.Option("--port", help="Port of that page; 0 takes a free one.", min=0, max=65_535)
    ] = 8080,
    as_json: o.Json = False,
) -> int:
    """Bring twelve troubled numbers online, in virtual time."""
    if serve:
        asyncio.run(_demo_page(port, as_json))
        return 0
    from rich.console import Console

    from linewright.demo import run

    status = run(hands_on=hands_on, console=Console(stderr=as_json))
    if as_json:
        write_json({"right": status == 0})
    return status


async def _demo_page(port: int, as_json: bool) -> None:
    from linewright.cli.serve import document, ready_lines
    from linewright.cli.worker import stopped_by_signals
    from linewright.demo_page import run
    from linewright.service.server import Manner, Served

    manner = Manner(port=port)

    def ready(served: Served) -> None:
        if as_json:
            write_json(document(served, manner))
        else:
            write("\n".join([*ready_lines(served), "The clock runs fast. Ctrl-C ends it, and nothing of it is kept."]))

    with stopped_by_signals() as stopping:
        await run(manner, stopping=stopping, ready=ready, say=fault if as_json else write)
