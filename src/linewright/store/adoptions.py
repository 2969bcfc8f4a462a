"""Codes of Embedded Signup on their way: each is exchanged by one request alone; what it bought is sealed at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.errors import StoreUnavailable
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.rows import Row
from linewright.store.sealing import Vault, bound, fingerprint_key, seal

__all__ = ["Adoption", "Adoptions"]

KEPT_FOR = timedelta(days=14)
"""So long a number may be registered after its signup (facts, section 4); then a new one brings a new code."""
UNDER_WAY = timedelta(seconds=15)
"""Real: whoever sent a code and said nothing for so long has died with it."""
_RACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A code that was sent, or is to be sent by whoever was given this with `mine`. `token` is what it bought, until
    the account has it. Neither: another request is at it."""

    digest: str
    waba: str
    app: str
    begun_at: datetime
    mine: bool = False
    token: Secret | None = None
    account: str | None = None
    operation: str | None = None


class Adoptions:
    """Every method is one transaction."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def begin(self, code: Secret, waba: str, app: str, *, now: datetime, real: datetime) -> Adoption:
        """Claims a code, or tells what became of it. `real` is the real time; a claim older than `UNDER_WAY` is
        nobody's. An account not named yet takes the WABA that is named now."""
        digest = self._vault.fingerprint(fingerprint_key(self._database, self._vault), "signup", code)
        for _ in range(_RACES):
            try:
                return self._begin(digest, waba, app, now, real)
            except IntegrityError:
                continue  # two began together
        raise StoreUnavailable("Other processes keep sending this code.", fix="Run this again.")

    def _begin(self, digest: str, waba: str, app: str, now: datetime, real: datetime) -> Adoption:
        here = t.adoptions.c.digest == digest
        claim = {"waba": waba, "app": app, "until": real + UNDER_WAY}
        with self._database.writing() as connection:
            connection.execute(delete(t.adoptions).where(t.adoptions.c.begun_at < now - KEPT_FOR))
            row = connection.execute(select(t.adoptions).where(here).with_for_update()).mappings().one_or_none()
            if row is None:
                connection.execute(insert(t.adoptions).values(digest=digest, begun_at=now, **claim))
                return Adoption(digest=digest, waba=waba, app=app, begun_at=now, mine=True)
            if row["until"] is not None and row["until"] <= real:
                connection.execute(update(t.adoptions).where(here).values(claim))
                return Adoption(digest=digest, waba=waba, app=app, begun_at=row["begun_at"], mine=True)
            return self._known(row)

    def bought(self, digest: str, token: Secret) -> None:
        """Seals what the code bought. From here on the code is needed no more."""
        with self._database.writing() as connection:
            sealed = seal(connection, self._vault, token, bound("bought", digest))
            connection.execute(_at(digest).values(bought=sealed, until=None))

    def release(self, digest: str) -> None:
        """As if the code had never come: it bought nothing."""
        nothing = (t.adoptions.c.bought.is_(None), t.adoptions.c.account.is_(None))
        with self._database.writing() as connection:
            connection.execute(delete(t.adoptions).where(t.adoptions.c.digest == digest, *nothing))

    def settle(self, digest: str, waba: str, account: str) -> None:
        """The account has the token by now; here it is erased."""
        with self._database.writing() as connection:
            connection.execute(_at(digest).values(waba=waba, account=account, bought=None))

    def opened(self, digest: str, operation: str) -> None:
        """Notes what the adoption opened, so that the same request opens nothing else."""
        with self._database.writing() as connection:
            connection.execute(_at(digest).values(operation=operation))

    def left(self, waba: str) -> Adoption | None:
        """The newest of this WABA whose token no account has yet."""
        query = select(t.adoptions).where(t.adoptions.c.waba == waba, t.adoptions.c.bought.is_not(None))
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(t.adoptions.c.begun_at.desc()).limit(1)).mappings().one_or_none()
        return None if row is None else self._known(row)

    def _known(self, row: Row) -> Adoption:
        sealed = row["bought"]
        return Adoption(
            digest=row["digest"],
            waba=row["waba"],
            app=row["app"],
            begun_at=row["begun_at"],
            token=None if sealed is None else self._vault.open(bytes(sealed), bound("bought", row["digest"])),
            account=row["account"],
            operation=row["operation"],
        )


def _at(digest: str) -> Any:
    return update(t.adoptions).where(t.adoptions.c.digest == digest)
