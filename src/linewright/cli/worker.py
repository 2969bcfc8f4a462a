"""`linewright worker`: goes on with every operation of the home until it is told to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli import options as o
from linewright.cli.say import fault, result, write, write_json
from linewright.cli.session import run

if TYPE_CHECKING:
    import asyncio

    from linewright.face import Linewright

__all__ = ["add_to", "stopped_by_signals"]

NONE_ALIVE = 3
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(worker)


def worker(
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", help="Operations worked on at once.", min=1, max=1000)
    ] = 20,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether a worker is at work here; status 3 when none is.")
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port", metavar="PORT", help="Serve /metrics there; 0 takes a free one.", min=0, max=65_535
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option("--metrics-host", help="Address for --metrics-port; whoever reaches it may read.")
    ] = "127.0.0.1",
    as_json: o.Json = False,
) -> int:
    """Go on with every operation until it is stopped.

    Ctrl-C or SIGTERM stops it within ten seconds. On PostgreSQL any number of workers share the work.
    """
    if check:
        return _check(as_json)
    said: list[str] = []
    door = (metrics_host, metrics_port) if metrics_port is not None else None

    def say(line: str) -> None:
        said.append(line)
        if as_json:
            fault(line)
        else:
            write(line)

    run(lambda linewright: _work(linewright, concurrency, say, door), at_home=True)
    if as_json:
        write_json({"stopped": True, "message": said[-1]})
    return 0


async def _work(
    linewright: Linewright, concurrency: int, say: Callable[[str], None], door: tuple[str, int] | None
) -> None:
    from linewright.worker import Worker

    made = Worker(linewright.office, concurrency=concurrency, say=say)
    with stopped_by_signals(made.stopping), _metrics(linewright, door, say):
        await made.run()


@contextmanager
def _metrics(linewright: Linewright, door: tuple[str, int] | None, say: Callable[[str], None]) -> Iterator[None]:
    if door is None:
        yield
        return
    from linewright.metrics import open_door

    with open_door(linewright.office, *door) as url:
        say(f"Metrics are at {url}.")
        yield


@contextmanager
def stopped_by_signals(stopping: asyncio.Event | None = None) -> Iterator[asyncio.Event]:
    """An event that Ctrl-C and SIGTERM set, instead of ending the process. Needs a running loop."""
    import asyncio

    stopping = stopping or asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in SIGNALS:
        loop.add_signal_handler(each, stopping.set)
    try:
        yield stopping
    finally:
        for each in SIGNALS:
            loop.remove_signal_handler(each)


def _check(as_json: bool) -> int:
    async def work(linewright: Linewright) -> list[dict[str, object]]:
        return [
            {"id": each.id, "version": each.version, "seen_seconds_ago": round(each.unseen_seconds)}
            for each in linewright.office.store.workers.alive()
        ]

    alive = run(work, at_home=True)
    text = f"{len(alive)} at work, seen {alive[0]['seen_seconds_ago']} s ago." if alive else "No worker is at work."
    result({"ready": bool(alive), "workers": alive}, text, as_json=as_json)
    return 0 if alive else NONE_ALIVE
