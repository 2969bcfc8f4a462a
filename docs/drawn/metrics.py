"""The metrics, as a scrape has them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from docs.drawn import NOTICE, table

from linewright.config import Settings
from linewright.face import Linewright
from linewright.metrics import registry

__all__ = ["page"]

INTRODUCTION = """# Metrics

What `/metrics` tells, and `linewright worker --metrics-port`. How to collect it, with rules and a dashboard, stands in
[watching](../watching.md). No label holds a number, an account or an id.

"""


def page() -> str:
    """Each family of samples, by name."""

    async def drawn() -> str:
        with tempfile.TemporaryDirectory() as folder:
            async with Linewright(settings=Settings(home=Path(folder), graph_url="http://127.0.0.1:1")) as face:
                families = sorted(registry(face.office).collect(), key=lambda each: each.name)
                rows: list[tuple[object, ...]] = [
                    (f"`{each.name}{'_total' if each.type == 'counter' else ''}`", each.type, each.documentation)
                    for each in families
                ]
                return NOTICE + INTRODUCTION + table(("metric", "kind", "what it is"), rows)

    return asyncio.run(drawn())
