"""The promises, watched from outside: what went over the wire, beside what the ledger holds.

Written from DESIGN sections 3 and 5; every figure here is its own, none is imported from the domain.
Times are those of the machine's clock: one set back makes a difference count as zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.memory import MemoryClock, MemoryLedger, Question
from tests.support.remote_script import Heard

from linewright.domain.journal import Outcome
from linewright.domain.operation import OperationState, ReplyKind, TaskKind
from linewright.engine.ports import Order, Rested

__all__ = ["AT_REST", "BEFORE_A_WRITE", "ENDS", "Breach", "Sent", "Watch", "looks_before_writing", "registered"]

SPACE = timedelta(seconds=35)
CODE_SPACE = timedelta(seconds=60)
CODES_IN = ((3, timedelta(hours=1)), (6, timedelta(days=1)))
WRONG_CODES = 3
WINDOW, ALONE, ALL = timedelta(hours=72), 8, 10
BLOCK = timedelta(hours=72)
SETTLE = timedelta(minutes=2)
JITTER = timedelta(seconds=2)
"""By how much two comparisons with the remote's clock may differ."""
TWICE_APART = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=7, hours=1)
USAGE = {4, 17, 32, 613, 80007, 80008}
WRITING = {"register", "deregister", "request_code", "verify_code", "set_pin", "create", "subscribe", "keep_storage"}
MONEY = {"register", "deregister"}
LIVE = {"CONNECTED", "FLAGGED", "RATE_LIMITED", "LINKED"}
GONE = {"DELETED", "MIGRATED", "BANNED"}
DOWN = {"PENDING", "DISCONNECTED", "UNLINKED", "UNVERIFIED"}
ENDS = {OperationState.DONE, OperationState.GAVE_UP, OperationState.CANCELLED}
REASONS = {
    "already-online",
    "registering",
    "settling",
    "name-in-review",
    "told-to-wait",
    "server-down",
    "spacing",
    "automatic-cap",
    "blocked",
    "account-on-hold",
    "account-paused",
    "usage-limit",
    "unknown-reading",
    "contradictory",
    "in-doubt",
    "needs-code",
    "needs-pin",
    "needs-approval",
    "needs-fix",
    "needs-support",
    "not-ours",
    "pin-refused",
    "no-way-back",
    "same-answer",
    "cancelled",
    "declined",
    "registered",
    "migrated",
    "verified",
    "deregistered",
    "not-registered",
    "pin-set",
    "not-yet-proven",
    "their-trouble",
    "deleted",
}


class Breach(AssertionError):
    """A promise was broken. `promise` is its number in DESIGN section 3."""

    def __init__(self, promise: int, what: str) -> None:
        super().__init__(f"promise {promise}: {what}")
        self.promise = promise


@dataclass(slots=True, kw_only=True)
class Sent:
    """One call that left for the remote, and what came of it."""

    call: str
    at: datetime
    true: datetime
    turn: int
    operation: str
    intent: str | None = None
    digits: str | None = None
    code: str | None = None
    end: datetime | None = None
    true_end: datetime | None = None
    outcome: Outcome | None = None
    error: int | None = None
    subcode: int | None = None
    trace: str | None = None
    told: timedelta | None = None
    reading: dict[str, Any] | None = None
    taught: bool = False
    """Whether its answer alone told that a PIN is refused, or accepted."""
    lost: bool = False
    """Its answer never reached the ledger: the process died first, or no answer came."""
    before: dict[str, Any] | None = None
    """What the latest good reading of the same turn said when this call left."""

    @property
    def spent(self) -> bool:
        return self.outcome not in (Outcome.UNREACHABLE, Outcome.NOT_SENT)

    @property
    def doubtful(self) -> bool:
        return self.spent and (self.lost or self.outcome is Outcome.IN_DOUBT)

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK and not self.lost

    @property
    def refused(self) -> bool:
        return self.outcome is Outcome.REFUSED and not self.lost


