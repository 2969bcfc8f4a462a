"""The contract of `engine.ports.Ledger`, as a test class that every ledger's own test inherits.

A subclass gives a fixture `world`: an empty ledger, and the set-up that a ledger's port does not offer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from linewright.domain.action import Ask, Reason
from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome, RemoteError
from linewright.domain.number import Reading, Storage, Wanted
from linewright.domain.operation import Goal, Hold, Operation, OperationState, ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinOrigin, PinState
from linewright.domain.weather import next_try
from linewright.engine.ports import Ledger, Overtaken, Rested
from linewright.secret import Secret

__all__ = ["E164", "NOW", "NUMBER", "Asked", "LedgerContract", "World", "ask", "reading", "rested"]

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
NUMBER, E164 = "106540352242922", "+15550133005"
OTHER_ID = "206540352242999"
MINUTE = timedelta(minutes=1)
NO_ENTRIES = Catalogue([])


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question, as a person sees it."""

    id: str
    kind: TaskKind
    topic: Topic
    question: str
    answers: tuple[ReplyKind, ...]


class World(Protocol):
    """A ledger and what people and other parts put into it."""

    @property
    def ledger(self) -> Ledger: ...

    def add_account(self, name: str = "acme", *, waba: str = "1001", app_id: str | None = None) -> None: ...

    def add_number(self, id: str = NUMBER, e164: str = E164, account: str = "acme") -> None: ...

    def open_operation(self, goal: Goal, number: str, at: datetime, **options: Any) -> str:
        """The id of a new operation; `options` are fields of `Operation`."""
        ...

    def operation(self, operation: str) -> Operation: ...

    def question(self, operation: str) -> Asked | None:
        """The open question that an operation shows."""
        ...

    def reply(
        self,
        operation: str,
        answer: ReplyKind,
        at: datetime,
        *,
        value: str | None = None,
        pin_changed: bool = False,
        method: str | None = None,
    ) -> str:
        """Answers the open question that an operation shows; the reply's id."""
        ...

    def hear(self, number: str, code: int, at: datetime) -> None:
        """Evidence from elsewhere."""
        ...

    def change(self, number: str, at: datetime) -> None:
        """The remote says that the number's PIN was changed (PIN_CHANGED)."""
        ...


def reading(at: datetime = NOW, *, good: bool = True, status: str = "CONNECTED", **fields: Any) -> Reading:
    return Reading(at=at, good=good, id=NUMBER, status=status if good else None, **fields)


def ask(kind: TaskKind = TaskKind.OTP, topic: Topic = Topic.CODE, **fields: Any) -> Ask:
    base: dict[str, Any] = {"reason": Reason.NEEDS_CODE, "question": "Which code?", "message": "A code is needed."}
    return Ask(kind=kind, topic=topic, **{**base, **fields})


def rested(question: Ask | None = None, **fields: Any) -> Rested:
    state = OperationState.ASKING if question else OperationState.WAITING
    base: dict[str, Any] = {"state": state, "reason": "settling", "message": "It waits."}
    return Rested(ask=question, **{**base, **fields})


def attempt(name: str, operation: str, at: datetime = NOW, **fields: Any) -> Attempt:
    call = fields.pop("call", CallKind.REGISTER)
    return Attempt(id=name, operation=operation, number=NUMBER, call=call, at=at, **fields)


def refused(code: int, call: CallKind = CallKind.REGISTER, **fields: Any) -> Answer:
    error = RemoteError(code=code, message="No.", fbtrace_id="AbC", http_status=400, **fields)
    return Answer(call=call, outcome=Outcome.REFUSED, error=error, http_status=400, fbtrace_id="AbC")


OK = Answer(call=CallKind.REGISTER, outcome=Outcome.OK, body={"success": True}, http_status=200)
LOST = Answer(call=CallKind.REGISTER, outcome=Outcome.IN_DOUBT, failure="the connection was cut")


