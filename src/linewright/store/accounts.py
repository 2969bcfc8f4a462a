"""The accounts: their settings, and their tokens sealed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from linewright.domain.operation import Account
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.keep import wake
from linewright.store.ledger import HELD
from linewright.store.rows import Row, account_of
from linewright.store.sealing import Vault, bound, seal

__all__ = ["AccountLine", "Accounts"]

_NAME = re.compile(r"(?!\.{1,2}\Z)[\w.-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account as it is listed: how many numbers it has, and the id of its open question."""

    account: Account
    numbers: int
    task: str | None
    app_id: str | None
    has_app_secret: bool
    added_at: datetime


class Accounts:
    """Every method is one transaction. An unknown name raises `UsageError` (reason `unknown-account`)."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(
        self,
        name: str,
        waba: str,
        token: Secret,
        *,
        now: datetime,
        app_secret: Secret | None = None,
        app_id: str | None = None,
        pin_reset: str = "ask",
        subscribe: bool = True,
    ) -> Account:
        """Adds an account, or one of this name that was removed, again.

        Raises `UsageError` for a name or WABA that is there already, or a name that cannot be typed.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"The name {name[:80]!r} cannot be an account's name.",
                fix="Use letters, digits, dots, dashes and underscores; 64 at most, and not . or .. alone.",
                reason="account-name",
            )
        values = {
            "waba": waba,
            "app_id": app_id,
            "pin_reset": pin_reset,
            "subscribe": subscribe,
            "paused": False,
            "recover": False,
            "hold": None,
            "added_at": now,
            "removed_at": None,
        }
        try:
            with self._database.writing() as connection:
                return self._add(connection, name, values, token, app_secret)
        except IntegrityError:
            raise UsageError(
                f"The WABA {waba} or the name {name} is an account here already.",
                fix="See `linewright account list`; a new token is given with `linewright account update`.",
                reason="account-exists",
            ) from None

    def _add(
        self, connection: Connection, name: str, values: dict[str, Any], token: Secret, app_secret: Secret | None
    ) -> Account:
        sealed = self._sealed(connection, name, token=token, app_secret=app_secret)
        removed = t.accounts.c.removed_at.is_not(None)
        again = update(t.accounts).where(t.accounts.c.name == name, removed)
        if not connection.execute(again.values({"app_secret": None, **values, **sealed})).rowcount:
            connection.execute(insert(t.accounts).values(name=name, **values, **sealed))
        return account_of(_row(connection, name))

    def _sealed(self, connection: Connection, name: str, **secrets: Secret | None) -> dict[str, bytes]:
        return {
            column: seal(connection, self._vault, secret, bound(column, name))
            for column, secret in secrets.items()
            if secret is not None
        }

    def get(self, name: str) -> Account:
        with self._database.reading() as connection:
            return account_of(_row(connection, name))

    def line(self, name: str) -> AccountLine:
        """The account as `all` lists it."""
        with self._database.reading() as connection:
            _row(connection, name)
            return _line(connection.execute(_lines().where(t.accounts.c.name == name)).mappings().one())

    def app_of(self, name: str) -> str | None:
        """The id of the app that the account's token belongs to, where it is known."""
        with self._database.reading() as connection:
            app_id: str | None = _row(connection, name)["app_id"]
        return app_id

    def of_waba(self, waba: str) -> str | None:
        """The account of this WABA; None where there is none."""
        query = select(t.accounts.c.name).where(t.accounts.c.waba == waba, t.accounts.c.removed_at.is_(None))
        with self._database.reading() as connection:
            name: str | None = connection.execute(query).scalar()
        return name

    def free_name(self, waba: str, wishes: Sequence[str]) -> str:
        """The first of these names, or the last with a figure, that no other WABA has or had, so that the numbers of
        two never mix; a WABA that was removed gets its own back."""
        query = select(t.accounts.c.name, t.accounts.c.waba, t.accounts.c.removed_at)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        mine = [row.name for row in rows if row.waba == waba and row.removed_at is not None]
        taken = {row.name for row in rows}
        free = (
            wish for wish in (*wishes, *(f"{wishes[-1]}-{n}" for n in range(2, len(taken) + 3))) if wish not in taken
        )
        return mine[-1] if mine else next(free)

    def all(self) -> list[AccountLine]:
        """Every account that was not removed, by name."""
        with self._database.reading() as connection:
            return [_line(row) for row in connection.execute(_lines()).mappings()]

    def update(
        self,
        names: Sequence[str],
        *,
        now: datetime,
        token: Secret | None = None,
        app_secret: Secret | None = None,
        app_id: str | None = None,
        pin_reset: str | None = None,
        subscribe: bool | None = None,
        paused: bool | None = None,
        recover: bool | None = None,
    ) -> list[Account]:
        """Changes what is given, of all these accounts or of none. A new token probes the account now and
        wakes its operations; resuming wakes what rested for the pause."""
        plain: dict[str, Any] = {"app_id": app_id, "pin_reset": pin_reset, "subscribe": subscribe}
        plain |= {"paused": paused, "recover": recover}
        values = {name: value for name, value in plain.items() if value is not None}
        with self._database.writing() as connection:
            for name in sorted(set(names)):
                row = _row(connection, name, locked=True)
                sealed = self._sealed(connection, name, token=token, app_secret=app_secret)
                hold = row["hold"]
                if token is not None and hold is not None:
                    hold = {**hold, "probe_at": now.isoformat()}
                connection.execute(
                    update(t.accounts).where(t.accounts.c.name == name).values({**values, **sealed, "hold": hold})
                )
                mine = t.operations.c.account == name
                if token is not None:
                    wake(connection, mine, at=now)
                elif paused is False and row["paused"]:
                    wake(connection, mine, t.operations.c.reason.in_(HELD), at=now)
            return [account_of(_row(connection, name)) for name in names]

    def pause(self, names: Sequence[str], *, now: datetime) -> list[Account]:
        return self.update(names, now=now, paused=True)

    def resume(self, names: Sequence[str], *, now: datetime) -> list[Account]:
        return self.update(names, now=now, paused=False)

    def remove(self, name: str, *, now: datetime) -> None:
        """Forgets the account's token and app secret; its numbers, attempts and sealed PINs stay.

        Raises `UsageError` (reason `operation-open`) while an operation of it is open.
        """
        with self._database.writing() as connection:
            _row(connection, name, locked=True)
            query = select(t.operations.c.id).where(t.operations.c.account == name, t.operations.c.ended_at.is_(None))
            still = connection.execute(query.order_by(t.operations.c.seq)).scalars().all()
            if still:
                raise UsageError(
                    f"The account {name} has {len(still)} open operation(s), such as {still[0]}.",
                    fix=f"Let them end, or cancel them (`linewright operation cancel {still[0]}`), then remove it.",
                    reason="operation-open",
                )
            gone = {"token": None, "app_secret": None, "hold": None, "removed_at": now}
            connection.execute(update(t.accounts).where(t.accounts.c.name == name).values(gone))

    def token_seal(self, name: str) -> bytes:
        """The account's token as it is sealed: another one whenever the token is changed, by any process."""
        with self._database.reading() as connection:
            query = select(t.accounts.c.token).where(t.accounts.c.name == name, t.accounts.c.removed_at.is_(None))
            sealed = connection.execute(query).scalar()
            return bytes(sealed if sealed is not None else _row(connection, name)["token"])

    def open_token(self, name: str) -> Secret:
        """Raises `KeyMismatch` when the key does not fit."""
        with self._database.reading() as connection:
            sealed = _row(connection, name)["token"]
        return self._vault.open(bytes(sealed), bound("token", name))


