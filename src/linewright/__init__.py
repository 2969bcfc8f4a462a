"""Brings WhatsApp Business phone numbers online on Meta's Cloud API, and keeps them there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linewright.blocking import BlockingLinewright
    from linewright.errors import KeyMismatch, LinewrightError, RemoteUnavailable, StoreUnavailable, UsageError
    from linewright.explain import explain
    from linewright.face import Linewright
    from linewright.graph.client import GraphClient
    from linewright.secret import Secret

__all__ = [
    "BlockingLinewright",
    "GraphClient",
    "KeyMismatch",
    "Linewright",
    "LinewrightError",
    "RemoteUnavailable",
    "Secret",
    "StoreUnavailable",
    "UsageError",
    "explain",
]

_HOMES = {
    "explain": "linewright.explain",
    "GraphClient": "linewright.graph.client",
    "Linewright": "linewright.face",
    "BlockingLinewright": "linewright.blocking",
    "Secret": "linewright.secret",
    "KeyMismatch": "linewright.errors",
    "LinewrightError": "linewright.errors",
    "RemoteUnavailable": "linewright.errors",
    "StoreUnavailable": "linewright.errors",
    "UsageError": "linewright.errors",
}
"""Where each public name lives; it is imported when first asked for, so that the command line starts fast."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
