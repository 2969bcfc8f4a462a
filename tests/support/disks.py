"""A tiny disk, to be filled up or made read-only: a tmpfs of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Disk", "NoDisk", "tiny_disk"]


class NoDisk(Exception):
    """This machine does not let us mount."""


@dataclass(frozen=True)
class Disk:
    """`folder` is its root."""

    folder: Path

    def fill(self, *, leave: int = 0) -> None:
        """Leaves `leave` bytes, rounded down to pages."""
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                filler.truncate(max(0, filler.tell() - leave))

    def free(self) -> None:
        (self.folder / "filler").unlink()

    def remount(self, how: str) -> None:
        """`ro` or `rw`, at once for everybody."""
        _mount("-o", f"remount,{how}", str(self.folder))


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoDisk(done.stderr.strip())


@contextmanager
def tiny_disk(folder: Path, kilobytes: int) -> Iterator[Disk]:
    """A disk of this size, mounted at `folder` meanwhile. Raises `NoDisk`."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0700", "tmpfs", str(folder))
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