@dataclass
class Watch:
    """Sees every call and every rest of one phone's life, and raises `Breach`."""

    ledger: MemoryLedger
    clock: MemoryClock
    e164: str
    number: str
    log: list[Sent] = field(default_factory=list)
    turn: int = 0
    operation: str = ""
    flying: Sent | None = None
    refused: set[str] = field(default_factory=set)
    allowed: set[str] = field(default_factory=set)
    """Digits that somebody gave, or that were set through the API: never a guess."""
    made: set[str] = field(default_factory=set)
    off_said: bool = False
    lost_with: dict[str, int] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    evidence: list[datetime] = field(default_factory=list)
    resends: int = 0
    ready: bool = True
    """Whether a code may be sent: of an operation asked by link, on a person's word, which is good for one."""
    code_given: int = 0
    """How many calls there had been when a person last gave a code."""
    released_at: int = 0
    use_reserve: bool = False
    only: tuple[int, ...] | None = None
    """The promises to watch; None: all."""
    compares: bool = False
    jumped: timedelta = timedelta()
    """By how much the clock was set, all in all: a wait may be longer by that."""
    good_kept: Any = None

    @property
    def before_a_write(self) -> tuple[Callable[[Any, Sent], None], ...]:
        return BEFORE_A_WRITE

    @property
    def at_rest(self) -> tuple[Callable[[Any, Rested], None], ...]:
        return AT_REST

    # What happens

    def turn_begins(self, operation: str) -> None:
        self.turn += 1
        self.operation = operation
        self.good_kept = self.ledger.last_good.get(self.number)

    def intended(self) -> None:
        """An intent was committed: a PIN made while two-step verification reads off is no guess, though the
        process may die before it is sent and no later reading say so again."""
        seen = self.seen()
        for attempt in self.ledger.attempts_of(self.e164):
            if attempt.outcome is None and attempt.pin and seen and seen.get("is_pin_enabled") is False:
                self.made.add(self.ledger.open_pin(attempt.pin).open_secret())

    def before(self, order: Order) -> None:
        if self.flying is not None:
            self._ask(alone_in_flight, order)
        intents = [a for a in self.ledger.attempts_of(self.e164) if a.outcome is None]
        sent = Sent(
            call=order.call.value,
            at=self.clock.now(),
            true=self.clock.true,
            turn=self.turn,
            operation=self.operation,
            intent=intents[-1].id if intents else None,
            digits=order.pin.open_secret() if order.pin else None,
            code=order.code.open_secret() if order.code else None,
            before=self.seen(),
        )
        self._ask(everything_is_journalled, None)
        if sent.call in WRITING:
            for check in self.before_a_write:
                self._ask(check, sent)
        self.flying = sent

    def after(self, order: Order, heard: Heard) -> None:
        sent, self.flying = self.flying, None
        assert sent is not None
        answer = heard.answer
        sent.true_end = self.clock.true
        sent.end, sent.outcome, sent.trace = self.clock.now(), answer.outcome, answer.fbtrace_id
        sent.lost, sent.told = heard.lost, heard.told
        if answer.error is not None:
            sent.error, sent.subcode = answer.error.code, answer.error.subcode
        good = answer.outcome is Outcome.OK and answer.body.get("id") == self.number and answer.body.get("status")
        if sent.call == "read" and good:
            sent.reading = answer.body
            self._saw(answer.body)
        self.log.append(sent)
        self._learn(sent)

    def _saw(self, body: dict[str, Any]) -> None:
        if body.get("is_pin_enabled") is False:
            self.refused.clear()

    def _learn(self, sent: Sent) -> None:
        if sent.call == "register" and sent.digits:
            if sent.ok and sent.before is not None and not registered(sent.before):
                sent.taught = sent.digits not in self.accepted
                self.accepted.add(sent.digits)
            if sent.refused and sent.error == 133005:
                sent.taught = sent.digits not in self.refused
                self.refused.add(sent.digits)
            if sent.doubtful:
                self._count_lost(sent)
        if sent.call == "request_code" and sent.spent:
            self.resends = 0
            self.ready = sent.refused or not self.ledger.operations[sent.operation].ask_first
        if sent.call == "set_pin" and sent.ok and sent.digits:
            self.changed()
            self.allowed.add(sent.digits)

    def _count_lost(self, sent: Sent) -> None:
        off = sent.before is not None and sent.before.get("is_pin_enabled") is False
        if sent.digits and not off and sent.digits not in self.accepted:
            self.lost_with[sent.digits] = self.lost_with.get(sent.digits, 0) + 1

    def crashed(self, *, answer_lost: bool) -> None:
        """The process died; `answer_lost`: after a call was answered and before the answer was committed."""
        flying, self.flying = self.flying, None
        last = flying or (self.log[-1] if self.log else None)
        if answer_lost and last is not None and last.call in WRITING:
            last.outcome = Outcome.IN_DOUBT if not last.spent else last.outcome
        if answer_lost and last is not None and not last.lost:
            last.lost = True
            if last.call == "register" and last.digits:
                if last.taught:
                    self.refused.discard(last.digits)
                    self.accepted.discard(last.digits)
                if last.spent and last.outcome is not Outcome.IN_DOUBT:
                    self._count_lost(last)

    def changed(self) -> None:
        """The PIN is known to have changed."""
        self.refused.clear()
        self.lost_with.clear()
        self.accepted.clear()

    def answered(self, question: Question, answer: ReplyKind, value: str, *, pin_changed: bool) -> None:
        if question.kind is TaskKind.PIN:
            if pin_changed or answer is ReplyKind.DONE:
                self.changed()
            if answer is ReplyKind.DONE:
                self.off_said = True
            if answer is ReplyKind.VALUE:
                self.gave(value)
        if question.kind is TaskKind.OTP:
            self.code_given = len(self.log)
        if answer is ReplyKind.RESEND:
            self.resends += 1
            self.ready = True

    def gave(self, digits: str) -> None:
        self.allowed.add(digits)
        self.lost_with.pop(digits, None)

    # What was seen

    def seen(self) -> dict[str, Any] | None:
        """The latest reading of this turn, when it was good."""
        for sent in reversed(self.log):
            if sent.turn != self.turn:
                return None
            if sent.call == "read":
                return sent.reading
        return None

    def ago(self, moment: datetime) -> timedelta:
        """How long ago by the machine's clock; nothing at all where the clock was set back behind it."""
        return max(self.clock.now() - moment, timedelta())

    def since(self, sent: Sent) -> timedelta:
        """How long ago that call was answered. Where clocks are compared, true time counts as well."""
        assert sent.end is not None
        assert sent.true_end is not None
        truly = self.clock.true - sent.true_end + JITTER if self.compares else timedelta()
        return max(self.ago(sent.end), truly)

    def contradictory_for(self) -> timedelta:
        """How far apart the readings of the latest unbroken run of contradictory ones lie."""
        ends: list[datetime] = []
        for sent in reversed(self.log):
            if sent.reading is not None and not sent.lost and sent.end is not None:
                if not contradictory(sent.reading):
                    break
                ends.append(sent.end)
        return max([self.clock.now(), *ends]) - ends[-1] if ends else timedelta()

    def earlier(self, *calls: str) -> list[Sent]:
        return [s for s in self.log if s.call in calls and s.spent]

    def rested(self, rested: Rested | None) -> None:
        self._ask(everything_is_journalled, rested)
        if rested is not None:
            for check in self.at_rest:
                self._ask(check, rested)

    def _ask(self, check: Callable[[Watch, Any], None], of: Any) -> None:
        try:
            check(self, of)
        except Breach as breach:
            if self.only is None or breach.promise in self.only:
                raise


