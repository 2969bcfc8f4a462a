"""What the store keeps sealed, and how each value is bound to its row."""

from __future__ import annotations

import secrets
from typing import Protocol

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from linewright.errors import KeyMismatch
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = [
    "Vault",
    "cookie_key",
    "fingerprint_key",
    "holds_secrets",
    "import_key",
    "may_seal",
    "reseal",
    "seal",
    "verify_token",
]

KEY_ID = "key_id"
FINGERPRINT_KEY = "fingerprint_key"
COOKIE_KEY = "cookie_key"
WEBHOOK_KEY = "webhook_key"
IMPORT_KEY = "import_key"
OWN_KEYS = (FINGERPRINT_KEY, COOKIE_KEY, WEBHOOK_KEY, IMPORT_KEY)
"""Keys of this home beside the vault's, kept sealed by it."""
KEY_BYTES = 32

SEALED = (
    (t.accounts, "token", ("name",)),
    (t.accounts, "app_secret", ("name",)),
    (t.pins, "digits", ("id", "e164")),
    (t.replies, "code", ("id",)),
    (t.channels, "url", ("id",)),
    (t.channels, "secret", ("id",)),
    (t.apps, "secret", ("id",)),
    (t.adoptions, "bought", ("digest",)),
    (t.inboxes, "secret", ("id",)),
    (t.inbox_messages, "code", ("id",)),
)
"""Table, column, and the columns that name the row it is bound to."""


class Vault(Protocol):
    """What the store asks of `vault.Vault`: the only place that sees inside a secret."""

    @property
    def key_id(self) -> str: ...

    def seal(self, secret: Secret, bound_to: str) -> bytes: ...

    def open(self, sealed: bytes, bound_to: str) -> Secret: ...

    def fingerprint(self, key: Secret, e164: str, digits: Secret) -> str: ...

    def mac(self, key: Secret, message: bytes) -> str: ...

    def pin_in(self, given: Secret) -> Secret | None: ...

    def code_in(self, message: Secret, *, from_whatsapp: bool = False) -> Secret | None: ...


def holds_secrets(database: Database) -> bool:
    """Whether something in this database was sealed, so that a missing key must not be replaced."""
    with database.reading() as connection:
        return _meta(connection, KEY_ID) is not None


def _meta(connection: Connection, key: str, *, locked: bool = False) -> str | None:
    query = select(t.meta.c.value).where(t.meta.c.key == key)
    found = connection.execute(query.with_for_update(read=True) if locked else query).scalar()
    return str(found) if found is not None else None


def _make(connection: Connection, key: str, value: str) -> str:
    """Sets what is not set yet; what holds now."""
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_pg
    connection.execute(insert(t.meta).values(key=key, value=value).on_conflict_do_nothing())
    return _meta(connection, key) or value


def seal(connection: Connection, vault: Vault, secret: Secret, bound_to: str) -> bytes:
    """Seals within a writing transaction. Raises what `may_seal` raises."""
    may_seal(connection, vault)
    return vault.seal(secret, bound_to)


def may_seal(connection: Connection, vault: Vault) -> None:
    """Raises `KeyMismatch` when this home is sealed with another key by now: what an old key sealed could not be
    opened after a rotation. It holds to the end of the writing transaction."""
    in_use = _meta(connection, KEY_ID, locked=True) or _make(connection, KEY_ID, vault.key_id)
    if in_use != vault.key_id:
        raise KeyMismatch(
            f"This home is sealed with the key {in_use}, and the key at hand is {vault.key_id}.",
            fix="Give the key this home was made with; after `linewright key rotate`, start this process again.",
        )


def fingerprint_key(database: Database, vault: Vault) -> Secret:
    """The key of the refused-PIN fingerprints: its own, made once, never rotated."""
    return _own_key(database, vault, FINGERPRINT_KEY)


def cookie_key(database: Database, vault: Vault) -> Secret:
    """The key that signs the cookies of the page, in hex: made once, so that a restart logs nobody out."""
    return _own_key(database, vault, COOKIE_KEY)


def verify_token(database: Database, vault: Vault, account: str) -> Secret:
    """What Meta repeats in the handshake of an account's webhooks: made of a key of this home and the account's
    name, so that it is kept nowhere, and the same after a rotation."""
    key = _own_key(database, vault, WEBHOOK_KEY)
    return Secret(vault.mac(key, f"webhooks:{account}".encode())[:40])


def import_key(database: Database, vault: Vault) -> Secret:
    """The key of the digests by which a file of numbers is known again: files hold PINs, and a plain digest would give
    one away to whoever tries a million of them."""
    return _own_key(database, vault, IMPORT_KEY)


def _own_key(database: Database, vault: Vault, name: str) -> Secret:
    with database.reading() as connection:
        kept = _meta(connection, name)
    if kept is None:
        with database.writing() as connection:
            sealed = seal(connection, vault, Secret(secrets.token_hex(KEY_BYTES)), name)
            kept = _make(connection, name, sealed.hex())
    return vault.open(bytes.fromhex(kept), name)


def reseal(database: Database, old: Vault, new: Vault) -> int:
    """Seals everything anew in one transaction; how many values that were. What `new` sealed already stays.

    `old` must open what is there, `new` may open it too. Raises `KeyMismatch` and changes nothing when a
    value does not open.
    """
    with database.writing() as connection:
        _meta(connection, KEY_ID, locked=True)
        connection.execute(update(t.meta).where(t.meta.c.key == KEY_ID).values(value=new.key_id))
        count = sum(_reseal(connection, old, new, *place) for place in SEALED)
        for name in OWN_KEYS:
            kept = _meta(connection, name)
            if kept is not None:
                sealed = new.seal(old.open(bytes.fromhex(kept), name), name).hex()
                connection.execute(update(t.meta).where(t.meta.c.key == name).values(value=sealed))
                count += 1
    return count


def _reseal(connection: Connection, old: Vault, new: Vault, table: Table, column: str, names: tuple[str, ...]) -> int:
    sealed = table.c[column]
    query = select(sealed, *[table.c[name] for name in names]).where(sealed.is_not(None))
    rows = connection.execute(query).all()
    for row in rows:
        named = [str(each) for each in row[1:]]
        bound_to = bound(column, *named)
        fresh = new.seal(old.open(bytes(row[0]), bound_to), bound_to)
        connection.execute(update(table).where(table.c[names[0]] == named[0]).values({column: fresh}))
    return len(rows)


def bound(column: str, *names: str) -> str:
    """The words a sealed value is bound to: its column and the names of its row."""
    return ":".join((column, *names))
