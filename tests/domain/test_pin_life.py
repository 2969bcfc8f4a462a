"""The life of a PIN (DESIGN 5.5), state by state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.cases import NOW, ago, answered, case, kept, refused, said

from linewright.domain.action import Action, Ask, Call
from linewright.domain.decide import decide
from linewright.domain.journal import CallKind, Outcome
from linewright.domain.operation import Goal, ReplyKind, TaskKind, Topic
from linewright.domain.pins import Change, ChangeKind, PinOrigin, PinState, pin_book

OLD, NEW = kept("old", at=ago(hours=100)), kept("new", at=ago(hours=2))
SENT_OLD: dict[str, Any] = {"pin": OLD.id, "fingerprint": OLD.fingerprint}
SENT_NEW: dict[str, Any] = {"pin": NEW.id, "fingerprint": NEW.fingerprint}
HOUR = timedelta(hours=1)


def asks_pin(action: Action) -> bool:
    return isinstance(action, Ask) and action.kind is TaskKind.PIN


def test_none_then_pending_then_accepted() -> None:
    assert pin_book((), ()).state is PinState.NONE
    assert pin_book((OLD,), ()).state is PinState.PENDING
    book = pin_book((OLD,), (answered("register", ago(), **SENT_OLD),))
    assert (book.state, book.accepted, book.since) == (PinState.ACCEPTED, OLD, NOW)


@pytest.mark.parametrize(("before", "accepts"), [("offline", True), ("unverified", True), ("online", False)])
def test_only_a_register_of_a_number_that_was_down_accepts(before: str, accepts: bool) -> None:
    book = pin_book((OLD,), (answered("register", ago(), before=before, **SENT_OLD),))
    assert (book.accepted is OLD) is accepts


@pytest.mark.parametrize("outcome", [Outcome.IN_DOUBT, Outcome.UNREACHABLE, Outcome.REFUSED])
def test_nothing_but_ok_accepts(outcome: Outcome) -> None:
    assert pin_book((OLD,), (answered("register", ago(), outcome, **SENT_OLD),)).accepted is None


def test_refused_and_every_pin_of_the_same_digits_with_it() -> None:
    same = replace(kept("old", at=ago(hours=1)), id="pin-same")
    book = pin_book((OLD, same), (refused("register", ago(), 133005, **SENT_OLD),))
    assert (book.state, book.candidates) == (PinState.REFUSED, ())
    assert book.is_refused(same.id)


def test_131031_makes_it_doubted_and_not_refused() -> None:
    book = pin_book((OLD,), (refused("register", ago(), 131031, **SENT_OLD),))
    assert (book.state, book.candidates) == (PinState.DOUBTED, (OLD,))


@pytest.mark.parametrize(("kind", "state"), [(ChangeKind.OFF, PinState.PENDING), (ChangeKind.CHANGED, PinState.STALE)])
@pytest.mark.parametrize("later", [True, False])
def test_known_to_have_changed_empties_the_refused_list(kind: ChangeKind, state: PinState, later: bool) -> None:
    change = Change(at=ago() + HOUR if later else ago() - HOUR, kind=kind)
    pin = kept("old", at=ago(hours=3))
    book = pin_book((pin,), (refused("register", ago(), 133005, **SENT_OLD),), (change,))
    if later:
        assert (book.refused, book.state) == (frozenset(), state)
    else:
        assert book.is_refused(pin.id)


def test_a_set_pin_answered_ok_makes_its_own_the_only_one() -> None:
    fresh = kept("fresh", PinOrigin.SET, at=ago(hours=1))
    assert pin_book((fresh,), ()).candidates == ()
    lost = answered("set_pin", ago(), Outcome.IN_DOUBT, pin=fresh.id, fingerprint=fresh.fingerprint)
    assert pin_book((OLD, fresh), (lost,)).candidates == (OLD,)
    done = answered("set_pin", ago(), pin=fresh.id, fingerprint=fresh.fingerprint)
    assert pin_book((OLD, fresh), (done,)).candidates == (fresh,)


def test_given_beside_an_accepted_one_and_refused_the_accepted_one_is_used_again() -> None:
    up = answered("register", ago(hours=50), **SENT_OLD)
    assert pin_book((OLD, NEW), (up,)).candidates == (NEW, OLD)
    book = pin_book((OLD, NEW), (up, refused("register", ago(), 133005, **SENT_NEW)))
    assert (book.candidates, book.accepted) == ((OLD,), OLD)


def test_a_made_pin_is_sent_only_where_two_step_is_off_or_it_was_sent_before() -> None:
    made = kept("made", PinOrigin.MADE)
    sent = answered("register", ago(), Outcome.IN_DOUBT, pin=made.id, fingerprint=made.fingerprint)
    assert pin_book((made,), (), two_step=True).candidates == ()
    assert pin_book((made,), (), two_step=False).candidates == (made,)
    assert pin_book((made,), (sent,), two_step=True).candidates == (made,)


# With an empty vault


OFF = {"status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE", "code_verification_status": "VERIFIED"}


@pytest.mark.parametrize(("two_step", "pin_reset", "kind"), [
    (False, "ask", CallKind.REGISTER), (False, "auto", CallKind.REGISTER),
    (True, "auto", CallKind.SET_PIN), (None, "auto", CallKind.SET_PIN),
])  # fmt: skip
def test_an_empty_vault_makes_one_or_sets_one(two_step: bool | None, pin_reset: str, kind: CallKind) -> None:
    action = decide(case(reading={**OFF, "is_pin_enabled": two_step}, pin_reset=pin_reset))
    assert action == Call(kind=kind, fresh_pin=True)


@pytest.mark.parametrize("two_step", [True, None])
def test_an_empty_vault_asks(two_step: bool | None) -> None:
    assert asks_pin(decide(case(reading={**OFF, "is_pin_enabled": two_step})))


# 133005


def test_after_133005_nothing_is_sent_before_a_person_spoke() -> None:
    assert asks_pin(decide(case(refused("register", ago(hours=1), 133005, **SENT_OLD), pins=(OLD,))))


def test_after_133005_the_accepted_one_is_tried() -> None:
    up = answered("register", ago(hours=50), operation="earlier", **SENT_OLD)
    down = refused("register", ago(hours=1), 133005, **SENT_NEW)
    assert decide(case(up, down, pins=(OLD, NEW))) == Call(kind=CallKind.REGISTER, pin=OLD.id)


def test_auto_resets_once() -> None:
    first = refused("register", ago(hours=3), 133005, **SENT_OLD)
    assert decide(case(first, pins=(OLD,), pin_reset="auto")) == Call(kind=CallKind.SET_PIN, fresh_pin=True)
    fresh = kept("fresh", PinOrigin.SET, at=ago(hours=2))
    sent = {"pin": fresh.id, "fingerprint": fresh.fingerprint}
    done, again = answered("set_pin", ago(hours=2), **sent), refused("register", ago(hours=1), 133005, **sent)
    assert decide(case(first, done, pins=(OLD, fresh), pin_reset="auto")) == Call(kind=CallKind.REGISTER, pin=fresh.id)
    assert asks_pin(decide(case(first, done, again, pins=(OLD, fresh), pin_reset="auto")))


def test_60_seconds_between_setting_a_pin_and_the_register() -> None:
    fresh = kept("fresh", PinOrigin.SET, at=ago(hours=2))
    done = answered("set_pin", ago(59), pin=fresh.id, fingerprint=fresh.fingerprint)
    assert not isinstance(decide(case(done, pins=(fresh,))), Call)
    assert isinstance(decide(case(done, pins=(fresh,), now=NOW + timedelta(seconds=1))), Call)


def test_two_lost_answers_with_a_pin_that_may_be_wrong() -> None:
    lost = [answered("register", ago(hours=hours), Outcome.IN_DOUBT, **SENT_OLD) for hours in (5, 3)]
    assert decide(case(lost[0], pins=(OLD,))) == Call(kind=CallKind.REGISTER, pin=OLD.id)
    assert asks_pin(decide(case(*lost, pins=(OLD,))))
    earlier = [answered("register", ago(hours=hours), Outcome.IN_DOUBT, operation="x", **SENT_OLD) for hours in (5, 3)]
    assert asks_pin(decide(case(*earlier, pins=(OLD,))))
    again = replace(kept("old", at=ago(hours=1)), id="pin-again")
    given = said(Topic.PIN, ReplyKind.VALUE, ago(hours=1), pin=again.id)
    spoken = case(*lost, pins=(OLD, again), replies=(given,))
    assert decide(spoken) == Call(kind=CallKind.REGISTER, pin=again.id)


def test_a_set_pin_in_doubt_is_set_again_with_the_same_digits() -> None:
    fresh = kept("fresh", PinOrigin.SET, at=ago(hours=2))
    lost = answered("set_pin", ago(hours=1), Outcome.IN_DOUBT, pin=fresh.id, fingerprint=fresh.fingerprint)
    assert decide(case(lost, goal=Goal.SET_PIN, pins=(fresh,))) == Call(kind=CallKind.SET_PIN, pin=fresh.id)
