"""Stories of calls whose answer was lost, for each kind of call and each way of losing it (DESIGN 5.4)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.support.stories import PIN, Stage

MINUTE, HOUR = 60, 3600
WRONG = "111222"
HAPPENED = ["drop_after", "hang_after", "html503_after", "empty", "truncated"]
DID_NOT = ["drop_before", "hang", "html503"]


# register


@pytest.mark.parametrize("lost", HAPPENED)
def test_a_register_that_happened_is_found_by_a_reading_and_not_repeated(stage: Stage, lost: str) -> None:
    number = stage.number()
    stage.fault("register", lost)
    story = stage.register(number).called(f"register {lost}").comes_online().never_asked()
    assert story.now["attempts"][0]["outcome"] == "in_doubt"
    assert story.now["budgets"]["register"]["used"] == 1


@pytest.mark.parametrize("lost", DID_NOT)
def test_a_register_whose_pin_cannot_be_wrong_is_repeated_at_ten_minutes(stage: Stage, lost: str) -> None:
    number = stage.number()
    stage.fault("register", lost)
    story = stage.register(number).called(f"register {lost}", "register ok").comes_online().never_asked()
    assert story.gaps() == [10 * MINUTE]
    assert "in-doubt" in story.reasons
    assert story.now["budgets"]["register"]["used"] == 2


def test_a_register_lost_again_and_again_goes_on_at_an_hour_and_then_as_with_133004(stage: Stage) -> None:
    number = stage.number()
    stage.fault("register", "hang", times=4)
    story = stage.register(number).called(*["register hang"] * 4, "register ok").comes_online().never_asked()
    first, second, third, fourth = story.gaps()
    assert (first, second) == (10 * MINUTE, HOUR)
    assert 0.9 * HOUR <= third <= 1.1 * 4 * HOUR
    assert third < fourth


@pytest.mark.parametrize("lost", DID_NOT)
def test_a_register_whose_pin_may_be_wrong_is_repeated_once_and_then_the_pin_is_asked_for(
    stage: Stage, lost: str
) -> None:
    number = stage.number(pin=PIN)
    stage.fault("register", lost, times=2)
    story = stage.register(number, pin=WRONG).called(f"register {lost}", f"register {lost}")
    story.asks("pin", "lost")
    assert story.gaps() == [2 * MINUTE]
    assert story.truth["wrong_pins"] == 0
    story.answer(value=PIN).called(f"register {lost}", f"register {lost}", "register ok").comes_online()


def test_a_pin_lost_twice_is_set_anew_where_the_account_allows_it_and_nobody_is_asked(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.update_account(pin_reset="auto")
    stage.fault("register", "drop_before", times=2)
    story = stage.register(number, pin=PIN).called(*["register drop_before"] * 2, "set_pin ok", "register ok")
    story.comes_online().never_asked()


def test_a_pin_set_anew_and_lost_twice_is_asked_for(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.update_account(pin_reset="auto")
    stage.fault("register", "drop_before", times=4)
    story = stage.register(number, pin=PIN).asks("pin", "lost")
    assert (story.count("register"), story.count("set_pin")) == (4, 1)


def test_a_persons_word_ends_the_wait_after_lost_answers(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.fault("register", "drop_before", times=2)
    story = stage.register(number, pin=WRONG).asks("pin", "lost")
    stage.door.manage(number, two_step="off")
    began = stage.passed
    story.answer(done=True).comes_online()
    assert stage.passed - began < 2 * MINUTE


def test_readings_are_taken_over_two_minutes_before_a_register_is_repeated(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.fault("register", "hang")
    story = stage.register(number, pin=PIN).comes_online()
    first, second = (call for call in story.log if call.kind == "register")
    looks = [
        round((call.started_at - first.started_at).total_seconds())
        for call in story.all_calls
        if call.kind == "read" and first.seq < call.seq < second.seq
    ]
    assert sorted(set(looks) - {0}) == [15, 60, 120]


def test_no_other_write_is_made_while_a_register_is_in_doubt(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.fault("register", "hang")
    story = stage.open("register", number, pin=PIN).push().waiting("in-doubt", "lost")
    story.later(seconds=119)
    assert [call.kind for call in story.log] == ["register"]


def test_a_refused_connection_was_not_sent_and_costs_nothing(stage: Stage) -> None:
    number = stage.number()
    stage.fault("register", "refuse", times=3)
    story = stage.register(number).comes_online().never_asked()
    assert [a["outcome"] for a in story.now["attempts"]] == ["unreachable"] * 3 + ["ok"]
    assert story.now["budgets"]["register"]["used"] == 1
    assert story.gaps() == [30, 2 * MINUTE, 10 * MINUTE]


def test_the_doubt_outlives_its_operation(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.fault("register", "hang")
    stage.open("register", number, pin=PIN).push().cancel().ends("cancelled", "cancelled")
    story = stage.open("register", number).push().called().waiting("in-doubt")
    story.drive().called("register ok").comes_online()


def test_a_register_of_an_online_number_in_doubt_cannot_be_shown_by_a_reading(stage: Stage) -> None:
    number = stage.online(certificate_fault=True)
    stage.fault("register", "drop_after")
    story = stage.register(number, because=131045).ends("done", "not-yet-proven")
    story.called("register drop_after", "register ok")


# deregister


@pytest.mark.parametrize("lost", HAPPENED)
def test_a_deregister_that_happened_is_found_by_a_reading(stage: Stage, lost: str) -> None:
    number = stage.online()
    stage.fault("deregister", lost)
    story = stage.deregister(number).asks("approve").answer(approve=True)
    story.called(f"deregister {lost}").ends("done", "deregistered").stays_offline()


@pytest.mark.parametrize("lost", DID_NOT)
def test_a_deregister_that_still_shows_is_made_once_more_after_two_minutes(stage: Stage, lost: str) -> None:
    number = stage.online()
    stage.fault("deregister", lost)
    story = stage.deregister(number).asks("approve").answer(approve=True)
    story.called(f"deregister {lost}", "deregister ok").ends("done", "deregistered").stays_offline()
    assert story.gaps() == [2 * MINUTE]


def test_a_deregister_lost_twice_is_for_support(stage: Stage) -> None:
    number = stage.online()
    stage.fault("deregister", "drop_before", times=2)
    story = stage.deregister(number).asks("approve").answer(approve=True)
    story.called("deregister drop_before", "deregister drop_before").asks("support", "lost")
    assert story.truth["registered"]


@pytest.mark.parametrize("lost", ["drop_before", "drop_after"])
def test_a_deregister_of_133000_in_doubt_goes_on_to_register_whose_answer_tells(stage: Stage, lost: str) -> None:
    stage.fault("deregister", lost)
    story = stage.register(stage.magic("133000")).comes_online().never_asked()
    again = ["register 133000", "deregister ok"] if lost == "drop_before" else []
    story.called("register 133000", f"deregister {lost}", *again, "register ok")


# set PIN


@pytest.mark.parametrize("lost", ["drop_before", "drop_after", "html503", "empty"])
def test_a_set_pin_in_doubt_sets_the_same_pin_again(stage: Stage, lost: str) -> None:
    number = stage.online()
    stage.fault("set_pin", lost)
    story = stage.set_pin(number).called(f"set_pin {lost}", "set_pin ok").ends("done", "pin-set")
    first, second = (call.secrets["pin"] for call in story.log)
    assert first == second
    assert stage.do(stage.lw.show_pin(number)).open_secret() == story.truth["pin"]


def test_a_reset_in_doubt_sets_the_same_pin_again_before_the_register(stage: Stage) -> None:
    stage.update_account(pin_reset="auto")
    stage.fault("set_pin", "drop_after")
    story = stage.register(stage.magic("133005")).called("set_pin drop_after", "set_pin ok", "register ok")
    story.comes_online()
    assert len({call.secrets["pin"] for call in story.log}) == 1


# request code, verify code


def fresh(stage: Stage) -> str:
    return stage.number(verified=False, ever_registered=False)


@pytest.mark.parametrize("lost", ["drop_after", "html503_after", "empty"])
def test_a_code_request_in_doubt_asks_for_the_code_that_may_have_come(stage: Stage, lost: str) -> None:
    stage.fault("request_code", lost)
    story = stage.verify(fresh(stage)).called(f"request_code {lost}").asks("otp")
    story.code().called(f"request_code {lost}", "verify_code ok").ends("done", "verified")


def test_a_code_request_in_doubt_is_repeated_on_a_persons_word_only(stage: Stage) -> None:
    stage.fault("request_code", "drop_before")
    story = stage.verify(fresh(stage)).called("request_code drop_before").asks("otp")
    story.later(hours=3).called("request_code drop_before").asks("otp", "when you are ready")
    story.answer(resend="sms").code().called("request_code drop_before", "request_code ok", "verify_code ok")
    story.ends("done", "verified")


@pytest.mark.parametrize("lost", ["drop_after", "hang_after", "html503_after", "empty"])
def test_a_verify_that_happened_is_found_by_a_reading(stage: Stage, lost: str) -> None:
    stage.fault("verify_code", lost)
    story = stage.verify(fresh(stage)).code().called("request_code ok", f"verify_code {lost}")
    story.ends("done", "verified")


@pytest.mark.parametrize("lost", DID_NOT)
def test_a_verify_in_doubt_may_try_the_same_code_once_more(stage: Stage, lost: str) -> None:
    stage.fault("verify_code", lost)
    story = stage.verify(fresh(stage)).code()
    if story.state == "asking":
        story.asks("otp").code()
    story.called("request_code ok", f"verify_code {lost}", "verify_code ok").ends("done", "verified")


# subscribe


@pytest.mark.parametrize("lost", ["drop_before", "drop_after", "empty"])
def test_a_subscription_in_doubt_never_fails_a_register(stage: Stage, lost: str) -> None:
    stage.world.account.subscribed.clear()
    stage.fault("subscribe", lost)
    story = stage.register(stage.number())
    story.ends("done", "registered")
    assert story.calls[:2] == ["register ok", f"subscribe {lost}"]


# readings


@pytest.mark.parametrize("lost", ["drop_before", "hang", "html503", "empty", "truncated", "refuse"])
def test_a_read_that_fails_is_evidence_of_nothing(stage: Stage, lost: str) -> None:
    number = stage.number()
    stage.fault("read", lost, times=3)
    story = stage.register(number).called("register ok").comes_online().never_asked()
    assert story.reasons[0] == "unknown-reading"
    assert stage.show(number)["standing"] == "online"


def test_readings_that_fail_for_hours_write_nothing_and_look_every_fifteen_minutes(stage: Stage) -> None:
    number = stage.online()
    before = stage.show(number)["standing"]
    stage.fault("read", "html503", until=6 * HOUR)
    story = stage.open("register", number, because=131045).push().waiting("unknown-reading")
    story.later(hours=5).called().waiting("unknown-reading").never_asked()
    assert stage.show(number)["standing"] == before == "online"
    reads = [call.started_at for call in story.all_calls if call.kind == "read"]
    gaps = [round((b - a).total_seconds()) for a, b in pairwise(reads)]
    assert [round(gap, -1) for gap in gaps[:7]] == [30, 60, 120, 300, 600, 900, 900]
    story.drive().called("register ok").ends("done", "not-yet-proven")