def _row(connection: Connection, name: str, *, locked: bool = False) -> Row:
    query = select(t.accounts).where(t.accounts.c.name == name, t.accounts.c.removed_at.is_(None))
    found = connection.execute(query.with_for_update() if locked else query).mappings().one_or_none()
    if found is None:
        raise UsageError(
            f"There is no account named {name[:80]}.",
            fix="See `linewright account list`, or add it with `linewright account add`.",
            reason="unknown-account",
        )
    return found


def _lines() -> Select[Any]:
    here = t.numbers.c.forgotten_at.is_(None)
    count = select(func.count()).where(t.numbers.c.account == t.accounts.c.name, here).scalar_subquery()
    question = (
        select(t.tasks.c.id)
        .where(t.tasks.c.account == t.accounts.c.name, t.tasks.c.operation.is_(None), t.tasks.c.state == "open")
        .scalar_subquery()
    )
    lines: Select[Any] = select(*t.accounts.c, count.label("numbers"), question.label("task"))
    return lines.where(t.accounts.c.removed_at.is_(None)).order_by(t.accounts.c.name)


def _line(row: Row) -> AccountLine:
    return AccountLine(
        account=account_of(row),
        numbers=row["numbers"],
        task=row["task"],
        app_id=row["app_id"],
        has_app_secret=row["app_secret"] is not None,
        added_at=row["added_at"],
    )
