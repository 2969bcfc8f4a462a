"""The named points at which a process may die; tests kill it at each and expect the same end."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["CrashPoint", "go_on"]


class CrashPoint(StrEnum):
    """In the order in which a turn passes them."""

    LOCKED = "locked"
    READ = "read"
    READING_SAVED = "reading-saved"
    DECIDED = "decided"
    PIN_KEPT = "pin-kept"
    INTENT_SAVED = "intent-saved"
    SENT = "sent"
    ANSWER_SAVED = "answer-saved"
    HOLD_SAVED = "hold-saved"
    RESTED = "rested"
    ENDED = "ended"


def go_on(point: CrashPoint) -> None:
    """What happens at a point outside tests: nothing."""
