"""Reads what is posted raw, to be checked before anybody understands it."""

from __future__ import annotations

from fastapi import Request

__all__ = ["raw"]


async def raw(request: Request, largest: int) -> bytes | None:
    """The bytes of a body; None where there are more than `largest`: then the rest is not read."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > largest:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            return None
        parts.append(part)
    return b"".join(parts)
