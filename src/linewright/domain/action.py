"""The action: what was decided. One of `Call`, `Wait`, `Ask`, `Done`, `GiveUp`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linewright.domain.journal import CallKind
from linewright.domain.operation import ReplyKind, TaskKind, Topic

__all__ = ["ANSWERS", "Action", "Ask", "Call", "Done", "GiveUp", "Reason", "Wait"]


class Reason(StrEnum):
    """Stable names of why an operation is where it is; scripts rely on them."""

    ALREADY_ONLINE = "already-online"
    REGISTERED = "registered"
    VERIFIED = "verified"
    DEREGISTERED = "deregistered"
    NOT_REGISTERED = "not-registered"
    PIN_SET = "pin-set"
    MIGRATED = "migrated"
    NOT_YET_PROVEN = "not-yet-proven"
    READING = "reading"
    REGISTERING = "registering"
    SETTLING = "settling"
    NAME_IN_REVIEW = "name-in-review"
    TOLD_TO_WAIT = "told-to-wait"
    SERVER_DOWN = "server-down"
    THEIR_TROUBLE = "their-trouble"
    SPACING = "spacing"
    AUTOMATIC_CAP = "automatic-cap"
    BLOCKED = "blocked"
    ACCOUNT_ON_HOLD = "account-on-hold"
    ACCOUNT_PAUSED = "account-paused"
    USAGE_LIMIT = "usage-limit"
    UNKNOWN_READING = "unknown-reading"
    CONTRADICTORY = "contradictory"
    UNRECOGNISED = "unrecognised"
    IN_DOUBT = "in-doubt"
    NEEDS_CODE = "needs-code"
    NEEDS_PIN = "needs-pin"
    NEEDS_APPROVAL = "needs-approval"
    NEEDS_FIX = "needs-fix"
    NEEDS_SUPPORT = "needs-support"
    NOT_OURS = "not-ours"
    DELETED = "deleted"
    PIN_REFUSED = "pin-refused"
    NO_WAY_BACK = "no-way-back"
    SAME_ANSWER = "same-answer"
    CANCELLED = "cancelled"
    DECLINED = "declined"


ANSWERS: dict[TaskKind, tuple[ReplyKind, ...]] = {
    TaskKind.OTP: (ReplyKind.VALUE, ReplyKind.RESEND, ReplyKind.DECLINE),
    TaskKind.PIN: (ReplyKind.VALUE, ReplyKind.APPROVE, ReplyKind.DONE, ReplyKind.DECLINE),
    TaskKind.APPROVE: (ReplyKind.APPROVE, ReplyKind.DECLINE),
    TaskKind.FIX: (ReplyKind.DONE, ReplyKind.DECLINE),
    TaskKind.SUPPORT: (ReplyKind.DONE, ReplyKind.DECLINE),
}
"""What each kind of question takes for an answer (DESIGN, section 8, *Tasks*)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Make this call now. `pin` names a kept PIN, `fresh_pin` has one made and kept before the intent;
    `reply` names the person's reply whose code is to be sent."""

    kind: CallKind
    pin: str | None = None
    fresh_pin: bool = False
    reply: str | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Put a question to a person. `wake_at` is when to look again without an answer, if ever."""

    kind: TaskKind
    topic: Topic
    reason: Reason
    question: str
    message: str
    next_step: str = ""
    wake_at: datetime | None = None
    answers: tuple[ReplyKind, ...] = ()
    of_account: bool = False
    """The question belongs to the account: every operation it holds shows the same one."""

    @property
    def taken(self) -> tuple[ReplyKind, ...]:
        return self.answers or ANSWERS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Rest until a named time for a named reason; `ask` is a question that may be answered meanwhile."""

    until: datetime
    reason: Reason
    message: str
    next_step: str = ""
    ask: Ask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The goal is reached; `proven` is False where no reading can show it."""

    reason: Reason
    message: str
    next_step: str = ""
    proven: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Ended without the goal, with the reason and a way back."""

    reason: Reason
    message: str
    next_step: str


Action = Call | Wait | Ask | Done | GiveUp
