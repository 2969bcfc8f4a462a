"""A value that must never be seen: it prints as dots and refuses to be formatted or serialised."""

from __future__ import annotations

import hmac
from typing import NoReturn

__all__ = ["DOTS", "Secret"]

DOTS = "••••"


class Secret:
    """A PIN, code, token or app secret. Only `open_secret()` gives the text, and only the vault and the wire call it.

    Compare two secrets with `==` (constant time). `repr`, `str` and f-strings give dots; a format
    specification, pickling, copying into JSON and `bytes()` raise `TypeError`.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def open_secret(self) -> str:
        """The text itself; whoever calls this answers for where it goes."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({DOTS})"

    def __str__(self) -> str:
        return DOTS

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("a secret cannot be formatted")
        return DOTS

    def __len__(self) -> int:
        return len(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be serialised")

    def __iter__(self) -> NoReturn:
        raise TypeError("a secret cannot be taken apart")
