"""Operations, tasks and numbers as the use cases give them, for tests of what is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 3, 2, 9, 30, 0, tzinfo=UTC)
NUMBER = {"id": "106540352242922", "display": "+1 555-013-3004", "e164": "+15550133004"}


def attempt(call: str = "register", outcome: str = "refused", code: int | None = 133004, **more: Any) -> dict[str, Any]:
    return {
        "at": "2026-03-02T09:28:11Z",
        "answered_at": "2026-03-02T09:28:12Z",
        "call": call,
        "outcome": outcome,
        "code": code,
        "subcode": None,
        "details": "Server is temporarily unavailable. Try again later.",
        "fbtrace_id": "A1b2C3d4",
        "http_status": 500,
    } | more


def budget(**more: Any) -> dict[str, Any]:
    return {
        "used": 0,
        "limit": 10,
        "automatic_limit": 8,
        "window_seconds": 259200,
        "next_free_at": None,
        "blocked_until": None,
    } | more


def task(kind: str = "otp", answers: tuple[str, ...] = ("value", "resend", "decline"), **more: Any) -> dict[str, Any]:
    return {
        "id": "tsk_1",
        "kind": kind,
        "question": "Which code did +1 555-013-3006 get by SMS?",
        "answers": list(answers),
        "account": "demo",
        "number": NUMBER,
        "operation": "op_1",
        "opened_at": "2026-03-02T09:28:12Z",
        "expires_at": None,
        "state": "open",
    } | more


def operation(**more: Any) -> dict[str, Any]:
    return {
        "id": "op_1",
        "account": "demo",
        "number": NUMBER,
        "goal": "register",
        "state": "waiting",
        "reason": "server-down",
        "message": "The registration server is down (133004); that says nothing about the number.",
        "next_step": "Registers again by itself.",
        "opened_at": "2026-03-02T09:28:10Z",
        "ended_at": None,
        "wake_at": "2026-03-02T09:34:12Z",
        "standing": "offline",
        "read_at": "2026-03-02T09:28:11Z",
        "task": None,
        "attempts": [attempt()],
        "budgets": {
            "register": budget(used=1),
            "deregister": budget(),
            "request_code": budget(limit=6, automatic_limit=6, window_seconds=86400),
        },
    } | more


def number(**more: Any) -> dict[str, Any]:
    return {
        "id": NUMBER["id"],
        "account": "demo",
        "display": NUMBER["display"],
        "e164": NUMBER["e164"],
        "standing": "offline",
        "reason": None,
        "message": "It is not registered.",
        "wanted": "online",
        "read_at": "2026-03-02T09:28:11Z",
        "reading": {"status": "PENDING"},
        "pin": {"state": "accepted", "since": "2026-03-01T09:00:00Z"},
        "operation": None,
        "budgets": operation()["budgets"],
    } | more
