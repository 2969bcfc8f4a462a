"""Phone numbers as people write them, taken apart for the remote."""

from __future__ import annotations

from linewright.errors import UsageError
from linewright.graph.phones import parts_of, possible

__all__ = ["possible", "taken_apart"]


def taken_apart(e164: str) -> tuple[str, str, str]:
    """Country code, national part and E.164. Raises `UsageError` (reason `phone`)."""
    parts = parts_of(e164)
    if parts is None:
        raise UsageError(
            f"{e164[:40]!r} is not a possible phone number.",
            fix="Write it in E.164: a plus, the country code, the number.",
            reason="phone",
        )
    return parts
