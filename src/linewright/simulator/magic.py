"""The magic numbers: the last six digits of a phone choose its hidden truth.

Times are seconds from the number's first write. Two-step verification is off unless a PIN is named.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MAGIC", "MAGIC_PIN", "Magic", "magic_of"]

MAGIC_PIN = "246810"


@dataclass(frozen=True)
class Magic:
    """One row: what is true from the start, and what begins with the first write."""

    digits: str
    truth: str
    pin: str | None = None
    registered: bool = False
    ever_registered: bool = True
    verified: bool = True
    reads_verified: bool = False
    deregisters_owed: int = 0
    certificate_fault: bool = False
    down_seconds: int = 0
    locked_seconds: int = 0
    pin_hold_seconds: int = 0
    deletion_seconds: int = 0
    blocked_seconds: int = 0


_ROWS = (
    Magic("133000", "half deregistered", deregisters_owed=1),
    Magic("133004", "server down for 20 minutes", down_seconds=20 * 60),
    Magic("133005", "two-step on", pin=MAGIC_PIN),
    Magic("133006", "verification lapsed, though it reads VERIFIED", verified=False, reads_verified=True),
    Magic("133008", "two-step on, locked for 7 hours", pin=MAGIC_PIN, locked_seconds=7 * 3600),
    Magic("133009", "two-step on, a PIN was entered 5 s ago", pin=MAGIC_PIN, pin_hold_seconds=45),
    Magic("133010", "never registered", ever_registered=False),
    Magic("133015", "deletion ends after 7 minutes", deletion_seconds=7 * 60),
    Magic("133016", "ten attempts used, blocked for 72 hours", blocked_seconds=72 * 3600),
    Magic("131045", "reads online, sends fail", pin=MAGIC_PIN, registered=True, certificate_fault=True),
)
MAGIC = {row.digits: row for row in _ROWS}


def magic_of(e164: str) -> Magic | None:
    """The row that the last six digits of `e164` name, if any."""
    return MAGIC.get(e164[-6:])