def registered(reading: dict[str, Any]) -> bool:
    live = reading["status"] in LIVE | {"RESTRICTED"} and reading.get("platform_type") in (None, "CLOUD_API")
    return live and not foreign(reading)


def contradictory(reading: dict[str, Any]) -> bool:
    return reading["status"] in LIVE | {"RESTRICTED"} and reading.get("platform_type") == "NOT_APPLICABLE"


def foreign(reading: dict[str, Any]) -> str | None:
    """Why a number is not ours to change, or None."""
    if reading["status"] in GONE:
        return str(reading["status"])
    if reading.get("account_mode") == "SANDBOX" or reading.get("verified_name") == "Test Number":
        return "test"
    if reading.get("is_on_biz_app") is True:
        return "coexistence"
    return "on-premise" if reading.get("platform_type") == "ON_PREMISE" else None


# The promises


def looks_before_writing(watch: Watch, sent: Sent) -> None:
    """1. Look before writing. No write without a good reading in the same turn."""
    if sent.before is None:
        raise Breach(1, f"{sent.call} was sent without a good reading in the same turn")


def refused_pin_stays_home(watch: Watch, sent: Sent) -> None:
    """2. A PIN known to be refused is never sent again until it is known to have changed; none is guessed."""
    if sent.call != "register":
        return
    if sent.digits is None:
        raise Breach(2, "a registration without a PIN")
    if sent.digits in watch.refused:
        raise Breach(2, "a refused PIN was sent again")
    if sent.digits in watch.allowed:
        return
    off = sent.before is not None and sent.before.get("is_pin_enabled") is False
    if not off and not watch.off_said and sent.digits not in watch.made:
        raise Breach(2, "a PIN was guessed: nobody gave it, and two-step verification was not known to be off")
    watch.made.add(sent.digits)


