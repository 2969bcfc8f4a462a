"""The case: everything known when deciding, and the questions one asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from linewright.domain.entries import Catalogue, Entry
from linewright.domain.journal import WRITES, Attempt, CallKind
from linewright.domain.moving import Moving
from linewright.domain.number import REGISTERED, Number, Reading, Standing
from linewright.domain.operation import Account, Evidence, Operation, Reply, ReplyKind, TaskKind, Topic
from linewright.domain.pins import Pin, PinBook
from linewright.domain.standing import Judged, judge
from linewright.domain.weather import Weather

__all__ = ["UNREACHED", "Case", "Look", "Restored"]

UNREACHED = "show"
"""The remedy of an error that no entry describes: shown as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look around showed after a permission was refused; None where it could not be seen."""

    account_readable: bool | None
    listed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """This home was put back from a copy: what was done after `copied_at`, by the home it was copied from, is not
    known here. `at` is when work could first go on."""

    copied_at: datetime
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Case:
    """What `decide` looks at. Everything here outlives a restart but the flags of the present turn. It never changes,
    so what is asked of it again and again is found once (and it has no slots, where that is kept).

    `attempts` are the phone's, over all its ids and operations, oldest first; `readings` are those of
    this operation, oldest first, failed ones too; `replies` and `evidence` are this operation's.
    `read_this_turn` says that a read was tried in this turn, `fresh` that a good one came after the
    last write of this turn.
    """

    now: datetime
    catalogue: Catalogue
    operation: Operation
    number: Number
    account: Account
    reading: Reading | None = None
    last_good: Reading | None = None
    readings: tuple[Reading, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    replies: tuple[Reply, ...] = ()
    pins: PinBook = field(default_factory=PinBook)
    subscribed: bool | None = None
    subscription_read: bool = False
    storage_read: bool = False
    read_this_turn: bool = False
    fresh: bool = False
    look: Look | None = None
    weather: Weather | None = None
    """The latest outage of the registration server, of the whole installation; perhaps ended."""
    moving: Moving | None = None
    """Of a migration: the side that the line comes from, and what this turn saw of both. `number` and `account` are
    those of the destination once it has an id for the line."""
    restored: Restored | None = None
    """That this home was put back from a copy; None once the window over which that matters has passed."""

    # The number, as last seen

    @cached_property
    def judged(self) -> Judged:
        return judge(self.last_good, self.number)

    @property
    def standing(self) -> Standing:
        return self.judged.standing

    @property
    def registered(self) -> bool:
        return self.standing in REGISTERED

    @property
    def two_step(self) -> bool | None:
        """`is_pin_enabled` as last read; None where it was not said."""
        return self.last_good.is_pin_enabled if self.last_good else None

    # The journal

    @cached_property
    def mine(self) -> tuple[Attempt, ...]:
        """The attempts of this operation, oldest first."""
        return tuple(a for a in self.attempts if a.operation == self.operation.id)

    def mine_called(self, kind: CallKind) -> bool:
        """Whether this operation tried such a call at all, sent or not."""
        return any(a.call is kind for a in self.mine)

    def of_kind(self, kind: CallKind) -> tuple[Attempt, ...]:
        """This operation's calls of a kind that reached the remote, or may have, oldest first."""
        return tuple(a for a in self.mine if a.call is kind and a.spent)

    def last(self, kind: CallKind) -> Attempt | None:
        """The current answer to a kind of call in this operation."""
        found = self.of_kind(kind)
        return found[-1] if found else None

    def ok_since(self, kind: CallKind, moment: datetime) -> Attempt | None:
        """The latest call of this kind answered ok at or after `moment`."""
        return next((a for a in reversed(self.of_kind(kind)) if a.ok and a.ended_at >= moment), None)

    def last_write(self) -> Attempt | None:
        """The phone's latest write of any kind and operation."""
        return next((a for a in reversed(self.attempts) if a.call in WRITES and a.spent), None)

    def entry(self, attempt: Attempt) -> Entry | None:
        return self.catalogue.find(attempt.error, attempt.call) if attempt.error else None

    def remedy(self, attempt: Attempt) -> str:
        """The name of the remedy for a refused call."""
        entry = self.entry(attempt)
        return entry.remedy if entry else UNREACHED

    def streak(self, attempt: Attempt) -> int:
        """How many times in a row, within its operation, this kind of call was answered with this remedy.

        A lost answer is none: it neither counts nor begins the row anew.
        """
        return sum(1 for _ in self._run(attempt, self.remedy(attempt)))

    def began(self, attempt: Attempt) -> datetime:
        """When the first of those answers in a row came."""
        return min(a.ended_at for a in self._run(attempt, self.remedy(attempt)))

    def _run(self, attempt: Attempt, remedy: str) -> Iterator[Attempt]:
        alike = (
            a
            for a in reversed(self.attempts)
            if a.operation == attempt.operation and a.call is attempt.call and a.spent
        )
        started = False
        for earlier in alike:
            if earlier.id == attempt.id:
                started = True
            elif not started or earlier.in_doubt:
                continue
            if not earlier.refused or self.remedy(earlier) != remedy:
                return
            yield earlier

    @cached_property
    def candidates(self) -> tuple[Pin, ...]:
        """The PINs that may be sent, best first, without those that the remote took for malformed or weak.

        Nor those refused before a person said that two-step verification is off, while it reads switched on.
        """
        malformed = {a.pin for a in self.attempts if a.pin and a.refused and self.remedy(a) == "pin_malformed"}
        off = self.reply(Topic.PIN, ReplyKind.DONE) or self.reply(Topic.LOCKED, ReplyKind.DONE)
        wrong = {
            a.fingerprint
            for a in self.attempts
            if off and self.two_step and a.at < off.at and a.refused and self.remedy(a) == "pin_mismatch"
        }
        fit = (pin for pin in self.pins.candidates if pin.id not in malformed)
        return tuple(pin for pin in fit if pin.fingerprint not in wrong or (off and pin.at >= off.at))

    # People

    def reply(
        self,
        topic: Topic,
        *answers: ReplyKind,
        since: datetime | None = None,
    ) -> Reply | None:
        """The latest reply about a topic, given at or after `since`."""
        for reply in reversed(self.replies):
            fits = reply.topic is topic and (not answers or reply.answer in answers)
            if fits and (since is None or reply.at >= since):
                return reply
        return None

    def settled_by_person(self, moment: datetime) -> bool:
        """Whether a person said *done, look again* to a fix or support question after `moment`."""
        return any(
            reply.kind in (TaskKind.FIX, TaskKind.SUPPORT) and reply.answer is ReplyKind.DONE and reply.at >= moment
            for reply in self.replies
        )

    def seen_since(self, moment: datetime) -> Iterable[Reading]:
        """The good readings of this operation taken at or after `moment`, oldest first."""
        return (reading for reading in self.readings if reading.good and reading.at >= moment)

    def seen_before(self, moment: datetime) -> Reading | None:
        """The last good reading of this operation taken before `moment`."""
        return next((reading for reading in reversed(self.readings) if reading.good and reading.at < moment), None)

    @cached_property
    def latest(self) -> datetime:
        """The latest moment that the journal of this phone holds, by whatever clock it was written."""
        moments = [self.operation.opened_at, self.operation.cancel_asked_at, self.pins.moved]
        moments += [self.attempts[-1].at, self.attempts[-1].ended_at] if self.attempts else []
        for kept in (self.readings, self.replies, self.evidence, self.pins.pins):
            moments += [kept[-1].at] if kept else []
        return max(moment for moment in moments if moment is not None)

    def ago(self, moment: datetime) -> timedelta:
        """How long ago that was; a moment in the future counts as now (a clock set back delays)."""
        return max(self.now - moment, timedelta(0))
