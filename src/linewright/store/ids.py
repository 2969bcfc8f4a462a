"""Names for new rows: short enough to type, long enough never to meet."""

from __future__ import annotations

import secrets

__all__ = ["new_id"]

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Without those that are easily misread."""


def new_id(prefix: str) -> str:
    """`prefix-` and twelve characters of chance (60 bits)."""
    return f"{prefix}-" + "".join(secrets.choice(_LETTERS) for _ in range(12))
