"""The home itself: its copies and its key."""

from __future__ import annotations

from pathlib import Path

from linewright.errors import UsageError
from linewright.face.base import Face, Shape
from linewright.shapes import when
from linewright.store.sealing import reseal
from linewright.vault import rotate_file

__all__ = ["Upkeep"]


class Upkeep(Face):
    """What is done to the home as a whole."""

    async def backup(self, path: str | Path) -> Shape:
        """Copies the database to a new file while work goes on, without the key that opens what is sealed in it."""
        target, now = Path(path), self.clock.now()
        size = self._store.copies.write(target, now)
        self._store.audit.append(self.clock.now(), "terminal", "backup", "home", {"bytes": size})
        return {"file": str(target), "bytes": size, "copied_at": when(now)}

    async def restored(self) -> Shape:
        """Takes this home for one that was put back from a copy that `backup` did not make; its accounts rest."""
        now = self.clock.now()
        self._store.copies.mark(now)
        self._store.audit.append(now, "terminal", "restore", "home")
        return {"restored_at": when(now), "paused": [line.account.name for line in self._store.accounts.all()]}

    async def rotate_key(self) -> Shape:
        """Makes a new key and seals everything anew with it. For a key that lies in the home."""
        if self.settings.vault_key is not None:
            raise UsageError(
                "The key comes from LINEWRIGHT_KEY, which Linewright cannot change.",
                fix="Unset it and put the key into the home's file `key` (mode 0600), then rotate.",
                reason="key-setting",
            )
        count = rotate_file(self.home, lambda old, new: reseal(self._store.database, old, new))
        self._store.audit.append(self.clock.now(), "terminal", "key rotate", "vault", {"resealed": count})
        return {"resealed": count}
