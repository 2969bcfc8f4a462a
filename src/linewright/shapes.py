"""The JSON that scripts rely on (DESIGN, section 8): one function for each shape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from linewright.domain.budget import LIMITED, Budget
from linewright.domain.conditions import Condition
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.number import Number, Reading, Wanted
from linewright.domain.operation import Account, Operation, OperationState, ReplyKind, TaskKind
from linewright.domain.pin_history import Acceptance, PinEvent
from linewright.domain.pins import PinBook
from linewright.domain.release import Remains, Todo, by_hand, other_provider, over
from linewright.store.releases import Release

__all__ = [
    "BUDGETED",
    "SHOWN_CALLS",
    "account_shape",
    "attempt_shape",
    "budget_shape",
    "condition_shape",
    "due",
    "listing",
    "number_ref",
    "number_shape",
    "operation_shape",
    "pin_event_shape",
    "pin_status_shape",
    "release_shape",
    "seconds",
    "task_shape",
    "when",
]

SHOWN_CALLS = frozenset(
    {
        CallKind.REGISTER,
        CallKind.DEREGISTER,
        CallKind.REQUEST_CODE,
        CallKind.VERIFY_CODE,
        CallKind.SET_PIN,
        CallKind.CREATE,
        CallKind.SUBSCRIBE,
    }
)
"""The calls that `attempts` may name; storage settings set again stand in the timeline."""
BUDGETED = (*LIMITED, CallKind.REQUEST_CODE)

Shape = dict[str, Any]


def when(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second, with `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def due(moment: datetime | None) -> str | None:
    """Like `when`, rounded up: whoever acts at that second finds it due."""
    return when(moment + timedelta(microseconds=999_999)) if moment else None


def seconds(span: timedelta | None) -> int | None:
    return int(span.total_seconds()) if span is not None else None


def listing(items: Iterable[Shape]) -> Shape:
    return {"items": list(items), "next": None}


def number_ref(number: Number) -> Shape:
    """The id is null for another provider's number, of which only the phone is known."""
    return {
        "id": None if number.elsewhere else number.id,
        "display": number.display or number.e164,
        "e164": number.e164,
    }


def budget_shape(budget: Budget) -> Shape:
    return {
        "used": budget.used,
        "limit": budget.limit,
        "automatic_limit": budget.automatic_limit,
        "window_seconds": seconds(budget.window),
        "next_free_at": due(budget.next_free_at),
        "blocked_until": due(budget.blocked_until),
    }


def attempt_shape(attempt: Attempt) -> Shape:
    error = attempt.error
    details = (error.details or error.user_message or error.message) if error else None
    return {
        "at": when(attempt.at),
        "answered_at": when(attempt.answered_at),
        "call": attempt.call.value,
        "outcome": attempt.outcome.value if attempt.outcome else "in_doubt",
        "code": attempt.code,
        "subcode": attempt.subcode,
        "details": details or None,
        "fbtrace_id": attempt.fbtrace_id or (error.fbtrace_id if error else None),
        "http_status": attempt.http_status or (error.http_status if error else None),
    }


def task_shape(
    *,
    id: str,
    kind: TaskKind,
    question: str,
    answers: Iterable[ReplyKind],
    account: str,
    number: Number | None,
    operation: str | None,
    opened_at: datetime,
    expires_at: datetime | None,
    state: str,
) -> Shape:
    return {
        "id": id,
        "kind": kind.value,
        "question": question,
        "answers": [answer.value for answer in answers],
        "account": account,
        "number": number_ref(number) if number else None,
        "operation": operation,
        "opened_at": when(opened_at),
        "expires_at": when(expires_at),
        "state": state,
    }


