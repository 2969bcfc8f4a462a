"""`linewright serve`: the page, REST and a worker in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli import options as o
from linewright.cli.say import fault, write, write_json
from linewright.cli.session import run
from linewright.cli.worker import stopped_by_signals

if TYPE_CHECKING:
    from linewright.face import Linewright
    from linewright.service.server import Manner, Served

__all__ = ["add_to", "document", "ready_lines"]


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.", min=0, max=65_535)] = 8080,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave the operations to `linewright worker` elsewhere.")
    ] = False,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="A proxy in a private network stands before it: believe the last entry of its X-Forwarded-For.",
        ),
    ] = False,
    as_json: o.Json = False,
) -> int:
    """Serve the page and REST, and go on with every operation.

    Ctrl-C or SIGTERM stops it within ten seconds. The first start prints the link that makes the first admin.
    """
    from linewright.service.server import Manner

    manner = Manner(host=host, port=port, worker=not no_worker, behind_proxy=behind_proxy)
    run(lambda linewright: _serve(linewright, manner, as_json), at_home=True)
    return 0


async def _serve(linewright: Linewright, manner: Manner, as_json: bool) -> None:
    from linewright.service.server import serve

    def ready(served: Served) -> None:
        if as_json:
            write_json(document(served, manner))
        else:
            write("\n".join(ready_lines(served)))

    with stopped_by_signals() as stopping:
        await serve(linewright, manner, stopping=stopping, ready=ready, say=fault if as_json else write)


def ready_lines(served: Served) -> list[str]:
    """What to print once the service listens."""
    lines = [f"The page is at {served.public_url} (listening at {served.url})."]
    if served.public_url == served.url:
        lines = [f"The page is at {served.url}."]
    if served.first_admin is not None:
        lines += ["Nobody can log in yet. This link makes the first admin, once, within two days:", served.first_admin]
    if served.in_clear:
        lines.append("Passwords cross the network in clear: put it behind TLS, with LINEWRIGHT_PUBLIC_URL=https://…")
    return lines


def document(served: Served, manner: Manner) -> dict[str, object]:
    """The same for scripts."""
    return {
        "url": served.url,
        "public_url": served.public_url,
        "worker": manner.worker,
        "first_admin": served.first_admin,
    }
