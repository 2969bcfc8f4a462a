"""What became of a phone's PINs, event by event and without their digits: derived, never stored (decision 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linewright.domain.happenings import HappeningKind
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.pins import (
    MISMATCH,
    POLICY_LOCK,
    PROVES,
    Change,
    ChangeKind,
    Pin,
    PinOrigin,
)

__all__ = ["TOLD", "Acceptance", "Noted", "PinEvent", "PinEventKind", "Told", "acceptance", "pin_history"]

LOCKED = 133008
MALFORMED = 100


class PinEventKind(StrEnum):
    """What may happen to a PIN, as far as it is seen here."""

    MADE = "made"
    GIVEN = "given"
    IMPORTED = "imported"
    SET = "set"
    """The remote took it through the API. Nothing can be read of it: it is proven by the next register."""
    ACCEPTED = "accepted"
    """By an ok register of a number that a reading had shown down just before."""
    TAKEN = "taken"
    """By an ok register of a number that was online, which proves nothing."""
    REFUSED = "refused"
    DOUBTED = "doubted"
    LOCKED = "locked"
    LOST = "lost"
    """It was sent, and the answer was lost."""
    CHANGED = "changed"
    OFF = "off"
    RESET_ASKED = "reset-asked"
    NOT_USED = "not-used"
    SHOWN = "shown"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinEvent:
    """One event. `pin` counts the phone's different PINs in the order in which they came (None: of none of them);
    `by` says who or what, `operation` and `fbtrace_id` where to look."""

    at: datetime
    kind: PinEventKind
    message: str
    by: str
    pin: int | None = None
    operation: str | None = None
    code: int | None = None
    fbtrace_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What the audit says somebody did with a kept PIN: `action` is show, export or import."""

    at: datetime
    who: str
    action: str
    pin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a webhook told of the phone's PIN."""

    at: datetime
    kind: HappeningKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """When and by what a PIN was last accepted, and what since then speaks against it, the oldest first."""

    accepted: PinEvent
    against: tuple[PinEvent, ...]


NOTED = {
    "show": (PinEventKind.SHOWN, "It was shown on a terminal."),
    "export": (PinEventKind.EXPORTED, "It left this home in a sealed export."),
    "import": (PinEventKind.IMPORTED, "It came in by an import."),
}
TOLD = {
    HappeningKind.PIN_CHANGED: (PinEventKind.CHANGED, "Meta told that the PIN was changed."),
    HappeningKind.PIN_RESET_REQUESTED: (
        PinEventKind.RESET_ASKED,
        "Meta told that somebody asked to switch two-step verification off.",
    ),
    HappeningKind.PIN_REQUEST_SUCCEEDED: (PinEventKind.OFF, "Meta told that two-step verification was switched off."),
}
CHANGES = {
    ChangeKind.OFF: (PinEventKind.OFF, "Two-step verification is off: a reading or a person said so."),
    ChangeKind.CHANGED: (PinEventKind.CHANGED, "The PIN is known to have changed."),
}
ORIGINS = {
    PinOrigin.GIVEN: (PinEventKind.GIVEN, "It was given."),
    PinOrigin.CHOSEN: (PinEventKind.GIVEN, "It was given, to be set through the API."),
    PinOrigin.MADE: (PinEventKind.MADE, "It was made here: two-step verification was off."),
    PinOrigin.SET: (PinEventKind.MADE, "It was made here, to be set through the API."),
}


def pin_history(
    pins: Iterable[Pin],
    attempts: Iterable[Attempt],
    changes: Iterable[Change] = (),
    told: Iterable[Told] = (),
    noted: Iterable[Noted] = (),
    *,
    unused_at: datetime | None = None,
) -> tuple[PinEvent, ...]:
    """Every event, the oldest first. `unused_at` is the second of the readings that showed the PIN off after the last
    ok register."""
    kept = sorted(pins, key=lambda pin: pin.at)
    prints = list(dict.fromkeys(pin.fingerprint for pin in kept))
    number = {pin.id: prints.index(pin.fingerprint) + 1 for pin in kept}
    noted, told = list(noted), list(told)
    imported = {note.pin for note in noted if note.action == "import"}
    found = [
        *(_came(pin, number[pin.id]) for pin in kept if pin.id not in imported),
        *(_did(note, number.get(note.pin or "")) for note in noted if note.action in NOTED),
        *(event for attempt in attempts for event in _sent(attempt, number)),
        *(_heard(each) for each in told if each.kind in TOLD),
        *(_moved(change) for change in changes if not any(each.at == change.at for each in told)),
    ]
    if unused_at is not None:
        found.append(_retired(unused_at))
    return tuple(sorted(found, key=lambda event: event.at))


