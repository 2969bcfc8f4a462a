"""What was said between Linewright and the remote: calls, answers and attempts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

__all__ = ["WRITES", "Answer", "Attempt", "CallKind", "Outcome", "RemoteError"]


class CallKind(StrEnum):
    """Every kind of call that Linewright makes; those in `WRITES` are attempts."""

    REGISTER = "register"
    DEREGISTER = "deregister"
    REQUEST_CODE = "request_code"
    VERIFY_CODE = "verify_code"
    SET_PIN = "set_pin"
    CREATE = "create"
    SUBSCRIBE = "subscribe"
    KEEP_STORAGE = "keep_storage"
    READ = "read"
    LOOK = "look"
    READ_STORAGE = "read_storage"
    READ_SUBSCRIPTION = "read_subscription"
    SURVEY = "survey"
    """Of a migration: the destination, its listing and its subscriptions."""
    READ_SOURCE = "read_source"
    SURVEY_SOURCE = "survey_source"


WRITES = frozenset(
    {
        CallKind.REGISTER,
        CallKind.DEREGISTER,
        CallKind.REQUEST_CODE,
        CallKind.VERIFY_CODE,
        CallKind.SET_PIN,
        CallKind.CREATE,
        CallKind.SUBSCRIBE,
        CallKind.KEEP_STORAGE,
    }
)
"""The calls that change something at the remote, and so are journalled before they are sent."""


class Outcome(StrEnum):
    """How a call ended, as far as this side can tell."""

    OK = "ok"
    REFUSED = "refused"
    """The remote answered with an error: what was asked did not happen."""
    IN_DOUBT = "in_doubt"
    """Sent, perhaps; the answer was lost or says nothing (time-out, cut connection, 5xx without JSON)."""
    UNREACHABLE = "unreachable"
    """The connection could not be made: nothing was sent."""
    NOT_SENT = "not_sent"
    """This side dropped the call before it was written to the socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteError:
    """One error of the remote, with its envelope taken apart and its secrets already replaced.

    `told_by_header` is the wait a header asked for (`Retry-After`, or the minutes of
    `estimated_time_to_regain_access`); a wait inside the texts is found by `waits.told`.
    """

    code: int | None = None
    subcode: int | None = None
    message: str = ""
    details: str = ""
    user_title: str = ""
    user_message: str = ""
    type: str = ""
    is_transient: bool | None = None
    fbtrace_id: str | None = None
    http_status: int | None = None
    told_by_header: timedelta | None = None

    @property
    def texts(self) -> tuple[str, str, str]:
        """The texts in the order in which a wait is looked for in them."""
        return (self.details, self.user_message, self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one call, read or write. A failure is a value here, never an exception.

    `body` is the parsed JSON object of a good answer (secrets replaced), empty otherwise.
    `remote_time` is the `Date` header. `usage` is the highest percentage found in the usage headers.
    """

    call: CallKind
    outcome: Outcome
    body: dict[str, Any] = field(default_factory=dict)
    error: RemoteError | None = None
    http_status: int | None = None
    fbtrace_id: str | None = None
    remote_time: datetime | None = None
    usage: int | None = None
    failure: str = ""
    """For an answer without an error body: what went wrong, in a few words for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call that writes to the remote: its intent is committed before it is sent, its answer after.

    `outcome` is None while the intent is open. `before` is the standing that the reading of the same
    turn showed; `pin` and `fingerprint` name the PIN that was sent, never its digits.
    """

    id: str
    operation: str
    number: str
    call: CallKind
    at: datetime
    answered_at: datetime | None = None
    outcome: Outcome | None = None
    error: RemoteError | None = None
    fbtrace_id: str | None = None
    http_status: int | None = None
    before: str | None = None
    pin: str | None = None
    fingerprint: str | None = None
    reply: str | None = None
    """The person's reply that this attempt used (the code it carried), if any."""
    method: str | None = None
    """For a code request: `SMS` or `VOICE`."""

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK

    @property
    def refused(self) -> bool:
        return self.outcome is Outcome.REFUSED

    @property
    def in_doubt(self) -> bool:
        """An open intent found by a later turn is in doubt as well: nobody knows whether it was sent."""
        return self.outcome in (None, Outcome.IN_DOUBT)

    @property
    def spent(self) -> bool:
        """Whether the remote may have counted it."""
        return self.outcome not in (Outcome.UNREACHABLE, Outcome.NOT_SENT)

    @property
    def ended_at(self) -> datetime:
        """The moment from which spacing, waits and windows are counted."""
        return self.answered_at or self.at

    @property
    def code(self) -> int | None:
        return self.error.code if self.error else None

    @property
    def subcode(self) -> int | None:
        return self.error.subcode if self.error else None
