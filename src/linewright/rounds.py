"""Rounds: what a worker does again and again beside its turns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from linewright.engine.shift import until_any
from linewright.errors import LinewrightError

__all__ = ["go_round"]


async def go_round(
    look: Callable[[], Awaitable[int]], stopping: asyncio.Event, rest: Callable[[], float], log: logging.Logger
) -> None:
    """Looks again and again, until `stopping` is set. A store that goes away is waited for, quietly: the engine tells
    of it. Nor does an error of Linewright's own end it; the log has it. `rest` are the real seconds after a look that
    found nothing to do, or did not come to its end."""
    while not stopping.is_set():
        done = 0
        try:
            done = await look()
        except LinewrightError as error:
            log.info("waits for the store: %s", error)
        except Exception:
            log.exception("met an error of Linewright's own, and goes on")
        if not done:
            await until_any(stopping, seconds=rest())
