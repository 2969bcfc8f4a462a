"""Files of numbers, sent to a service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from linewright import asked
from linewright.clock import monotonic
from linewright.over_rest.base import LOOK_SECONDS, Remote, Shape
from linewright.rest_client import segment

__all__ = ["Imports"]


class Imports(Remote):
    """What is asked of files of numbers."""

    async def check_import(self, content: bytes) -> Shape:
        report: Shape = (await self._rest.post_file("/imports", content, check="true"))["report"]
        return report

    async def take_import(
        self,
        content: bytes,
        *,
        name: str = "numbers.csv",
        skip_bad: bool = False,
        by_link: bool = False,
        again: bool = False,
        who: str = "terminal",
    ) -> Shape:
        flags = {"skip_bad": skip_bad, "by_link": by_link, "again": again}
        asked_for = {flag: "true" for flag, given in flags.items() if given}
        taken: Shape = await self._rest.post_file("/imports", content, name=name, **asked_for)
        return taken

    async def drive_import(
        self,
        id: str,
        *,
        follow: bool = False,
        timeout_seconds: float | None = None,
        on_change: Callable[[Shape], None] | None = None,
    ) -> Shape:
        """See `Linewright.drive_import`. Where no worker runs, this asks the service to make what is due."""
        ends = None if timeout_seconds is None else monotonic() + timeout_seconds
        while True:
            current = await self.push_import(id)
            if on_change is not None:
                on_change(current)
            asks = current["state"] == "asking" and not current["counts"]["waiting"] and not follow
            if current["ended_at"] is not None or asks or (ends is not None and monotonic() >= ends):
                return current
            await asyncio.sleep(LOOK_SECONDS)
            await self._look_around()

    async def push_import(self, id: str) -> Shape:
        if self.worked:
            return await self.one_import(id)
        return await self._shape(f"/imports/{segment(id)}/push")

    async def cancel_import(self, id: str, *, who: str = "terminal") -> Shape:
        return await self._shape(f"/imports/{segment(id)}/cancel")

    async def imports(self) -> list[Shape]:
        return await self._rest.items("/imports")

    async def one_import(self, id: str) -> Shape:
        found: Shape = await self._rest.get(f"/imports/{segment(id)}")
        return found

    async def import_rows(self, id: str, state: str | None = None) -> list[Shape]:
        return await self._rest.items(f"/imports/{segment(id)}/rows", state=asked.row_state(state))

    async def import_result(self, id: str) -> str:
        return (await self._rest.fetch(f"/imports/{segment(id)}/result")).decode()
