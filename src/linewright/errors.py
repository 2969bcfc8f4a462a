"""Everything that Linewright raises on purpose, cut by what the caller can do.

LinewrightError            something to read: what is wrong, and what to do
├── UsageError             the request is wrong: correct it                              (status 2)
├── StoreUnavailable       the database or the home cannot be used now                   (status 6)
│   └── KeyMismatch        the vault's key does not open what this home sealed           (status 6)
└── RemoteUnavailable      the remote cannot be reached by a command that cannot wait    (status 6)

What the remote refuses is never an exception: it is an `Answer`, and the domain judges it.
"""

from __future__ import annotations

__all__ = ["KeyMismatch", "LinewrightError", "RemoteUnavailable", "StoreUnavailable", "UsageError"]


class LinewrightError(Exception):
    """One line that says what is wrong (`message`), one that says what to do (`fix`).

    `reason` is a stable name for scripts; `status` the exit status of the command line. None of them
    ever holds a secret.
    """

    status = 6
    default_reason = "error"

    def __init__(self, message: str, *, fix: str, reason: str | None = None, fbtrace_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.reason = reason or self.default_reason
        self.fbtrace_id = fbtrace_id


class UsageError(LinewrightError):
    """The request cannot be carried out as it stands; nothing was changed."""

    status = 2
    default_reason = "usage"


class StoreUnavailable(LinewrightError):
    """The database, the home or the disk cannot be used now; what was committed is kept."""

    default_reason = "store-unavailable"


class KeyMismatch(StoreUnavailable):
    """The key at hand does not open what is sealed in this home; nothing was changed."""

    default_reason = "key-mismatch"


class RemoteUnavailable(LinewrightError):
    """The remote did not answer a command that cannot wait for it."""

    default_reason = "remote-unavailable"