def operation_shape(
    operation: Operation,
    number: Number,
    *,
    standing: str,
    read_at: datetime | None,
    task: Shape | None,
    attempts: Iterable[Attempt],
    budgets: dict[CallKind, Budget],
) -> Shape:
    return {
        "id": operation.id,
        "account": operation.account,
        "number": number_ref(number),
        "goal": operation.goal.value,
        "state": operation.state.value,
        "reason": operation.reason,
        "message": operation.message,
        "next_step": operation.next_step or None,
        "opened_at": when(operation.opened_at),
        "ended_at": when(operation.ended_at),
        "wake_at": None if operation.state is OperationState.RUNNING else due(operation.wake_at),
        "standing": standing,
        "read_at": when(read_at),
        "task": task,
        "attempts": [attempt_shape(attempt) for attempt in attempts if attempt.call in SHOWN_CALLS],
        "budgets": {kind.value: budget_shape(budgets[kind]) for kind in BUDGETED},
    }


def number_shape(
    number: Number,
    *,
    standing: str,
    reason: str | None,
    message: str,
    reading: Reading | None,
    pins: PinBook,
    operation: str | None,
    budgets: dict[CallKind, Budget],
) -> Shape:
    return {
        "id": number.id,
        "account": number.account,
        "display": number.display or number.e164,
        "e164": number.e164,
        "standing": standing,
        "reason": reason,
        "message": message,
        "wanted": number.wanted.value,
        "read_at": when(reading.at) if reading else None,
        "reading": dict(reading.said) if reading else None,
        "pin": {"state": pins.state.value, "since": when(pins.since)},
        "operation": operation,
        "budgets": {kind.value: budget_shape(budgets[kind]) for kind in BUDGETED},
    }


def pin_event_shape(event: PinEvent) -> Shape:
    return {
        "at": when(event.at),
        "event": event.kind.value,
        "pin": event.pin,
        "message": event.message,
        "by": event.by,
        "operation": event.operation,
        "code": event.code,
        "fbtrace_id": event.fbtrace_id,
    }


def pin_status_shape(number: Number, pins: PinBook, told: Acceptance | None) -> Shape:
    """`accepted` is when and by what the PIN was last accepted, `against` what speaks against it since."""
    return {
        "number": number_ref(number),
        "pin": {"state": pins.state.value, "since": when(pins.since)},
        "accepted": pin_event_shape(told.accepted) if told else None,
        "against": [pin_event_shape(event) for event in told.against] if told else [],
    }


def release_shape(release: Release, seen: Remains, *, is_open: bool) -> Shape:
    """`off_at` is since when it is surely not registered, `deletable_at` from when on it can be deleted at the latest;
    `by_hand` what remains, `other_provider` what another one needs to take it over."""
    ended = release.closed_for or over(seen.standing, seen.number.wanted is Wanted.ONLINE, absent=seen.absent)
    state = "open" if is_open else "stopped" if release.off_at is None else ended or "released"
    return {
        "number": number_ref(seen.number),
        "account": release.account,
        "state": state,
        "operation": release.operation,
        "opened_at": when(release.opened_at),
        "opened_by": release.opened_by,
        "approved_at": when(release.approved_at),
        "approved_by": release.approved_by,
        "off_at": when(release.off_at),
        "last_paid": release.last_paid.isoformat() if release.last_paid else None,
        "deletable_at": due(release.due_at),
        "reminded_at": when(release.reminded_at),
        "closed_at": when(release.closed_at),
        "standing": seen.standing.value,
        "read_at": when(seen.reading.at) if seen.reading else None,
        "by_hand": [_todo_shape(each) for each in by_hand(seen)],
        "other_provider": [_todo_shape(each) for each in other_provider(seen)],
    }


def _todo_shape(todo: Todo) -> Shape:
    return {"name": todo.name, "done": todo.done, "what": todo.what, "how": todo.how}


def condition_shape(condition: Condition) -> Shape:
    return {
        "type": condition.type.value,
        "status": condition.status.value,
        "reason": condition.reason,
        "message": condition.message,
        "fix": condition.fix,
        "since": when(condition.since),
    }


def account_shape(account: Account, *, task: str | None, numbers: int) -> Shape:
    hold = account.hold
    state = "paused" if account.paused else "on_hold" if hold else "ok"
    return {
        "name": account.name,
        "waba": account.waba,
        "state": state,
        "reason": None if hold is None else "usage-limit" if hold.usage else "account-on-hold",
        "until": due(hold.probe_at) if hold else None,
        "task": task,
        "pin_reset": account.pin_reset,
        "numbers": numbers,
    }
