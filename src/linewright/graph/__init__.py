"""The remote: requests and answers (`wire`), the client, and the errors taken apart.

`GraphClient` is imported when first asked for: the command line starts without httpx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linewright.graph.client import GraphClient

__all__ = ["GraphClient"]


def __getattr__(name: str) -> Any:
    if name != "GraphClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from linewright.graph.client import GraphClient

    return GraphClient
