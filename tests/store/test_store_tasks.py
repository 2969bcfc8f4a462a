from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from linewright.domain.action import Ask, Reason
from linewright.domain.entries import Catalogue
from linewright.domain.number import Number
from linewright.domain.operation import Goal, Hold, OperationState, ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinOrigin
from linewright.engine.ports import Rested
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store.store import Store
from linewright.store.tasks import Task

MINUTE = timedelta(minutes=1)
TOPICS = {
    TaskKind.OTP: Topic.CODE,
    TaskKind.PIN: Topic.PIN,
    TaskKind.APPROVE: Topic.DEREGISTER,
    TaskKind.FIX: Topic.CHANGE,
}


def asked(
    store: Store,
    number: Number,
    now: datetime,
    kind: TaskKind,
    *,
    goal: Goal = Goal.REGISTER,
    of_account: bool = False,
) -> Task:
    operation, _ = store.operations.open(goal, number, now=now)
    ask = Ask(
        kind=kind,
        topic=Topic.ACCOUNT if of_account else TOPICS[kind],
        reason=Reason.NEEDS_FIX,
        question="What now?",
        message="A person is needed.",
        wake_at=now + 10 * MINUTE,
        of_account=of_account,
    )
    store.ledger.rest(
        operation.id, Rested(state=OperationState.ASKING, reason="needs-fix", message="", ask=ask), now, 0
    )
    task = store.tasks.shown_by(operation.id)
    assert task is not None
    return task


def test_a_question_is_shown_with_its_number(store: Store, number: Number, now: datetime) -> None:
    task = asked(store, number, now, TaskKind.OTP)
    assert (task.kind, task.topic, task.state, task.account) == (TaskKind.OTP, Topic.CODE, "open", "acme")
    assert (task.number, task.opened_at, task.expires_at) == (number, now, now + 10 * MINUTE)
    assert task.answers == (ReplyKind.VALUE, ReplyKind.RESEND, ReplyKind.DECLINE)
    assert store.tasks.get(task.id) == task
    assert store.tasks.listing() == ([task], None)
    assert store.tasks.listing(account="nobody") == ([], None)


def test_only_a_code_question_expires(store: Store, number: Number, now: datetime) -> None:
    assert asked(store, number, now, TaskKind.FIX).expires_at is None


@pytest.mark.parametrize(
    "message",
    [
        "123830",
        " 123-830\n",
        "WhatsApp code 123-830",
        "WhatsApp code 123 830. Don't share it.",
        "<#> 123\u2011830 is your code, valid 10 minutes\n4sgLq1p5sV6",
        "1 2 3 8 3 0",
        "Your code 123-830 or tap v.whatsapp.com/123830",
    ],
)
def test_a_whole_message_is_fine(store: Store, number: Number, now: datetime, message: str) -> None:
    task = asked(store, number, now, TaskKind.OTP)
    reply = store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret(message))
    assert store.ledger.open_code(reply.id, now) == Secret("123830")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "12383",
        "1238301",
        "123-8301",
        "code 123-830 or 999-111",
        "+1 555 013 3005",
        "no code came",
    ],
)
def test_what_holds_no_single_code_is_turned_away(store: Store, number: Number, now: datetime, message: str) -> None:
    task = asked(store, number, now, TaskKind.OTP)
    with pytest.raises(UsageError) as refused:
        store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret(message))
    assert refused.value.reason == "answer-refused"
    assert store.tasks.get(task.id).state == "open"
    assert store.operations.get(task.operation or "").version == 0


@pytest.mark.parametrize("message", ["رمز ١٢٣-٨٣٠", "１２３８３０", "कोड १२३-८३०"])
def test_digits_of_another_script_are_sent_as_0_to_9(store: Store, number: Number, now: datetime, message: str) -> None:
    task = asked(store, number, now, TaskKind.OTP)
    reply = store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret(message))
    assert store.ledger.open_code(reply.id, now) == Secret("123830")


