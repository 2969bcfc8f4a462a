"""The preflight of a migration: every requirement in its three values, their order, and what is asked of whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.cases import NOW, OFFLINE, ago, answered, case, kept, refused, said

from linewright.domain.action import Action, Ask, Call, GiveUp, Wait
from linewright.domain.case import Case
from linewright.domain.decide import decide
from linewright.domain.journal import CallKind
from linewright.domain.moving import AccountSeen, Moving, Survey
from linewright.domain.number import Number, Reading
from linewright.domain.operation import Account, Goal, Reply, ReplyKind, TaskKind, Topic
from linewright.domain.pins import Change, ChangeKind, PinOrigin
from linewright.domain.preflight import REQUIREMENTS, Known, ask_preflight, findings, two_step

GOOD = AccountSeen(review="APPROVED", verification="verified", business="9", messaging_for="APPROVED")
NAMES = (
    "source-registered",
    "source-on-cloud",
    "name-approved",
    "source-approved",
    "source-verified",
    "destination-approved",
    "destination-verified",
    "same-business",
    "messaging-for",
    "payment-method",
    "app-subscribed",
    "room-for-it",
    "two-step-off",
)
PHONE = "+15550100001"


def reading(**facts: Any) -> Reading:
    said_too = {"new_name_status": facts.pop("new_name_status", "NONE")}
    plain = {"status": "CONNECTED", "platform_type": "CLOUD_API", "name_status": "APPROVED", "is_pin_enabled": False}
    return Reading(at=NOW, good=True, id="1", said=said_too, **plain | facts)


def moving(
    *,
    source: Reading | None = None,
    there: AccountSeen | None = GOOD,
    here: AccountSeen = GOOD,
    replies: tuple[Reply, ...] = (),
    limit: int | None = None,
    **survey: Any,
) -> Case:
    """A migration before it has an id: both sides were looked at in this turn, all is well unless told."""
    move = Moving(
        source=Number(id="1", e164=PHONE, account="old", seen_online_at=ago(hours=400)),
        account=Account(name="old", waba="6"),
        number_limit=limit,
        surveyed=True,
        survey=Survey(account=here, **{"numbers": 3, "subscribed": True} | survey),
        source_read=source or reading(),
        source_account=there,
    )
    found = case(goal=Goal.MIGRATE, replies=replies, operation={"source": "1", "subscribe": True}, moving=move)
    return replace(found, read_this_turn=False)


def unseen() -> Case:
    """The same of another provider's number."""
    found = moving(source=Reading(at=NOW, good=False), there=None)
    assert found.moving is not None
    elsewhere = Number(id=PHONE, e164=PHONE, account="shop")
    return replace(found, moving=replace(found.moving, source=elsewhere, account=None, source_read=None))


def known(found: Case) -> dict[str, Known]:
    return {each.requirement.name: each.known for each in findings(found)}


def test_their_order_is_that_of_the_list() -> None:
    assert tuple(each.name for each in REQUIREMENTS) == NAMES


