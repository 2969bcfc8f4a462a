"""What people read: where an operation stands, what happens next and when, how to answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cli.samples import NOW, attempt, budget, number, operation, task

from linewright.cli import words
from linewright.cli.say import clean, table
from linewright.cli.times import ahead, clock_time, moment
from linewright.domain.operation import OperationState


def test_every_state_has_an_exit_status() -> None:
    assert set(words.STATUS) == {str(state) for state in OperationState}


def test_a_waiting_operation_says_what_happens_next_and_when() -> None:
    text = words.operation_text(operation(), NOW)
    assert "register waiting (server-down), the number is offline." in text
    assert "Next, in 4 min 12 s (" in text
    assert "refused 133004" in text
    assert "A1b2C3d4" in text
    assert "registrations 1 of 10 in 72 h (8 by itself)" in text


def test_an_ended_operation_names_the_way_back() -> None:
    ended = operation(state="gave_up", reason="declined", next_step="Retry it.", wake_at=None)
    assert "Retry it." in words.operation_text(ended, NOW)
    assert "Next" not in words.operation_text(ended, NOW)


def test_who_goes_on_names_the_command_as_it_was_typed() -> None:
    said = words.goes_on(operation(), NOW, "demo/+1 555 0133004")
    assert "`linewright register 'demo/+1 555 0133004'` after" in said
    assert "linewright worker" in said
    assert "A worker goes on" in words.goes_on(operation(), NOW, worked=True)


def test_a_migration_is_taken_up_with_its_destination() -> None:
    assert words.again(operation(goal="migrate")).endswith(" --to demo")


def test_a_deregister_is_taken_up_with_its_consent() -> None:
    assert words.again(operation(goal="deregister")) == "linewright deregister +15550133004 --confirm 3004"


def test_the_time_to_repeat_is_never_too_early() -> None:
    wake = NOW + timedelta(minutes=5, seconds=1)
    assert clock_time(wake, NOW, not_before=True) == clock_time(NOW + timedelta(minutes=6), NOW)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "now"),
        (0, "now"),
        (12, "in 12 s"),
        (252, "in 4 min 12 s"),
        (25_140.4, "in 6 h 59 min"),
        (259_500, "in 3 days 5 min"),
    ],
)
def test_spans_are_said_in_two_units(seconds: float, said: str) -> None:
    assert ahead(NOW + timedelta(seconds=seconds), NOW) == said


def test_a_question_shows_every_way_to_answer_it() -> None:
    pin = task("pin", ("value", "approve", "done", "decline"))
    ways = words.answer_ways(pin)
    assert [way.split("tsk_1 ")[1].split()[0].rstrip(":") for way in ways] == [
        "--stdin",
        "--approve",
        "--done",
        "--decline",
    ]
    assert "set a new PIN" in ways[1]


def test_a_closed_question_is_not_to_be_answered() -> None:
    assert words.task_text(task(state="closed")).endswith("It is closed.")


def test_a_block_names_its_end() -> None:
    budgets = {"register": budget(used=8, blocked_until="2026-03-05T09:35:00Z")}
    said = words.budget_line(budgets, NOW)
    assert said.startswith("registrations 8 of 10 in 72 h (8 by itself), blocked until")


def test_a_subcode_stands_beside_its_code() -> None:
    assert words.attempt_answer(attempt(code=136024, subcode=2388091)) == "refused 136024/2388091"
    assert words.attempt_answer(attempt(outcome="in_doubt", code=None)) == "in doubt"


def test_a_table_for_scripts_has_one_line_for_each_row() -> None:
    assert table(("A", "Bee"), [("x" * 300, None), ("y", "z")], empty="none").count("\n") == 2
    assert table(("A",), [], empty="none") == "none"


def test_what_the_remote_says_cannot_steer_the_terminal() -> None:
    assert clean("a\x1b[2Jb\x07c\nd") == "a[2Jbc\nd"
    hostile = number(display="\x1b]0;owned\x07+1")
    assert "\x1b" not in words.number_list([hostile]) + words.number_text(hostile, NOW)


def test_a_moment_of_the_json_is_aware() -> None:
    assert moment("2026-03-02T09:30:00Z") == NOW
    assert moment(None) is None
