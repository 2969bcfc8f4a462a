"""Giving a number up on purpose: the second key, the proof that it is free, and what remains to be done by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from linewright.domain.action import Action, Ask, Reason, Wait
from linewright.domain.case import Case
from linewright.domain.journal import Attempt
from linewright.domain.number import REGISTERED, Number, Reading, Standing
from linewright.domain.operation import ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinBook, PinState

__all__ = [
    "GONE",
    "HELD_BY_PAID",
    "WAY",
    "Over",
    "Remains",
    "Todo",
    "by_hand",
    "deletable_at",
    "news_of",
    "other_provider",
    "over",
    "second_key",
    "second_look",
]

HELD_BY_PAID = timedelta(days=30)
"""So long after the last paid message WhatsApp Manager refuses to delete a number (facts, 1.7)."""
SECOND_LOOK = timedelta(minutes=1)
"""After the deregister's answer: a second reading shows that the first was no moment's lag."""
GONE = frozenset({Standing.DELETED, Standing.MIGRATED})
"""Nothing is left to be deleted in this account."""
PIN_WORDS = {
    PinState.ACCEPTED: "Linewright keeps a PIN of it that the remote has accepted.",
    PinState.NOT_USED: "The remote does not use a PIN of it any more.",
    PinState.PENDING: "Linewright keeps a PIN of it that nothing has proven.",
    PinState.DOUBTED: "Linewright keeps a PIN of it that is in doubt.",
}
NO_PIN = "Linewright keeps no PIN of it that would work: coming back would take a code, or a reset of the PIN."
TWO_STEP = {
    True: "Two-step verification is on: a move to another account is refused (2388001).",
    False: "Two-step verification is off.",
    None: "Whether two-step verification is off was not told.",
}
WAY = {
    Standing.COEXISTENCE: "Give it up in the WhatsApp Business app: Settings, Account, Business Platform, disconnect. "
    "Deleting the account in the app gives up the number itself.",
    Standing.ON_PREMISE: "It is not on the Cloud API: nothing is to be deregistered. Delete it in WhatsApp Manager.",
    Standing.BANNED: "Nothing can be deregistered while it is banned. An admin of the portfolio can remove it in "
    "WhatsApp Manager.",
    Standing.MIGRATED: "It is not in this account any more: whoever has it now gives it up there.",
    Standing.DELETED: "It is gone already: nothing remains to be done here.",
    Standing.TEST: "It belongs to Meta, which takes it back by itself.",
}


# The two keys


def second_key(case: Case) -> Ask | None:
    """The question that must be answered before anything of a release is done, sent or not; None once it was."""
    if case.reply(Topic.RELEASE, ReplyKind.APPROVE):
        return None
    name = case.number.display or case.number.e164
    state = "It goes offline: nothing is sent or received any more." if case.registered else "It is offline already."
    unsaid = case.last_good is not None and case.last_good.is_on_biz_app is None
    app = " Whether it is shared with the WhatsApp Business app was not said; if it is, decline." if unsaid else ""
    return Ask(
        kind=TaskKind.APPROVE,
        topic=Topic.RELEASE,
        reason=Reason.NEEDS_APPROVAL,
        message="The first key is turned. A release gives the number up, so it needs a second one.",
        question=f"Release {name}, which gives it up on purpose? {state} Linewright never brings it back by itself. "
        "Once it is deleted or another has it, its display name, its messaging limits and its quality are lost, and "
        f"its chats do not come along. {_pin_words(case.pins)} No other operation of this phone is open.{app}",
        next_step="Nothing is sent before the second key is turned.",
    )


def _pin_words(pins: PinBook) -> str:
    words = PIN_WORDS.get(pins.state)
    return f"{words} Without it, coming back would take a code on that phone." if words else NO_PIN


# The proof


def second_look(case: Case, ok: Attempt) -> Action | None:
    """The wait for a reading that is not the first one after the deregister."""
    if case.ago(ok.ended_at) >= SECOND_LOOK:
        return None
    return Wait(
        until=ok.ended_at + SECOND_LOOK,
        reason=Reason.SETTLING,
        message="The number reads as not registered; a second reading shall show it too.",
        next_step="Reads the number again; nothing is sent meanwhile.",
    )


# What remains


class Over(StrEnum):
    """Why nothing is left to be reminded of."""

    GONE = "gone"
    BACK = "back"


def over(standing: Standing, wanted_again: bool, *, absent: bool) -> Over | None:
    """Whether the number is gone, or somebody brought it back."""
    if absent or standing in GONE:
        return Over.GONE
    return Over.BACK if wanted_again or standing in REGISTERED else None


def deletable_at(off_at: datetime | None, last_paid: date | None) -> datetime | None:
    """From when on WhatsApp Manager deletes it at the latest; None where nothing is known.

    The remote does not tell when the last paid message was sent. It was before the number went off, at the latest; the
    owner may know the day. Of a day all of it counts, by UTC.
    """
    known = [] if off_at is None else [off_at + HELD_BY_PAID]
    if last_paid is not None:
        known.append(datetime.combine(last_paid + timedelta(days=1), time(), UTC) + HELD_BY_PAID)
    return min(known, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """Something that must be so: `done` is None where it cannot be seen from here."""

    name: str
    done: bool | None
    what: str
    how: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What is known of a released number when one looks at it."""

    number: Number
    standing: Standing
    reading: Reading | None
    pins: PinBook
    absent: bool = False
    deletable: datetime | None = None
    now: datetime

    @property
    def gone(self) -> bool:
        return self.absent or self.standing in GONE


