"""The ledger of the promise tests keeps the contract that the real store keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.support.ledger_contract import E164, NUMBER, Asked, LedgerContract, World
from tests.support.memory import MemoryLedger

from linewright.domain.number import Number
from linewright.domain.operation import Account, Goal, Operation, ReplyKind


class MemoryWorld:
    def __init__(self) -> None:
        self.ledger = MemoryLedger()

    def add_account(self, name: str = "acme", *, waba: str = "1001", app_id: str | None = None) -> None:
        self.ledger.add_account(Account(name=name, waba=waba), app_id)

    def add_number(self, id: str = NUMBER, e164: str = E164, account: str = "acme") -> None:
        self.ledger.add_number(Number(id=id, e164=e164, account=account))

    def open_operation(self, goal: Goal, number: str, at: datetime, **options: Any) -> str:
        return self.ledger.open(goal, number, at, **options).id

    def operation(self, operation: str) -> Operation:
        return self.ledger.get(operation)

    def question(self, operation: str) -> Asked | None:
        asked = self.ledger.question_of(operation)
        return Asked(asked.id, asked.kind, asked.topic, asked.text, asked.answers) if asked else None

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
        asked = self.ledger.question_of(operation)
        assert asked is not None
        return self.ledger.answer(asked, answer, at, value=value or "", pin_changed=pin_changed, method=method).id

    def hear(self, number: str, code: int, at: datetime) -> None:
        self.ledger.hear(number, code, at)

    def change(self, number: str, at: datetime) -> None:
        self.ledger.pin_changed(self.ledger.numbers[number].e164, at)


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def world(self) -> World:
        return MemoryWorld()


def test_one_open_operation_for_each_phone() -> None:
    world = MemoryWorld()
    world.add_account()
    world.add_number()
    now = datetime.fromisoformat("2026-03-02T09:00:00Z")
    world.open_operation(Goal.REGISTER, NUMBER, now)
    with pytest.raises(ValueError, match="operation-open"):
        world.ledger.open(Goal.VERIFY, NUMBER, now)