class LedgerContract:
    """Every promise of the port."""

    @pytest.fixture
    def operation(self, world: World) -> str:
        """An open register of the one number of the one account."""
        world.add_account()
        world.add_number()
        return world.open_operation(Goal.REGISTER, NUMBER, NOW)

    def case(self, world: World, operation: str, now: datetime = NOW) -> Case:
        return world.ledger.case(operation, now, NO_ENTRIES)

    def call(self, world: World, made: Attempt, answer: Answer, at: datetime | None = None) -> None:
        world.ledger.save_intent(made)
        world.ledger.save_answer(made.id, answer, at or made.at)

    # The case

    def test_a_new_operation_is_running_and_knows_nothing_yet(self, world: World, operation: str) -> None:
        case = self.case(world, operation)
        assert (case.operation.state, case.operation.opened_at) == (OperationState.RUNNING, NOW)
        assert (case.now, case.number.id, case.number.e164) == (NOW, NUMBER, E164)
        assert (case.account.name, case.account.waba) == ("acme", "1001")
        assert (case.reading, case.last_good, case.readings, case.attempts) == (None, None, (), ())
        assert (case.evidence, case.replies, case.pins.state) == ((), (), PinState.NONE)
        assert (case.read_this_turn, case.fresh, case.look) == (False, False, None)

    def test_an_unknown_operation_is_a_key_error(self, world: World) -> None:
        with pytest.raises(KeyError):
            self.case(world, "nobody")

    def test_evidence_of_the_phone_counts_for_thirty_days(self, world: World, operation: str) -> None:
        world.add_number(OTHER_ID)
        world.hear(NUMBER, 131045, NOW - timedelta(days=31))
        world.hear(OTHER_ID, 133010, NOW - timedelta(days=29))
        world.hear(NUMBER, 131045, NOW - MINUTE)
        heard = [(each.code, each.at) for each in self.case(world, operation).evidence]
        assert heard == [(133010, NOW - timedelta(days=29)), (131045, NOW - MINUTE)]

    # Readings

    def test_a_good_reading_updates_the_number(self, world: World, operation: str) -> None:
        seen = reading(
            display="+1 555-013-3005",
            platform_type="CLOUD_API",
            is_pin_enabled=False,
            is_on_biz_app=False,
            health_codes=frozenset({141000, 7}),
            said={"id": NUMBER, "status": "CONNECTED"},
        )
        world.ledger.save_reading(operation, seen)
        case = self.case(world, operation)
        assert case.reading == case.last_good == seen
        assert case.readings == (seen,)
        assert dict(case.last_good.said) == {"id": NUMBER, "status": "CONNECTED"}
        assert (case.number.display, case.number.seen_online_at) == ("+1 555-013-3005", NOW)

    def test_seen_online_is_the_first_time(self, world: World, operation: str) -> None:
        world.ledger.save_reading(operation, reading(status="PENDING"))
        assert self.case(world, operation).number.seen_online_at is None
        world.ledger.save_reading(operation, reading(NOW + MINUTE))
        world.ledger.save_reading(operation, reading(NOW + 2 * MINUTE))
        assert self.case(world, operation).number.seen_online_at == NOW + MINUTE

    def test_a_failed_reading_is_kept_and_changes_nothing_else(self, world: World, operation: str) -> None:
        world.ledger.save_reading(operation, reading())
        before = self.case(world, operation).number
        error = RemoteError(code=190, message="Bad token", fbtrace_id="x", told_by_header=timedelta(seconds=90))
        failed = reading(NOW + MINUTE, good=False, error=error, failure="refused")
        world.ledger.save_reading(operation, failed)
        case = self.case(world, operation)
        assert (case.reading, case.number) == (failed, before)
        assert case.last_good == reading()

    def test_a_run_of_contradictory_readings_keeps_its_start(self, world: World, operation: str) -> None:
        odd: dict[str, Any] = {"platform_type": "NOT_APPLICABLE"}
        world.ledger.save_reading(operation, reading(NOW, **odd))
        world.ledger.save_reading(operation, reading(NOW + MINUTE, good=False))
        world.ledger.save_reading(operation, reading(NOW + 2 * MINUTE, **odd))
        assert self.case(world, operation).number.contradictory_since == NOW
        world.ledger.save_reading(operation, reading(NOW + 3 * MINUTE))
        assert self.case(world, operation).number.contradictory_since is None

    def test_an_older_reading_of_another_operation_does_not_overtake(self, world: World, operation: str) -> None:
        world.ledger.save_reading(operation, reading())
        world.ledger.rest(operation, rested(state=OperationState.DONE), NOW, 0)
        second = world.open_operation(Goal.VERIFY, NUMBER, NOW)
        late = reading(NOW - timedelta(seconds=5), status="PENDING")
        world.ledger.save_reading(second, late)
        case = self.case(world, second)
        assert (case.reading, case.last_good) == (late, reading())

    def test_the_newest_fifty_readings_oldest_first(self, world: World, operation: str) -> None:
        for minute in range(52):
            world.ledger.save_reading(operation, reading(NOW + minute * MINUTE))
        kept = [each.at for each in self.case(world, operation).readings]
        assert kept == [NOW + minute * MINUTE for minute in range(2, 52)]

    def test_readings_belong_to_their_operation(self, world: World, operation: str) -> None:
        world.ledger.save_reading(operation, reading())
        world.ledger.rest(operation, rested(state=OperationState.DONE), NOW, 0)
        second = world.open_operation(Goal.VERIFY, NUMBER, NOW)
        assert self.case(world, second).readings == ()
        assert self.case(world, second).last_good == reading()

    # Attempts

    def test_an_intent_then_its_answer(self, world: World, operation: str) -> None:
        made = attempt("a", operation, before="offline", pin="p", fingerprint="f")
        world.ledger.save_intent(made)
        assert self.case(world, operation).attempts == (made,)
        told = timedelta(minutes=7, microseconds=5)
        answer = refused(133008, subcode=2388091, details="Wait.", user_message="w", told_by_header=told)
        world.ledger.save_answer("a", answer, NOW + MINUTE)
        (kept,) = self.case(world, operation).attempts
        assert (kept.outcome, kept.answered_at, kept.error) == (Outcome.REFUSED, NOW + MINUTE, answer.error)
        assert (kept.fbtrace_id, kept.http_status) == ("AbC", 400)
        assert (kept.before, kept.pin, kept.fingerprint) == ("offline", "p", "f")

    def test_one_open_intent_for_each_phone(self, world: World, operation: str) -> None:
        world.ledger.save_intent(attempt("a", operation))
        with pytest.raises(RuntimeError):
            world.ledger.save_intent(attempt("b", operation))
        assert [each.id for each in self.case(world, operation).attempts] == ["a"]
        world.ledger.save_answer("a", OK, NOW)
        world.ledger.save_intent(attempt("b", operation))

    def test_the_first_answer_stays(self, world: World, operation: str) -> None:
        self.call(world, attempt("a", operation), OK)
        world.ledger.save_answer("a", refused(133005), NOW + MINUTE)
        (kept,) = self.case(world, operation).attempts
        assert (kept.ok, kept.answered_at) == (True, NOW)

    def test_orphaned_intents_are_adopted_in_doubt(self, world: World, operation: str) -> None:
        assert world.ledger.adopt_intents(E164, NOW) == 0
        world.ledger.save_intent(attempt("a", operation))
        assert world.ledger.adopt_intents("+15550000000", NOW) == 0
        assert world.ledger.adopt_intents(E164, NOW + MINUTE) == 1
        (kept,) = self.case(world, operation).attempts
        assert (kept.outcome, kept.answered_at) == (Outcome.IN_DOUBT, NOW + MINUTE)
        world.ledger.save_answer("a", OK, NOW + 2 * MINUTE)
        assert self.case(world, operation).attempts == (kept,)

    def test_attempts_are_the_phones_over_all_its_ids_and_operations(self, world: World, operation: str) -> None:
        self.call(world, attempt("a", operation), refused(133016))
        world.ledger.rest(operation, rested(state=OperationState.GAVE_UP), NOW, 0)
        world.add_account("second", waba="1002")
        world.add_number(OTHER_ID, E164, "second")
        again = world.open_operation(Goal.REGISTER, OTHER_ID, NOW)
        self.call(world, Attempt(id="b", operation=again, number=OTHER_ID, call=CallKind.REGISTER, at=NOW), LOST)
        assert [(each.id, each.number) for each in self.case(world, again).attempts] == [
            ("a", NUMBER),
            ("b", OTHER_ID),
        ]

    def test_the_newest_five_hundred_attempts_in_the_order_made(self, world: World, operation: str) -> None:
        for count in range(502):
            self.call(world, attempt(str(count), operation, NOW - count * MINUTE), OK)
        kept = [each.id for each in self.case(world, operation).attempts]
        assert kept == [str(count) for count in range(2, 502)]

    # PINs

    def test_a_pin_is_kept_for_the_phone_and_opens(self, world: World, operation: str) -> None:
        kept = world.ledger.keep_pin(E164, Secret("012345"), PinOrigin.GIVEN, NOW)
        again = world.ledger.keep_pin(E164, Secret("012345"), PinOrigin.MADE, NOW + MINUTE)
        other = world.ledger.keep_pin(E164, Secret("654321"), PinOrigin.GIVEN, NOW + MINUTE)
        assert world.ledger.open_pin(kept.id) == Secret("012345")
        assert (kept.origin, kept.at) == (PinOrigin.GIVEN, NOW)
        assert kept.fingerprint == again.fingerprint != other.fingerprint
        assert "012345" not in kept.fingerprint
        assert self.case(world, operation).pins.pins == (kept, again, other)

    def test_a_refused_pin_stays_refused_until_it_is_known_to_have_changed(self, world: World, operation: str) -> None:
        kept = world.ledger.keep_pin(E164, Secret("111222"), PinOrigin.GIVEN, NOW)
        sent = {"pin": kept.id, "fingerprint": kept.fingerprint, "before": "offline"}
        self.call(world, attempt("a", operation, **sent), refused(133005))
        assert self.case(world, operation).pins.state is PinState.REFUSED
        assert self.case(world, operation).pins.is_refused(kept.id)
        world.change(NUMBER, NOW + MINUTE)
        book = self.case(world, operation).pins
        assert (book.refused, book.state) == (frozenset(), PinState.STALE)

    def test_two_step_read_off_empties_the_refused_list(self, world: World, operation: str) -> None:
        kept = world.ledger.keep_pin(E164, Secret("111222"), PinOrigin.GIVEN, NOW)
        sent = {"pin": kept.id, "fingerprint": kept.fingerprint, "before": "offline"}
        self.call(world, attempt("a", operation, **sent), refused(133005))
        world.ledger.save_reading(operation, reading(NOW + MINUTE, status="PENDING", is_pin_enabled=False))
        assert self.case(world, operation).pins.candidates == (kept,)

    def test_an_unread_two_step_flag_changes_nothing(self, world: World, operation: str) -> None:
        kept = world.ledger.keep_pin(E164, Secret("111222"), PinOrigin.GIVEN, NOW)
        sent = {"pin": kept.id, "fingerprint": kept.fingerprint, "before": "offline"}
        self.call(world, attempt("a", operation, **sent), refused(133005))
        world.ledger.save_reading(operation, reading(NOW + MINUTE, good=False, is_pin_enabled=False))
        world.ledger.save_reading(operation, reading(NOW + 2 * MINUTE, status="PENDING"))
        assert self.case(world, operation).pins.is_refused(kept.id)

    def test_a_pin_that_brought_the_number_up_is_accepted(self, world: World, operation: str) -> None:
        kept = world.ledger.keep_pin(E164, Secret("246810"), PinOrigin.GIVEN, NOW)
        sent = {"pin": kept.id, "fingerprint": kept.fingerprint, "before": "offline"}
        self.call(world, attempt("a", operation, **sent), OK)
        book = self.case(world, operation).pins
        assert (book.state, book.accepted) == (PinState.ACCEPTED, kept)
        world.ledger.save_reading(operation, reading(NOW + MINUTE, is_pin_enabled=False))
        assert self.case(world, operation).pins.state is PinState.ACCEPTED
        world.ledger.save_reading(operation, reading(NOW + 2 * MINUTE, is_pin_enabled=False))
        assert self.case(world, operation).pins.state is PinState.NOT_USED

    # People

    def test_a_code_opens_until_it_is_used(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask()), NOW, 0)
        reply = world.reply(operation, ReplyKind.VALUE, NOW, value="123830")
        (kept,) = self.case(world, operation).replies
        assert (kept.id, kept.kind, kept.topic, kept.answer) == (reply, TaskKind.OTP, Topic.CODE, ReplyKind.VALUE)
        assert kept.has_code
        assert world.ledger.open_code(reply, NOW) == Secret("123830")
        world.ledger.erase_code(reply)
        assert world.ledger.open_code(reply, NOW) is None
        assert not self.case(world, operation).replies[0].has_code

    def test_a_code_is_gone_after_fifteen_minutes(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask()), NOW, 0)
        reply = world.reply(operation, ReplyKind.VALUE, NOW, value="123830")
        late = NOW + 15 * MINUTE
        assert self.case(world, operation, late - timedelta(seconds=1)).replies[0].has_code
        assert not self.case(world, operation, late).replies[0].has_code
        assert world.ledger.open_code(reply, late) is None

    def test_an_unknown_reply_has_no_code(self, world: World) -> None:
        assert world.ledger.open_code("nobody", NOW) is None
        world.ledger.erase_code("nobody")

    def test_a_pin_given_as_an_answer_is_a_candidate(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask(TaskKind.PIN, Topic.PIN)), NOW, 0)
        world.reply(operation, ReplyKind.VALUE, NOW, value="246810")
        case = self.case(world, operation)
        assert [pin.id for pin in case.pins.candidates] == [case.replies[0].pin]
        assert case.pins.candidates[0].origin is PinOrigin.GIVEN

    @pytest.mark.parametrize("topic", [Topic.PIN, Topic.LOCKED])
    def test_done_to_a_pin_question_says_two_step_is_off(self, world: World, operation: str, topic: Topic) -> None:
        kept = world.ledger.keep_pin(E164, Secret("111222"), PinOrigin.GIVEN, NOW)
        sent = {"pin": kept.id, "fingerprint": kept.fingerprint, "before": "offline"}
        self.call(world, attempt("a", operation, **sent), refused(133005))
        world.ledger.rest(operation, rested(ask(TaskKind.PIN, topic)), NOW, 0)
        world.reply(operation, ReplyKind.DONE, NOW + MINUTE)
        assert self.case(world, operation).pins.candidates == (kept,)

    def test_pin_changed_brings_a_refused_pin_back(self, world: World, operation: str) -> None:
        kept = world.ledger.keep_pin(E164, Secret("111222"), PinOrigin.GIVEN, NOW)
        sent = {"pin": kept.id, "fingerprint": kept.fingerprint, "before": "offline"}
        self.call(world, attempt("a", operation, **sent), refused(133005))
        world.ledger.rest(operation, rested(ask(TaskKind.PIN, Topic.PIN)), NOW, 0)
        world.reply(operation, ReplyKind.VALUE, NOW + MINUTE, value="111222", pin_changed=True)
        case = self.case(world, operation)
        assert [pin.id for pin in case.pins.candidates] == [case.replies[0].pin]
        assert case.replies[0].pin_changed

    def test_replies_are_their_operations_in_order(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask()), NOW, 0)
        world.reply(operation, ReplyKind.RESEND, NOW, method="VOICE")
        world.ledger.rest(operation, rested(ask()), NOW, world.operation(operation).version)
        world.reply(operation, ReplyKind.VALUE, NOW, value="123830")
        kept = [(reply.answer, reply.method) for reply in self.case(world, operation).replies]
        assert kept == [(ReplyKind.RESEND, "VOICE"), (ReplyKind.VALUE, None)]
        world.ledger.rest(operation, rested(state=OperationState.DONE), NOW, world.operation(operation).version)
        second = world.open_operation(Goal.VERIFY, NUMBER, NOW)
        assert self.case(world, second).replies == ()

    def test_an_answer_moves_the_version_and_wakes(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask(), wake_at=NOW + 10 * MINUTE), NOW, 0)
        world.reply(operation, ReplyKind.RESEND, NOW + MINUTE)
        woken = world.operation(operation)
        assert (woken.version, woken.wake_at) == (1, NOW + MINUTE)

    # Rest

    def test_rest_is_what_people_see(self, world: World, operation: str) -> None:
        words: dict[str, Any] = {"message": "It settles.", "next_step": "Reads again.", "wake_at": NOW + MINUTE}
        assert world.ledger.rest(operation, rested(**words), NOW, 0)
        seen = world.operation(operation)
        assert (seen.state, seen.reason, seen.ended_at) == (OperationState.WAITING, "settling", None)
        assert (seen.message, seen.next_step, seen.wake_at) == ("It settles.", "Reads again.", NOW + MINUTE)
        assert world.question(operation) is None

    def test_a_moved_version_refuses_the_rest_whole(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask()), NOW, 0)
        world.reply(operation, ReplyKind.VALUE, NOW, value="123830")
        before = world.operation(operation)
        assert not world.ledger.rest(operation, rested(ask(TaskKind.PIN, Topic.PIN)), NOW, before.version - 1)
        assert world.operation(operation) == before
        assert world.question(operation) is None
        assert world.ledger.rest(operation, rested(), NOW, before.version)

    def test_the_same_question_stays_and_its_text_follows(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask()), NOW, 0)
        first = world.question(operation)
        again = ask(question="Ready?", answers=(ReplyKind.RESEND, ReplyKind.DECLINE))
        world.ledger.rest(operation, rested(again), NOW + MINUTE, 0)
        second = world.question(operation)
        assert first is not None
        assert second is not None
        assert (second.id, second.question, second.answers) == (first.id, "Ready?", again.answers)

    def test_another_question_closes_the_open_one(self, world: World, operation: str) -> None:
        world.ledger.rest(operation, rested(ask()), NOW, 0)
        first = world.question(operation)
        world.ledger.rest(operation, rested(ask(TaskKind.PIN, Topic.PIN)), NOW, 0)
        second = world.question(operation)
        assert first is not None
        assert second is not None
        assert (second.kind, second.id == first.id) == (TaskKind.PIN, False)

    def test_a_wait_may_carry_a_question(self, world: World, operation: str) -> None:
        question = ask(TaskKind.PIN, Topic.LOCKED)
        waiting = rested(question, state=OperationState.WAITING, wake_at=NOW + MINUTE)
        world.ledger.rest(operation, waiting, NOW, 0)
        shown = world.question(operation)
        assert shown is not None
        assert (shown.topic, world.operation(operation).state) == (Topic.LOCKED, OperationState.WAITING)
        world.ledger.rest(operation, rested(), NOW, 0)
        assert world.question(operation) is None

    @pytest.mark.parametrize("end", [OperationState.DONE, OperationState.GAVE_UP, OperationState.CANCELLED])
    def test_an_end_closes_the_question_and_frees_the_phone(
        self, world: World, operation: str, end: OperationState
    ) -> None:
        world.ledger.rest(operation, rested(ask()), NOW, 0)
        world.ledger.rest(operation, rested(state=end), NOW + MINUTE, 0)
        seen = world.operation(operation)
        assert (seen.state, seen.ended_at, seen.wake_at) == (end, NOW + MINUTE, None)
        assert world.question(operation) is None
        world.open_operation(Goal.REGISTER, NUMBER, NOW + MINUTE)

    def test_what_the_owner_wants_follows_a_good_end(self, world: World, operation: str) -> None:
        assert self.case(world, operation).number.wanted is Wanted.UNMANAGED
        world.ledger.rest(operation, rested(state=OperationState.DONE), NOW, 0)
        second = world.open_operation(Goal.DEREGISTER, NUMBER, NOW)
        assert self.case(world, second).number.wanted is Wanted.ONLINE
        world.ledger.rest(second, rested(state=OperationState.GAVE_UP), NOW, 0)
        third = world.open_operation(Goal.DEREGISTER, NUMBER, NOW)
        assert self.case(world, third).number.wanted is Wanted.ONLINE
        world.ledger.rest(third, rested(state=OperationState.DONE), NOW, 0)
        assert self.case(world, third).number.wanted is Wanted.RELEASED

    # Accounts

    def test_a_hold_is_kept_whole_and_released(self, world: World, operation: str) -> None:
        hold = Hold(usage=False, since=NOW, probe_at=NOW + 15 * MINUTE, code=190, streak=2, detail="Bad token")
        world.ledger.save_hold("acme", hold)
        assert self.case(world, operation).account.hold == hold
        world.ledger.save_hold("acme", None)
        assert self.case(world, operation).account.hold is None

    def test_a_release_wakes_what_the_hold_held(self, world: World, operation: str) -> None:
        world.ledger.save_hold("acme", Hold(usage=False, since=NOW, probe_at=NOW + 15 * MINUTE))
        world.ledger.rest(operation, rested(reason=Reason.ACCOUNT_ON_HOLD, wake_at=NOW + 15 * MINUTE), NOW, 0)
        world.ledger.save_hold("acme", None)
        woken = world.operation(operation)
        assert woken.version == 1
        assert woken.wake_at is not None
        assert woken.wake_at <= NOW

    def test_a_hold_of_the_whole_app_holds_every_account_of_it(self, world: World) -> None:
        world.add_account("one", waba="1", app_id="app")
        world.add_account("two", waba="2", app_id="app")
        world.add_account("three", waba="3", app_id="other")
        for name, number in (("one", "1"), ("two", "2"), ("three", "3")):
            world.add_number(number, f"+1555000000{number}", name)
        opened = {number: world.open_operation(Goal.REGISTER, number, NOW) for number in ("1", "2", "3")}
        hold = Hold(usage=True, since=NOW, probe_at=NOW + 5 * MINUTE, code=4, whole_app=True)
        world.ledger.save_hold("one", hold)
        held = {number: self.case(world, operation).account.hold for number, operation in opened.items()}
        assert held == {"1": hold, "2": hold, "3": None}

    def test_an_accounts_question_is_one_for_all_it_holds(self, world: World, operation: str) -> None:
        world.add_number("2", "+15550000002")
        second = world.open_operation(Goal.REGISTER, "2", NOW)
        question = ask(TaskKind.FIX, Topic.ACCOUNT, of_account=True)
        for each in (operation, second):
            world.ledger.rest(each, rested(question, reason=Reason.ACCOUNT_ON_HOLD), NOW, 0)
        shown = [world.question(each) for each in (operation, second)]
        assert shown[0] is not None
        assert shown[0] == shown[1]
        world.ledger.rest(operation, rested(state=OperationState.CANCELLED), NOW, 0)
        assert world.question(second) == shown[0]

    def test_an_answer_to_the_account_counts_for_all_it_held(self, world: World, operation: str) -> None:
        world.add_number("2", "+15550000002")
        second = world.open_operation(Goal.REGISTER, "2", NOW)
        world.ledger.save_hold("acme", Hold(usage=False, since=NOW, probe_at=NOW + 15 * MINUTE))
        question = ask(TaskKind.FIX, Topic.ACCOUNT, of_account=True)
        for each in (operation, second):
            world.ledger.rest(each, rested(question, reason=Reason.ACCOUNT_ON_HOLD), NOW, 0)
        world.reply(second, ReplyKind.DONE, NOW + MINUTE)
        for each in (operation, second):
            case = self.case(world, each)
            assert [(reply.topic, reply.answer) for reply in case.replies] == [(Topic.ACCOUNT, ReplyKind.DONE)]
            assert (case.operation.version, case.operation.wake_at) == (1, NOW + MINUTE)
            assert case.account.hold is not None
            assert case.account.hold.probe_at == NOW + MINUTE

    def test_storage_settings_are_kept(self, world: World, operation: str) -> None:
        storage = Storage(read_at=NOW, settings={"status": "IN_COUNTRY_STORAGE_ENABLED", "data": ["DE"]})
        world.ledger.save_storage(NUMBER, storage)
        assert self.case(world, operation).number.storage == storage
        none = Storage(read_at=NOW + MINUTE, unreadable=True)
        world.ledger.save_storage(NUMBER, none)
        assert self.case(world, operation).number.storage == none

    # The weather of 133004

    def outage(self, world: World, phones: int) -> list[str]:
        """So many open registers, the first two of which met 133004 a second apart."""
        world.add_account()
        opened = []
        for count in range(phones):
            world.add_number(f"90{count}", f"+1555000100{count}")
            opened.append(world.open_operation(Goal.REGISTER, f"90{count}", NOW))
        for count in (0, 1):
            at = NOW + timedelta(seconds=count)
            self.call(world, self.register(world, f"met-{count}", opened[count], at), refused(133004))
        return opened

    def register(self, world: World, name: str, operation: str, at: datetime) -> Attempt:
        number = world.operation(operation).number
        return Attempt(id=name, operation=operation, number=number, call=CallKind.REGISTER, at=at)

    def due(self, world: World, operation: str) -> datetime:
        """A time at which any phone may be the probe."""
        weather = self.case(world, operation).weather
        assert weather is not None
        return next_try(weather) + 2 * MINUTE

    def shelter(self, world: World, operation: str, until: datetime) -> None:
        resting = rested(reason=Reason.SERVER_DOWN, wake_at=until)
        assert world.ledger.rest(operation, resting, NOW, world.operation(operation).version)

    def test_a_lone_outage_is_not_shared_and_claims_nothing(self, world: World, operation: str) -> None:
        assert self.case(world, operation).weather is None
        self.call(world, attempt("a", operation), refused(133004))
        self.call(world, attempt("b", operation, NOW + MINUTE), refused(133004))
        weather = self.case(world, operation, NOW + MINUTE).weather
        assert weather is not None
        assert (weather.shared, weather.answers, weather.first_phone) == (False, 2, E164)
        self.call(world, attempt("c", operation, NOW + 2 * MINUTE), OK)
        ended = self.case(world, operation, NOW + 2 * MINUTE).weather
        assert ended is not None
        assert (ended.ended_at, ended.probe) == (NOW + 2 * MINUTE, None)

    def test_a_second_phone_makes_the_outage_shared(self, world: World) -> None:
        opened = self.outage(world, 3)
        weather = self.case(world, opened[2]).weather
        assert weather is not None
        assert (weather.shared, weather.since, weather.last_at) == (True, NOW, NOW + timedelta(seconds=1))

    def test_only_one_probe_at_a_time_and_only_when_the_rung_is_over(self, world: World) -> None:
        opened = self.outage(world, 4)
        with pytest.raises(Overtaken):
            world.ledger.save_intent(self.register(world, "early", opened[2], NOW + timedelta(seconds=2)))
        at = self.due(world, opened[2])
        world.ledger.save_intent(self.register(world, "probe", opened[2], at))
        with pytest.raises(Overtaken):
            world.ledger.save_intent(self.register(world, "beside", opened[3], at))
        assert self.case(world, opened[3]).attempts == ()
        world.ledger.save_intent(replace(self.register(world, "other", opened[3], at), call=CallKind.REQUEST_CODE))
        world.ledger.save_answer("probe", refused(133004), at)
        with pytest.raises(Overtaken):
            world.ledger.save_intent(self.register(world, "again", opened[0], at + MINUTE))

    def test_a_probe_that_died_frees_its_place(self, world: World) -> None:
        opened = self.outage(world, 4)
        at = self.due(world, opened[2])
        world.ledger.save_intent(self.register(world, "probe", opened[2], at))
        world.ledger.save_intent(self.register(world, "next", opened[3], at + 5 * MINUTE))
        weather = self.case(world, opened[3], at + 5 * MINUTE).weather
        assert weather is not None
        assert weather.probe == "+15550001003"

    def test_the_end_wakes_what_waited_and_moves_its_version(self, world: World) -> None:
        opened = self.outage(world, 4)
        at = self.due(world, opened[2])
        self.shelter(world, opened[0], at + 60 * MINUTE)
        self.shelter(world, opened[1], at + 70 * MINUTE)
        world.ledger.rest(opened[3], rested(wake_at=at + 80 * MINUTE), NOW, 0)
        self.call(world, self.register(world, "probe", opened[2], at), OK)
        woken = [world.operation(operation) for operation in opened]
        assert all(each.wake_at and each.wake_at <= at + MINUTE for each in woken[:2])
        assert [each.version for each in woken[:2]] == [1, 1]
        assert woken[3].wake_at == at + 80 * MINUTE
        world.ledger.save_intent(self.register(world, "free", opened[3], at))

    def test_a_refused_probe_puts_the_others_off_without_a_turn(self, world: World) -> None:
        opened = self.outage(world, 4)
        at = self.due(world, opened[2])
        self.shelter(world, opened[0], at + timedelta(seconds=5))
        self.shelter(world, opened[1], NOW)
        self.shelter(world, opened[3], at + 2000 * MINUTE)
        self.call(world, self.register(world, "probe", opened[2], at), refused(133004))
        first, second, _, fourth = (world.operation(operation) for operation in opened)
        weather = self.case(world, opened[0], at).weather
        assert weather is not None
        assert first.wake_at is not None
        assert first.wake_at >= next_try(weather) > at + 4 * MINUTE
        assert "take turns" in first.message
        assert (second.wake_at, fourth.wake_at) == (NOW, at + 2000 * MINUTE)
        assert (first.version, second.version) == (0, 0)
        assert weather.waiting == 3
