"""Stories of numbers that are given up: both keys, the proof, what remains, and the reminder."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from tests.support.stories import PIN, Stage, Story

from linewright.alerts import Alerts
from linewright.errors import UsageError

Shape = dict[str, Any]


def opened(stage: Stage, number: str, **options: Any) -> Story:
    confirm = stage.door.number(number)["e164"][-4:]
    return Story(stage, stage.do(stage.lw.release(number, confirm=confirm, **options)))


def released(stage: Stage, number: str, **options: Any) -> Story:
    return opened(stage, number, **options).drive().asks("approve").answer(approve=True)


def status(stage: Stage, number: str, **options: Any) -> Shape:
    return stage.do(stage.lw.release_status(number, **options))


def told(stage: Stage) -> list[str]:
    """What a worker's alerts told by now."""
    stage.do(_looked(Alerts(stage.lw.office)))
    return [each.alert["body"] for each in stage.lw.office.store.deliveries.listing()[0]]


async def _looked(alerts: Alerts) -> None:
    await alerts.run_due()


def refuses(reason: str, work: Coroutine[Any, Any, Any], stage: Stage) -> UsageError:
    with pytest.raises(UsageError) as refused:
        stage.do(work)
    assert refused.value.reason == reason
    return refused.value


def test_an_online_number_is_given_up_with_two_keys_and_the_proof_is_read(stage: Stage) -> None:
    number = stage.online()
    story = opened(stage, number).drive().called()
    story.asks("approve", "never brings it back", "that the remote has accepted", reason="needs-approval")
    story.answer(approve=True).ends("done", "deregistered", "two readings show it").called("deregister ok")
    story.stays_offline().is_proven()
    reads = [call for call in story.all_calls if call.kind == "read" and call.seq > story.log[-1].seq]
    assert len(reads) >= 2
    assert stage.show(number)["wanted"] == "released"
    shown = status(stage, number)
    assert (shown["state"], shown["opened_by"], shown["approved_by"]) == ("released", "terminal", "terminal")
    assert [todo["done"] for todo in shown["by_hand"]] == [True, True, False]
    off = story.log[-1].ended_at
    assert off is not None
    assert shown["deletable_at"][:10] == f"{off + timedelta(days=30):%Y-%m-%d}"


def test_a_number_without_a_pin_or_registrations_left_is_given_up_all_the_same(stage: Stage) -> None:
    number = stage.number(registered=True)
    stage.deregister(number).ends("gave_up", "no-way-back", "linewright release")
    released(stage, number).called("deregister ok").ends("done", "deregistered")


def test_a_number_that_is_offline_is_released_without_a_call(stage: Stage) -> None:
    number = stage.number()
    stage.do(stage.lw.check())
    stage.wait(days=3)
    story = released(stage, number).called().ends("done", "not-registered", "nothing was sent")
    assert stage.show(number)["wanted"] == "released"
    deletable = status(stage, number)["deletable_at"]
    assert deletable[:10] == f"{stage.clock.now() + timedelta(days=27):%Y-%m-%d}", story


@pytest.mark.parametrize("way", ["decline", "cancel"])
def test_with_one_key_alone_nothing_is_given_up(stage: Stage, way: str) -> None:
    number = stage.online()
    story = opened(stage, number).drive().asks("approve")
    story = story.answer(decline=True) if way == "decline" else story.cancel()
    story.called()
    assert story.state in ("gave_up", "cancelled")
    assert stage.show(number)["wanted"] == "online"
    assert status(stage, number)["state"] == "stopped"
    assert "both of its keys" in refuses("confirm", stage.lw.retry(story.id), stage).message
    assert stage.do(stage.lw.number(number))["operation"] is None
    released(stage, number).ends("done", "deregistered")


def test_the_first_key_must_fit(stage: Stage) -> None:
    number = stage.online()
    for wrong in (None, "", "0000"):
        refuses("confirm", stage.lw.release(number, confirm=wrong), stage)
    refuses("not-released", stage.lw.release_status(number), stage)


def test_a_deregister_and_a_release_are_not_each_other(stage: Stage) -> None:
    number, last4 = stage.online(), ""
    last4 = stage.door.number(number)["e164"][-4:]
    plain = stage.deregister(number).asks("approve")
    refuses("operation-open", stage.lw.release(number, confirm=last4), stage)
    plain.answer(decline=True)
    story = opened(stage, number).drive()
    assert "(release)" in refuses("operation-open", stage.lw.open("deregister", number, confirm=last4), stage).message
    assert stage.do(stage.lw.release(number, confirm=last4))["id"] == story.id


@pytest.mark.parametrize(
    ("truth", "reason"),
    [({"on_biz_app": True}, "not-ours"), ({"on_premise": True}, "not-ours"), ({"state": "BANNED"}, "not-ours")],
)
def test_what_is_not_ours_is_explained(stage: Stage, truth: Shape, reason: str) -> None:
    number = stage.number(**truth)
    opened(stage, number).drive().ends("gave_up", reason).called()


