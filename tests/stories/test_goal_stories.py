"""Stories of the goals when nothing is refused: settling, names, storage, webhooks, set-pin, cancel (DESIGN 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.support.stories import PIN, Stage, Story

from linewright.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400
KEPT = {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": "DE"}


def looks(story: Story, after: str) -> list[int]:
    """Seconds after the last call of this kind at which the number was read."""
    last = [call for call in story.log if call.kind == after][-1]
    reads = [call for call in story.all_calls if call.kind == "read" and call.seq > last.seq]
    return sorted({round((call.started_at - last.started_at).total_seconds()) for call in reads} - {0})


# Settling


def test_an_ok_register_is_proven_by_readings_while_they_lag(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(reading_lag_seconds=200)
    story = stage.register(stage.number()).called("register ok").comes_online().never_asked()
    assert looks(story, "register") == [5, 15, 60, 300]
    assert story.reasons == ["settling", "registered"]


def test_readings_that_lag_for_more_than_an_hour_are_for_support(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(reading_lag_seconds=2 * HOUR)
    story = stage.register(stage.number()).called("register ok").asks("support", "does not read as online")
    assert looks(story, "register") == [5, 15, 60, 300, 900, HOUR]
    stage.wait(hours=2)
    story.answer(done=True).called("register ok").comes_online()


def test_a_lag_after_a_deregister_is_read_through(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(reading_lag_seconds=30)
    number = stage.online()
    story = stage.deregister(number).asks("approve").answer(approve=True)
    story.called("deregister ok").ends("done", "deregistered").stays_offline()
    assert looks(story, "deregister") == [5, 15, 60]


def in_review(stage: Stage) -> str:
    return stage.number(ever_registered=False, name_status="PENDING_REVIEW", name_effect="no_effect")


def test_a_name_in_review_is_waited_for_and_approved_registers_once_more(stage: Stage) -> None:
    number = in_review(stage)
    stage.after(lambda: stage.door.change_number(number, name_status="APPROVED"), days=1)
    story = stage.register(number).called("register ok", "register ok").comes_online().never_asked()
    assert "name-in-review" in story.reasons
    assert DAY <= story.gaps()[0] <= DAY + 6 * HOUR
    waits = dict(story.waits)
    assert waits["name-in-review"] >= 22 * HOUR


def test_a_name_that_is_declined_asks_for_another(stage: Stage) -> None:
    number = in_review(stage)
    stage.after(lambda: stage.door.change_number(number, name_status="DECLINED"), days=1)
    story = stage.register(number).called("register ok").asks("fix", "declined the display name", reason="needs-fix")
    stage.door.change_number(number, name_status="APPROVED")
    story.answer(done=True).called("register ok", "register ok").comes_online()


def test_a_name_in_review_is_looked_at_every_15_minutes_at_first_and_every_hour_later(stage: Stage) -> None:
    story = stage.open("register", in_review(stage)).push()
    story.later(days=1).waiting("name-in-review").called("register ok")
    later = [at for at in looks(story, "register") if at > HOUR + 10]
    gaps = [after - before for before, after in pairwise(later)]
    assert gaps[0] == pytest.approx(HOUR / 4, abs=10)
    assert gaps[-5:] == pytest.approx([HOUR] * 5, abs=10)
    for at, gap in zip(later, gaps, strict=False):
        assert gap == pytest.approx(min(max(at / 10, HOUR / 4), HOUR), abs=10)


# Local storage settings


def test_local_storage_settings_survive_a_deregister(stage: Stage) -> None:
    number = stage.online(certificate_fault=True)
    stage.door.change_number(number, storage=KEPT)
    stage.register(number, because=131045)
    stage.wait(hours=2)
    story = stage.register(number, because=131045).asks("approve").answer(approve=True)
    assert story.calls == ["deregister ok", "settings ok", "register ok"]
    assert story.truth["storage"] == KEPT
    story.ends("done", "not-yet-proven")


def test_local_storage_settings_come_back_with_a_later_register(stage: Stage) -> None:
    number = stage.online()
    stage.door.change_number(number, storage=KEPT)
    stage.deregister(number).asks("approve").answer(approve=True).ends("done", "deregistered")
    assert stage.door.number(number)["storage"] == {"status": "DEFAULT"}
    stage.wait(days=2)
    story = stage.register(number).comes_online()
    assert story.calls == ["settings ok", "register ok"]
    assert story.truth["storage"] == KEPT


def test_storage_settings_that_cannot_be_read_are_no_way_back(stage: Stage) -> None:
    number = stage.online()
    stage.fault("read_settings", "html503", until=DAY)
    story = stage.open("deregister", number).push()
    story.later(minutes=5).called()
    assert story.truth["registered"]
    assert story.state in ("waiting", "gave_up")


# Webhooks


def test_a_register_subscribes_the_app_to_the_accounts_webhooks(stage: Stage) -> None:
    stage.world.account.subscribed.clear()
    stage.register(stage.number()).called("register ok", "subscribe ok").comes_online()
    assert stage.world.app.id in stage.world.account.subscribed


def test_an_app_that_is_subscribed_is_not_subscribed_again(stage: Stage) -> None:
    stage.register(stage.number()).called("register ok").comes_online()


def test_a_subscription_that_fails_does_not_fail_the_register(stage: Stage) -> None:
    stage.world.account.subscribed.clear()
    stage.answers("subscribe", 200)
    story = stage.register(stage.number()).called("register ok", "subscribe 200")
    story.ends("done", "registered", "could not be subscribed", "doctor")
    assert story.truth["online"]


def test_subscriptions_that_cannot_be_read_do_not_fail_the_register(stage: Stage) -> None:
    stage.fault("subscriptions", "html503", times=3)
    stage.register(stage.number()).called("register ok").ends("done", "registered")


def test_no_subscribe_leaves_the_webhooks_alone(stage: Stage) -> None:
    stage.world.account.subscribed.clear()
    story = stage.register(stage.number(), subscribe=False).called("register ok").comes_online()
    assert "subscriptions" not in {call.kind for call in story.all_calls}


# set-pin


def test_set_pin_makes_one_where_none_is_given(stage: Stage) -> None:
    number = stage.online()
    story = stage.set_pin(number).called("set_pin ok").ends("done", "pin-set", "No reading can show").is_proven()
    assert stage.do(stage.lw.show_pin(number)).open_secret() == story.truth["pin"] != PIN


def test_a_register_after_a_set_pin_waits_a_minute(stage: Stage) -> None:
    number = stage.online()
    stage.set_pin(number, pin="334455")
    stage.door.change_number(number, registered=False)
    story = stage.register(number).called("register ok").comes_online()
    assert 60 <= story.took <= 70


def test_set_pin_is_never_made_of_a_weak_pin_by_ourselves(stage: Stage) -> None:
    number = stage.online()
    made = set()
    for _ in range(5):
        made.add(stage.set_pin(number).ends("done", "pin-set").truth["pin"])
        stage.wait(minutes=2)
    assert len(made) == 5
    assert not made & {"000000", "123456", "654321"}


# Cancel


def test_cancel_says_what_stays(stage: Stage) -> None:
    story = stage.open("register", stage.magic("133004")).push().cancel()
    story.called("register 133004").ends("cancelled", "cancelled", "1 call", "retry").stays_offline()


def test_cancel_of_an_operation_that_sent_nothing_says_so(stage: Stage) -> None:
    story = stage.register(stage.magic("133005")).asks("pin").cancel()
    story.called().ends("cancelled", "cancelled", "Nothing was sent")


def test_cancel_between_deregister_and_register_asks_first(stage: Stage) -> None:
    story = stage.open("register", stage.magic("133000")).push().later(seconds=36)
    story.called("register 133000", "deregister ok")
    story.cancel().asks("approve", "leave the number offline")
    story.later(hours=3).called("register 133000", "deregister ok").asks("approve")
    story.answer(approve=True).called("register 133000", "deregister ok").ends("cancelled", "cancelled")


def test_a_declined_cancel_goes_on_and_brings_the_number_back(stage: Stage) -> None:
    story = stage.open("register", stage.magic("133000")).push().later(seconds=36)
    story.cancel().asks("approve").answer(decline=True)
    story.called("register 133000", "deregister ok", "register ok").comes_online()


def test_a_cancel_after_a_declined_one_is_heard(stage: Stage) -> None:
    story = stage.open("register", stage.magic("133000")).push().later(seconds=36)
    stage.answers("register", 133004)
    story.cancel().asks("approve").say(decline=True).later(seconds=36).waiting("server-down")
    story.cancel().asks("approve").answer(approve=True)
    story.called("register 133000", "deregister ok", "register 133004").ends("cancelled", "cancelled")


def test_an_operation_that_ended_is_not_cancelled(stage: Stage) -> None:
    story = stage.register(stage.number()).comes_online()
    with pytest.raises(UsageError, match="ended already"):
        story.cancel()


def test_retry_takes_a_cancelled_operation_up_again(stage: Stage) -> None:
    story = stage.open("register", stage.magic("133004")).push().cancel()
    stage.wait(minutes=30)
    again = Story(stage, stage.do(stage.lw.retry(story.id)))
    assert again.id != story.id
    again.drive().comes_online()
