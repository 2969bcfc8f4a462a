"""The verdict finds what it looks for: one log for each promise, with the breach planted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.chaos.verdict import breaches, repetitions

from linewright.simulator.calls import LoggedCall

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
Row = tuple[str, float, dict[str, Any]]


def log(*rows: Row) -> list[LoggedCall]:
    """Calls of one phone: kind, seconds since the start, and what differs from a good answer."""
    return [
        LoggedCall(
            **{
                "seq": seq,
                "started_at": NOW + timedelta(seconds=seconds),
                "began": seq,
                "method": "",
                "path": "",
                "kind": kind,
                "target": "1",
                "e164": "+15550100001",
                "ended_at": NOW + timedelta(seconds=seconds),
                "http_status": 200,
                "happened": True,
                "delivered": True,
                **fields,
            }
        )
        for seq, (kind, seconds, fields) in enumerate(rows, 1)
    ]


def looked(*writes: Row) -> list[LoggedCall]:
    """Each write behind a good reading of its own."""
    return log(*(row for write in writes for row in (("read", write[1], {}), write)))


REFUSED = {"code": 133005, "http_status": 400, "secrets": {"pin": "a"}}


def test_a_good_log_has_no_breach() -> None:
    calls = looked(("register", 0, REFUSED), ("set_pin", 40, {}), ("register", 100, {"secrets": {"pin": "b"}}))
    assert breaches(calls, []) == []


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        (looked(("register", 0, {}), ("deregister", 29, {})), "came 29 s after"),
        (looked(*(("register", 60.0 * at, {}) for at in range(9))), "9 calls register within 72 h"),
        (looked(*(("register", 60.0 * at, REFUSED) for at in range(3))), "a PIN refused twice was sent again"),
        (looked(("request_code", 0, {}), ("request_code", 59, {})), "within 60 s"),
        (looked(*(("request_code", 600.0 * at, {}) for at in range(4))), "more than three code requests"),
        (log(("register", 0, {})), "without a reading since the write before"),
        (log(("read", 0, {}), ("register", 1, {}), ("register", 60, {})), "without a reading since the write before"),
        (log(("read", 0, {"http_status": 503}), ("register", 1, {})), "without a reading since the write before"),
    ],
    ids=[
        "spacing",
        "budget",
        "refused PIN",
        "codes too close",
        "codes in an hour",
        "unread",
        "read once",
        "unreadable",
    ],
)
def test_a_planted_breach_is_told(calls: list[LoggedCall], told: str) -> None:
    assert any(told in line for line in breaches(calls, []))


def test_two_calls_at_once_are_told() -> None:
    one, two = looked(("register", 0, {}), ("register", 60, {}))[1::2]
    assert "overlap" in breaches([], [(one, two)])[0]


def test_a_call_made_again_after_a_lost_answer_is_counted() -> None:
    calls = looked(("register", 0, {"delivered": False}), ("register", 60, {}), ("register", 120, {}))
    assert repetitions(calls) == {"register": 1}
