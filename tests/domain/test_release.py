"""Giving a number up: the second key, the proof, and what remains, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.cases import NOW, OFFLINE, ONLINE, ago, answered, case, kept, refused, said

from linewright.domain.action import Action, Ask, Call, Done, GiveUp, Reason, Wait
from linewright.domain.case import Case
from linewright.domain.decide import decide
from linewright.domain.journal import CallKind
from linewright.domain.number import Number, Reading, Standing, Storage
from linewright.domain.operation import Goal, ReplyKind, Topic
from linewright.domain.pins import PinBook, PinState
from linewright.domain.release import Remains, Todo, by_hand, deletable_at, other_provider, over

YES = said(Topic.RELEASE, ReplyKind.APPROVE, ago(10))
NUMBER = Number(
    id="1",
    e164="+15550100001",
    account="shop",
    seen_online_at=ago(hours=400),
    storage=Storage(read_at=ago(hours=1)),
)


def release(*attempts: Any, **fields: Any) -> Case:
    fields.setdefault("reading", ONLINE)
    return case(*attempts, goal=Goal.DEREGISTER, operation={"release": True}, number=NUMBER, **fields)


def is_second_key(action: Action) -> bool:
    return isinstance(action, Ask) and action.topic is Topic.RELEASE


@pytest.mark.parametrize("reading", [ONLINE, OFFLINE])
def test_nothing_is_done_before_the_second_key_not_even_where_nothing_is_to_be_sent(reading: dict[str, Any]) -> None:
    assert is_second_key(decide(release(reading=reading)))


@pytest.mark.parametrize("topic", [topic for topic in Topic if topic is not Topic.RELEASE])
def test_no_other_approval_is_the_second_key(topic: Topic) -> None:
    action = decide(release(replies=(said(topic, ReplyKind.APPROVE, ago(10)),)))
    assert is_second_key(action)


def test_a_release_wants_no_way_back_and_a_deregister_does() -> None:
    assert decide(release(replies=(YES,))) == Call(kind=CallKind.DEREGISTER)
    plain = case(goal=Goal.DEREGISTER, number=NUMBER, reading=ONLINE, replies=(YES,))
    assert isinstance(decide(plain), GiveUp)
    assert decide(plain).reason is Reason.NO_WAY_BACK  # type: ignore[union-attr] # it gave up


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PinState.ACCEPTED, "keeps a PIN of it that the remote has accepted"),
        (PinState.NOT_USED, "does not use a PIN of it any more"),
        (PinState.STALE, "keeps no PIN of it that would work"),
        (PinState.NONE, "keeps no PIN of it that would work"),
    ],
)
def test_the_question_names_what_is_lost(state: PinState, words: str) -> None:
    action = decide(replace(release(), pins=PinBook(state=state)))
    assert isinstance(action, Ask)
    for lost in ("never brings it back", "display name", "messaging limits", "chats", "No other operation", words):
        assert lost in action.question


@pytest.mark.parametrize(
    ("seen", "way"),
    [
        ({"is_on_biz_app": True}, "in the WhatsApp Business app"),
        ({"platform_type": "ON_PREMISE"}, "nothing is to be deregistered"),
        ({"status": "BANNED"}, "while it is banned"),
        ({"status": "MIGRATED"}, "whoever has it now"),
        ({"status": "DELETED"}, "gone already"),
        ({"account_mode": "SANDBOX"}, "belongs to Meta"),
    ],
)
@pytest.mark.parametrize("replies", [(), (YES,)])
def test_what_is_not_ours_is_explained_and_never_deregistered(
    seen: dict[str, Any], way: str, replies: tuple[Any, ...]
) -> None:
    bare = release(replies=replies)
    reading = Reading(at=NOW, good=True, id="1", **(ONLINE | {"is_on_biz_app": False} | seen))
    action = decide(replace(bare, reading=reading, last_good=reading, readings=(reading,)))
    assert isinstance(action, GiveUp)
    assert way in action.next_step


def test_a_second_reading_proves_that_it_is_off() -> None:
    first = decide(release(answered("deregister", ago(5), before="online"), reading=OFFLINE, replies=(YES,)))
    assert isinstance(first, Wait)
    assert first.until == ago(5) + timedelta(minutes=1)
    then = decide(release(answered("deregister", ago(61), before="online"), reading=OFFLINE, replies=(YES,)))
    assert isinstance(then, Done)
    assert (then.reason, then.proven) == (Reason.DEREGISTERED, True)


def test_a_number_that_is_offline_is_released_and_nothing_is_sent() -> None:
    action = decide(release(reading=OFFLINE, replies=(YES,)))
    assert isinstance(action, Done)
    assert action.reason is Reason.NOT_REGISTERED
    assert "nothing was sent" in action.message


def test_not_registered_by_word_alone_is_no_proof() -> None:
    gone = refused("deregister", ago(5), 133010, before="online")
    assert isinstance(decide(release(gone, replies=(YES,))), Wait)
    plain = case(gone, goal=Goal.DEREGISTER, number=NUMBER, reading=ONLINE)
    assert isinstance(decide(plain), Done)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["ok", 133000, 133004, 133010, 133016, 131031, 100, 190, 2494100, 999]), min_size=0, max_size=6
    ),
    st.sampled_from([ONLINE, OFFLINE, {**OFFLINE, "status": "PENDING"}, {**ONLINE, "status": "RESTRICTED"}]),
    st.booleans(),
)
def test_a_release_never_registers_whatever_the_remote_answers(
    answers: list[str | int], reading: dict[str, Any], approved: bool
) -> None:
    attempts = []
    for place, said_so in enumerate(answers):
        at = ago(minutes=90 * (len(answers) - place))
        sent = {"before": "online"}
        attempts.append(
            answered("deregister", at, **sent) if said_so == "ok" else refused("deregister", at, int(said_so), **sent)
        )
    action = decide(release(*attempts, reading=reading, replies=(YES,) if approved else (), pins=(kept(),)))
    if isinstance(action, Call):
        assert action.kind not in (CallKind.REGISTER, CallKind.SET_PIN, CallKind.REQUEST_CODE, CallKind.SUBSCRIBE)
        assert approved or action.kind is not CallKind.DEREGISTER


# What remains


@pytest.mark.parametrize(
    ("off", "paid", "at"),
    [
        (None, None, None),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), None, datetime(2026, 4, 1, 9, tzinfo=UTC)),
        (None, date(2026, 2, 10), datetime(2026, 3, 13, tzinfo=UTC)),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 2, 10), datetime(2026, 3, 13, tzinfo=UTC)),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 3, 2), datetime(2026, 4, 1, 9, tzinfo=UTC)),
    ],
)
def test_when_it_can_be_deleted_at_the_latest(off: datetime | None, paid: date | None, at: datetime | None) -> None:
    assert deletable_at(off, paid) == at


@pytest.mark.parametrize(
    ("standing", "wanted", "absent", "why"),
    [
        (Standing.OFFLINE, False, False, None),
        (Standing.UNKNOWN, False, False, None),
        (Standing.UNVERIFIED, False, False, None),
        (Standing.DELETED, False, False, "gone"),
        (Standing.MIGRATED, False, False, "gone"),
        (Standing.OFFLINE, False, True, "gone"),
        (Standing.ONLINE, False, False, "back"),
        (Standing.RESTRICTED, False, False, "back"),
        (Standing.OFFLINE, True, False, "back"),
    ],
)
def test_when_nothing_is_left_to_be_reminded_of(
    standing: Standing, wanted: bool, absent: bool, why: str | None
) -> None:
    assert over(standing, wanted, absent=absent) == why


def remains(standing: Standing = Standing.OFFLINE, **fields: Any) -> Remains:
    body = fields.pop("said", {"webhook_configuration": {"application": "https://a.example"}})
    reading = Reading(at=NOW, good=True, id="1", is_pin_enabled=fields.pop("two_step", None), said=body, **OFFLINE)
    base: dict[str, Any] = {"number": NUMBER, "reading": reading, "pins": PinBook(), "now": NOW}
    return Remains(standing=standing, **base | fields)


def named(todos: tuple[Todo, ...], name: str) -> Todo:
    return next(todo for todo in todos if todo.name == name)


@pytest.mark.parametrize(
    ("seen", "name", "done"),
    [
        (remains(), "off", True),
        (remains(Standing.ONLINE), "off", False),
        (remains(Standing.UNKNOWN), "off", None),
        (remains(reading=None), "off", None),
        (remains(), "webhook", True),
        (remains(said={"webhook_configuration": {"phone_number": "https://b.example"}}), "webhook", False),
        (remains(said={}), "webhook", None),
        (remains(), "deleted", False),
        (remains(Standing.DELETED), "deleted", True),
        (remains(absent=True), "deleted", True),
        (remains(absent=True), "webhook", True),
    ],
)
def test_what_remains_by_hand(seen: Remains, name: str, done: bool | None) -> None:
    todo = named(by_hand(seen), name)
    assert todo.done is done
    assert todo.done is True or todo.how or todo.done is None


@pytest.mark.parametrize(("two_step", "done"), [(False, True), (True, False), (None, None)])
def test_what_another_provider_needs_of_two_step(two_step: bool | None, done: bool | None) -> None:
    todo = named(other_provider(remains(two_step=two_step)), "two-step-off")
    assert todo.done is done
    assert (todo.how is None) is (two_step is False)


@pytest.mark.parametrize(
    ("deletable", "words"),
    [
        (None, "30 days after its last paid message"),
        (NOW, "deleted now"),
        (NOW + timedelta(days=3), "2026-03-05"),
    ],
)
def test_the_day_is_named(deletable: datetime | None, words: str) -> None:
    assert words in named(by_hand(remains(deletable=deletable)), "deleted").what


@pytest.mark.parametrize(
    ("standing", "pins", "words"),
    [
        (Standing.OFFLINE, PinBook(), "no PIN is asked for"),
        (Standing.ONLINE, PinBook(), "does not keep"),
        (Standing.ONLINE, PinBook(accepted=kept()), "Linewright keeps"),
    ],
)
def test_the_pin_that_the_deletion_asks_for(standing: Standing, pins: PinBook, words: str) -> None:
    assert words in (named(by_hand(remains(standing, pins=pins)), "deleted").how or "")
