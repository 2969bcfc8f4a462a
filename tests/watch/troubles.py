"""What becomes of numbers in the story of the watch, and what people are to be told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["FLAPS", "FREE", "TROUBLES", "Trouble"]


@dataclass(frozen=True)
class Trouble:
    """What becomes of a number. `warns` is the reason that people are told, None where there is nothing to tell;
    `careful`: only of a number that is wanted online. With `back` it goes over again."""

    truth: dict[str, Any]
    warns: str | None
    back: dict[str, Any] | None = None
    careful: bool = False


UP, FREE, GOOD = {"registered": True}, {"live_status": "CONNECTED"}, {"quality": "GREEN"}
TROUBLES: dict[str, Trouble] = {
    "banned": Trouble({"state": "BANNED"}, "banned"),
    "banned, then given back": Trouble({"state": "BANNED"}, "banned", {"state": "live"}),
    "disconnected": Trouble({"registered": False}, "offline"),
    "disconnected, then back": Trouble({"registered": False}, "offline", UP),
    "restricted": Trouble({"live_status": "RESTRICTED"}, "restricted"),
    "restricted, then free": Trouble({"live_status": "RESTRICTED"}, "restricted", FREE),
    "flagged": Trouble({"live_status": "FLAGGED"}, "flagged", careful=True),
    "rate limited": Trouble({"live_status": "RATE_LIMITED"}, "rate-limited", careful=True),
    "low quality": Trouble({"quality": "RED"}, "red", careful=True),
    "low quality, then good": Trouble({"quality": "RED"}, "red", GOOD, careful=True),
    "medium quality": Trouble({"quality": "YELLOW"}, None),
    "name declined": Trouble({"name_status": "DECLINED"}, "declined", careful=True),
    "name approved": Trouble({"name_status": "APPROVED"}, "register-again", careful=True),
    "moved away": Trouble({"state": "MIGRATED"}, "migrated", careful=True),
}
FLAPS: dict[str, Trouble] = {
    "offline and back": Trouble({"registered": False}, None, UP),
    "restricted and free": Trouble({"live_status": "RESTRICTED"}, None, FREE),
    "low quality and good": Trouble({"quality": "RED"}, None, GOOD),
}
