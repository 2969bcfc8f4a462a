"""Where PINs are kept: sealed, and named by a fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert

from linewright.domain.pins import Pin, PinOrigin
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.ids import new_id
from linewright.store.sealing import Vault, bound, fingerprint_key, may_seal, seal

__all__ = ["PinSafe"]


class PinSafe:
    """Keeps PINs sealed and names them by fingerprint; shared by the ledger and the people's side."""

    def __init__(self, database: Database, vault: Vault, name: Callable[[str], str] = new_id) -> None:
        self._database = database
        self._vault = vault
        self._name = name
        self._key: Secret | None = None

    def fingerprint(self, e164: str, digits: Secret) -> str:
        if self._key is None:
            self._key = fingerprint_key(self._database, self._vault)
        return self._vault.fingerprint(self._key, e164, digits)

    def keep(self, connection: Connection, pin: Pin, e164: str, digits: Secret) -> Pin:
        sealed = seal(connection, self._vault, digits, bound("digits", pin.id, e164))
        values = {
            "id": pin.id,
            "e164": e164,
            "fingerprint": pin.fingerprint,
            "origin": pin.origin.value,
            "at": pin.at,
            "digits": sealed,
        }
        connection.execute(insert(t.pins).values(values))
        return pin

    def keep_many(self, connection: Connection, given: Sequence[tuple[Pin, str, Secret]]) -> None:
        """`keep` for many phones at once, each with its PIN."""
        if not given:
            return
        may_seal(connection, self._vault)
        rows = [
            {
                "id": pin.id,
                "e164": e164,
                "fingerprint": pin.fingerprint,
                "origin": pin.origin.value,
                "at": pin.at,
                "digits": self._vault.seal(digits, bound("digits", pin.id, e164)),
            }
            for pin, e164, digits in given
        ]
        connection.execute(insert(t.pins), rows)

    def fresh(self, e164: str, digits: Secret, origin: PinOrigin, at: datetime) -> Pin:
        """A PIN to be kept; outside a transaction, since the fingerprints' key may have to be made."""
        return Pin(id=self._name("pin"), fingerprint=self.fingerprint(e164, digits), origin=origin, at=at)
