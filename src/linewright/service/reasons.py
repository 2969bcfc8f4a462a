"""What each reason of a problem means, whoever meets it: read from `reasons.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Reason", "reasons"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """`title` in a few words, `meaning` in a sentence or two, `fix` is what to do."""

    title: str
    meaning: str
    fix: str


@cache
def reasons() -> dict[str, Reason]:
    """By name; a test holds it beside every reason that the code gives."""
    text = Path(__file__).with_name("reasons.toml").read_text(encoding="utf-8")
    return {name: Reason(**told) for name, told in tomllib.loads(text).items()}
