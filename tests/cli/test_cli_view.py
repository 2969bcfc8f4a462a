"""The two views: a picture drawn in place, and one line for each change."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.cli.samples import NOW, attempt, operation, task

from linewright.cli.view import LinesView, LiveView, operation_frame


def drawn(shape: dict[str, object], **options: object) -> str:
    console = Console(file=io.StringIO(), width=100, height=40, highlight=False)
    console.print(operation_frame(shape, NOW, **options))  # type: ignore[arg-type]  # plain keyword options
    return console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO given above


def test_the_picture_says_who_where_why_what_next_and_what_was_tried() -> None:
    text = drawn(operation(), footer="Ctrl-C stops watching.")
    for part in ("+1 555-013-3004", "waiting (server-down)", "offline in demo", "is down (133004)", "in 4 min 12 s"):
        assert part in text
    assert "refused 133004" in text
    assert "registrations 1 of 10" in text
    assert "Ctrl-C" in text


def test_a_question_that_does_not_stop_the_wait_is_shown_with_its_command() -> None:
    assert "linewright task answer tsk_1" in drawn(operation(task=task("pin", ("value",))))


def test_old_attempts_make_room() -> None:
    text = drawn(operation(attempts=[attempt(code=code) for code in range(1, 21)]), most_attempts=5)
    assert "15 earlier" in text
    assert text.count("refused") == 5


def test_a_call_without_an_answer_is_under_way() -> None:
    assert "under way" in drawn(operation(attempts=[attempt(outcome="in_doubt", code=None, answered_at=None)]))


def test_a_picture_survives_markup_in_texts() -> None:
    assert "[/nonsense]" in drawn(operation(message="[/nonsense] [bold]"))


def test_one_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    with LinesView(lambda: NOW) as view:
        view.show(operation(attempts=[]))
        view.show(operation(attempts=[]))
        view.show(operation())
        view.show(operation(state="done", reason="registered", message="It is online.", wake_at=None))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[2].split(":")[0] for line in lines] == [
        "waiting (server-down)",
        "register",
        "done (registered)",
    ]
    assert lines[1].startswith("2026-03-02T09:28:12Z  +1 555-013-3004  register: refused 133004, fbtrace_id A1b2C3d4")
    assert lines[0].endswith("Next at 2026-03-02T09:34:12Z.")


def test_the_live_view_leaves_its_last_picture(capsys: pytest.CaptureFixture[str]) -> None:
    with LiveView(operation(), lambda: NOW, footer="Ctrl-C stops watching.") as view:
        view.show(operation(state="done", reason="registered", message="It is online.", wake_at=None))
    out = capsys.readouterr().out
    assert "It is online." in out
    assert "Ctrl-C" not in out


def test_a_time_that_is_past_is_not_told_as_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    LinesView(lambda: NOW).show(operation(attempts=[], wake_at="2026-03-02T09:29:59Z"))
    assert "Next at" not in capsys.readouterr().out
