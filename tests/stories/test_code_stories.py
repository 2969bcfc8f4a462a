"""Stories of the code: 136024, 136025, 613 on a code request, and the goal verify (DESIGN 5.1, 5.2, 8)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.support.stories import Stage, Story

from linewright.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400
QUOTA = {"code": 136024, "subcode": 2388367}


def not_sent(words: str) -> dict[str, object]:
    return {"code": 136024, "subcode": 2388091, "error_user_msg": words}


def fresh(stage: Stage) -> str:
    """A number that was never verified."""
    return stage.number(verified=False, ever_registered=False)


def wrong(story: Story) -> str:
    """Six digits that are not the code."""
    right = int(story.stage.door.latest_code(story.e164))
    return f"{(right + 1) % 1_000_000:06d}"


def methods(story: Story) -> list[str]:
    return [code["method"] for code in story.stage.door.codes(story.e164)]


# The plan


def test_an_unverified_number_is_verified_first_and_then_registered(stage: Stage) -> None:
    story = stage.register(fresh(stage)).called("request_code ok").asks("otp", "by SMS", reason="needs-code")
    story.code().called("request_code ok", "verify_code ok", "register ok").comes_online()


def test_verify_alone_ends_when_the_reading_shows_it(stage: Stage) -> None:
    story = stage.verify(fresh(stage), code_method="voice", code_language="de").asks("otp", "by a call")
    assert stage.door.codes(story.e164)[-1]["language"] == "de"
    story.code().called("request_code ok", "verify_code ok").ends("done", "verified").is_proven()
    assert story.truth["verified"]
    assert methods(story) == ["VOICE"]


def test_verify_of_a_verified_number_sends_no_code(stage: Stage) -> None:
    stage.verify(stage.number()).called().ends("done", "verified", "no code was sent")


def test_verify_because_133006_sends_a_code_though_it_reads_verified(stage: Stage) -> None:
    story = stage.verify(stage.magic("133006"), because=133006).called("request_code ok").code()
    story.called("request_code ok", "verify_code ok").ends("done", "verified")


def test_a_whole_message_is_taken_for_the_code(stage: Stage) -> None:
    story = stage.verify(fresh(stage))
    code = stage.door.latest_code(story.e164)
    story.answer(value=f"WhatsApp code {code[:3]}-{code[3:]}. Do not share it.").ends("done", "verified")


def test_an_answer_without_a_code_is_turned_away(stage: Stage) -> None:
    story = stage.verify(fresh(stage))
    for text in ("12345", "I got nothing"):
        with pytest.raises(UsageError, match="no single code"):
            story.say(value=text)
    story.push().called("request_code ok").asks("otp").code().ends("done", "verified")


# 136025


def test_a_wrong_code_is_asked_for_again_without_a_new_request(stage: Stage) -> None:
    story = stage.verify(fresh(stage))
    story.answer(value=wrong(story)).asks("otp", "1 of 3")
    story.code().called("request_code ok", "verify_code 136025/2388093", "verify_code ok").ends("done", "verified")


def test_after_three_wrong_codes_a_new_one_is_sent_on_a_persons_word_only(stage: Stage) -> None:
    story = stage.verify(fresh(stage))
    for _ in range(3):
        story.answer(value=wrong(story))
    story.called("request_code ok", *["verify_code 136025/2388093"] * 3)
    story.asks("otp", "when you are ready")
    assert story.now["task"]["answers"] == ["resend", "decline"]
    story.later(days=1).called("request_code ok", *["verify_code 136025/2388093"] * 3).asks("otp")
    story.answer(resend="voice").asks("otp", "by a call").code().ends("done", "verified")
    assert methods(story) == ["SMS", "VOICE"]


def test_a_code_of_ten_minutes_is_not_tried_and_the_question_changes(stage: Stage) -> None:
    story = stage.verify(fresh(stage))
    code = stage.door.latest_code(story.e164)
    story.later(minutes=10, seconds=1).asks("otp", "older than 10 minutes", "when you are ready")
    with pytest.raises(UsageError, match="does not take this answer"):
        story.say(value=code)
    story.called("request_code ok")
    story.answer(resend="sms").code().called("request_code ok", "request_code ok", "verify_code ok")
    story.ends("done", "verified")


def test_codes_asked_for_again_and_again_keep_their_distance(stage: Stage) -> None:
    story = stage.verify(fresh(stage))
    for _ in range(7):
        story.answer(resend="sms")
    assert story.count("request_code") == 8
    gaps = story.gaps("request_code")
    assert gaps[:2] == [60, 60]
    assert sum(gaps[:3]) >= HOUR
    assert sum(gaps[:6]) >= DAY
    story.code().ends("done", "verified")


# 136024


def test_136024_2388367_holds_code_requests_for_a_day(stage: Stage) -> None:
    stage.answers("request_code", QUOTA)
    story = stage.verify(fresh(stage)).called("request_code 136024/2388367", "request_code ok").asks("otp")
    assert story.gaps("request_code") == [DAY]
    story.code().ends("done", "verified")


def test_136024_2388367_twice_asks_a_person(stage: Stage) -> None:
    stage.answers("request_code", QUOTA, QUOTA)
    story = stage.verify(fresh(stage)).called(*["request_code 136024/2388367"] * 2).asks("fix", "No code")
    story.answer(done=True).asks("otp").code().ends("done", "verified")
    assert story.gaps("request_code") == [DAY, DAY]


def test_136024_2388091_with_a_told_wait_tries_the_other_way_then(stage: Stage) -> None:
    stage.answers("request_code", not_sent("Please wait 3 hours before trying again."))
    story = stage.verify(fresh(stage)).called("request_code 136024/2388091", "request_code ok").asks("otp", "call")
    assert story.gaps("request_code") == [round(3 * HOUR * 1.05)]
    assert methods(story) == ["VOICE"]


def test_136024_2388091_without_a_wait_holds_for_an_hour_then_the_other_way_then_a_person(stage: Stage) -> None:
    number = fresh(stage)
    stage.door.change_number(number, failing_methods=["SMS", "VOICE"])
    stage.answers("request_code", not_sent("Please try again in some time."))
    story = stage.verify(number).called("request_code 136024/2388091", "request_code 136024/2388091")
    story.asks("fix", "twice", "phone menu", reason="needs-fix")
    assert story.gaps("request_code") == [HOUR]
    stage.door.change_number(number, failing_methods=[])
    story.answer(done=True).asks("otp").code().ends("done", "verified")


def test_a_code_goes_the_way_that_got_through_though_the_other_is_asked_for(stage: Stage) -> None:
    number = fresh(stage)
    stage.door.change_number(number, failing_methods=["SMS"])
    story = stage.verify(number).called("request_code 136024/2388091", "request_code ok").asks("otp", "call")
    story.later(minutes=11).asks("otp", "An SMS could not be sent", "called instead")
    story.answer(resend="sms").asks("otp", "call").code().ends("done", "verified")
    assert story.count("request_code") == 3


def test_136024_without_a_subcode_goes_on_when_a_reading_shows_it_verified(stage: Stage) -> None:
    number = stage.number(shows={"code_verification_status": "NOT_VERIFIED"}, ever_registered=False)
    stage.after(lambda: stage.door.change_number(number, shows={}), seconds=1)
    story = stage.register(number)
    assert story.calls[0] == "request_code 136024"
    story.comes_online().never_asked()


def test_136024_without_a_subcode_otherwise_holds_for_a_day(stage: Stage) -> None:
    stage.answers("request_code", 136024)
    story = stage.verify(fresh(stage)).called("request_code 136024", "request_code ok").asks("otp")
    assert story.gaps("request_code") == [DAY]


@pytest.mark.parametrize("language", ["pt", "de"])
def test_the_hour_stays_an_hour_in_another_language(stage_with: Callable[..., Stage], language: str) -> None:
    stage = stage_with(languages=(language,))
    number = fresh(stage)
    stage.door.change_number(number, failing_methods=["SMS"])
    story = stage.verify(number).called("request_code 136024/2388091", "request_code ok").asks("otp", "by a call")
    assert story.gaps("request_code") == [round(HOUR * 1.05)]


# 613 on a code request


def test_613_on_a_code_request_holds_the_number_and_not_the_account(stage: Stage) -> None:
    stage.answers("request_code", 613)
    story = stage.open("verify", fresh(stage)).push().waiting("usage-limit").waits_for(minutes=5)
    assert stage.account()["state"] == "ok"
    stage.register(stage.number()).comes_online()
    story.drive().called("request_code 613", "request_code ok").asks("otp").code().ends("done", "verified")


# What a person sees of it


def test_the_code_is_in_no_answer_and_no_message(stage: Stage) -> None:
    story = stage.verify(fresh(stage))
    code = stage.door.latest_code(story.e164)
    story.code().ends("done", "verified")
    assert not re.search(rf"(?<!\d){code}(?!\d)", f"{story.now} {story.said}")
