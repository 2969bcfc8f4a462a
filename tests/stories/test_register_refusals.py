"""Stories of what a registration is refused with, each row with its second and third time (DESIGN 5.2)."""

from __future__ import annotations

import pytest
from tests.support.stories import PIN, Stage, Story

MINUTE, HOUR, DAY = 60, 3600, 86400
LADDER = (MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY)


def traces(story: Story) -> list[str]:
    return [attempt["fbtrace_id"] for attempt in story.now["attempts"] if attempt["outcome"] == "refused"]


# 133000


@pytest.mark.parametrize("answer", ["133010", "2207051", "not_linked"])
def test_133000_a_deregister_that_finds_nothing_leads_on_to_register(stage: Stage, answer: str) -> None:
    number = stage.number(deregister_answer=answer)
    stage.answers("register", 133000)
    story = stage.register(number).comes_online().never_asked()
    assert [call.kind for call in story.log] == ["register", "deregister", "register"]
    assert story.log[1].http_status == 400
    assert story.gaps() == [35, 35]


def test_133000_a_deregister_refused_twice_is_for_support_with_the_trace_ids(stage: Stage) -> None:
    stage.answers("deregister", 133000, 133000)
    story = stage.register(stage.magic("133000"))
    story.called("register 133000", "deregister 133000", "deregister 133000")
    story.asks("support", "refused twice", *traces(story), reason="needs-support")
    story.answer(done=True).comes_online()


def test_133000_after_two_good_deregisters_is_for_support(stage: Stage) -> None:
    story = stage.register(stage.number(deregisters_owed=4))
    story.called("register 133000", "deregister ok", "register 133000", "deregister ok", "register 133000")
    story.asks("support", "after two deregistrations", *traces(story))
    assert story.gaps() == [35] * 4


def test_133000_once_more_after_a_first_good_deregister(stage: Stage) -> None:
    story = stage.register(stage.number(deregisters_owed=2))
    story.called("register 133000", "deregister ok", "register 133000", "deregister ok", "register ok").comes_online()


def test_133000_is_not_deregistered_while_no_registration_is_left(stage: Stage) -> None:
    number = stage.number()
    stage.spend("register", number, 7)
    stage.door.change_number(number, deregisters_owed=1)
    story = stage.open("register", number).push()
    story.called("register 133000").waiting("automatic-cap")
    story.drive().called("register 133000", "deregister ok", "register ok").comes_online()
    assert story.gaps()[0] > 71 * HOUR


# 133004


def test_133004_for_days_goes_on_inside_the_cap_and_says_where_to_look(stage: Stage) -> None:
    number = stage.number()
    stage.door.change_temper(registration_down_until=3 * DAY)
    story = stage.register(number).comes_online().never_asked()
    gaps = story.gaps()
    for gap, step in zip(gaps, LADDER, strict=False):
        assert 0.9 * step <= gap <= 1.1 * step + 1
    assert story.count("register") == 9
    assert "metastatus.com" in story.said
    assert "support" in story.said.lower()
    early = [told.message for told in story.told if told.at < 20 * MINUTE]
    assert not any("metastatus.com" in message for message in early)
    assert "automatic-cap" in story.reasons


def test_133004_waits_longer_when_the_text_says_so(stage: Stage) -> None:
    stage.answers("register", {"code": 133004, "details": "Please try again in 3 hours."})
    story = stage.register(stage.number()).comes_online()
    assert story.gaps() == [round(3 * HOUR * 1.05)]


def test_133004_two_numbers_of_the_same_outage_do_not_call_at_the_same_second(stage: Stage) -> None:
    stage.door.change_temper(registration_down_until=2 * HOUR)
    one, two = stage.register(stage.number()), stage.register(stage.number())
    assert one.gaps() != two.gaps()


# 133006


def test_133006_again_after_an_ok_verify_is_for_support(stage: Stage) -> None:
    story = stage.register(stage.magic("133006"))
    stage.answers("register", 133006)
    story.code().called("register 133006", "request_code ok", "verify_code ok", "register 133006")
    story.asks("support", "another verification", *traces(story))


def test_133006_of_a_number_that_is_verified_goes_on_when_the_code_is_refused(stage: Stage) -> None:
    number = stage.number()
    stage.answers("register", 133006)
    story = stage.register(number).called("register 133006", "request_code 136024", "register ok").comes_online()
    story.never_asked()


# 133010


