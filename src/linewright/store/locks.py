"""One phone at a time across the processes of one machine, by locks that die with their process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linewright.engine.ports import Lease
from linewright.errors import StoreUnavailable

__all__ = ["FileLocks"]


class FileLocks:
    """`flock` on `home/locks/DIGITS.lock`. The files stay: removing one would let two processes in."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "locks"

    @contextmanager
    def hold(self, e164: str, account: str = "") -> Iterator[Lease | None]:
        """The lease, without an end as long as this process lives, or None when somebody else has the phone;
        never waits.

        Raises `StoreUnavailable` when the home cannot be written.
        """
        handle = self._open(e164)
        try:
            yield Lease(e164=e164) if _take(handle) else None
        finally:
            os.close(handle)

    def _open(self, e164: str) -> int:
        digits = "".join(each for each in e164 if each in "0123456789")
        path = self._folder / f"{digits}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                f"The lock {path} cannot be taken: {error.strerror}.",
                fix="Give this user the right to write to the home, or set LINEWRIGHT_HOME to another one.",
            ) from error


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
