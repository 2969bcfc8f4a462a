"""What every area stands on that asks a service: the way there, its clock, and how a number is named."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from linewright.clock import SystemClock, monotonic
from linewright.errors import UsageError
from linewright.rest_client import RestClient, segment
from linewright.secret import Secret

if TYPE_CHECKING:
    import httpx

__all__ = ["LOOK_SECONDS", "Remote", "Shape", "here_only", "named"]

Shape = dict[str, Any]
LOOK_SECONDS = 0.5
"""Real: so often an operation is looked at while somebody else works on it."""


class _Clock:
    """Linewright's clock as the service told it, running on at its rate."""

    def __init__(self) -> None:
        self.set(SystemClock().now(), 1.0)

    def set(self, now: datetime, rate: float) -> None:
        self._told, self._rate, self._at = now, rate, monotonic()

    def now(self) -> datetime:
        return self._told + timedelta(seconds=(monotonic() - self._at) * self._rate)

    def seconds_until(self, moment: datetime) -> float:
        return max((moment - self.now()).total_seconds() / self._rate, 0.0)


class Remote:
    """A service that is asked. The areas add what can be asked of it; none of them knows another."""

    def __init__(self, url: str, token: Secret | None, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        for name in ("httpx", "httpcore"):  # their lines hold whole addresses, and phones are in them
            logging.getLogger(name).setLevel(logging.WARNING)
        self._rest = RestClient(url, token, transport=transport)
        self.clock = _Clock()
        self.worked = False

    async def __aenter__(self) -> Self:
        try:
            await self._look_around()
        except BaseException:
            await self._rest.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes connections; everything that was asked for stays."""
        await self._rest.aclose()

    async def _look_around(self) -> None:
        """What the time is there, and whether somebody makes the calls."""
        told = await self._rest.get("/service")
        try:
            self.clock.set(datetime.fromisoformat(told["now"]), float(told["clock_rate"]))
            self.worked = bool(told["worked"])
        except (KeyError, TypeError, ValueError):
            raise self._rest.foreign() from None

    async def _shape(self, path: str, body: Shape | None = None, **params: str | None) -> Shape:
        found: Shape = await self._rest.post(path, body, **params)
        return found

    async def _of(self, n: str, what: str) -> Any:
        path, account = named(n)
        return await self._rest.get(f"{path}{what}", account=account)


def named(n: str) -> tuple[str, str | None]:
    """The address of a number, and the account to look in."""
    account, _, name = n.strip().rpartition("/")
    if name.strip() in ("", ".", ".."):
        raise UsageError(
            f"The number {name.strip()[:40]} is not known.",
            fix="Run `linewright sync` to fetch the accounts' numbers, or see `linewright number list`.",
            reason="unknown-number",
        )
    return f"/numbers/{segment(name.strip())}", account or None


def here_only() -> UsageError:
    return UsageError(
        "This works on the home itself, and LINEWRIGHT_URL names a service.",
        fix="Unset LINEWRIGHT_URL and run it on the machine where the home is.",
        reason="here-only",
    )