def test_when_all_is_well_only_what_nobody_sees_is_open() -> None:
    assert {name for name, value in known(moving()).items() if value is not Known.YES} == {"payment-method"}
    assert known(moving())["payment-method"] is Known.UNSEEN


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("source-registered", {"source": reading(status="DISCONNECTED", platform_type="NOT_APPLICABLE")}),
        ("name-approved", {"source": reading(name_status="DECLINED")}),
        ("name-approved", {"source": reading(name_status="PENDING_REVIEW")}),
        ("name-approved", {"source": reading(new_name_status="PENDING_REVIEW")}),
        ("source-approved", {"there": replace(GOOD, review="PENDING")}),
        ("source-verified", {"there": replace(GOOD, verification="not_verified")}),
        ("destination-approved", {"here": replace(GOOD, review="REJECTED")}),
        ("destination-verified", {"here": replace(GOOD, verification="failed")}),
        ("same-business", {"here": replace(GOOD, business="8")}),
        ("messaging-for", {"here": replace(GOOD, messaging_for="PENDING")}),
        ("payment-method", {"here": replace(GOOD, health_codes=frozenset({141006}))}),
        ("app-subscribed", {"subscribed": False}),
        ("room-for-it", {"limit": 3}),
        ("two-step-off", {"source": reading(is_pin_enabled=True)}),
    ],
)
def test_each_lack_is_seen(name: str, changed: dict[str, Any]) -> None:
    found = known(moving(**changed))
    assert {other for other, value in found.items() if value is Known.NO} == {name}
    ask = ask_preflight(moving(**changed))
    assert ask is not None
    assert (ask.kind, ask.topic, ask.taken) == (TaskKind.FIX, Topic.PREFLIGHT, (ReplyKind.DONE, ReplyKind.DECLINE))
    assert name in ask.message


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("name-approved", {"source": reading(name_status=None)}),
        ("source-approved", {"there": replace(GOOD, review=None)}),
        ("source-verified", {"there": replace(GOOD, verification=None)}),
        ("destination-approved", {"here": replace(GOOD, review=None)}),
        ("destination-verified", {"here": replace(GOOD, verification=None)}),
        ("same-business", {"here": replace(GOOD, business=None)}),
        ("messaging-for", {"here": replace(GOOD, messaging_for=None)}),
        ("app-subscribed", {"subscribed": None}),
    ],
)
def test_what_is_not_said_is_asked(name: str, changed: dict[str, Any]) -> None:
    assert {other for other, value in known(moving(**changed)).items() if value is Known.UNSEEN} == {
        name,
        "payment-method",
    }


def test_of_another_providers_number_everything_there_is_asked() -> None:
    found = {name for name, value in known(unseen()).items() if value is Known.UNSEEN}
    assert found == {*NAMES[:5], "same-business", "payment-method"}
    ask = ask_preflight(unseen())
    assert ask is not None
    assert (ask.kind, ask.taken) == (TaskKind.APPROVE, (ReplyKind.APPROVE, ReplyKind.DECLINE))


def test_a_word_counts_for_what_nobody_sees_and_for_nothing_else() -> None:
    word = (said(Topic.PREFLIGHT, ReplyKind.DONE, ago(60)),)
    assert ask_preflight(moving(replies=word)) is None
    still = ask_preflight(moving(replies=word, source=reading(is_pin_enabled=True)))
    assert still is not None
    assert "cannot see" not in still.question


# The plan


def kind(action: Action) -> str:
    return action.kind.value if isinstance(action, Call) else type(action).__name__.lower()


def test_first_it_looks_at_both_sides() -> None:
    found = moving()
    assert found.moving is not None
    blank = replace(found.moving, surveyed=False, survey=None, source_read=None, source_account=None)
    steps = [blank, replace(blank, surveyed=True, survey=found.moving.survey)]
    steps.append(replace(steps[-1], source_read=reading()))
    kinds = [kind(decide(replace(found, moving=step))) for step in steps]
    assert kinds == ["survey", "read_source", "survey_source"]
    assert kind(decide(found)) == "ask"


def test_create_comes_once_everything_is_so_and_two_step_is_known_to_be_off() -> None:
    word = (said(Topic.PREFLIGHT, ReplyKind.APPROVE, ago(60)),)
    assert decide(moving(replies=word)) == Call(kind=CallKind.CREATE)
    asked = decide(replace(unseen(), replies=word))
    assert isinstance(asked, Ask)
    assert asked.topic is Topic.TWO_STEP
    both = (*word, said(Topic.TWO_STEP, ReplyKind.APPROVE, ago(30)))
    assert decide(replace(unseen(), replies=both)) == Call(kind=CallKind.CREATE)


def test_a_word_about_two_step_counts_for_a_day_and_until_the_remote_speaks_against_it() -> None:
    def with_word(at: Any, *attempts: Any) -> Case:
        return replace(unseen(), replies=(said(Topic.TWO_STEP, ReplyKind.APPROVE, at),), attempts=attempts)

    assert two_step(with_word(ago(hours=23))) is False
    assert two_step(with_word(ago(hours=25))) is None
    assert two_step(with_word(ago(60), refused("register", ago(30), 133005))) is None
    assert two_step(with_word(ago(20), refused("register", ago(30), 133005))) is False


