"""Stories of tokens, permissions, limits, trouble on their side, and what only a person can change (DESIGN 5.2)."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from tests.support.stories import PIN, Stage

from linewright.catalogue.loader import load
from linewright.domain import remedies

MINUTE, HOUR = 60, 3600
BUSY = {"code": 80008}


def revoke(stage: Stage, subcode: int = 460) -> None:
    stage.world.token.revoked = subcode


def new_token(stage: Stage) -> str:
    return stage.door.add_token([stage.world.account.id], app=stage.world.app.id).text


def open_questions(stage: Stage) -> list[str]:
    return [task["kind"] for task in stage.do(stage.lw.tasks())]


# 190, 102, 104, 0


def test_190_holds_the_account_and_is_released_by_a_new_token(stage: Stage) -> None:
    number = stage.number()
    revoke(stage)
    story = stage.register(number).called().asks("fix", "access token", reason="account-on-hold")
    assert stage.account()["state"] == "on_hold"
    story.waits_for(minutes=15)
    stage.update_account(token=new_token(stage))
    story.drive().called("register ok").comes_online()
    assert stage.account()["state"] == "ok"
    assert open_questions(stage) == []


def test_190_is_one_question_for_the_account_and_not_one_for_each_number(stage: Stage) -> None:
    numbers = [stage.magic(digits) for digits in ("133010", "133000", "133004")]
    revoke(stage)
    stories = [stage.register(number) for number in numbers]
    assert len({story.now["task"]["id"] for story in stories}) == 1
    assert open_questions(stage) == ["fix"]
    stage.update_account(token=new_token(stage))
    for story in stories:
        story.drive().comes_online()


def test_190_is_looked_at_every_fifteen_minutes_by_one_read(stage: Stage) -> None:
    number = stage.number()
    revoke(stage)
    story = stage.register(number)
    before = len(story.all_calls)
    story.later(hours=2, minutes=1)
    probes = story.all_calls[before:]
    assert {call.kind for call in probes} == {"read"}
    assert len(probes) == 8
    stage.world.token.revoked = None
    story.later(minutes=16).drive().called("register ok").comes_online()


def test_190_one_probe_for_many_held_numbers(stage: Stage) -> None:
    numbers = [stage.magic(digits) for digits in ("133010", "133000", "133004")]
    revoke(stage)
    stories = [stage.register(number) for number in numbers]
    seq = len(stage.door.calls())
    stage.do(stage.run_for(hours=1))
    assert len(stage.door.calls(seq)) <= 4 + len(stories)


def test_190_in_the_middle_of_a_register_makes_the_call_again_once_released(stage: Stage) -> None:
    stage.answers("register", {"code": 190, "subcode": 463})
    story = stage.register(stage.number()).called("register 190/463").asks("fix", reason="account-on-hold")
    story.later(minutes=16).drive().called("register 190/463", "register ok").comes_online()
    assert story.gaps()[0] >= 15 * MINUTE


@pytest.mark.parametrize("code", [0, 102, 104])
def test_the_other_dead_tokens_hold_the_account_too(stage: Stage, code: int) -> None:
    stage.answers("read", code)
    story = stage.register(stage.number()).called().asks("fix", reason="account-on-hold")
    story.later(minutes=16).drive().comes_online()


def test_190_while_the_person_says_done_looks_at_once(stage: Stage) -> None:
    number = stage.number()
    revoke(stage)
    story = stage.register(number).asks("fix")
    stage.wait(minutes=2)
    stage.world.token.revoked = None
    story.answer(done=True).comes_online()
    assert story.took < 3 * MINUTE


def test_a_paused_account_rests_until_it_is_resumed(stage: Stage) -> None:
    stage.update_account(paused=True)
    story = stage.register(stage.number()).called().asks("fix", "paused", reason="account-paused")
    story.later(days=2).called()
    stage.update_account(paused=False)
    story.drive().comes_online()


def test_another_account_goes_on_while_one_is_held(stage: Stage) -> None:
    other = stage.door.add_account("Other")
    token = stage.door.add_token([other.id], app=stage.world.app.id)
    there = stage.door.add_number(other.id, "+15550990001")
    stage.add_account("other", other.id, token.text)
    number = stage.number()
    revoke(stage)
    stage.register(number).asks("fix", reason="account-on-hold")
    stage.register(there.id).comes_online()
    assert stage.account("other")["state"] == "ok"


# 100/33, 33, 10, 200-299, 3, 131005


@pytest.mark.parametrize("code", [10, 200, 299, 3, 131005, 33])
def test_a_permission_refused_at_register_is_looked_into_and_asked_for(stage: Stage, code: int) -> None:
    number = stage.number()
    stage.answers("register", code)
    story = stage.register(number).called(f"register {code}").asks("fix", "not allowed", "permission")
    assert [call.kind for call in story.all_calls][-2:] == ["account", "list"]
    story.answer(done=True).called(f"register {code}", "register ok").comes_online()


def test_100_33_of_a_number_that_is_gone_from_a_living_account_says_so(stage: Stage) -> None:
    number = stage.number()
    stage.door.manage(number, delete=True)
    story = stage.register(number).ends("gave_up", "deleted", "no longer in it", "sync")
    assert story.now["attempts"] == []


def test_100_33_of_an_account_that_cannot_be_read_holds_it_as_with_190(stage: Stage) -> None:
    number = stage.number()
    stage.world.token.accounts.clear()
    story = stage.register(number).called().asks("fix", reason="account-on-hold")
    assert stage.account()["state"] == "on_hold"
    stage.world.token.accounts.add(stage.world.account.id)
    story.later(minutes=16).drive().comes_online()


def test_a_read_that_is_not_allowed_asks_for_the_permission_and_looks_again(stage: Stage) -> None:
    number = stage.number()
    stage.fault("read", "error", error=10, until=HOUR, number=number)
    story = stage.register(number).called().asks("fix", "whatsapp_business_management")
    story.later(minutes=61).drive().comes_online()


# 4, 17, 32, 613, 80007, 80008


@pytest.mark.parametrize("code", [4, 17, 32, 613, 80007, 80008])
def test_a_usage_limit_holds_the_account_on_its_ladder(stage: Stage, code: int) -> None:
    number = stage.number()
    stage.answers("read", *[code] * 5)
    story = stage.register(number).called("register ok").comes_online().never_asked()
    assert "usage-limit" in story.reasons
    reads = [call for call in story.all_calls if call.kind == "read"][:6]
    gaps = [round((b.started_at - a.started_at).total_seconds() / MINUTE) for a, b in pairwise(reads)]
    assert gaps == [5, 15, 30, 60, 60]


def test_the_minutes_of_the_usage_header_are_waited_for(stage: Stage) -> None:
    stage.door.change_temper(enforce_usage=True)
    number = stage.number()
    stage.world.account.active = False
    stage.world.account.calls.extend([stage.clock.now()] * 250)
    story = stage.open("register", number).push().called().waiting("usage-limit")
    assert stage.account()["state"] == "on_hold"
    assert story.wake_at is not None
    left = (story.wake_at - stage.clock.now()).total_seconds()
    assert HOUR <= left <= HOUR * 1.05 + 90
    story.drive().comes_online().never_asked()


def test_minutes_above_seven_days_are_cut_and_support_is_asked_at_once(stage: Stage) -> None:
    stage.answers("read", {"code": 80008, "details": "Wait 12 days before the next call."})
    story = stage.open("register", stage.number()).push().waiting("usage-limit").waits_for(days=7, minutes=30)
    assert story.asked == "support"
    story.drive().comes_online()


def test_4_holds_every_account_of_the_app(stage: Stage) -> None:
    other = stage.door.add_account("Other")
    token = stage.door.add_token([other.id], app=stage.world.app.id)
    there = stage.door.add_number(other.id, "+15550990002")
    stage.add_account("other", other.id, token.text)
    stage.answers("read", 4)
    here = stage.open("register", stage.number()).push().waiting("usage-limit")
    sibling = stage.open("register", there.id).push().called().waiting("usage-limit")
    assert [call.kind for call in sibling.all_calls] == []
    here.drive().comes_online()
    sibling.drive().comes_online()


def test_the_fifth_usage_limit_in_a_row_is_said_to_people(stage: Stage) -> None:
    stage.answers("read", *[BUSY] * 6)
    story = stage.register(stage.number()).comes_online()
    assert "5th time in a row" in story.said


# 1, 2, 131000, 131016, 131057, 2494100


@pytest.mark.parametrize("code", [1, 2, 131000, 131016])
def test_trouble_on_their_side_is_tried_again_on_its_ladder(stage: Stage, code: int) -> None:
    stage.answers("register", code, code, code)
    story = stage.register(stage.number()).called(*[f"register {code}"] * 3, "register ok").comes_online().never_asked()
    assert story.gaps() == [35, 2 * MINUTE, 10 * MINUTE]
    assert "their-trouble" in story.reasons


@pytest.mark.parametrize("code", [131057, 2494100])
def test_maintenance_waits_a_minute_first(stage: Stage, code: int) -> None:
    stage.answers("register", code, code)
    story = stage.register(stage.number()).comes_online()
    assert story.gaps() == [MINUTE, 2 * MINUTE]


def test_trouble_that_does_not_pass_is_for_support(stage: Stage) -> None:
    stage.answers("register", 1, 2, 131000, 131016, 1)
    story = stage.register(stage.number()).called(
        "register 1", "register 2", "register 131000", "register 131016", "register 1"
    )
    story.asks("support", "trouble")
    assert story.gaps() == [35, 2 * MINUTE, 10 * MINUTE, HOUR]
    story.answer(done=True).comes_online()


def test_trouble_on_a_read_only_delays(stage: Stage) -> None:
    stage.answers("read", 2, 2)
    story = stage.register(stage.number()).called("register ok").comes_online().never_asked()
    assert "unknown-reading" in story.reasons


# What needs a change, and what nobody has described

NEEDS_CHANGE = [131008, 131009, 131037, 131042, 133001, 133002, 133003, 133007, 368, 2593107, 2655121]


@pytest.mark.parametrize("code", NEEDS_CHANGE)
def test_what_needs_a_change_is_not_repeated_before_a_person_changed_it(stage: Stage, code: int) -> None:
    entry = next(e for e in load(remedies.NAMES).entries if e.code == code)
    stage.answers("register", code)
    story = stage.register(stage.number(), pin=PIN).called(f"register {code}")
    story.asks("fix", entry.steps[0], reason="needs-fix")
    story.later(days=5).called(f"register {code}")
    story.answer(done=True).called(f"register {code}", "register ok").comes_online()


def test_an_unknown_error_is_shown_as_it_came_with_its_trace_id(stage: Stage) -> None:
    stage.answers("register", {"code": 987654, "message": "(#987654) The moon is in the way"})
    story = stage.register(stage.number()).called("register 987654").asks("support", "The moon is in the way", "987654")
    trace = story.now["attempts"][-1]["fbtrace_id"]
    story.asks("support", trace)
    story.later(days=30).called("register 987654").asks("support")
    assert json.dumps(stage.do(stage.lw.operation(story.id)))