def test_a_slow_reading_is_waited_for(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(reading_lag_seconds=200)
    number = stage.online()
    released(stage, number).ends("done", "deregistered").called("deregister ok").is_proven()


def test_trouble_on_the_way_ends_in_the_same_proof(stage: Stage) -> None:
    number = stage.online()
    stage.fault("deregister", "drop_after", times=1)
    released(stage, number).ends("done", "deregistered").stays_offline()
    other = stage.online()
    stage.answers("deregister", 133004)
    released(stage, other).ends("done", "deregistered").called("deregister 133004", "deregister ok")


def test_nobody_is_told_to_register_what_was_given_up(stage: Stage) -> None:
    number = stage.online()
    released(stage, number)
    shown = next(each for each in stage.do(stage.lw.conditions(number)) if each["type"] == "Registered")
    assert (shown["status"], shown["reason"], shown["fix"]) == ("false", "released", None)
    assert "given up on purpose" in shown["message"]
    found = next(each for each in stage.do(stage.lw.doctor(number))["items"] if each["name"] == "standing")
    assert (found["ok"], "given up on purpose" in found["message"]) == (True, True)


# The reminder


def test_a_person_is_reminded_once_on_the_day(stage: Stage) -> None:
    number = stage.online()
    released(stage, number)
    stage.wait(days=29)
    assert not any("was released" in body for body in told(stage))
    assert stage.do(stage.lw.check())["releases"] == []
    stage.wait(days=2)
    assert [each["number"]["id"] for each in stage.do(stage.lw.check())["releases"]] == [number]
    for _ in range(3):
        assert sum("was released" in body for body in told(stage)) == 1
    assert status(stage, number)["reminded_at"]


def test_the_owner_knows_the_day_of_the_last_paid_message(stage: Stage) -> None:
    number = stage.online()
    released(stage, number, last_paid="2026-03-02")
    shown = status(stage, number)
    assert (shown["last_paid"], shown["deletable_at"]) == ("2026-03-02", "2026-04-02T00:00:00Z")
    assert status(stage, number, last_paid="2026-03-01")["deletable_at"] == "2026-04-01T00:00:00Z"
    refuses("last-paid", stage.lw.release_status(number, last_paid="2030-01-01"), stage)
    refuses("last-paid", stage.lw.release_status(number, last_paid="yesterday"), stage)
    stage.clock.jump_to(stage.clock.now().replace(month=4, day=1, hour=0, minute=1))
    assert sum("was released" in body for body in told(stage)) == 1


def test_nobody_is_reminded_of_what_is_gone(stage: Stage) -> None:
    number = stage.online()
    released(stage, number)
    stage.door.manage(number, delete=True)
    stage.wait(days=2)
    stage.do(stage.lw.check())
    assert not told(stage)
    assert status(stage, number)["state"] == "gone"
    stage.wait(days=40)
    assert not any("was released" in body for body in told(stage))


def test_nobody_is_reminded_of_what_was_brought_back(stage: Stage) -> None:
    number = stage.online()
    released(stage, number)
    refuses("released", stage.lw.release(number, confirm=stage.door.number(number)["e164"][-4:]), stage)
    stage.wait(days=1)
    stage.register(number).comes_online()
    stage.wait(days=40)
    assert not any("was released" in body for body in told(stage))
    assert status(stage, number)["state"] == "back"
    released(stage, number).ends("done", "deregistered")


def test_a_webhook_address_of_its_own_is_told(stage: Stage) -> None:
    number = stage.online()
    truth = stage.simulator.remote.numbers[number]
    truth.callbacks[next(iter(stage.simulator.remote.apps))] = "https://elsewhere.example/hook"
    released(stage, number)
    told_of = next(todo for todo in status(stage, number)["by_hand"] if todo["name"] == "webhook")
    assert told_of["done"] is False
    assert "https://elsewhere.example/hook" in told_of["what"]


@pytest.mark.parametrize("two_step", [True, False])
def test_what_another_provider_needs_is_what_the_remote_asks_of_a_move(stage: Stage, two_step: bool) -> None:
    number = stage.online()
    released(stage, number)
    if not two_step:
        stage.door.manage(number, two_step="off")
    stage.do(stage.lw.check())
    todo = next(each for each in status(stage, number)["other_provider"] if each["name"] == "two-step-off")
    assert todo["done"] is not two_step
    assert (stage.door.number(number)["pin"] == PIN) is two_step


# Never again by itself


def test_nothing_of_ours_registers_a_released_number(stage: Stage) -> None:
    number = stage.online()
    stage.update_account(recover=True)
    story = released(stage, number)
    store = stage.lw.office.store
    for days in (1, 1, 5, 30):
        stage.wait(days=days)
        stage.do(stage.lw.check())
        now = stage.clock.now()
        assert number not in {each.number for each in store.recoveries.candidates(now)}
        assert store.recoveries.open(number, now, stage.lw.office.catalogue) is None
        stage.do(stage.run_for(hours=1))
    assert story.count("register") == 0
