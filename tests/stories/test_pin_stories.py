"""Stories of the PIN: 133005, 133008, 133009, 131031, 100 about the pin (DESIGN 5.2), and its life (5.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.support.stories import PIN, Stage, Story

from linewright.errors import UsageError

WRONG, OTHER = "111222", "334455"
HOUR = 3600


def pin_state(story: Story) -> str:
    return str(story.stage.show(story.number)["pin"]["state"])


def locked_with(words: str) -> dict[str, object]:
    return {"code": 133008, "details": words}


# 133005


def test_a_second_wrong_pin_asks_again_and_three_wrong_ones_never_lock(stage: Stage) -> None:
    story = stage.register(stage.number(pin=PIN), pin=WRONG)
    story.answer(value=OTHER).asks("pin").called("register 133005", "register 133005")
    assert stage.door.number(story.number)["wrong_pins"] == 2
    story.answer(value=PIN).comes_online()
    assert story.gaps() == [35, 35]


def test_an_automatic_reset_that_is_refused_as_well_is_not_tried_twice(stage: Stage) -> None:
    stage.update_account(pin_reset="auto")
    number = stage.number(pin=PIN)
    stage.answers("register", 133005, 133005)
    story = stage.register(number, pin=PIN)
    story.called("register 133005", "set_pin ok", "register 133005").asks("pin", "was set through the API")
    story.answer(approve=True).called(
        "register 133005", "set_pin ok", "register 133005", "set_pin ok", "register ok"
    ).comes_online()


def test_a_pin_changed_word_empties_the_list_of_refused_pins(stage: Stage) -> None:
    story = stage.register(stage.number(pin=PIN), pin=WRONG)
    stage.door.manage(story.number, pin=OTHER)
    story.answer(value=OTHER, pin_changed=True).called("register 133005", "register ok").comes_online()


def test_a_refused_pin_is_still_turned_away_in_the_next_operation(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.register(number, pin=WRONG).answer(decline=True)
    stage.wait(days=40)
    with pytest.raises(UsageError, match="refused this PIN already"):
        stage.open("register", number, pin=WRONG)
    stage.register(number).called().asks("pin").answer(value=PIN).comes_online()


def test_a_refused_pin_is_kept_by_the_phone_though_its_id_is_new(stage: Stage) -> None:
    number = stage.number(e164="+15550300001", pin=PIN)
    stage.register(number, pin=WRONG).answer(decline=True)
    stage.door.manage(number, delete=True)
    again = stage.number(e164="+15550300001", pin=PIN)
    assert again != number
    with pytest.raises(UsageError, match="refused this PIN already"):
        stage.open("register", f"shop/{again}", pin=WRONG)


# 133008


def test_133008_without_a_told_wait_is_waited_out_for_twelve_hours(stage: Stage) -> None:
    stage.answers("register", locked_with("Too many wrong PIN guesses."))
    story = stage.register(stage.number(pin=PIN), pin=PIN).called("register 133008", "register ok").comes_online()
    assert story.gaps() == [12 * HOUR]
    story.never_asked()


def test_133008_the_question_beside_the_wait_takes_another_pin(stage: Stage) -> None:
    stage.answers("register", locked_with("Try again in 7 hours."))
    story = stage.open("register", stage.number(pin=PIN), pin=WRONG).push().waiting("told-to-wait")
    story.waits_for(hours=7, minutes=21)
    assert story.now["task"]["kind"] == "pin"
    assert set(story.now["task"]["answers"]) >= {"value", "approve", "done"}
    stage.wait(hours=2)
    story.answer(value=PIN).called("register 133008", "register ok").comes_online()
    assert story.gaps() == [round(7.35 * HOUR)]


def test_133008_the_question_beside_the_wait_takes_the_same_pin_again(stage: Stage) -> None:
    stage.answers("register", locked_with("Try again in 7 hours."))
    story = stage.open("register", stage.number(pin=PIN), pin=PIN).push()
    story.answer(value=PIN).called("register 133008", "register ok").comes_online()
    assert story.gaps() == [round(7.35 * HOUR)]


def test_133008_a_reset_is_approved_while_it_is_locked(stage: Stage) -> None:
    stage.answers("register", locked_with("Try again in 7 hours."))
    story = stage.open("register", stage.number(pin=PIN), pin=WRONG).push()
    story.answer(approve=True).called("register 133008", "set_pin ok", "register ok").comes_online()
    assert story.took >= 7.35 * HOUR


def test_133008_two_step_is_switched_off_while_it_is_locked(stage: Stage) -> None:
    stage.answers("register", locked_with("Try again in 7 hours."))
    story = stage.open("register", stage.number(pin=PIN), pin=WRONG).push()
    stage.door.manage(story.number, two_step="off")
    story.answer(done=True).called("register 133008", "register ok").comes_online()
    assert story.took >= 7.35 * HOUR


def test_133008_locked_again_does_nothing_without_a_person(stage: Stage) -> None:
    stage.answers("register", *[locked_with("Try again in 7 hours.")] * 2)
    story = stage.register(stage.number(pin=PIN), pin=PIN)
    story.called("register 133008", "register 133008").asks("pin", "133008")
    story.later(days=10).called("register 133008", "register 133008").asks("pin")
    story.answer(value=PIN).called("register 133008", "register 133008", "register ok").comes_online()


def test_133008_tries_the_last_given_pin_once_and_never_the_refused_one(stage: Stage) -> None:
    stage.answers("register", 133005, locked_with("Try again in 7 hours."))
    story = stage.register(stage.number(pin=PIN), pin=WRONG).answer(value=OTHER)
    story.called("register 133005", "register 133008", "register 133005").asks("pin")
    assert story.gaps() == [35, round(7.35 * HOUR)]


def test_133008_three_guesses_elsewhere_lock_it_after_two_here(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.door.change_number(number, wrong_pins=[stage.clock.now()] * 4)
    story = stage.register(number, pin=WRONG)
    story.called("register 133008", "register 133005").asks("pin")
    assert story.gaps() == [round(7 * HOUR * 1.05)]
    story.answer(value=PIN).comes_online()


# 133009


def test_133009_again_and_again_waits_longer_and_a_fourth_time_a_person_looks(stage: Stage) -> None:
    stage.answers("register", *[{"code": 133009, "details": "PIN entered too quickly."}] * 4)
    story = stage.register(stage.number(pin=PIN), pin=PIN)
    story.called(*["register 133009"] * 4).asks("support", "133009")
    first, second, third = story.gaps()
    assert (first, second, third) == (35, 300, HOUR)
    story.answer(done=True).comes_online()


def test_133009_a_told_wait_longer_than_the_ladder_counts(stage: Stage) -> None:
    stage.answers("register", {"code": 133009, "details": "You must wait 20 minutes."})
    story = stage.register(stage.number(pin=PIN), pin=PIN).comes_online()
    assert story.gaps() == [21 * 60]


def test_a_told_range_takes_its_larger_end(stage: Stage) -> None:
    stage.answers("register", {"code": 133009, "details": "Please wait 2-4 hours before you try again."})
    story = stage.register(stage.number(pin=PIN), pin=PIN).comes_online()
    assert story.gaps() == [round(4 * HOUR * 1.05)]


@pytest.mark.parametrize("language", ["pt", "es", "de", "id"])
def test_a_wait_told_in_another_language_is_understood(stage_with: Callable[..., Stage], language: str) -> None:
    stage = stage_with(languages=(language,), varied_units=True)
    story = stage.register(stage.magic("133008"), pin=PIN)
    story.called("register 133008", "register ok").comes_online()
    assert story.gaps() == [round(7 * HOUR * 1.05)]


def test_a_time_that_is_no_wait_is_not_waited_for(stage: Stage) -> None:
    words = {"code": 133009, "details": "Phone number exceeded 10 requests in 72 hours."}
    stage.answers("register", words)
    story = stage.register(stage.number(pin=PIN), pin=PIN).comes_online()
    assert story.gaps() == [35]


def test_a_wait_above_seven_days_is_cut_and_support_is_asked_at_once(stage: Stage) -> None:
    stage.answers("register", locked_with("Try again in 20 days."))
    story = stage.open("register", stage.number(pin=PIN), pin=PIN).push()
    story.waits_for(days=7, minutes=30)
    assert story.now["task"]["kind"] == "support"
    story.say(done=True).push().waits_for(days=7, minutes=30)
    story.drive().called("register 133008", "register ok").comes_online()


def test_the_question_about_such_a_wait_stays_until_it_is_answered(stage: Stage) -> None:
    stage.answers("register", locked_with("Try again in 20 days."))
    story = stage.open("register", stage.number(pin=PIN), pin=PIN).push()
    stage.wait(days=6, hours=20)
    story.push().called("register 133008").waits_for(hours=4, minutes=30)
    assert story.asked == "support"
    story.answer(decline=True).ends("gave_up", "declined")


def test_a_wait_above_thirty_days_is_no_wait(stage: Stage) -> None:
    stage.answers("register", {"code": 133009, "details": "Please wait 45 days."})
    story = stage.register(stage.number(pin=PIN), pin=PIN).comes_online()
    assert story.gaps() == [35]


# 131031


def test_131031_is_never_repeated_before_a_person_looked(stage: Stage) -> None:
    stage.answers("register", 131031)
    story = stage.register(stage.number(pin=PIN), pin=PIN).called("register 131031")
    story.asks("fix", "131031", "PIN", reason="needs-fix")
    assert pin_state(story) == "doubted"
    story.later(days=3).called("register 131031").asks("fix")
    story.answer(done=True).called("register 131031", "register ok").comes_online()
    assert pin_state(story) == "accepted"


# 100 about the pin


def test_a_made_pin_that_is_too_weak_is_made_anew(stage: Stage) -> None:
    stage.answers("register", {"code": 100, "subcode": 2388092})
    story = stage.register(stage.number())
    story.called("register 100/2388092", "register ok").comes_online().never_asked()


def test_a_given_pin_that_is_too_weak_is_asked_for(stage: Stage) -> None:
    number = stage.number()
    story = stage.register(number, pin="123456").called("register 100/2388092")
    story.asks("pin", "malformed or too simple", reason="needs-pin")
    story.answer(value="246813").called("register 100/2388092", "register ok").comes_online()


def test_a_given_pin_for_set_pin_that_is_too_weak_is_asked_for(stage: Stage) -> None:
    story = stage.set_pin(stage.number(), pin="123456").called("set_pin 100/2388092").asks("pin")
    story.answer(value="246813").called("set_pin 100/2388092", "set_pin ok").ends("done", "pin-set")
    assert story.truth["pin"] == "246813"


# 5.5, the life of a PIN


def test_a_pin_is_made_where_two_step_reads_off_and_accepted_by_an_ok_register(stage: Stage) -> None:
    number = stage.number(ever_registered=False)
    assert stage.show(number)["pin"]["state"] == "none"
    story = stage.register(number).comes_online()
    assert pin_state(story) == "accepted"
    shown = stage.do(stage.lw.show_pin(number))
    assert shown.open_secret() == story.truth["pin"]


def test_where_the_remote_does_not_say_whether_two_step_is_on_a_person_is_asked(stage: Stage) -> None:
    number = stage.number(shows={"is_pin_enabled": None})
    story = stage.register(number).called().asks("pin", "does not say whether")
    story.answer(done=True).called("register ok").comes_online()


def test_an_ok_register_of_an_online_number_accepts_no_pin(stage: Stage) -> None:
    number = stage.number(pin=PIN, registered=True)
    story = stage.register(number, pin=PIN, because=131045).called("register ok")
    story.ends("done", "not-yet-proven")
    assert pin_state(story) == "pending"


def test_a_given_pin_that_is_refused_leaves_the_accepted_one_to_be_used(stage: Stage) -> None:
    number = stage.online()
    stage.door.change_number(number, registered=False)
    story = stage.register(number, pin=WRONG)
    story.called("register 133005", "register ok").comes_online().never_asked()
    assert pin_state(story) == "accepted"


def test_a_set_pin_is_only_proven_by_a_register(stage: Stage) -> None:
    number = stage.online()
    story = stage.set_pin(number, pin=OTHER).called("set_pin ok").ends("done", "pin-set", "No reading can show")
    assert pin_state(story) == "pending"
    assert story.truth["pin"] == OTHER
    stage.door.change_number(number, registered=False)
    again = stage.register(number).called("register ok").comes_online()
    assert pin_state(again) == "accepted"


def test_a_pin_read_switched_off_empties_the_list_of_refused_pins(stage: Stage) -> None:
    story = stage.register(stage.number(pin=PIN), pin=WRONG).answer(decline=True)
    stage.door.manage(story.number, two_step="off")
    stage.do(stage.lw.check())
    story = stage.register(story.number, pin=WRONG).called("register ok").comes_online()
    assert story.truth["pin"] == WRONG


def test_retired_pins_are_marked_as_not_used(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(pin_retired=True)
    story = stage.register(stage.number(ever_registered=False)).called("register ok").comes_online()
    stage.wait(hours=1)
    stage.do(stage.lw.check())
    assert pin_state(story) == "not used"
    stage.door.change_number(story.number, registered=False)
    stage.register(story.number).called("register ok").comes_online().never_asked().within(
        timedelta(), timedelta(minutes=1)
    )


def test_a_retired_pin_is_asked_for_by_nobody_though_the_reading_no_longer_tells(
    stage_with: Callable[..., Stage],
) -> None:
    stage = stage_with(pin_retired=True)
    story = stage.register(stage.number(ever_registered=False)).comes_online()
    stage.wait(hours=1)
    stage.do(stage.lw.check())
    assert [event["event"] for event in history(story)] == ["off", "made", "accepted", "not-used"]
    stage.door.change_temper(nonexisting_fields=["is_pin_enabled"])
    stage.door.change_number(story.number, registered=False)
    again = stage.register(story.number).called("register ok").comes_online().never_asked()
    assert again.log[0].kind == "register"


def test_a_retired_pin_needs_no_other_for_a_way_back(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(pin_retired=True)
    story = stage.register(stage.number(ever_registered=False)).comes_online()
    stage.wait(days=4)
    stage.do(stage.lw.check())
    stage.deregister(story.number).asks("approve").answer(approve=True).ends("done", "deregistered")


# What became of it


def history(story: Story) -> list[dict[str, Any]]:
    return story.stage.do(story.stage.lw.pin_history(story.number))


def test_the_history_of_a_pin_tells_when_it_was_accepted_and_what_speaks_against_it(stage: Stage) -> None:
    story = stage.register(stage.number(pin=PIN), pin=WRONG).asks("pin").answer(value=PIN).comes_online()
    told = [(event["event"], event["pin"]) for event in history(story)]
    assert told == [("given", 1), ("refused", 1), ("given", 2), ("accepted", 2)]
    status = stage.do(stage.lw.pin_status(story.number))
    assert (status["accepted"]["pin"], status["accepted"]["operation"], status["against"]) == (2, story.id, [])
    stage.wait(days=1)
    stage.set_pin(story.number, pin=OTHER)
    status = stage.do(stage.lw.pin_status(story.number))
    assert [event["event"] for event in status["against"]] == ["set"]
    assert status["pin"]["state"] == "pending"
