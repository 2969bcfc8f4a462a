"""What a turn needs of the world. Each port is a promise; a contract test holds every implementation to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from linewright.domain.action import Ask
from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind
from linewright.domain.number import Reading, Storage
from linewright.domain.operation import Hold, Operation, OperationState
from linewright.domain.pins import Pin, PinOrigin
from linewright.engine.crash import CrashPoint, go_on
from linewright.secret import Secret

__all__ = [
    "SEND_SECONDS",
    "TIMEOUT_SECONDS",
    "UNPACED",
    "UNSEEN",
    "Clock",
    "Lease",
    "LeaseLost",
    "Ledger",
    "Order",
    "Overtaken",
    "Pace",
    "PhoneLocks",
    "Ports",
    "Remote",
    "Rested",
    "Waker",
    "Witness",
]

SEND_SECONDS = 5.0
"""Real seconds from the commit of an intent after which its call is dropped instead of sent (DESIGN 6)."""
TIMEOUT_SECONDS = 30.0
"""Real seconds after which the client gives a call up; whoever takes over waits so long for one in flight."""


class LeaseLost(Exception):
    """Somebody else has the phone by now: nothing of this turn may be written any more."""


class Overtaken(Exception):
    """What the call was decided on has changed meanwhile (another number probes): look again, nothing was sent."""


class Clock(Protocol):
    """The time as an argument. `now` is UTC and aware; `until` returns once `now() >= moment`, or
    earlier (somebody may have woken it): whoever waits looks again."""

    def now(self) -> datetime: ...

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until `moment`, never below zero."""
        ...

    async def until(self, moment: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One call, ready to be sent. Secrets stay closed until the wire."""

    call: CallKind
    account: str
    waba: str
    number: str
    pin: Secret | None = None
    code: Secret | None = None
    method: str = "SMS"
    language: str = "en_US"
    storage: Mapping[str, Any] | None = None
    e164: str = ""
    verified_name: str | None = None
    """Of a CREATE, which moves this phone; its name is carried over, and told where it is known."""
    send_by: float | None = None
    """On the monotonic clock: a write that is not on the wire by then is not sent."""


class Remote(Protocol):
    """The remote. A failure of any kind is an `Answer`, never an exception.

    SURVEY answers with `{"account": {...}, "numbers": [...], "subscribed": bool | None}` (the account's node and the
    whole listing), SURVEY_SOURCE with `{"account": {...}}`, READ_SOURCE like READ. CREATE answers with the new `id`.
    LOOK answers with the body `{"account_readable": bool | None, "listed": bool | None}` (and the account's
    error where it is not readable), READ_SUBSCRIPTION with `{"subscribed": bool}`, READ_STORAGE with
    `{"storage_configuration": {...} | None}`, READ with the node's fields.
    """

    async def send(self, order: Order) -> Answer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on one phone.

    `token` is the fencing token, raised at each change of hands; None for a lock that cannot change hands
    while its holder lives. `quiet_seconds`, real ones, must pass before anything of the phone is written or
    judged: a call of the former holder may still be under way; such a lease allows no write at all. Each write
    prolongs a lease to `seconds` from then. `renew` prolongs it too, and raises `LeaseLost` when it is somebody
    else's by now; to be called every `renew_seconds` while a call is in flight.
    """

    e164: str
    token: int | None = None
    quiet_seconds: float = 0.0
    seconds: float = 0.0
    renew: Callable[[], None] | None = None
    renew_seconds: float = 0.0


class PhoneLocks(Protocol):
    """One operation per phone at a time, across processes. Freed when the process dies, or its lease runs out."""

    def hold(self, e164: str, account: str) -> AbstractContextManager[Lease | None]:
        """The lease, or None when somebody else has the phone (or the account has as many calls at once as
        it may); never waits."""
        ...


class Waker(Protocol):
    """The one port of a queue. The truth is `wake_at` in the ledger: whoever changes it tells the queue in the
    same transaction, and a wake that is lost nevertheless is found by the engine's sweep."""

    def wake(self, connection: Any, operations: Sequence[str], at: datetime | None) -> None:
        """Gives each of these operations its next turn at `at`, in place of any other time that was set; None is
        never. `connection` is the transaction that holds their rows."""
        ...


class Pace(Protocol):
    """How many calls each account may make. Times are virtual."""

    def admit(self, account: str, operation: str, now: datetime, *, urgent: bool = False) -> datetime | None:
        """None when a turn may make its calls now; else when it comes to its turn, which is kept for it.

        `urgent`: a person just answered, and a code does not live long; such a turn goes before the others.
        """
        ...

    def settle(self, account: str, admitted: datetime, calls: int, usage: int | None, now: datetime) -> None:
        """Counts the calls that an admitted turn made, with the percentage that its last usage header told."""
        ...


class _Unpaced:
    def admit(self, account: str, operation: str, now: datetime, *, urgent: bool = False) -> datetime | None:
        return None

    def settle(self, account: str, admitted: datetime, calls: int, usage: int | None, now: datetime) -> None:
        """Nothing is counted."""


UNPACED: Pace = _Unpaced()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rested:
    """Where an operation comes to rest, or ends: what people and the timer are told."""

    state: OperationState
    reason: str
    message: str
    next_step: str = ""
    wake_at: datetime | None = None
    ask: Ask | None = None


class Witness(Protocol):
    """Sees turns as they are made, for the log and for traces. It changes nothing and never raises."""

    def turn(self, operation: Operation) -> AbstractContextManager[None]:
        """Around one turn, from the first look at the operation's case to its rest."""
        ...

    def rested(self, operation: Operation, rested: Rested) -> None:
        """Within a turn: where the operation came to rest, or how it ended."""
        ...


class _Unseen:
    def turn(self, operation: Operation) -> AbstractContextManager[None]:
        return nullcontext()

    def rested(self, operation: Operation, rested: Rested) -> None:
        """Nobody looks."""


UNSEEN: Witness = _Unseen()


class Ledger(Protocol):
    """The truth. Every method commits before it returns; none of them loses what was committed.

    All times come from the caller. A method that cannot write raises `StoreUnavailable`.
    """

    def under(self, lease: Lease) -> Ledger:
        """The same ledger for the holder of a lease: each of its writes raises `LeaseLost`, and writes nothing,
        once somebody else holds the phone."""
        ...

    def whose(self, operation: str) -> tuple[str, str]:
        """The phone (E.164) and the account of an operation. Raises `KeyError` for an unknown one."""
        ...

    def case(self, operation: str, now: datetime, catalogue: Catalogue) -> Case:
        """The whole case but the flags of a turn. Raises `KeyError` for an unknown operation.

        `attempts`: the newest 500 of the phone over all its ids, oldest first. `readings`: the newest 50 of
        this operation, oldest first. `evidence`: the phone's of the last 30 days, oldest first. `pins`: by
        `pins.pin_book` from the phone's kept PINs, its attempts, and its changes (a reading that showed
        `is_pin_enabled` false: OFF; a reply *done* to a `pin` question: OFF; a reply with `pin_changed`, or
        PIN_CHANGED: CHANGED).
        """
        ...

    def adopt_intents(self, e164: str, now: datetime) -> int:
        """Puts every attempt of the phone whose answer never came in doubt, as answered `now`; how many."""
        ...

    def save_reading(self, operation: str, reading: Reading) -> None:
        """Keeps a reading with its operation. A good one updates the number (standing, `seen_online_at`,
        `contradictory_since`, display) unless a newer one did so already; a failed one changes nothing else."""
        ...

    def save_source_reading(self, operation: str, reading: Reading) -> None:
        """Keeps a reading of a migration's source, as `save_reading` keeps one of the operation's number."""
        ...

    def save_destination(self, operation: str, number: str, display: str, at: datetime) -> None:
        """Makes the destination's id the number of a migration, and adds it to the account's numbers where it is
        new; kept once, it stays."""
        ...

    def save_intent(self, attempt: Attempt) -> None:
        """Commits what is about to be sent, and until when it may be. Raises if an intent of the phone is still
        open, `Overtaken` when another number has become the probe of an outage meanwhile."""
        ...

    def save_answer(self, attempt: str, answer: Answer, at: datetime) -> None:
        """Commits what came back, secrets replaced already. An attempt already answered keeps its answer."""
        ...

    def save_hold(self, account: str, hold: Hold | None) -> None:
        """Holds an account or releases it; a release wakes its operations. `whole_app` holds every account
        of the same app."""
        ...

    def save_storage(self, number: str, storage: Storage) -> None:
        """Keeps local storage settings."""
        ...

    def keep_pin(self, e164: str, digits: Secret, origin: PinOrigin, at: datetime) -> Pin:
        """Seals a PIN and keeps it for the phone."""
        ...

    def open_pin(self, pin: str) -> Secret:
        """A kept PIN. Raises `KeyMismatch` when the key does not fit."""
        ...

    def open_code(self, reply: str, now: datetime) -> Secret | None:
        """The code that a reply brought; None once it was used or is 15 minutes old."""
        ...

    def erase_code(self, reply: str) -> None:
        """Forgets a code that was used."""
        ...

    def rest(self, operation: str, rested: Rested, at: datetime, version: int) -> bool:
        """Lets an operation rest or end, in one commit with its question: an open one of the same kind and
        topic stays the same question (its text follows), any other is closed. False, and nothing written,
        when the operation's version moved since `version`: look again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything a turn is given. `make_pin` and `new_id` are where chance comes in."""

    ledger: Ledger
    remote: Remote
    locks: PhoneLocks
    clock: Clock
    catalogue: Catalogue
    make_pin: Callable[[], Secret]
    new_id: Callable[[], str]
    reached: Callable[[CrashPoint], None] = go_on
    pace: Pace = UNPACED
    witness: Witness = UNSEEN
    monotonic: Callable[[], float] | None = None
    """Real seconds, for `Order.send_by`; None where no call can be late."""
    compare_clocks: bool = False
    """Whether turns compare their clock with the remote's `Date`; outside rehearsals they do."""
