"""What people read: where an operation stands, what happens next and when, how to answer."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from tests.cli.samples import NOW, attempt, budget, number, operation, task

from linewright.cli import words
from linewright.cli.say import clean, result, table
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


class Screen(io.StringIO):
    """A terminal of 80 columns, as far as folding asks."""

    def isatty(self) -> bool:
        return True


def test_a_result_is_folded_between_words_below_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    finding = "note     key: " + "The key lies beside the database that it opens, whoever copies that has both. " * 2
    link = "http://127.0.0.1:8080/l/" + "x" * 90
    coloured = "\x1b[2m" + "Number  " * 20 + "\x1b[0m"
    result({}, f"{finding.strip()}\n{link}\n{coloured}", as_json=False)
    lines = screen.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines if line not in (link, coloured))
    assert [link, coloured] == lines[-2:]
    assert lines[1].startswith("         ")
    assert " ".join(" ".join(lines[:-2]).split()) == " ".join(finding.split())


MEANS = "Not registered: it can neither send nor receive."


@pytest.mark.parametrize(
    ("columns", "heads"),
    [
        (60, ["Account", "Number", "What it means"]),
        (80, ["Account", "Number", "Wanted", "What it means"]),
        (120, ["Id", "Account", "Number", "Wanted", "What it means"]),
    ],
)
def test_a_narrow_table_breaks_no_phone_and_leaves_out_what_is_spare(
    monkeypatch: pytest.MonkeyPatch, columns: int, heads: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout", Screen())
    rows = [("300000000000006", "demo", "+55 11 90000-0077", "unmanaged", MEANS)] * 2
    names = ("Id", "Account", "Number", "Wanted", "What it means")
    lines = table(names, rows, empty="", spare=("Id", "Wanted")).splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert re.split(r" {2,}", plain[0].strip()) == heads
    assert all(len(line) <= columns for line in plain)
    assert sum("+55 11 90000-0077" in line for line in plain) == 2
    assert "…" not in "".join(plain)


def test_nothing_is_folded_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    result({}, "word " * 60, as_json=False)
    assert capsys.readouterr().out == "word " * 60 + "\n"


def test_a_list_of_questions_has_a_line_for_each() -> None:
    long = task(question="Please look whether all of this is so:\n- It works.\n- It is verified.\nApprove when it is.")
    short = task(question="Which code did +1 555-013-3006 get by SMS? Six digits; the whole message is fine.")
    whole = task(question="Is it off now?")
    lines = words.task_list([long, short, whole]).splitlines()
    assert len(lines) == 5
    assert lines[1].endswith("Please look whether all of this is so …")
    assert lines[2].endswith("get by SMS? …")
    assert lines[3].endswith("Is it off now?")
    assert "linewright task show" in lines[4]


def test_while_a_person_is_asked_the_time_is_that_of_the_next_look() -> None:
    asks = operation(state="asking", next_step="With the code the number is verified.", task=task("otp", ("value",)))
    text = words.operation_text(asks, NOW)
    assert "Next: With the code the number is verified. Without an answer it looks again in 4 min 12 s (" in text
    late = operation(state="asking", next_step="With the code the number is verified.", wake_at=stamp_of(-1))
    assert "Without an answer" not in words.operation_text(late, NOW)


def stamp_of(seconds: float) -> str:
    return f"{NOW + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1:8080", True), ("lines.example", False)])
def test_a_link_that_opens_here_alone_says_so(host: str, warned: bool) -> None:
    made = {"url": f"https://{host}/l/lwl_1", "expires_at": "2026-03-09T09:30:00Z"}
    assert ("opens on this machine alone" in words.link_text(made, NOW)) is warned
