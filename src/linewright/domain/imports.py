"""The import: many numbers asked for by one file, and what becomes of each of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from linewright.domain.entries import Catalogue
from linewright.domain.happenings import Happening
from linewright.domain.journal import Answer, Outcome

__all__ = [
    "ENDED",
    "RELEASED",
    "SHOWN",
    "Created",
    "Room",
    "RowGoal",
    "RowState",
    "after_create",
    "limit_of",
    "not_listed",
    "state_of",
]

ALREADY_LISTED = 2388012
PRECONDITION = frozenset({2388001, 2388103})
"""Refused once, these may mean a migration that is not through yet (DESIGN 5.2)."""
PRECONDITION_WAIT = timedelta(minutes=15)
LADDER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720))
"""After a create that did not arrive, or met trouble of the remote's own: the first, the second, … time."""

RELEASED = (
    "This number was given up on purpose (released, deregistered or moved away), and a file does not bring it back. "
    "If it shall come back, register it by itself: `linewright register`."
)
"""Of a row that asks to register such a number: it took two keys to give it up."""


class RowGoal(StrEnum):
    """What a row asks for; with `none` its number is only known, or made."""

    REGISTER = "register"
    VERIFY = "verify"
    NONE = "none"


class RowState(StrEnum):
    """Where a row is by itself. While it is `open` it is shown as its operation is."""

    QUEUED = "queued"
    CREATING = "creating"
    OPEN = "open"
    DONE = "done"
    GAVE_UP = "gave_up"
    CANCELLED = "cancelled"
    BAD = "bad"


SHOWN = ("queued", "creating", "running", "waiting", "asking", "done", "gave_up", "cancelled", "bad")
"""The states that people see, in the order of a row's life."""
ENDED = frozenset({"done", "gave_up", "cancelled", "bad"})


def state_of(counts: Mapping[str, int]) -> str:
    """An import in one word, from how many of its rows are shown in which state: what moves goes before what asks,
    what asks before what waits; ended it is `done`, or `gave_up` where a row did not reach its goal."""
    if any(counts.get(state) for state in ("queued", "creating", "running")):
        return "running"
    for state in ("asking", "waiting"):
        if counts.get(state):
            return state
    return "gave_up" if counts.get("gave_up") or counts.get("cancelled") else "done"


# How many numbers an account may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What an account holds and may hold. `limit` is None where the remote never told; `whole_business` says that it
    counts every account of the business, of which others may not be known here. `promised`: rows of other imports
    that will create."""

    account: str
    numbers: int
    promised: int = 0
    creates: int = 0
    limit: int | None = None
    whole_business: bool = False

    @property
    def room(self) -> int | None:
        """How many more it may hold; None where nobody knows."""
        return None if self.limit is None else max(self.limit - self.numbers - self.promised, 0)

    @property
    def too_many(self) -> int:
        return 0 if self.room is None else max(self.creates - self.room, 0)


def limit_of(told: Happening | None) -> tuple[int | None, bool]:
    """The limit that the latest word of an account's abilities names, and whether it is its whole business's."""
    if told is None:
        return None, False
    for name, whole in (("max_phone_numbers_per_waba", False), ("max_phone_numbers_per_business", True)):
        given = str(told.detail.get(name, ""))
        if given.isascii() and given.isdigit():
            return int(given), whole
    return None, False


# A number that is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What follows from the answer to a create. `number` is the new id; `doubt`: the account's listing settles it;
    `again_at`: it is sent once more then; none of them: it is refused for good."""

    number: str | None = None
    doubt: bool = False
    again_at: datetime | None = None
    reason: str | None = None
    message: str = ""


def not_listed(tries: int, now: datetime) -> Created:
    """What follows where the whole listing lacks a number whose create was in doubt, `tries` sent so far."""
    if tries > len(LADDER):
        said = (
            f"It was asked for {tries} times. No answer said that it was added, and the account's listing lacks it. "
            "Look in WhatsApp Manager whether the account may hold it, then import it again."
        )
        return Created(reason="not-listed", message=said)
    said = "The account's listing lacks it; it is sent again."
    return Created(again_at=now + LADDER[max(tries, 1) - 1], reason="not-listed", message=said)


def after_create(
    answer: Answer, tries: int, held_until: datetime | None, catalogue: Catalogue, now: datetime
) -> Created:
    """`tries` were made with this one; `held_until`: its answer holds the whole account until then."""
    if answer.outcome is Outcome.OK:
        return Created(number=str(answer.body.get("id", "")) or None, doubt=not answer.body.get("id"))
    step = LADDER[min(tries, len(LADDER)) - 1]
    if answer.outcome is Outcome.IN_DOUBT:
        return Created(
            doubt=True, reason="in-doubt", message="Whether it was added is not known; the listing will tell."
        )
    error = answer.error
    if answer.outcome is not Outcome.REFUSED or error is None:
        return Created(again_at=now + step, reason="not-sent", message="It could not be sent; it is sent again.")
    if ALREADY_LISTED in (error.code, error.subcode):
        return Created(
            doubt=True, reason="in-doubt", message="The account has it already; the listing will tell its id."
        )
    if held_until is not None:
        return Created(again_at=held_until, reason="account-on-hold", message="The account's calls are held for now.")
    words = f"{error.user_message or error.details or error.message} ({error.code})"
    entry = catalogue.find(error, answer.call)
    if PRECONDITION & {error.code, error.subcode} and tries < 2:
        return Created(
            again_at=now + PRECONDITION_WAIT, reason="told-to-wait", message=f"Meta would not add it: {words}."
        )
    if entry is not None and entry.retry == "after_wait" and tries <= len(LADDER):
        return Created(again_at=now + step, reason="their-trouble", message=f"Meta could not add it: {words}.")
    steps = " ".join(entry.steps) if entry is not None else ""
    return Created(reason="refused", message=f"Meta would not add it: {words}. {steps}".strip())
