"""Unkind remotes and people against whole migrations on the real store: whatever happens, the promises hold.

Leaving the stage checks the rails of every phone (a reading in the same turn, spacing, caps) and that no secret stands
anywhere; each life checks both sides by the control door.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.migration import PHONE, Died, Move
from tests.support.stories import PIN, Stage

from linewright.engine.crash import CrashPoint
from linewright.secret import Secret

LIVES = 14
STEPS = 14
CODES = (133004, 133005, 133006, 133016, 136024, 136025, 2388001, 2388012, 2388103, 2494100, 131000, 190, 4, 100, 200)
DOINGS = ("drop_before", "drop_after", "html503", "hang", "error")
KINDS = ("read", "account", "list", "create", "request_code", "verify_code", "register", "subscribe", "subscriptions")
TROUBLE = st.tuples(st.sampled_from(KINDS), st.sampled_from(DOINGS), st.sampled_from(CODES), st.integers(1, 2))
LIFE = st.fixed_dictionaries(
    {
        "elsewhere": st.booleans(),
        "pin": st.booleans(),
        "troubles": st.lists(TROUBLE, max_size=3),
        "death": st.none() | st.tuples(st.sampled_from(CrashPoint), st.integers(1, 12)),
        "stops_at": st.none() | st.integers(1, STEPS),
    }
)


@pytest.fixture
def stages(tmp_path: Path, home_to_copy: Path) -> Callable[[], Stage]:
    count = iter(range(1_000_000))
    return lambda: Stage(tmp_path / f"home-{next(count)}", like=home_to_copy)


@settings(
    max_examples=LIVES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(life=LIFE)
def test_whatever_happens_the_source_works_or_the_destination_does(
    stages: Callable[[], Stage], life: dict[str, Any]
) -> None:
    with stages() as stage:
        _live(stage, **life)


def _live(stage: Stage, *, elsewhere: bool, pin: bool, troubles: list[Any], death: Any, stops_at: int | None) -> None:
    move = Move(stage, elsewhere=elsewhere, source={"pin": PIN if pin else None})
    for on, do, code, times in troubles:
        stage.fault(on, do, times=times, **({"error": code} if do == "error" else {}))
    story = move.open()
    if death is not None:
        move.dies(*death)
    for step in range(STEPS):
        try:
            story.push()
            if story.state in ("done", "gave_up", "cancelled"):
                break
            if step == stops_at:
                story.cancel()
            elif story.asked is not None:
                _says(move, story.now["task"])
            elif story.wake_at is not None:
                stage.clock.jump_to(max(story.wake_at, stage.clock.now()))
        except Died:
            continue
        _holds(move)
    _holds(move)
    assert story.now["message"]
    assert story.now["next_step"] or story.state == "done"
    if story.state == "waiting":
        assert story.now["wake_at"]
        assert story.now["reason"]
    if (story.state, story.now["reason"]) == ("done", "migrated"):
        move.has_moved()
    elif story.state in ("gave_up", "cancelled"):
        assert "source" in story.now["message"] or "account" in story.now["message"]


def _says(move: Move, task: Any) -> None:
    """A person who does what is asked: mends it, switches two-step verification off, gives the newest code."""
    stage = move.stage
    given: dict[str, Any] = {}
    if "value" in task["answers"] and task["kind"] == "otp" and stage.door.codes(PHONE):
        stage.given.add(code := stage.door.latest_code(PHONE))
        given["value"] = code
    elif "resend" in task["answers"]:
        given["resend"] = "sms"
    else:
        stage.door.manage(move.source, two_step="off")
        given["approve" if "approve" in task["answers"] else "done"] = True
    if task["operation"] is None:
        stage.wait(minutes=20)  # the account's own question: its token lives again by itself
        return
    if "value" in given:
        given["value"] = Secret(given["value"])
    stage.do(stage.lw.answer(task["id"], **given))


def _holds(move: Move) -> None:
    """One of the two always works; nothing is created twice, and nothing is written to the source."""
    move.source_untouched()
    source, new = move.door.number(move.source), move.new
    assert source["online"] or (new is not None and move.door.number(new)["online"])
    assert move.writes.count("create ok") <= 1
