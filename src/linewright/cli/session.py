"""The one place where the command line opens a home and starts an event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar, cast

from linewright.cli.guard import chosen

if TYPE_CHECKING:
    from linewright.config import Settings
    from linewright.face import Linewright

__all__ = ["run", "timed"]

T = TypeVar("T")


def run(work: Callable[[Linewright], Awaitable[T]], *, at_home: bool = False) -> T:
    """Opens the chosen home, or the service that LINEWRIGHT_URL names, does `work` with it, and closes it. Raises
    what `work` raises. `at_home`: for what runs a home itself, whatever service is named."""
    import asyncio

    from linewright import logs
    from linewright.config import load

    settings = load(chosen.home)
    logs.begin(settings.log, settings.log_format)

    async def whole() -> T:
        async with _opened(settings, at_home=at_home) as linewright:
            return await work(linewright)

    return asyncio.run(whole())


def _opened(settings: Settings, *, at_home: bool) -> Linewright:
    """A home named with `--home` goes before a service named in the environment."""
    if settings.url and chosen.home is None and not at_home:
        from linewright.over_rest import RemoteLinewright

        remote = RemoteLinewright(settings.url, settings.service_token)
        return cast("Linewright", remote)  # the same methods: a test holds the two beside each other
    from linewright.face import Linewright

    return Linewright(settings=settings)


def timed(work: Callable[[Linewright], Awaitable[T]]) -> tuple[T, datetime]:
    """`run`, and what the home's clock says afterwards."""

    async def whole(linewright: Linewright) -> tuple[T, datetime]:
        return await work(linewright), linewright.clock.now()

    return run(whole)
