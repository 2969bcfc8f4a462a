"""Imports: files of numbers, taken whole and carried on."""

from __future__ import annotations

from collections.abc import Callable

from linewright import asked
from linewright.clock import monotonic
from linewright.face.base import Face, Shape, whole
from linewright.import_shapes import import_shape, row_shape

__all__ = ["Imports"]


class Imports(Face):
    """What is asked of files of numbers."""

    async def check_import(self, content: bytes) -> Shape:
        """Looks at a file of numbers whole: how many rows are good, what is wrong with the others, and the room in
        the accounts that it adds to. Nothing is taken and nothing is kept of it."""
        return await self._imports.check(content)

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
        """Takes a file of numbers: `{"import","report"}` (see `check_import`). Where a row is bad nothing is taken
        and `import` is None, unless `skip_bad`; the same file is taken once, unless `again`."""
        taken, _ = await self._imports.take(
            content, name=name, who=who, skip_bad=skip_bad, by_link=by_link, again=again
        )
        return taken

    async def drive_import(
        self,
        id: str,
        *,
        follow: bool = False,
        timeout_seconds: float | None = None,
        on_change: Callable[[Shape], None] | None = None,
    ) -> Shape:
        """Carries an import on, or follows a worker, until its rows have ended or only people can bring it on; with
        `follow` they are waited for."""
        ends = None if timeout_seconds is None else monotonic() + timeout_seconds
        driven = await self._import_driver.drive(
            id,
            follow=follow,
            late=lambda: ends is not None and monotonic() >= ends,
            on_change=lambda current: on_change(import_shape(current)) if on_change else None,
        )
        return import_shape(driven)

    async def push_import(self, id: str) -> Shape:
        """Makes what is due now, unless a worker does, and returns where the import is."""
        return import_shape(await self._import_driver.push(id))

    async def cancel_import(self, id: str, *, who: str = "terminal") -> Shape:
        """Lets go of the rows that have not begun and asks the import's open operations to stop; where no worker runs,
        makes what is due of that. What was reached stays."""
        self._store.imports.cancel(id, who=who, now=self.clock.now())
        return await self.push_import(id)

    async def imports(self) -> list[Shape]:
        """The imports, the newest first."""
        return [import_shape(each) for each in whole(lambda after: self._store.imports.listing(after=after))]

    async def one_import(self, id: str) -> Shape:
        return import_shape(self._store.imports.get(id))

    async def import_rows(self, id: str, state: str | None = None) -> list[Shape]:
        """The rows of an import by line; `state` picks those that stand so."""
        wanted, found = asked.row_state(state), list[Shape]()
        after: int | None = 0
        self._store.imports.get(id)
        while after is not None:
            page, after = self._store.imports.rows(id, state=wanted, after=after, limit=500)
            found += map(row_shape, page)
        return found

    async def import_result(self, id: str) -> str:
        """The result file: CSV, a row for each number, never a PIN."""
        return "".join(self._imports.result(id))
