"""The weather as tables: how answers change it, who may go out, and which old answers still hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.cases import NOW, ONLINE, ago, answered, case, kept, refused

from linewright.domain.action import Action, Ask, Call, GiveUp, Reason, Wait
from linewright.domain.decide import decide
from linewright.domain.journal import Answer, CallKind, Outcome, RemoteError
from linewright.domain.ladders import held_until
from linewright.domain.number import Number, Storage
from linewright.domain.operation import Goal, OperationState
from linewright.domain.weather import (
    Weather,
    after_answer,
    claimed,
    freed_at,
    is_shared,
    may_register_at,
    next_try,
    postponed,
    words,
)

A, B, C = "+15550100001", "+15550100002", "+15550100003"
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
PIN = kept()
SENT: dict[str, Any] = {"pin": PIN.id, "fingerprint": PIN.fingerprint}


def answer(code: int | None = None, outcome: Outcome = Outcome.REFUSED, text: str = "") -> Answer:
    error = RemoteError(code=code, details=text) if code is not None else None
    return Answer(call=CallKind.REGISTER, outcome=Outcome.OK if code == 0 else outcome, error=error)


DOWN, OK = answer(133004), Answer(call=CallKind.REGISTER, outcome=Outcome.OK)


def weather(**fields: Any) -> Weather:
    """A shared outage that began twenty minutes ago; its third rung began five minutes ago."""
    base: dict[str, Any] = {"since": ago(minutes=20), "last_at": ago(minutes=5), "answers": 3, "shared": True}
    return Weather(**base | {"first_phone": A, "last_phone": B} | fields)


def heard(*answers: tuple[str, Answer, datetime], start: Weather | None = None) -> Weather:
    found = start
    for phone, said, at in answers:
        found = after_answer(found, phone, said, at)
    assert found is not None
    return found


# How answers change it


def test_good_answers_alone_make_no_weather() -> None:
    assert after_answer(None, A, OK, NOW) is None
    assert after_answer(None, A, answer(133005), NOW) is None


def test_one_number_alone_goes_up_its_ladder_and_shares_nothing() -> None:
    alone = heard(*((A, DOWN, NOW + count * MINUTE) for count in (0, 1, 6, 26)))
    assert (alone.answers, alone.shared, alone.since, alone.last_at) == (4, False, NOW, NOW + 26 * MINUTE)


@pytest.mark.parametrize(("minutes", "shared"), [(0, True), (9.9, True), (10, True), (10.1, False)])
def test_a_second_number_within_ten_minutes_makes_it_shared(minutes: float, shared: bool) -> None:
    two = heard((A, DOWN, NOW), (B, DOWN, NOW + minutes * MINUTE))
    assert (two.shared, two.answers) == (shared, 1)
    assert two.first_phone == (A if shared else B)


def test_the_ladder_goes_on_where_the_first_number_had_come_to() -> None:
    two = heard((A, DOWN, NOW), (A, DOWN, NOW + MINUTE), (B, DOWN, NOW + 2 * MINUTE))
    assert (two.shared, two.answers, two.last_at) == (True, 2, NOW + 2 * MINUTE)


def test_calls_that_were_under_way_put_off_and_are_no_step() -> None:
    more = heard((C, DOWN, NOW), start=weather())
    assert (more.answers, more.last_at) == (3, NOW)
    probed = heard((C, DOWN, NOW), start=claimed(weather(), C, NOW))
    assert (probed.answers, probed.last_at, probed.probe) == (4, NOW, None)


@pytest.mark.parametrize("said", [OK, *(answer(code) for code in (133000, 133005, 133006, 133008, 133010, 133016))])
def test_the_registration_servers_own_answers_end_it(said: Answer) -> None:
    ended = heard((C, said, NOW), start=claimed(weather(), C, NOW))
    assert (ended.ended_at, ended.probe, is_shared(ended, NOW)) == (NOW, None, False)
    assert after_answer(ended, B, OK, NOW + MINUTE) == ended


@pytest.mark.parametrize("code", [190, 4, 80007, 100, 131000, 999_999])
def test_other_refusals_free_the_place_and_prove_nothing(code: int) -> None:
    assert heard((C, answer(code), NOW), start=claimed(weather(), C, NOW)) == weather()
    assert heard((B, answer(code), NOW), start=claimed(weather(), C, NOW)) == claimed(weather(), C, NOW)


def test_a_lost_answer_begins_the_rung_anew_and_an_unreachable_remote_keeps_the_place() -> None:
    start = claimed(weather(), C, NOW)
    lost = heard((C, answer(outcome=Outcome.IN_DOUBT), NOW), start=start)
    assert (lost.probe, lost.last_at, lost.answers) == (None, NOW, 3)
    assert heard((C, answer(outcome=Outcome.UNREACHABLE), NOW), start=start) == start
    assert heard((C, answer(outcome=Outcome.NOT_SENT), NOW), start=start) == weather()


def test_an_outage_after_its_end_is_another_one() -> None:
    again = heard((C, DOWN, NOW), start=weather(ended_at=ago(minutes=1)))
    assert (again.since, again.shared, again.answers, again.ended_at) == (NOW, False, 1, None)


def test_one_of_which_nobody_heard_for_a_day_is_over() -> None:
    old = weather(last_at=ago(hours=26))
    assert not is_shared(old, NOW)
    assert is_shared(old, ago(hours=3))
    assert heard((C, DOWN, NOW), start=old).since == NOW


# Who may go out


def test_those_that_spent_least_go_first_and_each_has_its_place() -> None:
    base = next_try(weather())
    places = {phone: may_register_at(weather(), phone, 0) - base for phone in (A, B, C)}
    assert all(timedelta(0) <= place < 30 * SECOND for place in places.values())
    assert len(set(places.values())) > 1
    for spent in (1, 2, 5):
        assert may_register_at(weather(), A, spent) == base + places[A] + 30 * SECOND * spent


def test_nobody_goes_beside_a_probe_before_its_time_is_over() -> None:
    at = next_try(weather()) + MINUTE
    taken = claimed(weather(), C, at)
    assert may_register_at(taken, A, 0) >= at + 2 * MINUTE
    assert may_register_at(taken, C, 0) == may_register_at(weather(), C, 0)


@pytest.mark.parametrize(("step", "minutes"), [(1, 1), (2, 5), (3, 20), (4, 60), (5, 240), (6, 720), (7, 1440)])
def test_the_shared_ladder_within_ten_percent(step: int, minutes: int) -> None:
    wait = next_try(weather(answers=step)) - weather().last_at
    assert 0.9 * minutes * MINUTE <= wait <= 1.1 * minutes * MINUTE


def test_what_was_told_holds_longer() -> None:
    told = heard((C, answer(133004, text="Please try again in 3 hours."), NOW), start=weather())
    assert next_try(told) == NOW + timedelta(hours=3) * 1.05
    assert heard((B, DOWN, NOW), start=told).told_until == told.told_until


# What it means for one number


def decision(*attempts: Any, sky: Weather | None = None, **fields: Any) -> Action:
    return decide(case(*attempts, pins=(PIN,), weather=sky, **fields))


def test_a_number_that_never_tried_waits_for_its_turn_too() -> None:
    action = decision(sky=replace(weather(), waiting=7))
    assert isinstance(action, Wait)
    assert (action.reason, action.until) == (Reason.SERVER_DOWN, may_register_at(weather(), A, 0))
    assert "7 numbers" in action.message


def test_when_its_turn_has_come_it_registers() -> None:
    action = decision(sky=weather(last_at=ago(minutes=24)))
    assert isinstance(action, Call)
    assert action.kind is CallKind.REGISTER


def test_it_waits_without_a_reading_once_it_rests_for_the_outage() -> None:
    resting = {"state": OperationState.WAITING, "reason": "server-down"}
    looked = case(pins=(PIN,), weather=weather(), operation=resting)
    assert isinstance(decide(replace(looked, read_this_turn=False, fresh=False)), Wait)
    over = replace(looked, read_this_turn=False, fresh=False, weather=weather(ended_at=NOW))
    assert decide(over) == Call(kind=CallKind.READ)


@pytest.mark.parametrize(("minutes_ago", "ended", "holds"), [
    (10, None, "the shared ladder"), (10, 1, "nothing"), (0.5, 1, "its own"), (25, None, "both"), (25, 1, "its own"),
])  # fmt: skip
def test_which_old_answers_hold(minutes_ago: float, ended: float | None, holds: str) -> None:
    down = refused("register", ago(minutes=minutes_ago), 133004, **SENT)
    sky = weather(ended_at=ago(minutes=ended) if ended is not None else None)
    looked = case(down, pins=(PIN,), weather=sky)
    alone = held_until(case(down, pins=(PIN,)), down)
    shared = may_register_at(sky, A, 1)
    expected = {"the shared ladder": shared, "nothing": None, "its own": alone, "both": alone}[holds]
    assert held_until(looked, down) == expected
    action = decide(looked)
    if holds == "both":
        assert isinstance(action, Wait)
        assert action.until == may_register_at(sky, A, 0)


def test_what_the_remote_told_the_number_itself_holds_after_the_end() -> None:
    down = refused("register", ago(minutes=10), 133004, text="Try again in 3 hours.", **SENT)
    looked = case(down, pins=(PIN,), weather=weather(ended_at=ago(minutes=1)))
    assert held_until(looked, down) == down.ended_at + timedelta(hours=3) * 1.05


def test_a_number_that_is_online_is_not_taken_down_in_an_outage() -> None:
    ok = answered("register", ago(hours=290), **SENT)
    kept_since = Number(
        id="1",
        e164=A,
        account="shop",
        seen_online_at=ago(hours=400),
        storage=Storage(read_at=NOW),
    )
    looked = case(ok, pins=(PIN,), reading=ONLINE, goal=Goal.DEREGISTER, number=kept_since)
    asked = decide(looked)
    assert isinstance(asked, Ask)
    assert asked.reason is Reason.NEEDS_APPROVAL
    action = decide(replace(looked, weather=weather()))
    assert isinstance(action, GiveUp)
    assert action.reason is Reason.NO_WAY_BACK
    assert "server is down" in action.message


# Those that wait


def test_they_are_put_off_in_their_order() -> None:
    before, at = weather(), next_try(weather()) + 3 * SECOND
    after = heard((C, DOWN, at), start=claimed(before, C, at))
    for phone in (A, B):
        wake = may_register_at(before, phone, 1)
        later = postponed(wake, claimed(before, C, at), after, at)
        assert later == may_register_at(after, phone, 1)
    assert postponed(at - SECOND, before, after, at) is None
    assert postponed(next_try(after) + MINUTE, before, after, at) is None


def test_they_are_freed_one_after_the_other_within_ten_minutes() -> None:
    few = [freed_at(place, 10, NOW) for place in range(10)]
    assert few == sorted(few)
    assert (few[0], few[-1]) == (NOW + SECOND, NOW + 5 * SECOND)
    assert freed_at(49_999, 50_000, NOW) <= NOW + 11 * MINUTE


@pytest.mark.parametrize(("since", "named"), [(8, False), (20, True)])
def test_after_half_an_hour_people_are_told_where_to_look(since: int, named: bool) -> None:
    said = words(weather(since=ago(minutes=since)))
    assert ("metastatus.com" in said) is named
    assert ("Support" in said) is named
