"""What every area of the face stands on: a home put together, and what more than one of them needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from linewright.accounts import AccountDesk
from linewright.adopt import AdoptionDesk
from linewright.config import Settings, load
from linewright.custody import CustodyDesk
from linewright.domain.number import Standing
from linewright.driver import Driver
from linewright.engine.ports import Clock
from linewright.errors import UsageError
from linewright.import_driver import ImportDriver
from linewright.imports import ImportDesk
from linewright.views import Views
from linewright.wiring import assemble

if TYPE_CHECKING:
    import httpx

    from linewright.witness import Watch

__all__ = ["Face", "Shape", "whole"]

Shape = dict[str, Any]
T = TypeVar("T")


def whole(page: Callable[[str | None], tuple[Iterable[T], str | None]]) -> list[T]:
    """A listing from its first page to its last; `page` is given where the one before it ended."""
    found: list[T] = []
    after: str | None = None
    while True:
        some, after = page(after)
        found += some
        if after is None:
            return found


class Face:
    """A home that is open. The areas add what can be asked of it; none of them knows another."""

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.settings = settings or load(home)
        self.office = assemble(self.settings, clock=clock, transport=transport, watch=watch)
        self.clock = self.office.clock
        self._store = self.office.store
        self._views = Views(self.office)
        self._accounts = AccountDesk(self.office)
        self._adoptions = AdoptionDesk(self.office)
        self._custody = CustodyDesk(self._store, self.clock)
        self._driver = Driver(self.office)
        self._imports = ImportDesk(self.office)
        self._import_driver = ImportDriver(self.office, self._driver)

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def worked(self) -> bool:
        """Whether a ready worker is alive: then it makes the calls, and this object only asks and looks."""
        return self._driver.worked

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes connections; everything that was asked for stays."""
        await self.office.close()

    def _account(self, name: str) -> Shape:
        return self._views.account(self._store.accounts.line(name))

    def _numbers(self, standing: Standing | None = None) -> list[Shape]:
        return whole(lambda after: self._views.numbers(standing=standing, after=after, limit=500))

    async def _push(self, operation: str) -> Shape:
        self._store.operations.get(operation)
        await self._driver.push(operation)
        return self._views.operation(operation)

    def _public_url(self) -> str:
        found = self.office.public_url
        if not found:
            raise UsageError(
                "It is not known how this Linewright is reached.",
                fix="Start `linewright serve`, or set LINEWRIGHT_PUBLIC_URL to its address; then run this again.",
                reason="public-url",
            )
        return found
