"""Asking a person at the terminal. What is secret is not shown while it is typed."""

from __future__ import annotations

import getpass
import sys
from typing import TypedDict

from linewright.cli.say import Shape, clean, fault
from linewright.secret import Secret

__all__ = ["Answer", "ask", "line", "sure"]


class Answer(TypedDict, total=False):
    """What a person said, in the words of `Linewright.answer`."""

    value: Secret
    approve: bool
    done: bool
    decline: bool
    resend: str
    pin_changed: bool


WORDS: dict[str, tuple[str, Answer]] = {
    "sms": ("resend", {"resend": "sms"}),
    "voice": ("resend", {"resend": "voice"}),
    "approve": ("approve", {"approve": True}),
    "yes": ("approve", {"approve": True}),
    "y": ("approve", {"approve": True}),
    "done": ("done", {"done": True}),
    "decline": ("decline", {"decline": True}),
    "no": ("decline", {"decline": True}),
}
"""Words that are an answer, and the way of answering that each belongs to."""
LATER = ("", "later")


def ask(task: Shape, *, again: bool = False, word: str | None = None) -> Answer | None:
    """Puts a question; None when the person leaves it for later (the question stays open).

    `again`: it stands on the screen already, and an answer was turned away. With `word` nothing but that word approves.
    """
    ways = task["answers"]
    if not again:
        fault("\n" + clean(task["question"]))
        fault("\n".join(f"  {hint}" for hint in _hints(task["kind"], ways, word)))
    while True:
        try:
            said = _typed(task["kind"], ways)
        except EOFError:
            return None
        answer = _understood(said, task["kind"], ways)
        if word is not None and (answer or {}).get("approve"):
            answer = None
        if word is not None and said.strip() == word:
            answer = {"approve": True}
        if answer is not None or said.strip().lower() in LATER:
            return answer
        fault("That is none of the answers above.")


def line(prompt: str) -> str:
    """One line typed in sight; empty at the end of input."""
    try:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return sys.stdin.readline().strip()
    except EOFError:
        return ""


def sure(question: str) -> bool:
    return line(f"{clean(question)} [y/N] ").lower() in ("y", "yes")


def _hints(kind: str, ways: list[str], word: str | None = None) -> list[str]:
    what = {"otp": "the code, or the whole message", "pin": "the six digits (not shown)"}
    known: dict[str, str] = {
        "value": what.get(kind, "the answer"),
        "resend": "sms | voice: send a new code that way",
        "approve": f"{word}: type this word to go ahead"
        if word
        else "approve: set a new PIN through the API"
        if kind == "pin"
        else "yes: go ahead",
        "done": "done: two-step verification is off now" if kind == "pin" else "done: it is changed, look again",
        "decline": "decline: end the operation here",
    }
    hints = [known[way] for way in ways if way in known]
    if kind == "pin" and "value" in ways:
        hints.insert(1, "changed: the PIN was changed since, and a new one follows")
    return [*hints, "Enter: later, the question stays open"]


def _typed(kind: str, ways: list[str]) -> str:
    if "value" in ways:
        return getpass.getpass("PIN: " if kind == "pin" else "Code: ")
    return line("Answer: ")


def _understood(said: str, kind: str, ways: list[str]) -> Answer | None:
    word = said.strip().lower()
    if word in LATER:
        return None
    if word in WORDS and WORDS[word][0] in ways:
        return WORDS[word][1]
    if kind == "pin" and word == "changed" and "value" in ways:
        digits = getpass.getpass("New PIN: ").strip()
        return {"value": Secret(digits), "pin_changed": True} if digits else None
    return {"value": Secret(said.strip())} if "value" in ways else None
