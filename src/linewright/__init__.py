"""Brings WhatsApp Business phone numbers online on Meta's Cloud API, and keeps them there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linewright.explain import explain

__all__ = ["explain"]

_HOMES = {
    "explain": "linewright.explain",
    "GraphClient": "linewright.graph.client",
    "Linewright": "linewright.face",
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