def attempts_are_money(watch: Watch, sent: Sent) -> None:
    """3. Spacing from the answer, told waits, eight of ten in 72 hours, blocks; codes: 60 s, 3 an hour, 6 a day."""
    _outside_told_waits(watch, sent)
    if sent.call in MONEY:
        _money(watch, sent)
    if sent.call == "request_code":
        _codes(watch)
    if sent.call == "verify_code":
        _guesses(watch, sent)


def _outside_told_waits(watch: Watch, sent: Sent) -> None:
    for earlier in watch.log:
        if not earlier.refused or earlier.call not in WRITING:
            continue
        kinds = {earlier.call}
        if earlier.error in USAGE and not (earlier.error == 613 and earlier.call == "request_code"):
            kinds = WRITING
        wait = earlier.told or timedelta()
        if earlier.error == 133016:
            kinds, wait = kinds | MONEY, max(wait, BLOCK)
        if sent.call in kinds and watch.since(earlier) < wait:
            raise Breach(3, f"{sent.call} was sent inside a wait of {wait} told by {earlier.call} ({earlier.error})")


def _money(watch: Watch, sent: Sent) -> None:
    for earlier in watch.earlier(*MONEY):
        if watch.since(earlier) < SPACE:
            raise Breach(3, f"{sent.call} only {watch.since(earlier)} after {earlier.call}")
    used = sum(watch.since(s) < WINDOW for s in watch.earlier(sent.call))
    if used >= (ALL if watch.use_reserve else ALONE):
        raise Breach(3, f"the {used + 1}th {sent.call} in 72 hours")
    heard = list(watch.evidence)
    if sent.call == "register" and sent.before is not None and registered(sent.before) and not heard:
        raise Breach(3, "a registration was spent on a number that reads online, with no evidence against it")


def _codes(watch: Watch) -> None:
    ages = [watch.since(s) for s in watch.earlier("request_code")]
    if any(age < CODE_SPACE for age in ages):
        raise Breach(3, "two code requests within 60 seconds")
    for most, window in CODES_IN:
        if sum(age < window for age in ages) >= most:
            raise Breach(3, f"more than {most} code requests in {window}")


def _guesses(watch: Watch, sent: Sent) -> None:
    wrong = 0
    for earlier in reversed(watch.log):
        if earlier.call == "request_code" and earlier.spent:
            break
        wrong += earlier.call == "verify_code" and earlier.refused and earlier.error in (136025, 2388093)
    if wrong >= WRONG_CODES:
        raise Breach(3, "a fourth code was tried on one request")


def alone_in_flight(watch: Watch, order: Order) -> None:
    """4. One operation per phone at a time: no call leaves while another of the same phone is under way."""
    if watch.flying is not None:
        raise Breach(4, f"{order.call} left while {watch.flying.call} of the same phone was under way")


def one_at_a_time(watch: Watch, sent: Sent) -> None:
    """4. One operation per phone at a time."""
    open_ones = [o for o in watch.ledger.operations.values() if o.e164 == watch.e164 and o.state not in ENDS]
    if len(open_ones) != 1:
        raise Breach(4, f"{len(open_ones)} operations of one phone are open")


