"""Timeline, audit, facts and pruning."""

from __future__ import annotations

from datetime import datetime, timedelta

from linewright.domain.action import Ask, Reason
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome, RemoteError
from linewright.domain.number import Number, Reading
from linewright.domain.operation import Goal, Operation, OperationState, ReplyKind, TaskKind, Topic
from linewright.engine.ports import Rested
from linewright.secret import Secret
from linewright.store.prune import prune
from linewright.store.store import Store
from linewright.store.timeline import timeline

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def live(store: Store, number: Number, now: datetime) -> Operation:
    """A register that asks for a code and gets it, a second between any two things."""
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    seen = Reading(at=now + SECOND, good=True, id=number.id, status="PENDING", said={"status": "PENDING"})
    store.ledger.save_reading(operation.id, seen)
    store.ledger.save_intent(
        Attempt(id="att", operation=operation.id, number=number.id, call=CallKind.REGISTER, at=now + 2 * SECOND)
    )
    error = RemoteError(code=133006, message="Re-verify", details="Verify it in 5 minutes.", fbtrace_id="AbCd")
    answer = Answer(call=CallKind.REGISTER, outcome=Outcome.REFUSED, error=error, http_status=400, fbtrace_id="AbCd")
    store.ledger.save_answer("att", answer, now + 3 * SECOND)
    ask = Ask(
        kind=TaskKind.OTP, topic=Topic.CODE, reason=Reason.NEEDS_CODE, question="Which code?", message="On its way."
    )
    rested = Rested(state=OperationState.ASKING, reason="needs-code", message="On its way.", ask=ask)
    store.ledger.rest(operation.id, rested, now + 4 * SECOND, 0)
    store.ledger.rest(operation.id, rested, now + 5 * SECOND, 0)
    task = store.tasks.shown_by(operation.id)
    assert task is not None
    store.tasks.answer(task.id, ReplyKind.VALUE, now=now + 6 * SECOND, value=Secret("864209"))
    return operation


def test_the_timeline_tells_everything_in_order_and_no_value(store: Store, number: Number, now: datetime) -> None:
    told = timeline(store.database, live(store, number, now).id)
    assert [(moment.kind, moment.text) for moment in told] == [
        ("state", "running: Opened: register."),
        ("reading", "status PENDING"),
        ("call", "register is sent"),
        ("answer", "register refused 133006: Verify it in 5 minutes. [fbtrace_id AbCd]"),
        ("state", "asking (needs-code): On its way."),
        ("question", "otp: Which code?"),
        ("reply", "otp: value"),
    ]
    assert [moment.at for moment in told[:4]] == [now, now + SECOND, now + 2 * SECOND, now + 3 * SECOND]
    assert told[3].facts["code"] == 133006
    assert "864209" not in repr(told)


def test_pruning_empties_the_words_and_keeps_times_and_codes(store: Store, number: Number, now: datetime) -> None:
    operation = live(store, number, now)
    assert prune(store.database, now + 20 * DAY, 400) == 0
    assert prune(store.database, now + 20 * DAY, 10) == 2
    assert prune(store.database, now + 20 * DAY, 10) == 0
    case = store.ledger.case(operation.id, now + 20 * DAY, Catalogue([]))
    (attempt,) = case.attempts
    assert (attempt.at, attempt.answered_at) == (now + 2 * SECOND, now + 3 * SECOND)
    assert attempt.error == RemoteError(code=133006, fbtrace_id="AbCd")
    assert case.last_good is not None
    assert (case.last_good.status, dict(case.last_good.said)) == ("PENDING", {})


def test_a_told_wait_outlives_a_short_keeping(store: Store, number: Number, now: datetime) -> None:
    operation = live(store, number, now)
    prune(store.database, now + 7 * DAY, 1)
    (attempt,) = store.ledger.case(operation.id, now, Catalogue([])).attempts
    assert attempt.error is not None
    assert attempt.error.details == "Verify it in 5 minutes."


def test_facts_by_name(store: Store) -> None:
    assert store.facts.get("page") is None
    store.facts.set("page", {"a": [1, None]})
    store.facts.set("page", {"a": [2]})
    assert store.facts.get("page") == {"a": [2]}


def test_what_a_version_of_the_graph_api_lacks(store: Store) -> None:
    store.facts.leave_out("v25.0", "throughput")
    store.facts.leave_out("v25.0", "is_pin_enabled")
    store.facts.leave_out("v25.0", "throughput")
    assert store.facts.unsupported_fields("v25.0") == {"throughput", "is_pin_enabled"}
    assert store.facts.unsupported_fields("v26.0") == frozenset()


def test_the_audit_lists_the_newest_first(store: Store, now: datetime) -> None:
    store.audit.append(now, "alex", "account add", "acme")
    store.audit.append(now + SECOND, "alex", "account pause", "acme", {"why": "holiday"})
    assert [row["action"] for row in store.audit.listing()] == ["account pause", "account add"]
    assert [row["detail"] for row in store.audit.listing(limit=1)] == [{"why": "holiday"}]


def test_what_no_database_can_hold_is_kept_as_far_as_it_can(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    odd = "a\0b\ud800c"
    body = {"id": number.id, "status": "PENDING", "display_phone_number": odd, "x": [odd, float("inf"), 10**40]}
    seen = Reading(at=now, good=True, id=number.id, status="PENDING", display=odd, said=body)
    store.ledger.save_reading(operation.id, seen)
    rested = Rested(state=OperationState.WAITING, reason="settling", message=odd)
    assert store.ledger.rest(operation.id, rested, now, 0)
    case = store.ledger.case(operation.id, now, Catalogue([]))
    assert case.operation.message == "a\ufffdb\ufffdc"
    assert case.last_good is not None
    assert case.last_good.said["x"] == [odd, "Infinity", 10**40]
