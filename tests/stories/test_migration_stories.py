"""A number moves to another account: told by the simulator's log and its control door, from both accounts."""

from __future__ import annotations

from tests.support.migration import PHONE, Move
from tests.support.stories import Stage

WHOLE = ["subscribe ok", "create ok", "request_code ok", "verify_code ok", "register ok"]


def test_a_number_of_ours_moves(stage: Stage) -> None:
    move = Move(stage)
    story = move.begin().asks("approve", "payment method", reason="needs-approval")
    assert move.writes == ["subscribe ok"]
    story.answer(approve=True).asks("otp")
    assert "the source still works" in story.now["next_step"]
    assert story.now["number"]["id"] == move.new
    move.source_works()
    move.code(story).ends("done", "migrated", "Carried over", "By hand", "reads MIGRATED")
    assert move.writes == WHOLE
    move.has_moved()


def test_a_number_of_another_provider_moves(stage: Stage) -> None:
    move = Move(stage, elsewhere=True)
    story = move.begin().asks("approve", "is registered and works", "name is approved", "same business")
    assert story.now["number"] == {"id": None, "display": PHONE, "e164": PHONE}
    assert story.now["account"] == "new"
    story.answer(approve=True).asks("approve", "Two-step verification must be off", "let that time be short")
    assert move.writes == ["subscribe ok"]
    move.code(story.answer(approve=True)).ends("done", "migrated", "cannot be seen from here")
    assert move.writes == WHOLE
    move.has_moved()
    assert not any(call.target == move.source for call in move.calls)
