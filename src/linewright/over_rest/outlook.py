"""Looking at it from afar: what would be done, what needs attention."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from linewright import asked
from linewright.errors import StoreUnavailable
from linewright.explain import explain
from linewright.over_rest.base import Remote, Shape, here_only, named

__all__ = ["Outlook"]


class Outlook(Remote):
    """What is looked at and told."""

    async def plan(self, n: str, *, goal: str | None = None, depth: int | None = None, read: bool = False) -> Shape:
        asked.planned(goal)
        asked.depth(depth)
        if read:
            await self.doctor(n)
        path, account = named(n)
        how = {"goal": goal, "depth": str(depth) if depth is not None else None}
        found: Shape = await self._rest.get(f"{path}/plan", account=account, **how)
        return found

    async def check(self, account: str | None = None) -> Shape:
        found: Shape = await self._rest.post("/check", account=account)
        return found

    async def doctor(self, n: str | None = None) -> Shape:
        """At one number; the home itself is looked at where it lies."""
        if n is None:
            raise here_only()
        path, account = named(n)
        found: Shape = await self._rest.post(f"{path}/doctor", account=account)
        return found

    async def bundle(self, n: str, path: str | Path) -> Shape:
        """Fetches the number's support bundle and writes it to `path`."""
        address, account = named(n)
        content = await self._rest.fetch(f"{address}/bundle", account=account)
        return _written(Path(path), content)

    def explain(self, error: Any) -> Shape:
        return explain(error)


def _written(target: Path, bundle: bytes) -> Shape:
    try:
        target.write_bytes(bundle)
    except OSError as error:
        raise StoreUnavailable(
            f"The bundle cannot be written to {target}: {error.strerror or type(error).__name__}.",
            fix="Name another file with -o, in a folder that can be written.",
            reason="bundle",
        ) from None
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files, stories = archive.namelist(), json.loads(archive.read("operations.json"))
    return {"file": str(target), "files": files, "operations": len(stories)}