def test_133010_answered_to_a_register_is_made_once_more_after_five_minutes(stage: Stage) -> None:
    stage.answers("register", 133010)
    story = stage.register(stage.number()).called("register 133010", "register ok").comes_online().never_asked()
    assert story.gaps() == [5 * MINUTE]


def test_133010_a_second_time_is_for_support(stage: Stage) -> None:
    stage.answers("register", 133010, 133010)
    story = stage.register(stage.number()).called("register 133010", "register 133010")
    story.asks("support", "not registered", *traces(story))
    story.later(days=2).called("register 133010", "register 133010").asks("support")


def test_133010_heard_elsewhere_registers_a_number_that_reads_offline(stage: Stage) -> None:
    stage.register(stage.number(), because=133010).called("register ok").comes_online()


def test_133010_heard_elsewhere_of_a_number_that_reads_online_registers_it(stage: Stage) -> None:
    number = stage.online()
    story = stage.register(number, because=133010).called("register ok")
    story.ends("done", "not-yet-proven", "133010").is_proven()


# 133015


def test_133015_a_third_time_asks_whether_it_is_gone_in_manager(stage: Stage) -> None:
    stage.answers("register", 133015, 133015, 133015)
    story = stage.register(stage.number()).called(*["register 133015"] * 3)
    story.asks("fix", "WhatsApp Manager", reason="needs-fix")
    first, second = story.gaps()
    assert 300 <= first <= 330
    assert 600 <= second <= 640
    story.answer(done=True).comes_online()


def test_133015_a_told_wait_above_five_minutes_counts(stage: Stage) -> None:
    stage.answers("register", {"code": 133015, "details": "Wait 30 minutes before you register it again."})
    story = stage.register(stage.number()).comes_online()
    assert story.gaps() == [round(30 * MINUTE * 1.05)]


# 133016


def test_133016_blocks_register_and_deregister_and_is_never_forced(stage: Stage) -> None:
    number = stage.online()
    stage.door.change_number(number, registered=False)
    stage.answers("register", 133016)
    story = stage.open("register", number, use_reserve=True).push().waiting("blocked").waits_for(hours=72, minutes=5)
    assert story.now["budgets"]["register"]["blocked_until"] == story.now["wake_at"]
    assert story.now["budgets"]["deregister"]["blocked_until"] == story.now["wake_at"]
    story.cancel().ends("cancelled", "cancelled")
    stage.door.change_number(number, registered=True)
    down = stage.open("deregister", number).push().called().waiting("blocked")
    assert down.now["wake_at"] == story.told[0].wake_at
    down.drive().called().asks("approve").answer(approve=True).called("deregister ok").ends("done", "deregistered")


def test_133016_twice_in_a_row_is_for_support(stage: Stage) -> None:
    stage.answers("register", 133016, 133016)
    story = stage.register(stage.number()).called("register 133016", "register 133016").asks("support", "blocked again")
    assert story.gaps() == [72 * HOUR + 300]
    assert story.now["budgets"]["register"]["blocked_until"] is not None
    story.answer(done=True).comes_online()
    assert story.gaps() == [72 * HOUR + 300] * 2


def test_133016_answered_to_a_deregister_blocks_as_well(stage: Stage) -> None:
    number = stage.online()
    stage.answers("deregister", 133016)
    story = stage.deregister(number).asks("approve").answer(approve=True)
    story.called("deregister 133016", "deregister ok").ends("done", "deregistered").stays_offline()
    assert story.gaps() == [72 * HOUR + 300]


def test_133016_holds_the_next_operation_too(stage: Stage) -> None:
    number = stage.number()
    stage.answers("register", 133016)
    stage.open("register", number).push().cancel()
    stage.wait(hours=5)
    story = stage.open("register", number).push().called().waiting("blocked").waits_for(hours=67, minutes=5)
    story.drive().called("register ok").comes_online()


# 131045


def test_131045_of_a_number_that_reads_offline_registers_it(stage: Stage) -> None:
    story = stage.register(stage.number(certificate_fault=True), because=131045).called("register ok")
    assert story.state == "done"
    assert story.truth["sends"] == "ok"


def test_131045_without_a_pin_asks_for_it(stage: Stage) -> None:
    story = stage.register(stage.magic("131045"), because=131045).called().asks("pin", reason="needs-pin")
    story.answer(value=PIN).called("register ok").ends("done", "not-yet-proven")


