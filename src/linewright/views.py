"""What is shown: the JSON shapes, gathered from the store for one home."""

from __future__ import annotations

from typing import Any

from linewright.domain.budget import Budget, budget_of
from linewright.domain.case import Case
from linewright.domain.journal import CallKind
from linewright.domain.number import Number, Standing
from linewright.domain.operation import OPEN_STATES, Operation
from linewright.domain.pin_history import acceptance
from linewright.domain.rails import NOT_OURS
from linewright.domain.release import Remains
from linewright.domain.standing import Judged
from linewright.errors import UsageError
from linewright.shapes import (
    BUDGETED,
    account_shape,
    condition_shape,
    number_shape,
    operation_shape,
    pin_event_shape,
    pin_status_shape,
    release_shape,
    task_shape,
)
from linewright.store.accounts import AccountLine
from linewright.store.listed import number_page, one_number
from linewright.store.numbers import NumberLine
from linewright.store.tasks import Task
from linewright.wiring import Installation

__all__ = ["Views", "not_released", "standing_words"]

Shape = dict[str, Any]

STANDING_WORDS = {
    Standing.ONLINE: "Registered and online.",
    Standing.RESTRICTED: "Registered, but Meta restricts what it may send.",
    Standing.UNVERIFIED: "Never verified: it needs a code before it can be registered.",
    Standing.OFFLINE: "Not registered: it can neither send nor receive.",
    Standing.UNKNOWN: "Not known: the last reading told nothing that can be relied on.",
}


def standing_words(judged: Judged) -> str:
    """A standing in plain words."""
    if judged.reason == "name-in-review":
        return "Not registered yet: Meta is reviewing its display name."
    if judged.reason == "contradictory":
        return "Not known: the reading contradicts itself, and a second one will tell."
    return STANDING_WORDS.get(judged.standing) or NOT_OURS[judged.standing]


def not_released(number: Number) -> UsageError:
    name = number.display or number.e164
    return UsageError(
        f"{name} is not released.",
        fix=f"`linewright release {number.e164}` gives it up on purpose.",
        reason="not-released",
    )


class Views:
    """Reads only; every shape is that of DESIGN, section 8."""

    def __init__(self, office: Installation) -> None:
        self._office = office

    def operation(self, operation: str) -> Shape:
        office = self._office
        office.store.operations.get(operation)
        case = office.store.ledger.case(operation, office.clock.now(), office.catalogue)
        shown = office.store.tasks.shown_by(operation)
        return operation_shape(
            case.operation,
            case.number,
            standing=case.standing,
            read_at=case.last_good.at if case.last_good else None,
            task=self.task(shown, case.operation) if shown else None,
            attempts=case.mine,
            budgets=_budgets(case),
        )

    def sides(self, operation: str) -> list[Shape]:
        """Of a migration: where the line comes from and where it goes, each with what was read of it last. What is
        not known is null: another provider's account, and the id at the destination before there is one."""
        office = self._office
        case = office.store.ledger.case(operation, office.clock.now(), office.catalogue)
        moving = case.moving
        if moving is None:
            return []
        ours = not moving.source.elsewhere
        source = self._side("From", moving.source.account if ours else None, moving.source.id if ours else None)
        return [source, self._side("To", case.account.name, case.number.id if moving.created else None)]

    def _side(self, word: str, account: str | None, number: str | None) -> Shape:
        blank = {"word": word, "account": account, "id": number, "standing": None, "read_at": None}
        try:
            shown = self.number(number) if number is not None else None
        except KeyError:
            return blank | {"id": None}
        return blank if shown is None else blank | {"standing": shown["standing"], "read_at": shown["read_at"]}

    def task(self, task: Task, operation: Operation | None = None) -> Shape:
        return task_shape(
            id=task.id,
            kind=task.kind,
            question=task.question,
            answers=task.answers,
            account=task.account,
            number=task.number,
            operation=task.operation or (operation.id if operation else None),
            opened_at=task.opened_at,
            expires_at=task.expires_at,
            state=task.state,
        )

    def number(self, id: str) -> Shape:
        office = self._office
        listed = one_number(office.store.database, id, office.clock.now(), office.catalogue)
        return _number(listed.line, listed.case)

    def numbers(
        self,
        *,
        account: str | None = None,
        standing: Standing | None = None,
        search: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[list[Shape], str | None]:
        """One page of the numbers by id, and the cursor of the next; `search` is a part of a phone, id or name."""
        office = self._office
        page, following = number_page(
            office.store.database,
            office.clock.now(),
            office.catalogue,
            account=account,
            standing=standing,
            search=search,
            after=after,
            limit=limit,
        )
        return [_number(listed.line, listed.case) for listed in page], following

    def pin_status(self, number: Number) -> Shape:
        """What is known of a number's PIN, without the PIN."""
        pins = self._office.store.pins
        return pin_status_shape(number, pins.book(number), acceptance(pins.history(number)))

    def pin_history(self, number: Number) -> list[Shape]:
        """What became of its PINs, the oldest first."""
        return [pin_event_shape(event) for event in self._office.store.pins.history(number)]

    def release(self, number: Number) -> Shape:
        """The latest release of a number. Raises `UsageError` (reason `not-released`)."""
        found = self._office.store.releases.of(number.id)
        if found is None:
            raise not_released(number)
        office = self._office
        case = one_number(office.store.database, number.id, office.clock.now(), office.catalogue).case
        operation = office.store.operations.get(found.operation)
        seen = Remains(
            number=case.number,
            standing=case.standing,
            reading=case.last_good,
            pins=case.pins,
            absent=case.number.absent_since is not None,
            deletable=found.due_at,
            now=case.now,
        )
        return release_shape(found, seen, is_open=operation.state in OPEN_STATES)

    def refuse_released(self, number: Number) -> None:
        """Raises `UsageError` (reason `released`) for a number that was given up and is not back."""
        found = self._office.store.releases.of(number.id)
        if found is not None and found.off_at is not None and found.closed_at is None:
            raise UsageError(
                f"{number.display or number.e164} was released already, on {found.off_at:%Y-%m-%d}.",
                fix=f"`linewright release {number.e164} --status` tells what remains to be done by hand.",
                reason="released",
            )

    def conditions(self, number: str) -> list[Shape]:
        """The conditions of one number now. Raises `KeyError` for an unknown one."""
        office = self._office
        found = office.store.conditions.look(number, office.clock.now(), office.catalogue)
        return [condition_shape(condition) for condition in found]

    def account(self, line: AccountLine) -> Shape:
        return account_shape(line.account, task=line.task, numbers=line.numbers)


def _number(line: NumberLine, case: Case) -> Shape:
    return number_shape(
        line.number,
        standing=line.judged.standing,
        reason=line.judged.reason,
        message=standing_words(line.judged),
        reading=line.reading,
        pins=case.pins,
        operation=line.operation,
        budgets=_budgets(case),
    )


def _budgets(case: Case) -> dict[CallKind, Budget]:
    return {kind: budget_of(case, kind) for kind in BUDGETED}