def test_an_answered_question_is_closed(store: Store, number: Number, now: datetime) -> None:
    task = asked(store, number, now, TaskKind.OTP)
    store.tasks.answer(task.id, ReplyKind.RESEND, now=now, method="voice")
    assert store.tasks.get(task.id).state == "answered"
    assert store.tasks.listing() == ([], None)
    with pytest.raises(UsageError) as refused:
        store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret("123830"))
    assert refused.value.reason == "task-closed"


def test_a_resend_names_its_way(store: Store, number: Number, now: datetime) -> None:
    task = asked(store, number, now, TaskKind.OTP)
    with pytest.raises(UsageError, match="sms or voice"):
        store.tasks.answer(task.id, ReplyKind.RESEND, now=now, method="pigeon")
    assert store.tasks.answer(task.id, ReplyKind.RESEND, now=now, method="sms").method == "SMS"


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        (TaskKind.FIX, ReplyKind.APPROVE, None),
        (TaskKind.FIX, ReplyKind.VALUE, "123456"),
        (TaskKind.APPROVE, ReplyKind.DONE, None),
        (TaskKind.OTP, ReplyKind.VALUE, None),
        (TaskKind.OTP, ReplyKind.RESEND, "123456"),
    ],
)
def test_an_answer_that_is_not_taken_leaves_the_question_open(
    store: Store, number: Number, now: datetime, kind: TaskKind, answer: ReplyKind, value: str | None
) -> None:
    task = asked(store, number, now, kind)
    with pytest.raises(UsageError) as refused:
        store.tasks.answer(task.id, answer, now=now, value=Secret(value) if value else None)
    assert refused.value.reason == "answer-refused"
    assert store.tasks.get(task.id).state == "open"


def test_only_a_pin_may_have_changed(store: Store, number: Number, now: datetime) -> None:
    task = asked(store, number, now, TaskKind.OTP)
    with pytest.raises(UsageError, match="Only a PIN"):
        store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret("123830"), pin_changed=True)


@pytest.mark.parametrize("digits", ["12345", "1234567", "12345a", "pin 123456", "１２３４５６"])
def test_a_pin_is_six_digits(store: Store, number: Number, now: datetime, digits: str) -> None:
    task = asked(store, number, now, TaskKind.PIN)
    with pytest.raises(UsageError, match="six digits"):
        store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret(digits))
    assert store.tasks.get(task.id).state == "open"


def test_a_pin_for_set_pin_is_to_be_set(store: Store, number: Number, now: datetime) -> None:
    task = asked(store, number, now, TaskKind.PIN, goal=Goal.SET_PIN)
    store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret("246810"))
    assert [pin.origin for pin in store.pins.book(number).pins] == [PinOrigin.CHOSEN]


def test_an_accounts_question_names_no_number(store: Store, number: Number, now: datetime) -> None:
    task = asked(store, number, now, TaskKind.FIX, of_account=True)
    assert (task.number, task.operation, task.account) == (None, None, "acme")
    assert store.accounts.line("acme").task == task.id


def test_declining_the_accounts_question_declines_for_all(store: Store, number: Number, now: datetime) -> None:
    store.ledger.save_hold("acme", Hold(usage=False, since=now, probe_at=now + 15 * MINUTE))
    task = asked(store, number, now, TaskKind.FIX, of_account=True)
    second = store.numbers.upsert("acme", "2", "+15550000002", now=now)
    assert asked(store, second, now, TaskKind.FIX, of_account=True) == task
    store.tasks.answer(task.id, ReplyKind.DECLINE, now=now)
    for each in (number, second):
        operation = store.operations.open_of(each.e164)
        assert operation is not None
        replies = store.ledger.case(operation.id, now, Catalogue([])).replies
        assert [reply.answer for reply in replies] == [ReplyKind.DECLINE]
    hold = store.accounts.get("acme").hold
    assert hold is not None
    assert hold.probe_at == now + 15 * MINUTE


def test_an_unknown_question_is_told(store: Store, now: datetime) -> None:
    with pytest.raises(UsageError) as refused:
        store.tasks.answer("task-nobody", ReplyKind.DONE, now=now)
    assert refused.value.reason == "unknown-task"
