"""Just before and just after: each wait, window and ladder at its edges, as one decision on a case built by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.cases import NOW, OFFLINE, ago, answered, case, kept, refused, said

from linewright.domain.action import Action, Ask, Call, Reason, Wait
from linewright.domain.decide import decide
from linewright.domain.journal import Attempt, CallKind, Outcome
from linewright.domain.ladders import held_until
from linewright.domain.operation import Goal, ReplyKind, Topic

PIN = kept()
SENT = {"pin": PIN.id, "fingerprint": PIN.fingerprint}
OTHER = {"operation": "earlier"}


def decision(*attempts: Attempt, goal: Goal = Goal.REGISTER, **fields: object) -> Action:
    return decide(case(*attempts, goal=goal, pins=(PIN,), **fields))


def calls(action: Action, kind: str) -> bool:
    return isinstance(action, Call) and action.kind is CallKind(kind)


def waits(action: Action, reason: Reason) -> bool:
    return isinstance(action, Wait) and action.reason is reason and action.until > NOW


def test_with_nothing_wrong_it_registers_with_the_kept_pin() -> None:
    assert decision() == Call(kind=CallKind.REGISTER, pin=PIN.id)


@pytest.mark.parametrize(("seconds", "held"), [(0, True), (34, True), (35, False)])
@pytest.mark.parametrize("call", ["register", "deregister"])
def test_35_seconds_from_the_answer_of_the_last(call: str, seconds: int, held: bool) -> None:
    action = decision(refused(call, ago(seconds), 999_999, **SENT, **OTHER))
    assert waits(action, Reason.SPACING) if held else calls(action, "register")


@pytest.mark.parametrize(("minutes", "held"), [(59, True), (62.9, True), (63, False)])
def test_a_told_hour_with_its_margin(minutes: float, held: bool) -> None:
    action = decision(refused("register", ago(minutes=minutes), 133008, text="Try again in 1 hour.", **OTHER))
    assert waits(action, Reason.TOLD_TO_WAIT) if held else calls(action, "register")


@pytest.mark.parametrize(("hours", "held"), [(71.9, True), (72, True), (72.09, False)])
@pytest.mark.parametrize("call", ["register", "deregister"])
def test_133016_blocks_both_for_72_hours_and_five_minutes(call: str, hours: float, held: bool) -> None:
    action = decision(refused(call, ago(hours=hours), 133016, **OTHER))
    assert waits(action, Reason.BLOCKED) if held else calls(action, "register")


@pytest.mark.parametrize(("others", "oldest", "reserve", "held"), [
    (7, 71.9, False, True), (7, 72.1, False, False), (6, 71.9, False, False), (8, 71.9, True, False),
    (9, 71.9, True, True), (9, 72.1, True, False),
])  # fmt: skip
def test_eight_of_ten_in_a_moving_72_hours(others: int, oldest: float, reserve: bool, held: bool) -> None:
    spent = [answered("register", ago(hours=oldest), Outcome.IN_DOUBT, **OTHER)]
    spent += [refused("register", ago(hours=hours + 1), 999_999, **OTHER) for hours in reversed(range(others))]
    action = decision(*spent, operation={"use_reserve": reserve})
    assert waits(action, Reason.AUTOMATIC_CAP) if held else calls(action, "register")
    if isinstance(action, Wait):
        assert action.until == spent[0].ended_at + timedelta(hours=72)


@pytest.mark.parametrize(("ages", "held"), [
    ((59,), True), ((60,), False),
    ((3599, 2000, 1000), True), ((3600, 2000, 1000), False),
    ((86_399, 70_000, 60_000, 50_000, 40_000, 30_000), True), ((86_400, 70_000, 60_000, 50_000, 40_000, 30_000), False),
])  # fmt: skip
def test_code_requests_60_seconds_apart_3_an_hour_6_a_day(ages: tuple[int, ...], held: bool) -> None:
    unverified = {"status": "PENDING", "code_verification_status": "NOT_VERIFIED"}
    asked = [answered("request_code", ago(age), **OTHER) for age in ages]
    action = decision(*asked, goal=Goal.VERIFY, reading=unverified)
    assert waits(action, Reason.SPACING) if held else calls(action, "request_code")


@pytest.mark.parametrize(
    ("step", "minutes"), [(1, 1), (2, 5), (3, 20), (4, 60), (5, 240), (6, 720), (7, 1440), (9, 1440)]
)
def test_the_ladder_of_133004_within_ten_percent(step: int, minutes: int) -> None:
    down = [refused("register", ago(hours=100 - i), 133004, **SENT) for i in range(step)]
    looked = case(*down, pins=(PIN,))
    until = held_until(looked, down[-1])
    assert until is not None
    wait = until - down[-1].ended_at
    assert timedelta(minutes=0.9 * minutes) <= wait <= timedelta(minutes=1.1 * minutes)
    assert held_until(looked, down[-1]) == until


@pytest.mark.parametrize(("code", "subcode", "call", "waited"), [
    (133009, None, "register", 30), (133008, None, "register", 43_200), (133015, None, "register", 300),
    (136024, 2388367, "request_code", 86_400), (136024, 2388091, "request_code", 3_600),
    (136024, None, "request_code", 86_400), (4, None, "register", 300), (131057, None, "register", 60),
    (1, None, "register", 30),
])  # fmt: skip
def test_what_is_kept_when_nothing_is_told(code: int, subcode: int | None, call: str, waited: int) -> None:
    refusal = refused(call, NOW, code, subcode)
    assert held_until(case(refusal), refusal) == NOW + timedelta(seconds=waited)


@pytest.mark.parametrize(("times", "minutes"), [(1, 0.5), (2, 2), (3, 10), (4, 60), (7, 60)])
def test_a_call_that_could_not_be_sent(times: int, minutes: float) -> None:
    unsent = [
        answered("register", ago(minutes=minutes) - timedelta(hours=i), Outcome.UNREACHABLE) for i in range(times)
    ]
    unsent.reverse()
    assert calls(decision(*unsent), "register")
    action = decision(*unsent, now=NOW - timedelta(seconds=1))
    assert isinstance(action, Wait)
    assert action.until == NOW


@pytest.mark.parametrize("back", [1, 3_600, 90_000])
def test_a_clock_set_back_delays_and_never_hastens(back: int) -> None:
    """The last register is dated in the future: nothing is sent before that time and the spacing have passed."""
    ahead = NOW + timedelta(seconds=back)
    action = decision(refused("register", ahead, 999_999, **SENT, **OTHER))
    assert isinstance(action, Wait)
    assert action.until == ahead + timedelta(seconds=35)


@pytest.mark.parametrize(("seconds", "again"), [(0, 15), (14, 15), (15, 60), (60, 120), (119, 120)])
def test_a_register_in_doubt_is_looked_at_over_two_minutes(seconds: int, again: int) -> None:
    lost = answered("register", ago(seconds), Outcome.IN_DOUBT, **SENT)
    action = decision(lost)
    assert waits(action, Reason.IN_DOUBT)
    assert isinstance(action, Wait)
    assert action.until == lost.ended_at + timedelta(seconds=again)


@pytest.mark.parametrize(("seconds", "look"), [(0, 5), (5, 15), (59, 60), (60, 300), (899, 900), (900, 3600)])
def test_the_looks_that_prove_a_registration(seconds: int, look: int) -> None:
    ok = answered("register", ago(seconds), **SENT)
    action = decision(ok)
    assert waits(action, Reason.SETTLING)
    assert isinstance(action, Wait)
    assert action.until == ok.ended_at + timedelta(seconds=look)


@pytest.mark.parametrize("operation", ["op", "earlier"], ids=["the same operation", "an earlier one"])
def test_a_code_request_in_doubt_gives_no_new_tries(operation: str) -> None:
    """It may never have happened; then all wrong codes were for the request before (found by make fuzz)."""
    wrong = [refused("verify_code", ago(minutes=8 - at), 136025, operation=operation) for at in range(2)]
    lost = answered("request_code", ago(minutes=5), Outcome.IN_DOUBT)
    third = refused("verify_code", ago(minutes=4), 136025)
    request = answered("request_code", ago(minutes=9), operation=operation)
    reply = said(Topic.CODE, ReplyKind.VALUE, ago(minutes=1), has_code=True)
    known = case(
        request,
        *wrong,
        lost,
        third,
        goal=Goal.VERIFY,
        replies=(reply,),
        reading=OFFLINE | {"code_verification_status": "NOT_VERIFIED"},
    )
    action = decide(known)
    assert isinstance(action, Ask)
    assert action.answers == (ReplyKind.RESEND, ReplyKind.DECLINE)
    fewer = case(
        request,
        wrong[0],
        lost,
        third,
        goal=Goal.VERIFY,
        replies=(reply,),
        reading=OFFLINE | {"code_verification_status": "NOT_VERIFIED"},
    )
    assert decide(fewer) == Call(kind=CallKind.VERIFY_CODE, reply=reply.id)