def by_hand(seen: Remains) -> tuple[Todo, ...]:
    """What remains until the number is gone from its account, in the order in which it is done."""
    return (_off(seen), _override(seen), _deletion(seen))


def other_provider(seen: Remains) -> tuple[Todo, ...]:
    """What another provider needs to take the number over, before it is deleted."""
    two_step = seen.reading.is_pin_enabled if seen.reading is not None else None
    return (
        Todo(
            name="two-step-off",
            done=None if two_step is None else not two_step,
            what=TWO_STEP[two_step],
            how=None
            if two_step is False
            else "In WhatsApp Manager open the number, Settings, Two-step verification, Turn off; then follow the link "
            "in the e-mail to the portfolio's address. No API does it.",
        ),
        Todo(
            name="code",
            done=None,
            what="Whoever takes it over has a code sent to its phone, by SMS or a call: it must still receive one.",
            how="Keep the line and its SIM until the other provider says that it is online there.",
        ),
        Todo(
            name="ask-them",
            done=None,
            what="They create it in their account with the migrate flag, or their Embedded Signup does; then code, "
            "verify, register. It keeps its display name and its limits only if it is moved before it is deleted here.",
            how="Give them the number alone. With two-step verification off they need no PIN of yours.",
        ),
    )


def _off(seen: Remains) -> Todo:
    unknown = seen.standing is Standing.UNKNOWN and not seen.absent
    off = None if unknown or seen.reading is None else seen.standing not in REGISTERED
    words = {
        True: "It is not registered: readings show it.",
        False: "It reads as registered: somebody has brought it back.",
        None: "Its last reading does not tell whether it is registered.",
    }
    return Todo(name="off", done=off, what=words[off], how=None if off else f"linewright doctor {seen.number.e164}")


def _override(seen: Remains) -> Todo:
    said: Any = seen.reading.said.get("webhook_configuration") if seen.reading is not None else None
    own = said.get("phone_number") if isinstance(said, Mapping) else None
    if seen.gone:
        return Todo(name="webhook", done=True, what="It has no webhook address of its own any more.")
    if not isinstance(said, Mapping):
        return Todo(name="webhook", done=None, what="Whether it has a webhook address of its own was not told.")
    if not own:
        return Todo(name="webhook", done=True, what="It has no webhook address of its own.")
    return Todo(
        name="webhook",
        done=False,
        what=f"It still has a webhook address of its own: {own}. It goes with the number when that is deleted.",
        how=f"To take it back at once: POST /{seen.number.id} with an empty override_callback_uri.",
    )


def _deletion(seen: Remains) -> Todo:
    if seen.gone:
        return Todo(name="deleted", done=True, what="It is gone from its account.")
    if seen.deletable is None:
        when = "30 days after its last paid message"
    elif seen.deletable <= seen.now:
        when = "now"
    else:
        when = f"from {seen.deletable:%Y-%m-%d} on at the latest, 30 days after its last paid message"
    asks = _asks_for_pin(seen)
    return Todo(
        name="deleted",
        done=False,
        what=f"It can be deleted {when}. No API does it.",
        how="An admin of the business portfolio opens WhatsApp Manager, Phone numbers, the number, and deletes it; "
        f"Insights there show when it sent its last paid message. {asks}",
    )


def _asks_for_pin(seen: Remains) -> str:
    if seen.standing not in REGISTERED:
        return "It is not connected, so no PIN is asked for."
    kept = seen.pins.accepted is not None
    return f"It is connected, so its PIN is asked for, which Linewright {'keeps' if kept else 'does not keep'}."


def news_of(display: str) -> tuple[str, str]:
    """What the reminder says, and what to do."""
    return (
        f"The day has come: {display} was released, and WhatsApp Manager should delete it now.",
        "An admin of the business portfolio deletes it in WhatsApp Manager, Phone numbers. Nothing reminds of it "
        "again; if it shall stay, leave it: Linewright does not bring it back.",
    )
