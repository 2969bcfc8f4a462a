"""Names of rows: those that are made, short enough to type and long enough never to meet; and those people choose."""

from __future__ import annotations

import re
import secrets

__all__ = ["PATH_NAME", "new_id"]

PATH_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,64}")
"""A name that people choose and that is part of an address. Not `.` or `..`: there these are steps, and nothing would
ever come."""

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Without those that are easily misread."""


def new_id(prefix: str) -> str:
    """`prefix-` and twelve characters of chance (60 bits)."""
    return f"{prefix}-" + "".join(secrets.choice(_LETTERS) for _ in range(12))
