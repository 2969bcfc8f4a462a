"""The life of a PIN, derived from the journal: no state of its own that a crash could leave behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from linewright.domain.journal import Attempt, CallKind

__all__ = [
    "MISMATCH",
    "POLICY_LOCK",
    "PROVES",
    "Change",
    "ChangeKind",
    "Pin",
    "PinBook",
    "PinOrigin",
    "PinState",
    "pin_book",
]

MISMATCH = 133005
POLICY_LOCK = 131031
PROVES = ("offline", "unverified")
"""What a number must have read just before an ok register, so that it proves its PIN."""


class PinOrigin(StrEnum):
    """Where a kept PIN came from."""

    GIVEN = "given"
    """By a person, as the number's present PIN (or the one it shall get while two-step is off)."""
    MADE = "made"
    """By Linewright, for a number whose two-step verification a reading showed off."""
    SET = "set"
    """Made by Linewright to be set through the API; of no use before that call was answered ok."""
    CHOSEN = "chosen"
    """By a person, to be set through the API: as `SET`, but never replaced by another."""


class PinState(StrEnum):
    NONE = "none"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DOUBTED = "doubted"
    STALE = "stale"
    NOT_USED = "not used"


class ChangeKind(StrEnum):
    """How a PIN is known to have changed (DESIGN 5.5)."""

    OFF = "off"
    """Two-step verification is off: read so, or a person said so. Any PIN sent becomes the PIN."""
    CHANGED = "changed"
    """Another PIN holds now: PIN_CHANGED, or a person said so. What was kept before is stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    at: datetime
    kind: ChangeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One kept PIN, without its digits. Equal digits of one phone have equal fingerprints."""

    id: str
    fingerprint: str
    origin: PinOrigin
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PinBook:
    """What is known of a phone's PINs. `candidates` are those that may be sent, best first."""

    state: PinState = PinState.NONE
    since: datetime | None = None
    candidates: tuple[Pin, ...] = ()
    accepted: Pin | None = None
    refused: frozenset[str] = frozenset()
    pins: tuple[Pin, ...] = ()
    moved: datetime | None = None
    """When the PIN was last known to have changed."""
    sent: tuple[Attempt, ...] = field(default=(), repr=False, compare=False)
    changes: tuple[Change, ...] = field(default=(), repr=False, compare=False)
    """What this was derived from, for whoever imagines what comes next."""

    def by_id(self, pin: str | None) -> Pin | None:
        return next((kept for kept in self.pins if kept.id == pin), None)

    def is_refused(self, pin: str | None) -> bool:
        kept = self.by_id(pin)
        return kept is not None and kept.fingerprint in self.refused


def pin_book(
    pins: Iterable[Pin],
    attempts: Iterable[Attempt],
    changes: Iterable[Change] = (),
    *,
    two_step: bool | None = None,
    unused: bool = False,
) -> PinBook:
    """What the journal says of a phone's PINs.

    `attempts` are all of the phone that carried a PIN, oldest first; `two_step` is `is_pin_enabled` of
    the latest good reading; `unused` says that two readings since the last ok register showed it off: the
    remote ignores the PIN then (from 23 September 2026), until it is seen to mind one again.
    """
    kept, changes = tuple(sorted(pins, key=lambda pin: pin.at)), tuple(changes)
    sent = [attempt for attempt in attempts if attempt.pin]
    set_calls = [a for a in sent if a.call is CallKind.SET_PIN]
    last_set = max((a.ended_at for a in set_calls if a.ok), default=None)
    turned = [change.at for change in changes]
    moved = max([*turned, *([last_set] if last_set else [])], default=None)
    refused = frozenset(
        a.fingerprint
        for a in sent
        if a.fingerprint and a.refused and a.code == MISMATCH and (moved is None or a.ended_at > moved)
    )
    set_ok = {a.pin for a in set_calls if a.ok and a.ended_at == last_set}
    stale_before = max(
        [c.at for c in changes if c.kind is ChangeKind.CHANGED] + ([last_set] if last_set else []),
        default=None,
    )
    tried = {a.pin for a in sent if a.call is CallKind.REGISTER and a.spent}

    def sendable(pin: Pin) -> bool:
        if pin.id in set_ok:
            return stale_before == last_set or stale_before is None
        if pin.origin in (PinOrigin.SET, PinOrigin.CHOSEN):
            return False
        if stale_before is not None and pin.at < stale_before:
            return False
        return pin.origin is PinOrigin.GIVEN or two_step is False or pin.id in tried

    fit = [pin for pin in reversed(kept) if sendable(pin)]
    candidates = tuple(pin for pin in fit if pin.fingerprint not in refused)
    proof = _proof(sent, stale_before)
    accepted = next((pin for pin in candidates if proof and pin.fingerprint == proof.fingerprint), None)
    book = PinBook(
        candidates=candidates,
        accepted=accepted,
        refused=refused,
        pins=kept,
        moved=moved,
        sent=tuple(sent),
        changes=changes,
    )
    retired = unused and two_step is not True and not _spoken_for(sent, proof)
    state, since = _state(book, sent, proof, stale_before, unused=retired)
    return replace(book, state=state, since=since)


def _proof(sent: list[Attempt], stale_before: datetime | None) -> Attempt | None:
    """The latest ok register of a number that was down just before: only that accepts a PIN."""
    for attempt in reversed(sent):
        if attempt.call is CallKind.REGISTER and attempt.ok and attempt.before in PROVES:
            return attempt if stale_before is None or attempt.ended_at > stale_before else None
    return None


def _spoken_for(sent: list[Attempt], proof: Attempt | None) -> bool:
    """Whether the remote minded a PIN again after the register that seemed to ignore one, or one was set since."""
    later = [attempt for attempt in sent if proof is not None and attempt.ended_at > proof.ended_at]
    minded = (attempt.refused and attempt.code in (MISMATCH, POLICY_LOCK) for attempt in later)
    return any(minded) or any(attempt.ok and attempt.call is CallKind.SET_PIN for attempt in later)


def _state(
    book: PinBook,
    sent: list[Attempt],
    proof: Attempt | None,
    stale_before: datetime | None,
    *,
    unused: bool,
) -> tuple[PinState, datetime | None]:
    if unused and proof:
        return PinState.NOT_USED, proof.ended_at
    if not book.pins:
        return PinState.NONE, None
    last = sent[-1] if sent else None
    if not book.candidates:
        if last and last.refused and last.code == MISMATCH and last.fingerprint in book.refused:
            return PinState.REFUSED, last.ended_at
        return (PinState.STALE, stale_before) if stale_before else (PinState.NONE, None)
    best = book.candidates[0]
    if last and last.pin == best.id and last.refused and last.code == POLICY_LOCK:
        return PinState.DOUBTED, last.ended_at
    if book.accepted and best.fingerprint == book.accepted.fingerprint and proof:
        return PinState.ACCEPTED, proof.ended_at
    return PinState.PENDING, best.at