def success_is_read(watch: Watch, rested: Rested) -> None:
    """5. Success is proven by a reading, not by a 200; what cannot be shown is said not to be proven."""
    if rested.state is not OperationState.DONE:
        return
    seen, goal = watch.seen(), watch.ledger.operations[watch.operation].goal.value
    if goal == "set-pin":
        if "proof" not in rested.message and "No reading can show" not in rested.message:
            raise Breach(5, "set-pin is told as proven, and nothing can show it")
        return
    if seen is None:
        raise Breach(5, f"{goal} is done without a good reading in the last turn")
    proof_at = max((i for i, s in enumerate(watch.log) if s.call == "read" and s.turn == watch.turn), default=-1)
    later = {s.call for s in watch.log[proof_at + 1 :]} & (WRITING - {"subscribe", "keep_storage"})
    if later:
        raise Breach(5, f"{goal} is done, and {later} came after the last reading")
    unproven = "still reads as online" in rested.message or "No reading can show" in rested.message
    shown = {
        "register": registered(seen),
        "deregister": not registered(seen),
        "verify": seen.get("code_verification_status") == "VERIFIED" or registered(seen),
    }[goal]
    if not shown and not unproven:
        raise Breach(5, f"{goal} is done, and the last reading says {seen}")


def everything_is_journalled(watch: Watch, rested: Rested | None) -> None:
    """6. Nothing is forgotten. Every answer is journalled with its trace before anything is decided on it."""
    kept = {a.id: a for a in watch.ledger.attempts_of(watch.e164)}
    for sent in watch.log[-8:]:
        if sent.call not in WRITING:
            continue
        attempt = kept.get(sent.intent or "")
        if attempt is None:
            raise Breach(6, f"{sent.call} was sent, and the journal does not know it")
        if sent.lost or sent.outcome is Outcome.IN_DOUBT:
            if sent.spent and not attempt.spent:
                raise Breach(7, f"{sent.call} may have happened, and the journal says it was not sent")
        elif attempt.outcome is not sent.outcome or attempt.fbtrace_id != sent.trace or attempt.code != sent.error:
            raise Breach(6, f"the answer to {sent.call} ({sent.error}, {sent.trace}) is not in the journal")
    last = next((s for s in reversed(watch.log) if s.call == "read"), None)
    if last is not None and not last.lost and last.operation == watch.operation:
        readings = watch.ledger.readings[watch.operation]
        if not readings or readings[-1].good != (last.reading is not None):
            raise Breach(6, "the last reading is not in the journal")


def intent_comes_first(watch: Watch, sent: Sent) -> None:
    """7a. Killed at any instant, nothing is lost, and at most one call is in doubt: the intent is committed first."""
    attempts = watch.ledger.attempts_of(watch.e164)
    intents = [a for a in attempts if a.outcome is None]
    if len(intents) != 1 or intents[0].call.value != sent.call:
        raise Breach(7, f"{sent.call} was sent with {len(intents)} open intents in the journal")


def doubt_is_settled(watch: Watch, sent: Sent) -> None:
    """7b. What a reading can settle is settled by reading, over two minutes, before any other write."""
    for call in MONEY:
        last = next((s for s in reversed(watch.log) if s.call == call and s.spent), None)
        if last is None or not last.doubtful or watch.since(last) >= SETTLE:
            continue
        was = last.before is not None and registered(last.before)
        now = sent.before is not None and registered(sent.before)
        if was == (call == "deregister") and now == (call == "register"):
            continue
        raise Breach(7, f"{sent.call} was sent {watch.since(last)} after a {call} in doubt that nothing had settled")


def doubtful_pin_once_more(watch: Watch, sent: Sent) -> None:
    """7c. A PIN that may be wrong is repeated at most once; a lost set PIN is set again with the same digits."""
    if sent.call == "register" and sent.digits:
        off = sent.before is not None and sent.before.get("is_pin_enabled") is False
        if not off and sent.digits not in watch.accepted and watch.lost_with.get(sent.digits, 0) >= 2:
            raise Breach(7, "a PIN that may be wrong was sent a third time, with two answers lost")
    if sent.call == "set_pin":
        last = next((s for s in reversed(watch.log) if s.call == "set_pin" and s.spent), None)
        if last and last.doubtful and last.operation == sent.operation and last.digits != sent.digits:
            raise Breach(7, "another PIN was set while the setting of one was in doubt")


