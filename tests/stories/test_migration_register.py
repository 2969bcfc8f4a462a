"""What the register of a number that moves may be refused with once its code was taken; the source works meanwhile."""

from __future__ import annotations

import pytest
from tests.support.migration import PHONE, Move
from tests.support.stories import PIN, Stage, Story

from linewright.errors import UsageError

HOUR = 3600
TAKEN = ["subscribe ok", "create ok", "request_code ok", "verify_code ok"]


def verified(stage: Stage, move: Move) -> Story:
    """Driven to the answer that the register gets, once."""
    story = move.approved(move.begin()).asks("otp")
    stage.given.add(code := stage.door.latest_code(PHONE))
    return story.say(value=code).push()


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_lock_is_waited_for_and_the_number_moves_after_it(stage: Stage, elsewhere: bool) -> None:
    move = Move(stage, elsewhere=elsewhere)
    stage.answers("register", {"code": 133008, "details": "Try again in 3 hours."})
    story = verified(stage, move).waiting("told-to-wait").waits_for(hours=3, minutes=9)
    assert "the source still works" in story.now["next_step"]
    move.source_works()
    story.drive().ends("done", "migrated")
    assert move.writes == [*TAKEN, "register 133008", "register ok"]
    move.has_moved()


def test_a_lock_that_others_caused_tells_that_two_step_is_on(stage: Stage) -> None:
    """The lock is over, and then the PIN is refused that nobody here ever set."""
    move = Move(stage, elsewhere=True)
    stage.door.change_temper(nonexisting_fields=["is_pin_enabled"])
    story = move.approved(move.begin()).asks("otp")
    stage.door.manage(move.source, pin=PIN)
    stage.door.change_number(move.source, locked_until=2 * HOUR)
    stage.given.add(code := stage.door.latest_code(PHONE))
    story.say(value=code).push().waiting("told-to-wait").drive()
    story.asks("approve", "Two-step verification must be off")
    move.source_works()
    stage.door.manage(move.source, two_step="off")
    story.answer(approve=True).ends("done", "migrated")
    assert move.writes.count("register 133005") == 1
    move.has_moved()


@pytest.mark.parametrize("place", ["code", "subcode"])
def test_ownership_that_must_be_confirmed_is_asked_in_the_remotes_words(stage: Stage, place: str) -> None:
    move = Move(stage)
    words = "Confirm that you own this phone number before you migrate it."
    code = {"code": 2388001} if place == "code" else {"code": 100, "subcode": 2388001}
    stage.answers("register", {**code, "details": words})
    story = verified(stage, move).drive().asks("fix", words)
    move.source_works()
    story.answer(done=True).ends("done", "migrated")
    assert [call.split()[0] for call in move.writes[len(TAKEN) :]] == ["register", "register"]
    move.has_moved()


@pytest.mark.parametrize(
    ("code", "reason"), [(133009, "told-to-wait"), (133015, "told-to-wait"), (131000, "their-trouble")]
)
def test_what_passes_is_waited_for(stage: Stage, code: int, reason: str) -> None:
    move = Move(stage)
    stage.answers("register", code)
    story = verified(stage, move).waiting(reason)
    assert "the source still works" in story.now["next_step"]
    move.source_works()
    story.drive().ends("done", "migrated")
    assert move.writes == [*TAKEN, f"register {code}", "register ok"]
    move.has_moved()


# Not by the back door


def test_a_register_at_the_destination_is_no_way_around_the_questions(stage: Stage) -> None:
    """After a cancelled migration the destination still lists the number; it may be migrated, not just registered."""
    move = Move(stage)
    move.approved(move.begin()).asks("otp").cancel()
    before = move.writes
    with pytest.raises(UsageError) as refused:
        stage.open("register", f"new/{move.new}")
    assert refused.value.reason == "works-elsewhere"
    assert f"linewright migrate shop/{move.source} --to new" in str(refused.value.fix)
    assert "`linewright sync shop`" in str(refused.value.fix)
    assert move.writes == before
    move.source_works()
    stage.wait(minutes=2)
    move.code(move.approved(move.begin())).ends("done", "migrated")
    move.has_moved()


def test_a_phone_that_left_the_other_account_is_registered(stage: Stage) -> None:
    move = Move(stage)
    move.approved(move.begin()).asks("otp").cancel()
    stage.door.change_number(move.source, registered=False)
    with pytest.raises(UsageError):
        stage.open("register", f"new/{move.new}")
    stage.do(stage.lw.sync("shop"))
    stage.wait(minutes=2)
    story = stage.open("register", f"new/{move.new}").drive()
    move.code(story).comes_online()
