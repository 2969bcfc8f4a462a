"""Stories of the rails (DESIGN 5.3) that no other story shows: the cap, no way back, the same answer, hands off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.stories import PIN, Stage

from linewright.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400


# 4, hands off

FOREIGN: dict[str, dict[str, object]] = {
    "test": {"test_number": True},
    "on_premise": {"on_premise": True},
    "banned": {"state": "BANNED"},
    "migrated": {"state": "MIGRATED"},
}


@pytest.mark.parametrize("goal", ["register", "deregister", "set-pin", "verify"])
@pytest.mark.parametrize("standing", FOREIGN)
def test_what_is_not_ours_is_never_written_to(stage: Stage, standing: str, goal: str) -> None:
    number = stage.number(**FOREIGN[standing])
    assert stage.show(number)["standing"] == standing
    story = stage.open(goal, number).drive().called().ends("gave_up", "not-ours")
    assert story.now["next_step"]


def test_a_deleted_number_ends_with_the_way_to_add_it_again(stage: Stage) -> None:
    stage.register(stage.number(state="DELETED")).called().ends("gave_up", "deleted", "number add")


def test_a_number_that_moves_into_the_app_between_two_turns_is_let_alone(stage: Stage) -> None:
    number = stage.number()
    stage.answers("register", 133004)
    stage.after(lambda: stage.door.change_number(number, on_biz_app=True), seconds=20)
    stage.register(number).called("register 133004").ends("gave_up", "not-ours")


# 7, the automatic cap and the reserve


def test_the_ninth_registration_of_72_hours_waits_for_the_oldest_to_age(stage: Stage) -> None:
    number = stage.number()
    stage.spend("register", number, 8)
    story = stage.open("register", number).push().called().waiting("automatic-cap", "--use-reserve")
    assert story.now["budgets"]["register"]["used"] == 8
    assert story.now["budgets"]["register"]["next_free_at"] == story.now["wake_at"]
    stage.wait(hours=70)
    story.push().called().drive().called("register ok").comes_online()
    assert 71 * HOUR < story.took <= 72 * HOUR


def test_a_person_may_spend_the_reserve_and_not_more(stage: Stage) -> None:
    number = stage.number()
    stage.spend("register", number, 8)
    stage.answers("register", 133010, 133010)
    story = stage.open("register", number).push().waiting("automatic-cap")
    joined = stage.open("register", number, use_reserve=True)
    assert joined.id == story.id
    story.drive().called("register 133010", "register 133010").asks("support")
    story.say(done=True).later(minutes=1).waiting("automatic-cap")
    assert story.now["budgets"]["register"]["used"] == 10


def test_deregisters_have_a_cap_of_their_own(stage: Stage) -> None:
    number = stage.online()
    stage.spend("deregister", number, 8)
    story = stage.open("deregister", number).push().called().waiting("automatic-cap")
    assert story.now["budgets"]["deregister"]["used"] == 8
    assert story.now["budgets"]["register"]["used"] == 0


def test_two_ids_of_one_phone_share_its_budget(stage: Stage) -> None:
    number = stage.number(e164="+15550400001")
    stage.spend("register", number, 8)
    stage.door.manage(number, delete=True)
    again = stage.number(e164="+15550400001")
    assert again != number
    story = stage.open("register", f"shop/{again}").push().called().waiting("automatic-cap")
    assert story.now["budgets"]["register"]["used"] == 8


def test_two_ids_of_one_phone_have_one_operation(stage: Stage) -> None:
    number = stage.number(e164="+15550400002")
    stage.answers("register", 133004)
    story = stage.open("register", number).push().waiting("server-down")
    other = stage.door.add_number(stage.door.add_account("Other").id, "+15550400002")
    stage.add_account("other", other.account, stage.door.add_token([other.account], app=stage.world.app.id).text)
    with pytest.raises(UsageError, match="open on this phone"):
        stage.open("register", f"other/{other.id}")
    story.drive().comes_online()


def test_another_goal_is_refused_while_one_is_open(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    story = stage.register(number).asks("pin")
    for goal in ("deregister", "verify", "set-pin"):
        with pytest.raises(UsageError, match=story.id):
            stage.open(goal, number)
    assert stage.open("register", number, pin=PIN).id == story.id
    story.drive().called("register ok").comes_online()


# 9, no way back


def test_an_online_number_without_an_accepted_pin_is_not_deregistered(stage: Stage) -> None:
    number = stage.number(registered=True, pin=PIN)
    story = stage.deregister(number, pin=PIN).called().ends("gave_up", "no-way-back", "accepted")
    assert story.truth["registered"]


def test_an_online_number_is_deregistered_with_approval_and_a_reading_proves_it(stage: Stage) -> None:
    number = stage.online()
    story = stage.deregister(number).called().asks("approve", "line down", "could that phone receive one now")
    assert story.truth["registered"]
    story.answer(approve=True).called("deregister ok").ends("done", "deregistered").is_proven().stays_offline()
    assert stage.show(number)["wanted"] == "released"


def test_a_declined_deregister_changes_nothing(stage: Stage) -> None:
    number = stage.online()
    story = stage.deregister(number).asks("approve").answer(decline=True).called().ends("gave_up", "declined")
    assert story.truth["registered"]


def test_an_approval_is_for_one_operation_only(stage: Stage) -> None:
    number = stage.online()
    stage.answers("deregister", 131008)
    stage.deregister(number).asks("approve").answer(approve=True).asks("fix").answer(decline=True)
    stage.wait(hours=1)
    stage.deregister(number).called().asks("approve")


def test_a_deregister_needs_two_automatic_registrations_for_the_way_back(stage: Stage) -> None:
    number = stage.online()
    stage.door.change_number(number, registered=False)
    stage.spend("register", number, 7)
    stage.door.change_number(number, registered=True)
    story = stage.deregister(number).called().ends("gave_up", "no-way-back", "too few registrations")
    assert story.truth["registered"]


def test_a_deregister_is_not_made_inside_a_told_wait_of_register(stage: Stage) -> None:
    number = stage.online()
    stage.door.change_number(number, registered=False)
    stage.answers("register", {"code": 133008, "details": "Try again in 7 hours."})
    stage.open("register", number).push().cancel()
    stage.door.change_number(number, registered=True)
    story = stage.deregister(number).called().ends("gave_up", "no-way-back", "held")
    assert story.truth["registered"]


def test_a_number_that_is_offline_is_not_deregistered_at_all(stage: Stage) -> None:
    stage.deregister(stage.number()).called().ends("done", "not-registered")


def test_whether_it_lives_in_the_app_not_being_known_a_deregister_asks(stage: Stage) -> None:
    number = stage.number(deregisters_owed=1, shows={"is_on_biz_app": None})
    story = stage.register(number).called("register 133000").asks("approve", "Business app")
    story.answer(approve=True).called("register 133000", "deregister ok", "register ok").comes_online()


def test_deregister_needs_the_last_four_digits(stage: Stage) -> None:
    number = stage.online()
    for confirm in (None, "0000"):
        with pytest.raises(UsageError, match="last four digits"):
            stage.open("deregister", number, confirm=confirm)


def test_a_number_that_reads_online_but_is_not_registered_ends_said_so(stage: Stage) -> None:
    number = stage.online()
    stage.door.change_number(number, registered=False, shows={"status": "CONNECTED", "platform_type": "CLOUD_API"})
    story = stage.deregister(number).asks("approve").answer(approve=True)
    story.ends("done", "not-registered", "still reads")
    assert len(story.log) == 1


# 10, the same answer


@pytest.mark.parametrize("code", [1, 133009])
def test_the_same_answer_for_the_fourth_time_is_for_support(stage: Stage, code: int) -> None:
    stage.answers("register", *[code] * 4)
    story = stage.register(stage.number()).called(*[f"register {code}"] * 4).asks("support")
    traces = [attempt["fbtrace_id"] for attempt in story.now["attempts"]]
    story.asks("support", *traces)
    story.later(days=3).called(*[f"register {code}"] * 4)
    story.answer(done=True).comes_online()


# Restricted, contradictory, unrecognised readings


def test_a_restricted_number_is_registered_with_the_reason(stage: Stage) -> None:
    story = stage.register(stage.number(registered=True, live_status="RESTRICTED")).called()
    story.ends("done", "already-online", "restricted")
    assert story.now["standing"] == "restricted"


def test_a_contradictory_reading_is_offline_when_health_says_not_linked(stage: Stage) -> None:
    stage.register(stage.number(shows={"status": "CONNECTED"})).called("register ok").comes_online()


def test_a_contradictory_reading_is_offline_once_a_second_one_fifteen_minutes_later_says_the_same(
    stage: Stage,
) -> None:
    number = stage.number(shows={"status": "CONNECTED", "health_status": None})
    stage.wait(minutes=1)
    story = stage.register(number).called("register ok")
    story.comes_online()
    assert story.reasons[0] == "contradictory"
    assert 13 * MINUTE <= story.took <= 16 * MINUTE


def test_a_status_nobody_knows_is_waited_for_and_never_written_upon(stage: Stage) -> None:
    number = stage.number(shows={"status": "HIBERNATING"})
    story = stage.open("register", number).push().waiting("unknown-reading", "HIBERNATING")
    story.later(hours=3).called().waiting("unknown-reading")
    stage.door.change_number(number, shows={})
    story.drive().comes_online()


def test_a_field_that_this_version_does_not_know_is_left_out_for_good(stage: Stage) -> None:
    stage.door.change_temper(nonexisting_fields=["is_on_biz_app"])
    first = stage.register(stage.number()).called("register ok").comes_online()
    assert [call.code for call in first.all_calls if call.kind == "read"].count(100) <= 1


def test_what_is_wanted_follows_how_an_operation_ended(stage: Stage) -> None:
    number = stage.number()
    assert stage.show(number)["wanted"] == "unmanaged"
    stage.register(number).comes_online()
    assert stage.show(number)["wanted"] == "online"
    stage.wait(days=4)
    stage.deregister(number).asks("approve").answer(approve=True).ends("done", "deregistered")
    assert stage.show(number)["wanted"] == "released"


def test_an_operation_says_at_every_rest_what_it_waits_for_and_until_when(stage: Stage) -> None:
    story = stage.register(stage.magic("133004")).comes_online()
    for told in story.told:
        assert told.state in ("waiting", "done")
        assert told.message
        assert told.state == "done" or (told.reason and told.wake_at)
    assert timedelta(seconds=story.took) < timedelta(hours=1)