def doubtful_code_waits_for_people(watch: Watch, sent: Sent) -> None:
    """7d. A code request in doubt is not repeated without a person; a code is tried twice at most."""
    mine = [s for s in watch.log if s.operation == sent.operation and s.spent]
    if sent.call == "request_code":
        last = next((s for s in reversed(mine) if s.call in ("request_code", "verify_code")), None)
        if last and last.call == "request_code" and last.doubtful and not watch.resends:
            raise Breach(7, "a code request in doubt was repeated without a person's word")
        if not watch.ready:
            raise Breach(7, "a code was sent before the person who is asked by link was ready")
    if sent.call == "verify_code":
        same = [s for s in watch.log[watch.code_given :] if s.call == "verify_code" and s.code == sent.code]
        if sum(s.doubtful for s in same) >= 2:
            raise Breach(7, "a code was tried a third time, with two answers lost")


def never_silent(watch: Watch, rested: Rested) -> None:
    """8. No silent give-up: waiting until a named time, with a named question, or ended with a way back."""
    operation = watch.ledger.operations[watch.operation]
    question = watch.ledger.question_of(watch.operation)
    if operation.state is not rested.state or rested.state is OperationState.RUNNING:
        raise Breach(8, f"the turn rested as {rested.state}, the operation is {operation.state}")
    if rested.reason not in REASONS:
        raise Breach(8, f"no named reason: {rested.reason}")
    explained = rested.next_step or rested.state in (OperationState.DONE, OperationState.ASKING)
    if not rested.message or not explained:
        raise Breach(8, f"{rested.reason}: nothing said about what is so, or what comes next")
    now = watch.clock.now()
    if rested.wake_at is not None and not now < rested.wake_at <= now + LONGEST_WAIT + watch.jumped:
        raise Breach(8, f"{rested.reason}: wakes at {rested.wake_at}, and it is {now}")
    if rested.state is OperationState.WAITING and rested.wake_at is None:
        raise Breach(8, f"{rested.reason}: waits for no time")
    if rested.state is OperationState.ASKING and (question is None or not question.text or not question.answers):
        raise Breach(8, f"{rested.reason}: asks nothing")
    if rested.state in ENDS and (question is not None or operation.ended_at is None):
        raise Breach(8, f"{rested.reason}: ended with a question open or no time")


def unknown_is_not_broken(watch: Watch, rested: Rested) -> None:
    """10. Unknown is not broken. A failed read or write never turns a healthy number into an unhealthy one."""
    good = any(s.call == "read" and s.turn == watch.turn and s.reading is not None for s in watch.log[-70:])
    if not good and watch.ledger.last_good.get(watch.number) is not watch.good_kept:
        raise Breach(10, "a failed read changed what is known of the number")
    looked = any(s.call == "look" and s.turn == watch.turn for s in watch.log[-70:])
    by_people = rested.reason in ("declined", "cancelled")
    if rested.state in ENDS and not good and not by_people and not (looked and rested.reason == "deleted"):
        raise Breach(10, f"the operation ended ({rested.reason}) on a failed read")


def unknown_is_not_offline(watch: Watch, sent: Sent) -> None:
    """10. Unknown is not broken: a reading that contradicts itself or says nothing known is not *offline*.

    A number that was never verified is *unverified* whatever its status says (DESIGN 2, row 8).
    """
    if sent.call not in MONEY or sent.before is None:
        return
    if sent.before.get("code_verification_status") in ("NOT_VERIFIED", "UNVERIFIED"):
        return
    status = sent.before["status"]
    if status not in LIVE | GONE | DOWN | {"RESTRICTED"}:
        raise Breach(10, f"{sent.call} was sent to a number whose status {status} is not known")
    if contradictory(sent.before) and watch.contradictory_for() < TWICE_APART - timedelta(minutes=3):
        raise Breach(10, f"{sent.call} was sent on one contradictory reading")


def hands_off(watch: Watch, sent: Sent) -> None:
    """11. Hands off what is not ours: such numbers are never registered or deregistered."""
    why = foreign(sent.before) if sent.before else None
    if sent.call in MONEY and why:
        raise Breach(11, f"{sent.call} was sent to a number that is {why}")


BEFORE_A_WRITE: tuple[Callable[[Watch, Sent], None], ...] = (
    looks_before_writing,
    refused_pin_stays_home,
    attempts_are_money,
    one_at_a_time,
    intent_comes_first,
    doubt_is_settled,
    doubtful_pin_once_more,
    doubtful_code_waits_for_people,
    unknown_is_not_offline,
    hands_off,
)
AT_REST: tuple[Callable[[Watch, Rested], None], ...] = (success_is_read, never_silent, unknown_is_not_broken)
