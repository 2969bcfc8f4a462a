"""PINs: what is known of them, shown, handed over and taken in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linewright.face.base import Face, Shape
from linewright.secret import Secret

__all__ = ["Pins"]


class Pins(Face):
    """What is asked of the numbers' PINs."""

    async def pin_status(self, n: str) -> Shape:
        """What is known of the number's PIN, without the PIN: its state, when and by what it was last accepted, and
        what speaks against it since."""
        return self._views.pin_status(self._store.numbers.find(n))

    async def pin_history(self, n: str) -> list[Shape]:
        """What became of the number's PINs, the oldest first: made, given, set, accepted, refused, shown, …"""
        return self._views.pin_history(self._store.numbers.find(n))

    async def export_pins(
        self,
        path: str | Path,
        passphrase: Secret,
        *,
        numbers: Sequence[str] = (),
        account: str | None = None,
        who: str = "terminal",
    ) -> Shape:
        """Writes the PINs of these numbers, of an account's, or of all, sealed by a passphrase, to a new file that its
        owner alone can read: `{"file","items","without"}`. Leaves an audit event for each.

        Raises `UsageError`: `passphrase` for a weak one, `file-exists`, `no-pin` where none is kept.
        """
        return self._custody.export(Path(path), passphrase, numbers=numbers, account=account, who=who)

    async def is_sealed(self, path: str | Path) -> bool:
        """Whether a list of PINs is sealed, so that `import_pins` needs its passphrase."""
        return self._custody.is_sealed(Path(path))

    async def import_pins(self, path: str | Path, *, passphrase: Secret | None = None, who: str = "terminal") -> Shape:
        """Takes in an export of Linewright, or another tool's list (CSV with phone and pin, or JSON lines), whole or
        not at all: `{"file","in_clear","items"}`. Each PIN comes in as given and unproven, with an audit event.

        Raises `UsageError`: `passphrase` for a wrong or missing one, `pin-list` for what is no list, `pin-rows` naming
        each row that cannot be taken.
        """
        return self._custody.take(Path(path), passphrase, who=who)

    async def show_pin(self, n: str, *, who: str = "terminal") -> Secret:
        """The kept PIN itself; leaves an audit event."""
        return self._store.pins.show(self._store.numbers.find(n), now=self.clock.now(), who=who)