def test_131045_twice_deregisters_with_approval_and_registers(stage: Stage) -> None:
    number = stage.online(certificate_fault=True)
    first = stage.register(number, because=131045).called("register ok").ends("done", "not-yet-proven")
    stage.wait(hours=2)
    second = stage.register(first.number, because=131045).called()
    second.asks("approve", "line down", "could that phone receive one now", reason="needs-approval")
    assert stage.door.number(number)["registered"]
    second.answer(approve=True).called("deregister ok", "register ok").ends("done", "not-yet-proven")
    second.is_proven()
    assert second.gaps() == [35]
    assert second.truth["sends"] == "ok"


def test_131045_after_both_cures_is_for_support(stage: Stage) -> None:
    number = stage.online(certificate_fault=True)
    stage.register(number, because=131045)
    stage.wait(hours=2)
    stage.register(number, because=131045).asks("approve").answer(approve=True).ends("done", "not-yet-proven")
    stage.wait(hours=2)
    story = stage.register(number, because=131045).called().asks("support", "131045")
    assert story.truth["registered"]


def test_131045_a_day_later_begins_anew(stage: Stage) -> None:
    number = stage.online(certificate_fault=True)
    stage.register(number, because=131045).ends("done", "not-yet-proven")
    stage.wait(days=3)
    stage.register(number, because=131045).called("register ok").ends("done", "not-yet-proven")


def test_131045_the_approval_is_declined_and_the_line_stays_up(stage: Stage) -> None:
    number = stage.online(certificate_fault=True)
    stage.register(number, because=131045)
    stage.wait(hours=2)
    story = stage.register(number, because=131045).asks("approve").answer(decline=True)
    story.called().ends("gave_up", "declined")
    assert story.truth["registered"]


# 100 with SMB, 2388001


def test_100_smb_in_the_answer_stops(stage: Stage) -> None:
    number = stage.number(on_biz_app=True, shows={"is_on_biz_app": None, "status": "DISCONNECTED"})
    story = stage.register(number)
    story.called("register 100").ends("gave_up", "not-ours", "Business app", "coexistence")


def test_100_smb_in_the_answer_to_a_deregister_stops_too(stage: Stage) -> None:
    number = stage.number(on_biz_app=True, shows={"is_on_biz_app": None, "status": "DISCONNECTED"})
    stage.answers("register", 133000)
    story = stage.register(number).asks("approve", "Business app").answer(approve=True)
    story.called("register 133000", "deregister 100").ends("gave_up", "not-ours", "Business app")


def test_2388001_waits_while_the_name_is_in_review_and_registers_once_it_is_approved(stage: Stage) -> None:
    number = stage.number(ever_registered=False, name_status="PENDING_REVIEW", name_effect="refuse")
    stage.after(lambda: stage.door.change_number(number, name_status="APPROVED"), days=2)
    story = stage.register(number).called("register 100/2388001", "register ok").comes_online().never_asked()
    assert "name-in-review" in story.reasons
    assert 2 * DAY <= story.gaps()[0] <= 2 * DAY + 6 * HOUR


def test_2388001_with_the_name_approved_before_the_first_look_registers_and_asks_nobody(stage: Stage) -> None:
    number = stage.number(ever_registered=False, name_status="PENDING_REVIEW", name_effect="refuse")
    stage.after(lambda: stage.door.change_number(number, name_status="APPROVED"), hours=2)
    story = stage.register(number).called("register 100/2388001", "register ok").comes_online().never_asked()
    assert story.gaps() == [2 * HOUR]


def test_2388001_again_though_the_name_was_approved_asks_a_person(stage: Stage) -> None:
    number = stage.number(ever_registered=False, name_status="PENDING_REVIEW", name_effect="refuse")
    stage.after(lambda: stage.door.change_number(number, name_status="APPROVED"), hours=2)
    stage.answers("register", {"code": 100, "subcode": 2388001}, {"code": 100, "subcode": 2388001})
    stage.register(number).called(*["register 100/2388001"] * 2).asks("fix", "display name")


def test_2388001_with_the_name_declined_asks_for_another_name(stage: Stage) -> None:
    number = stage.number(name_status="DECLINED")
    stage.answers("register", {"code": 100, "subcode": 2388001})
    story = stage.register(number).called("register 100/2388001").asks("fix", "declined the display name")
    stage.door.change_number(number, name_status="APPROVED")
    story.answer(done=True).called("register 100/2388001", "register ok").comes_online()


def test_2388001_as_a_code_with_the_name_in_order_asks_a_person(stage: Stage) -> None:
    stage.answers("register", 2388001)
    story = stage.register(stage.number()).called("register 2388001").asks("fix", "WhatsApp app", "display name")
    story.answer(done=True).comes_online()
