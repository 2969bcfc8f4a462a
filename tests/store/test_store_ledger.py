"""The ledger's contract on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert
from tests.support.ledger_contract import E164, NOW, NUMBER, Asked, LedgerContract, World

from linewright.domain.operation import Goal, Operation, ReplyKind
from linewright.domain.pins import ChangeKind
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.keep import change_pin
from linewright.store.ledger import SqlLedger
from linewright.store.operations import Options
from linewright.store.store import Store


class SqlWorld:
    """The set-up through the store's own use cases."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def ledger(self) -> SqlLedger:
        return self._store.ledger

    def add_account(self, name: str = "acme", *, waba: str = "1001", app_id: str | None = None) -> None:
        self._store.accounts.add(name, waba, Secret("EAAtoken"), app_id=app_id, now=NOW)

    def add_number(self, id: str = NUMBER, e164: str = E164, account: str = "acme") -> None:
        self._store.numbers.upsert(account, id, e164, now=NOW)

    def open_operation(self, goal: Goal, number: str, at: datetime, **options: Any) -> str:
        known = self._store.numbers.get(number)
        operation, created = self._store.operations.open(goal, known, now=at, options=Options(**options))
        assert created
        return operation.id

    def operation(self, operation: str) -> Operation:
        return self._store.operations.get(operation)

    def question(self, operation: str) -> Asked | None:
        task = self._store.tasks.shown_by(operation)
        return Asked(task.id, task.kind, task.topic, task.question, task.answers) if task else None

    def reply(
        self,
        operation: str,
        answer: ReplyKind,
        at: datetime,
        *,
        value: str | None = None,
        pin_changed: bool = False,
        method: str | None = None,
    ) -> str:
        task = self._store.tasks.shown_by(operation)
        assert task is not None
        secret = Secret(value) if value is not None else None
        return self._store.tasks.answer(
            task.id, answer, now=at, value=secret, pin_changed=pin_changed, method=method
        ).id

    def hear(self, number: str, code: int, at: datetime) -> None:
        e164 = self._store.numbers.get(number).e164
        with self._store.database.writing() as connection:
            connection.execute(insert(t.evidence).values(e164=e164, code=code, at=at, source="webhook"))

    def change(self, number: str, at: datetime) -> None:
        e164 = self._store.numbers.get(number).e164
        with self._store.database.writing() as connection:
            change_pin(connection, e164, ChangeKind.CHANGED, at)


class TestSqlLedger(LedgerContract):
    @pytest.fixture
    def world(self, store: Store) -> World:
        return SqlWorld(store)
