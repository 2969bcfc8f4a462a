"""The magic table (DESIGN 9): every row reaches its right end with the calls the table names, default settings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.stories import PIN, Stage

from linewright.errors import UsageError

WRONG = "111222"


def near(minutes: float) -> tuple[timedelta, timedelta]:
    """From this many minutes to a tenth and a minute more."""
    return timedelta(minutes=minutes), timedelta(minutes=minutes * 1.1 + 1)


def test_133000_half_deregistered(stage: Stage) -> None:
    story = stage.register(stage.magic("133000"))
    story.called("register 133000", "deregister ok", "register ok")
    story.comes_online().never_asked().within(*near(70 / 60))
    assert story.gaps() == [35, 35]


def test_133004_server_down_for_twenty_minutes(stage: Stage) -> None:
    story = stage.register(stage.magic("133004"))
    story.called("register 133004", "register 133004", "register 133004", "register ok")
    story.comes_online().never_asked().within(timedelta(minutes=26 * 0.9), timedelta(minutes=26 * 1.1 + 1))
    for gap, minutes in zip(story.gaps(), (1, 5, 20), strict=True):
        assert 0.9 * minutes * 60 <= gap <= 1.1 * minutes * 60
    assert story.reasons == ["server-down", "settling", "registered"]


def test_133005_a_wrong_pin_given_then_the_right_one(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"), pin=WRONG)
    story.called("register 133005").asks("pin", "133005", reason="needs-pin")
    story.answer(value=PIN).called("register 133005", "register ok").comes_online()
    assert story.gaps() == [35]


def test_133005_without_any_pin_asks_first(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"))
    story.called().asks("pin", "switched on", reason="needs-pin")
    story.answer(value=PIN).called("register ok").comes_online()


def test_133005_the_same_wrong_pin_is_turned_away_and_costs_nothing(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"), pin=WRONG)
    with pytest.raises(UsageError, match="refused this PIN already"):
        story.say(value=WRONG)
    with pytest.raises(UsageError, match="refused this PIN already"):
        stage.open("register", story.number, pin=WRONG)
    for no_pin in ("12345", "1234567", "12345a", ""):
        with pytest.raises(UsageError, match="exactly six digits"):
            story.say(value=no_pin)
    story.push().called("register 133005").asks("pin")
    assert story.truth["wrong_pins"] == 1
    story.answer(value=PIN).called("register 133005", "register ok").comes_online()


def test_133005_a_person_approves_a_reset(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"), pin=WRONG).answer(approve=True)
    story.called("register 133005", "set_pin ok", "register ok").comes_online()
    assert story.gaps("set_pin", "register")[-1] == 60
    assert story.truth["pin"] not in (PIN, WRONG, None)
    assert stage.show(story.number)["pin"]["state"] == "accepted"


def test_133005_with_pin_reset_auto_nobody_is_asked(stage: Stage) -> None:
    stage.update_account(pin_reset="auto")
    story = stage.register(stage.magic("133005"), pin=WRONG)
    story.called("register 133005", "set_pin ok", "register ok").comes_online().never_asked()
    assert story.gaps("set_pin", "register")[-1] == 60


def test_133005_with_pin_reset_auto_and_no_pin_at_all(stage: Stage) -> None:
    stage.update_account(pin_reset="auto")
    story = stage.register(stage.magic("133005"))
    story.called("set_pin ok", "register ok").comes_online().never_asked()


def test_133005_the_owner_switches_two_step_off_and_says_so(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"), pin=WRONG)
    stage.door.manage(story.number, two_step="off")
    story.answer(done=True).called("register 133005", "register ok").comes_online()
    assert stage.show(story.number)["pin"]["state"] == "accepted"


def test_133005_done_while_it_still_reads_switched_on_asks_again(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"), pin=WRONG).answer(done=True)
    story.called("register 133005").asks("pin", "still reads")
    story.answer(value=PIN).called("register 133005", "register ok").comes_online()


def test_133005_the_owner_changed_the_pin_to_the_refused_one(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"), pin=WRONG)
    stage.door.manage(story.number, pin=WRONG)
    story.answer(value=WRONG, pin_changed=True).called("register 133005", "register ok").comes_online()


def test_133005_declined_ends_with_a_way_back(stage: Stage) -> None:
    story = stage.register(stage.magic("133005"), pin=WRONG).answer(decline=True)
    story.called("register 133005").ends("gave_up", "declined", "retry").stays_offline()


def test_133006_verification_lapsed(stage: Stage) -> None:
    story = stage.register(stage.magic("133006"))
    story.called("register 133006", "request_code ok").asks("otp", "by SMS", reason="needs-code")
    story.code().called("register 133006", "request_code ok", "verify_code ok", "register ok").comes_online()
    assert story.gaps() == [35]


def test_133008_locked_for_seven_hours(stage: Stage) -> None:
    story = stage.register(stage.magic("133008"), pin=PIN)
    story.called("register 133008", "register ok").comes_online().never_asked()
    assert story.gaps() == [round(7 * 3600 * 1.05)]
    assert any(told.state == "waiting" and told.question == "pin" for told in story.told)


def test_133009_pin_entered_a_moment_ago(stage: Stage) -> None:
    story = stage.register(stage.magic("133009"), pin=PIN)
    story.called("register 133009", "register ok").comes_online().never_asked()
    assert story.gaps() == [45 + 10]


def test_133010_never_registered(stage: Stage) -> None:
    story = stage.register(stage.magic("133010"))
    story.called("register ok").comes_online().never_asked().within(timedelta(), timedelta(minutes=1))


def test_133015_deleted_a_moment_ago(stage: Stage) -> None:
    story = stage.register(stage.magic("133015"))
    story.called("register 133015", "register 133015", "register ok").comes_online().never_asked()
    first, second = story.gaps()
    assert 5 * 60 <= first <= 5 * 60 * 1.05 + 10
    assert 10 * 60 <= second <= 10 * 60 * 1.05 + 10


def test_133016_all_attempts_used(stage: Stage) -> None:
    story = stage.register(stage.magic("133016"))
    story.called("register 133016", "register ok").comes_online().never_asked()
    assert story.gaps() == [72 * 3600 + 300]
    assert story.reasons[0] == "blocked"


def test_131045_online_but_sends_fail(stage: Stage) -> None:
    number = stage.magic("131045")
    assert stage.door.number(number)["sends"] == "131045"
    story = stage.register(number, pin=PIN, because=131045)
    story.called("register ok").ends("done", "not-yet-proven", "24 hours").never_asked().is_proven()
    assert story.truth["sends"] == "ok"
    assert story.now["standing"] == "online"


def test_any_other_number_registers_at_once(stage: Stage) -> None:
    story = stage.register(stage.number(ever_registered=False))
    story.called("register ok").comes_online().never_asked().within(timedelta(), timedelta(minutes=1))
    assert stage.show(story.number)["wanted"] == "online"


def test_a_healthy_number_costs_nothing(stage: Stage) -> None:
    story = stage.register(stage.number(registered=True, shows={"code_verification_status": "EXPIRED"}))
    story.called().ends("done", "already-online").is_proven()
    assert story.truth["online"]


@pytest.mark.parametrize("goal", ["register", "deregister", "verify", "set-pin"])
def test_a_coexistence_number_is_never_touched(stage: Stage, goal: str) -> None:
    story = stage.open(goal, stage.number(on_biz_app=True)).drive()
    story.called().ends("gave_up", "not-ours", "Business app")
    assert story.truth["on_biz_app"]