def test_no_create_without_a_look_in_the_same_turn() -> None:
    word = (said(Topic.PREFLIGHT, ReplyKind.APPROVE, ago(60)),)
    assert decide(replace(moving(replies=word), fresh=False)) == Call(kind=CallKind.SURVEY)


@pytest.mark.parametrize(
    ("code", "subcode"), [(2388001, None), (100, 2388001), (2388103, None), (100, 2388103)], ids=str
)
def test_a_refused_create_waits_once_and_is_asked_then(code: int, subcode: int | None) -> None:
    word = (said(Topic.PREFLIGHT, ReplyKind.APPROVE, ago(hours=2)),)
    once = refused("create", ago(60), code, subcode, "Palavras dele")
    wait = decide(replace(moving(replies=word), attempts=(once,)))
    assert isinstance(wait, Wait)
    assert (wait.until - NOW).total_seconds() == 840
    assert "Palavras dele" in wait.message
    twice = (refused("create", ago(hours=1), code, subcode), once)
    asked = decide(replace(moving(replies=word), attempts=twice))
    assert isinstance(asked, Ask)
    assert asked.kind is TaskKind.FIX
    done = Reply(id="r", kind=TaskKind.FIX, topic=Topic.CHANGE, answer=ReplyKind.DONE, at=ago(5))
    assert decide(replace(moving(replies=(*word, done)), attempts=twice)) == Call(kind=CallKind.CREATE)


@pytest.mark.parametrize(("code", "subcode"), [(2388012, None), (100, 2388012)])
def test_a_number_said_to_be_listed_is_looked_for_and_never_created(code: int, subcode: int | None) -> None:
    for minutes, expected in ((1, Wait), (14, Wait), (16, Ask)):
        found = replace(moving(), attempts=(refused("create", ago(minutes=minutes), code, subcode),))
        assert isinstance(decide(found), expected)


def test_what_may_not_move_ends_before_anything_is_sent() -> None:
    for facts in ({"is_on_biz_app": True}, {"platform_type": "ON_PREMISE"}, {"account_mode": "SANDBOX"}):
        ended = decide(moving(source=reading(**facts)))
        assert isinstance(ended, GiveUp)
        assert "cannot be migrated" in ended.message


def test_the_source_is_never_the_number_of_a_call_that_writes() -> None:
    """A plan before the destination has an id makes two kinds of write: both are about the destination's account."""
    seen = set()
    for replies in ((), (said(Topic.PREFLIGHT, ReplyKind.APPROVE, ago(60)),)):
        for subscribed in (True, False, None):
            action = decide(moving(replies=replies, subscribed=subscribed))
            seen.add(kind(action))
    assert seen == {"ask", "create", "subscribe"}


def test_once_a_register_was_accepted_no_pin_is_made_up() -> None:
    """Two-step verification is on again then, with the PIN that was sent, or one that somebody set since: it is asked
    for like any other number's."""
    before = moving()
    assert before.moving is not None
    sent = answered("register", ago(hours=2), pin="pin-ours", fingerprint="digits-ours")
    word = replace(said(Topic.CHANGE, ReplyKind.DONE, ago(60)), kind=TaskKind.SUPPORT)
    ours = kept("ours", PinOrigin.MADE, ago(hours=2))
    moved = replace(before.moving, created=True, source=Number(id="9", e164=PHONE, account="old"))

    def then(*changes: Change) -> Action:
        return decide(
            case(
                sent,
                goal=Goal.MIGRATE,
                pins=(ours,),
                changes=changes,
                reading=OFFLINE | {"is_pin_enabled": True},
                replies=(word,),
                operation={"source": "9", "opened_at": ago(hours=3)},
                moving=moved,
            )
        )

    again = then()
    assert isinstance(again, Call)
    assert (again.kind, again.pin, again.fresh_pin) == (CallKind.REGISTER, "pin-ours", False)
    asked = then(Change(at=ago(hours=1), kind=ChangeKind.CHANGED))
    assert isinstance(asked, Ask)
    assert asked.kind is TaskKind.PIN
