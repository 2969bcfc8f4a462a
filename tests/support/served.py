"""A service in a thread of this process, on an address of this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from linewright.config import Settings
from linewright.face import Linewright
from linewright.service.app import create_app
from linewright.worker import Worker

__all__ = ["served"]


@contextmanager
def served(home: Path, graph_url: str, *, works: bool = False) -> Iterator[tuple[str, str]]:
    """The address of a service on this home, with a worker beside it where it `works`, and a token for it."""
    # The protocol named, since asyncio turns off Nagle's delay only for sockets that say they are TCP.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ready, told, ends = threading.Event(), [], []

    async def serve() -> None:
        async with Linewright(settings=Settings(home=home, graph_url=graph_url)) as linewright:
            app = create_app(linewright, public_url=url)
            tokens, now = linewright.office.store.api_tokens, app.state.desk.now()
            told.append(tokens.make("test", ["admin"], "test", now)[1].open_secret())
            server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
            ends.append(server)
            at_work = asyncio.Event()
            worker = Worker(linewright.office, say=lambda line: at_work.set()) if works else None
            working = asyncio.create_task(worker.run()) if worker else None
            if worker:
                await at_work.wait()
            ready.set()
            await server.serve(sockets=[listening])
            if worker and working:
                worker.stopping.set()
                await working

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        assert ready.wait(30)
        yield url, told[0]
    finally:
        ends[0].should_exit = True
        thread.join(30)
        listening.close()
