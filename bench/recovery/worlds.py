"""Seeded worlds: a number, its hidden truth, and the person behind it. Nothing of what decides is known here.

`draw` is a function of the mixture, the seed and the place alone. `World.open` plays one on the simulator.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

__all__ = ["FILE", "Owner", "Trap", "World", "draw", "mixture"]

FILE = Path(__file__).parent / "mixture.toml"
Mixture = Mapping[str, Any]

APART = (
    {"pin_wrong", "pin_forgotten"},
    {"verification_lapsed", "never_verified"},
    {"certificate", "half_deregistered"},
    {"certificate", "verification_lapsed"},
    {"certificate", "never_verified"},
    {"certificate", "name_review"},
    {"certificate", "deleted"},
    {"never_verified", "half_deregistered"},
    {"never_verified", "locked"},
    {"never_verified", "pin_too_soon"},
)
"""Troubles that one number cannot have together."""
LOST = ("drop_before", "drop_after", "hang", "hang_after", "html503", "html503_after")
LOSES = {"register": 60, "read": 25, "deregister": 5, "set_pin": 5, "verify_code": 5}
TROUBLED = (1, 2, 131000, 131016, 131057)
TOO_MANY = (4, 80007, 80008)
MISLEADING = (
    "The last attempt was 24 hours ago. An unexpected error has occurred.",
    "This app made 10 requests in 72 hours. Something went wrong.",
    "Retry after 0 seconds.",
    "Há um problema desde 3 hours atrás.",
)
"""Texts that hold a time and tell no wait."""


@dataclass(frozen=True)
class Trap:
    """What becomes of some calls on their way: a fault of the simulator. `until` is seconds from the beginning."""

    on: str
    do: str
    times: int | None = None
    until: float | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True)
class Owner:
    """The person: seconds until a question is answered (None: never), and what they can say of the PIN."""

    delay: float | None
    pin: str
    believes: str


@dataclass(frozen=True)
class World:
    """One number with its hidden truth. `given` is the PIN that its owner gives at the start, `heard` an error that
    was heard of it; `outage` is how many seconds the registration server is down; `decision` what a review says."""

    seed: int
    place: int
    e164: str
    troubles: tuple[str, ...]
    owner: Owner
    truth: dict[str, Any] = field(default_factory=dict)
    temper: dict[str, Any] = field(default_factory=dict)
    traps: tuple[Trap, ...] = ()
    given: str | None = None
    heard: int | None = None
    outage: float = 0.0
    decision: tuple[float, str] | None = None

    @property
    def name(self) -> str:
        return f"{self.seed}/{self.place}"


@cache
def mixture() -> Mixture:
    """The published mixture."""
    return tomllib.loads(FILE.read_text())


def draw(seed: int, place: int, made_of: Mixture | None = None) -> World:
    """The world at this place of this seed."""
    return _Maker(made_of or mixture(), seed, place).make()


def _six_digits(chance: Random) -> str:
    """A PIN that the remote does not take for weak."""
    while True:
        digits = f"{chance.randrange(1_000_000):06d}"
        if {int(after) - int(before) for before, after in pairwise(digits)} not in ({0}, {1}, {-1}):
            return digits


class _Maker:
    """Draws one world. Everything comes from one source of chance, in a fixed order."""

    def __init__(self, made_of: Mixture, seed: int, place: int) -> None:
        self.made_of, self.seed, self.place = made_of, seed, place
        self.chance = Random(f"{seed}|{place}")  # repeatable, not secret
        self.truth: dict[str, Any] = {"ever_registered": True, "verified": True}
        self.shows: dict[str, Any] = {}
        self.temper: dict[str, Any] = {}
        self.traps: list[Trap] = []
        self.outage = 0.0
        self.heard: int | None = None
        self.decision: tuple[float, str] | None = None

    def make(self) -> World:
        troubles = self._troubles()
        self.right, self.wrong, self.believed = (_six_digits(self.chance) for _ in range(3))
        needs_two_step = {"pin_wrong", "pin_forgotten", "locked", "pin_too_soon"} & set(troubles)
        on = bool(needs_two_step) or self._one_of("two_step") == "known"
        self.truth["pin"] = self.right if on else None
        self.given: str | None = self.right if on else None
        language, owner = self._one_of("languages"), self._owner()
        self.temper["languages"] = ("en",) if language == "en" else (language, "en")
        self.temper["varied_units"] = self._by_chance("wait_in_other_units")
        for trouble in troubles:
            getattr(self, f"_{trouble}")()
        if self.shows:
            self.truth["shows"] = self.shows
        return World(
            seed=self.seed,
            place=self.place,
            e164=f"+1555{self.seed % 10}7{self.place % 100_000:05d}",
            troubles=troubles,
            owner=owner,
            truth=self.truth,
            temper=self.temper,
            traps=tuple(self.traps),
            given=self.given,
            heard=self.heard,
            outage=self.outage,
            decision=self.decision,
        )

    def _troubles(self) -> tuple[str, ...]:
        """As many as drawn, each once, none beside one that it cannot go with; in the order of the mixture."""
        weights: dict[str, float] = dict(self.made_of["troubles"])
        chosen: list[str] = []
        for _ in range(int(self._one_of("how_many_troubles"))):
            fitting = {name: weight for name, weight in weights.items() if self._fits(name, chosen)}
            if not fitting:
                break
            chosen.append(self._weighted(fitting))
        return tuple(name for name in weights if name in chosen)

    def _fits(self, name: str, chosen: list[str]) -> bool:
        if name in chosen or "not_ours" in chosen or (name == "not_ours" and chosen):
            return False
        return not any(name in pair and pair & set(chosen) for pair in APART)

    def _owner(self) -> Owner:
        speed = self._one_of("person")
        delay = None if speed == "never" else self._seconds(f"person_{speed}")
        return Owner(delay, self._one_of("knows_pin"), self.believed)

    # Chance

    def _weighted(self, weights: Mapping[str, float]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def _one_of(self, table: str) -> str:
        return self._weighted(self.made_of[table])

    def _by_chance(self, name: str) -> bool:
        return self.chance.random() < float(self.made_of["chances"][name])

    def _seconds(self, name: str) -> float:
        low, high = self.made_of["seconds"][name]
        return round(math.exp(self.chance.uniform(math.log(low), math.log(high))), 1)

    # The troubles, one method each

    def _half_deregistered(self) -> None:
        self.truth["deregisters_owed"] = 2 if self._by_chance("two_deregisters_owed") else 1

    def _outage(self) -> None:
        self.outage = self.truth["down_until"] = self._seconds("outage")
        self._mislead(133004, self.outage)

    def _pin_wrong(self) -> None:
        self.given = self.wrong

    def _pin_forgotten(self) -> None:
        self.given = None

    def _verification_lapsed(self) -> None:
        self.truth["verified"] = False
        self.shows["code_verification_status"] = "VERIFIED"
        self._sms()

    def _never_verified(self) -> None:
        self.truth["verified"] = self.truth["ever_registered"] = False
        self._sms()

    def _sms(self) -> None:
        if self._by_chance("sms_fails"):
            self.truth["failing_methods"] = frozenset({"SMS"})

    def _locked(self) -> None:
        self.truth["locked_until"] = self._seconds("locked")

    def _pin_too_soon(self) -> None:
        self.truth["pin_hold_until"] = self._seconds("pin_too_soon")

    def _deleted(self) -> None:
        ends = self.truth["deletion_ends_at"] = self._seconds("deleted")
        self._mislead(133015, ends)

    def _used_up(self) -> None:
        """Ten attempts by others, and the block that followed; or a few, of which nobody told."""
        if self._by_chance("some_attempts_used_by_others"):
            ages = sorted(self.chance.uniform(600, 200_000) for _ in range(self.chance.randint(5, 9)))
            self.truth["register"] = {"used": [-age for age in reversed(ages)]}
            return
        ends = self._seconds("used_up")
        self.truth["register"] = {"used": [ends - 72 * 3600] * 10, "blocked_until": ends}

    def _name_review(self) -> None:
        self.truth["name_status"] = "PENDING_REVIEW"
        self.truth["name_effect"] = "no_effect" if self._by_chance("name_has_no_effect") else "refuse"
        status = "DECLINED" if self._by_chance("name_declined") else "APPROVED"
        self.decision = (self._seconds("name_review"), status)

    def _lost_answers(self) -> None:
        on = self._weighted(LOSES)
        times = 2 if self._by_chance("lost_twice") else 1
        self.traps.append(Trap(on, self.chance.choice(LOST), times=times))

    def _their_trouble(self) -> None:
        error: dict[str, Any] = {"code": self.chance.choice(TROUBLED)}
        if self._by_chance("misleading_text"):
            error["details"] = self.chance.choice(MISLEADING)
        self.traps.append(Trap("register", "error", times=self.chance.randint(1, 3), error=error))

    def _usage_limit(self) -> None:
        error = {"code": self.chance.choice(TOO_MANY)}
        self.traps.append(Trap(self.chance.choice(("register", "read")), "error", times=1, error=error))

    def _certificate(self) -> None:
        self.truth["registered"] = self.truth["certificate_fault"] = True
        self.heard = 131045

    def _late_readings(self) -> None:
        self.temper["reading_lag_seconds"] = round(self._seconds("late_readings"))

    def _silent_readings(self) -> None:
        self.temper["nonexisting_fields"] = frozenset({"is_pin_enabled"})

    def _not_ours(self) -> None:
        kind = self.chance.choice(("on_biz_app", "on_premise", "banned"))
        self.truth |= {"state": "BANNED"} if kind == "banned" else {kind: True}

    def _mislead(self, code: int, ends: float) -> None:
        """Until then the refusal comes with a text whose time is no wait."""
        if self._by_chance("misleading_text"):
            error = {"code": code, "details": self.chance.choice(MISLEADING)}
            self.traps.append(Trap("register", "error", until=ends, error=error))
