"""Foresight: what it foretells, what each answer leads to, how it is kept readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.cases import OFFLINE, ONLINE, ago, answered, case, kept, refused

from linewright.domain.action import Action, Ask, Call, Done, GiveUp, Wait
from linewright.domain.case import Case
from linewright.domain.foresight import Branch, Node, foresee, supposed
from linewright.domain.guesses import Likelihood
from linewright.domain.journal import CallKind
from linewright.domain.moving import Moving
from linewright.domain.number import Reading
from linewright.domain.operation import Goal, OperationState, ReplyKind, Topic
from linewright.foretold import ASKS, plan_shape

SENT = {"pin": "pin-right", "fingerprint": "digits-right"}
EARLIER = SENT | {"operation": "earlier"}


def now(*attempts: Any, goal: Goal = Goal.REGISTER, **fields: Any) -> Case:
    """A case before its turn has looked."""
    found = case(*attempts, goal=goal, **({"pins": (kept(),)} | fields))
    return replace(found, read_this_turn=False, fresh=False)


def branch(node: Node, key: str) -> Branch:
    return next(each for each in node.branches if key in {guess.key for guess in each.guesses})


def ends(node: Node) -> Action:
    return list(node.likeliest)[-1].action


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for each in node.branches:
        yield from nodes(each.node)


def test_a_healthy_number_is_registered_and_most_likely_online_within_seconds() -> None:
    root = foresee(now())
    assert root.action == Call(kind=CallKind.REGISTER, pin="pin-right")
    assert root.reads == (CallKind.READ,)
    *_, end = root.likeliest
    assert isinstance(end.action, Done)
    assert (end.cost.registrations, end.cost.questions) == (1, 0)
    assert end.cost.waited < timedelta(seconds=6)
    assert root.branches[0].likelihood is Likelihood.LIKELY


@pytest.mark.parametrize(
    ("key", "kinds", "costs"),
    [
        ("133000", ["wait", "deregister", "wait", "register"], (2, 1, 0, 0)),
        ("133004", ["wait", "register"], (2, 0, 0, 0)),
        ("133005", ["pin", "register"], (2, 0, 0, 1)),
        ("133006", ["request_code", "otp", "verify_code", "register"], (2, 0, 1, 1)),
        ("133008", ["wait", "register"], (2, 0, 0, 0)),
        ("133009", ["wait", "wait", "register"], (2, 0, 0, 0)),
        ("133010", ["wait", "register"], (2, 0, 0, 0)),
        ("133015", ["wait", "register"], (2, 0, 0, 0)),
        ("133016", ["wait", "register"], (2, 0, 0, 0)),
        ("100/SMB", ["GiveUp"], (1, 0, 0, 0)),
        ("lost", ["wait", "register"], (2, 0, 0, 0)),
        ("lost-done", ["wait", "Done"], (1, 0, 0, 0)),
        ("ok-unseen", ["wait", "Done"], (1, 0, 0, 0)),
        ("unreachable", ["wait", "register"], (1, 0, 0, 0)),
    ],
)
def test_each_answer_to_a_registration_leads_where_the_remedies_do(
    key: str, kinds: list[str], costs: tuple[int, ...]
) -> None:
    way = list(branch(foresee(now(), depth=3), key).node.likeliest)
    assert [_kind(node.action) for node in way][: len(kinds)] == kinds
    cost = way[-1].cost
    assert (cost.registrations, cost.deregistrations, cost.codes, cost.questions) == costs
    assert isinstance(way[-1].action, Done | GiveUp)


def _kind(action: Action) -> str:
    if isinstance(action, Call | Ask):
        return action.kind.value
    return "wait" if isinstance(action, Wait) else type(action).__name__


def test_what_speaks_for_an_answer_brings_it_forward() -> None:
    unproven = foresee(now())
    assert [guess.key for each in unproven.branches[:2] for guess in each.guesses] == ["ok", "133005"]
    assert unproven.branches[1].guesses[0].because == "this PIN was never accepted so far"
    proven = foresee(now(answered("register", ago(hours=100), **EARLIER)), depth=3)
    assert branch(proven, "133005").likelihood is Likelihood.UNLIKELY
    many = foresee(now(*(answered("register", ago(hours=60 - place), **EARLIER) for place in range(6))))
    assert branch(many, "133016").guesses[0].because == (
        "6 of the 10 in 72 hours are used here, perhaps more elsewhere"
    )
    half = refused("deregister", ago(hours=90), 133000, operation="earlier")
    cut = foresee(now(answered("register", ago(hours=100), **EARLIER), half))
    assert branch(cut, "133000").likelihood is Likelihood.POSSIBLE


def test_a_name_in_review_makes_a_wait_the_likeliest() -> None:
    root = foresee(now(reading=OFFLINE | {"name_status": "PENDING_REVIEW"}))
    first = root.branches[0]
    assert first.guesses[0].key == "ok-unseen"
    waits = [node.action.reason for node in first.node.likeliest if isinstance(node.action, Wait)]
    assert waits[:2] == ["settling", "name-in-review"]
    assert isinstance(ends(root), Done)


def test_a_refused_pin_asks_and_shows_each_way_out() -> None:
    asking = now(refused("register", ago(60), 133005, **SENT))
    root = foresee(asking)
    assert isinstance(root.action, Ask)
    assert root.action.topic is Topic.PIN
    replies = [guess.reply for each in root.branches for guess in each.guesses]
    assert replies == [ReplyKind.VALUE, ReplyKind.APPROVE, ReplyKind.DONE, ReplyKind.DECLINE]
    assert _kind(branch(root, "approve").node.action) == "set_pin"
    assert isinstance(ends(branch(root, "decline").node), GiveUp)
    pins = {node.action.pin for node in nodes(root) if isinstance(node.action, Call)}
    off = branch(root, "done").node.action
    assert isinstance(off, Call)
    assert off.pin == "pin-right", "once two-step verification is off, any PIN becomes the PIN"
    value = branch(root, "value").node.action
    assert isinstance(value, Call)
    assert value.pin != "pin-right"
    assert pins >= {off.pin, value.pin}


def test_a_block_is_waited_out() -> None:
    root = foresee(now(refused("register", ago(hours=2), 133016, **SENT)))
    assert isinstance(root.action, Wait)
    assert root.waits == timedelta(hours=70, minutes=5)
    again = root.branches[0].node
    assert branch(again, "133016").guesses[0].because == "the last call like this was answered so"
    assert isinstance(branch(again, "133016").node.action, Ask)


@pytest.mark.parametrize(
    ("reading", "end"),
    [({"is_on_biz_app": True}, GiveUp), (ONLINE, Done), ({"status": "BANNED"}, GiveUp)],
    ids=["coexistence", "online", "banned"],
)
def test_nothing_is_foreseen_where_nothing_is_done(reading: dict[str, Any], end: type) -> None:
    seen = now(reading=OFFLINE)
    shown = replace(seen.last_good, **reading) if seen.last_good else None
    root = foresee(replace(seen, last_good=shown))
    assert isinstance(root.action, end)
    assert root.branches == ()


def test_a_number_that_was_never_read_is_told_by_what_it_may_read() -> None:
    root = foresee(replace(now(), last_good=None, reading=None, readings=()))
    assert root.action == Call(kind=CallKind.READ)
    assert _kind(branch(root, "offline").node.action) == "register"
    assert isinstance(branch(root, "online").node.action, Done)
    assert isinstance(branch(root, "coexistence").node.action, GiveUp)


def test_a_reading_that_was_just_taken_counts() -> None:
    failed = Reading(at=ago(), good=False, failure="no answer")
    root = foresee(now(), first=failed)
    assert isinstance(root.action, Wait)
    assert root.action.reason == "unknown-reading"
    assert _kind(root.branches[0].node.action) == "register"


def test_a_paused_account_is_resumed_first() -> None:
    held = now()
    root = foresee(replace(held, account=replace(held.account, paused=True)))
    assert isinstance(root.action, Ask)
    assert root.action.topic is Topic.ACCOUNT
    assert isinstance(ends(root), Done)


def test_answers_that_lead_to_the_same_place_are_one() -> None:
    root = foresee(now(goal=Goal.SET_PIN), depth=3)
    keys = [guess.key for each in root.branches for guess in each.guesses]
    assert len(keys) == len(set(keys))
    places = [each.node.key for each in root.branches]
    assert len(places) == len(set(places))


def test_the_tree_is_bounded() -> None:
    for depth, most in ((1, 100), (2, 300), (3, 900), (4, 3_000)):
        found = list(nodes(foresee(now(), depth=depth)))
        assert len(found) <= most
        assert not any(node.cut for node in found)
    narrow = foresee(now())
    assert len([g for each in narrow.branches for g in each.guesses]) == 8
    assert len(narrow.more) == 9


def test_it_is_the_same_each_time() -> None:
    assert foresee(now()) == foresee(now())


def test_a_goal_is_supposed() -> None:
    root = foresee(supposed(now(reading=ONLINE), Goal.DEREGISTER))
    assert isinstance(root.action, GiveUp), "no PIN was accepted: no sure way back"
    proven = now(answered("register", ago(hours=100), **EARLIER), reading=ONLINE)
    root = foresee(supposed(proven, Goal.DEREGISTER))
    assert isinstance(root.action, Ask)
    assert [node.cost.deregistrations for node in root.likeliest][-1] == 1


def test_an_ended_operation_has_no_future() -> None:
    over = now(operation={"state": OperationState.DONE})
    with pytest.raises(ValueError, match="ended"):
        foresee(over)


def test_a_release_asks_for_its_second_key() -> None:
    given_up = now(goal=Goal.DEREGISTER, reading=ONLINE, operation={"release": True})
    root = foresee(given_up)
    assert isinstance(root.action, Ask)
    assert root.action.topic is Topic.RELEASE
    assert [node.cost.deregistrations for node in root.likeliest][-1] == 1
    assert isinstance(ends(root), Done)


def test_of_a_migration_nothing_is_told_that_a_look_at_two_accounts_decides() -> None:
    plain = now(goal=Goal.MIGRATE)
    root = foresee(replace(plain, moving=Moving(source=plain.number)))
    assert root.action == Call(kind=CallKind.SURVEY)
    assert root.cut
    assert root.branches == ()
    assert plan_shape(root, plain, depth=2)["summary"] == (
        "Now: looks at the account that the number moves to; costs nothing. What comes of it cannot be foreseen."
    )


def test_every_question_has_its_words() -> None:
    assert set(ASKS) == set(Topic)
