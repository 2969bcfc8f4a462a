"""The twelve promises, each with what watches it: the tests, and the breaches that are planted to try the watch."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from docs.drawn import NOTICE
from tests.promises.test_breaches import PLANTED

__all__ = ["Promise", "page", "promises"]

INTRODUCTION = """# The promises, and what watches them

Each has tests that would fail without it. The strongest of them plays remotes that lie, lose answers, lock and block
against whole operations in virtual time, kills and races them, and checks every promise from outside: by what went over
the wire, beside what the journal holds. So that the watch itself is watched, each of the breaches below is planted in
the code and must be found. A promise whose breach stays hidden is a promise that nobody keeps.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`tests` are `path::function`; a test says when one of them is gone."""

    name: str
    words: str
    tests: list[str]


def promises() -> list[Promise]:
    """In the order of the design."""
    text = Path(__file__).with_name("promises.toml").read_text(encoding="utf-8")
    return [Promise(**each) for each in tomllib.loads(text)["promise"]]


def page() -> str:
    """Each promise by its number."""
    return NOTICE + INTRODUCTION + "\n".join(_told(number, one) for number, one in enumerate(promises(), 1))


def _told(number: int, promise: Promise) -> str:
    planted = [each.name for each in PLANTED if number in each.promises]
    lines = [f"## {number}. {promise.name}\n", f"{promise.words}\n", "Watched by\n"]
    lines += [f"- `{each}`" for each in promise.tests]
    lines += ["\nBreaches that are planted, and found: " + "; ".join(planted) + "."] if planted else []
    return "\n".join(lines) + "\n"