def acceptance(history: Sequence[PinEvent]) -> Acceptance | None:
    """The last acceptance, and what came after it and speaks against that PIN; None where none was ever accepted."""
    last = next((event for event in reversed(history) if event.kind is PinEventKind.ACCEPTED), None)
    if last is None:
        return None
    since = history[history.index(last) + 1 :]
    return Acceptance(accepted=last, against=tuple(event for event in since if _speaks_against(event, last)))


def _speaks_against(event: PinEvent, accepted: PinEvent) -> bool:
    """Of the PIN itself that it was refused or doubted, of the phone that another holds now or may soon."""
    if event.kind in (PinEventKind.REFUSED, PinEventKind.DOUBTED, PinEventKind.LOCKED):
        return event.pin == accepted.pin
    if event.kind is PinEventKind.SET:
        return event.pin != accepted.pin
    return event.kind in (PinEventKind.CHANGED, PinEventKind.OFF, PinEventKind.RESET_ASKED)


def _came(pin: Pin, number: int) -> PinEvent:
    kind, message = ORIGINS[pin.origin]
    by = "Linewright" if kind is PinEventKind.MADE else "a person or a program"
    return PinEvent(at=pin.at, kind=kind, message=message, by=by, pin=number)


def _did(note: Noted, number: int | None) -> PinEvent:
    kind, message = NOTED[note.action]
    return PinEvent(at=note.at, kind=kind, message=message, by=note.who, pin=number)


def _heard(told: Told) -> PinEvent:
    kind, message = TOLD[told.kind]
    return PinEvent(at=told.at, kind=kind, message=message, by="a webhook")


def _moved(change: Change) -> PinEvent:
    kind, message = CHANGES[change.kind]
    return PinEvent(at=change.at, kind=kind, message=message, by="a reading, a webhook or a person")


def _retired(at: datetime) -> PinEvent:
    return PinEvent(
        at=at,
        kind=PinEventKind.NOT_USED,
        message="Two readings after the last registration showed the PIN off: the remote does not use it any more.",
        by="readings",
    )


def _sent(attempt: Attempt, number: dict[str, int]) -> Iterator[PinEvent]:
    """What an attempt that carried a PIN tells of it; nothing where it was not sent."""
    told = _answered(attempt) if attempt.pin and attempt.spent else None
    if told is not None:
        kind, message = told
        yield PinEvent(
            at=attempt.ended_at,
            kind=kind,
            message=message,
            by=f"the call {attempt.call}",
            pin=number.get(attempt.pin or ""),
            operation=attempt.operation,
            code=attempt.code,
            fbtrace_id=attempt.fbtrace_id,
        )


def _answered(attempt: Attempt) -> tuple[PinEventKind, str] | None:
    if attempt.in_doubt:
        return PinEventKind.LOST, "It was sent, and the answer was lost."
    if attempt.ok and attempt.call is CallKind.SET_PIN:
        return PinEventKind.SET, "The remote took it as the new PIN; only a registration proves it."
    if attempt.ok and attempt.before in PROVES:
        return (
            PinEventKind.ACCEPTED,
            f"A registration went through with it; just before, the number was {_was(attempt)}.",
        )
    if attempt.ok:
        return PinEventKind.TAKEN, "A registration of a number that was online went through: that proves no PIN."
    if attempt.code == MISMATCH:
        return PinEventKind.REFUSED, "The remote says that it is not the PIN."
    if attempt.code == MALFORMED:
        return PinEventKind.REFUSED, "The remote took it for malformed or weak."
    if attempt.code == LOCKED:
        return PinEventKind.LOCKED, "The remote locked the number: too many guesses, here or elsewhere."
    if attempt.code == POLICY_LOCK:
        return PinEventKind.DOUBTED, "The remote refused it together with the account, which may be either's fault."
    return None


def _was(attempt: Attempt) -> str:
    return "not verified yet" if attempt.before == "unverified" else "offline"
