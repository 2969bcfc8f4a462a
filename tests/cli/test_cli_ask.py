"""Asking at the terminal: what a person types becomes an answer, or the question stays open."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from tests.cli.samples import task

from linewright.cli.ask import Answer, ask, sure
from linewright.secret import Secret

PIN = ("value", "approve", "done", "decline")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Plays the person: the same lines for hidden and for seen input."""

    def give(*lines: str) -> None:
        hidden: Iterator[str] = iter(lines)
        monkeypatch.setattr("getpass.getpass", lambda prompt: next(hidden))
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return give


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("123456", {"value": Secret("123456")}),
        ("WhatsApp code 123-830", {"value": Secret("WhatsApp code 123-830")}),
        ("sms", {"resend": "sms"}),
        ("Voice", {"resend": "voice"}),
        ("decline", {"decline": True}),
        ("", None),
        ("later", None),
    ],
)
def test_a_code(typed, said: str, answer: Answer | None) -> None:
    typed(said)
    assert ask(task()) == answer


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (["012345"], {"value": Secret("012345")}),
        (["approve"], {"approve": True}),
        (["done"], {"done": True}),
        (["changed", "654321"], {"value": Secret("654321"), "pin_changed": True}),
    ],
)
def test_a_pin(typed, said: list[str], answer: Answer) -> None:
    typed(*said)
    assert ask(task("pin", PIN)) == answer


@pytest.mark.parametrize(
    ("kind", "ways", "said", "answer"),
    [
        ("approve", ("approve", "decline"), "yes", {"approve": True}),
        ("approve", ("approve", "decline"), "no", {"decline": True}),
        ("fix", ("done", "decline"), "done", {"done": True}),
        ("support", ("done", "decline"), "", None),
    ],
)
def test_the_other_questions(typed, kind: str, ways: tuple[str, ...], said: str, answer: Answer | None) -> None:
    typed(said)
    assert ask(task(kind, ways)) == answer


def test_an_answer_that_is_none_is_asked_again(typed, capsys: pytest.CaptureFixture[str]) -> None:
    typed("perhaps", "done")
    assert ask(task("fix", ("done", "decline"))) == {"done": True}
    assert "none of the answers" in capsys.readouterr().err


def test_the_question_stands_on_stderr_with_its_ways(typed, capsys: pytest.CaptureFixture[str]) -> None:
    typed("")
    ask(task("otp", ("resend", "decline")))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "sms | voice" in shown.err
    assert "the code" not in shown.err


def test_the_end_of_input_leaves_the_question_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    assert ask(task()) is None


@pytest.mark.parametrize(("said", "is_sure"), [("y", True), ("YES", True), ("n", False), ("", False)])
def test_only_yes_is_yes(typed, said: str, is_sure: bool) -> None:
    typed(said)
    assert sure("Remove it?") is is_sure
