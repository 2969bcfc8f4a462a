"""The operation: something asked for, its questions to people and their replies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = [
    "OPEN_STATES",
    "Account",
    "Evidence",
    "Goal",
    "Hold",
    "Operation",
    "OperationState",
    "Reply",
    "ReplyKind",
    "TaskKind",
    "Topic",
]


class Goal(StrEnum):
    """What can be asked for."""

    REGISTER = "register"
    VERIFY = "verify"
    DEREGISTER = "deregister"
    MIGRATE = "migrate"
    SET_PIN = "set-pin"


class OperationState(StrEnum):
    """At every moment an operation is in one of these; the last three are ends."""

    RUNNING = "running"
    WAITING = "waiting"
    ASKING = "asking"
    DONE = "done"
    GAVE_UP = "gave_up"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset({OperationState.RUNNING, OperationState.WAITING, OperationState.ASKING})


class TaskKind(StrEnum):
    """The kinds of question."""

    OTP = "otp"
    PIN = "pin"
    APPROVE = "approve"
    FIX = "fix"
    SUPPORT = "support"


class ReplyKind(StrEnum):
    """The kinds of answer to a question."""

    VALUE = "value"
    RESEND = "resend"
    APPROVE = "approve"
    DONE = "done"
    DECLINE = "decline"


class Topic(StrEnum):
    """What a question is about, so that its reply is never taken for another's."""

    CODE = "code"
    PIN = "pin"
    LOCKED = "locked"
    DEREGISTER = "deregister"
    CANCEL = "cancel"
    CHANGE = "change"
    PROPOSAL = "proposal"
    PREFLIGHT = "preflight"
    """What a migration needs of both accounts."""
    TWO_STEP = "two-step"
    """Whether two-step verification is off at a migration's source."""
    ACCOUNT = "account"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A person's answer. `pin` names the PIN it brought; `has_code` says that its code is still kept."""

    id: str
    kind: TaskKind
    topic: Topic
    answer: ReplyKind
    at: datetime
    pin: str | None = None
    has_code: bool = False
    pin_changed: bool = False
    method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An error heard elsewhere: from a person (`--because`) or a webhook."""

    code: int
    at: datetime
    source: str = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An account whose calls are held: its token is dead (`until` None) or it made too many calls.

    `streak` counts the answers in a row that prolonged it; `probe_at` is when one read may look again.
    """

    usage: bool
    since: datetime
    probe_at: datetime
    code: int | None = None
    streak: int = 1
    detail: str = ""
    whole_app: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One WhatsApp Business Account (WABA), without its secrets."""

    name: str
    waba: str
    paused: bool = False
    pin_reset: str = "ask"
    subscribe: bool = True
    recover: bool = False
    """Whether Linewright brings its numbers back by itself."""
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing asked for one phone. `state` and the texts beside it are what people last saw."""

    id: str
    goal: Goal
    number: str
    e164: str
    account: str
    opened_at: datetime
    state: OperationState = OperationState.RUNNING
    reason: str | None = None
    message: str = ""
    next_step: str = ""
    ended_at: datetime | None = None
    wake_at: datetime | None = None
    code_method: str = "SMS"
    code_language: str = "en_US"
    use_reserve: bool = False
    subscribe: bool = True
    ask_first: bool = False
    """Whoever gives the code is asked by a link: not even the first one is sent before they say so."""
    proposed: str | None = None
    """Why Linewright proposes it by itself: a person approves it before anything is sent, unless that is None."""
    proposed_until: datetime | None = None
    """From then on it goes on without an answer; None: never."""
    release: bool = False
    """For a deregister: the number is given up, so no way back is wanted, and a second person is asked."""
    cancel_asked_at: datetime | None = None
    source: str | None = None
    """Of a migration: the number that it takes the line from. `account` is its destination, and `number` the id there
    once there is one; until then the source too."""
    version: int = 0
    """Moves with every change from outside (an answer, a flag), so that none is lost during a turn."""
