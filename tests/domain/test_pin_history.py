"""The history of a phone's PINs: what each fact says, when a PIN was last accepted, and what speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.cases import NOW, OFFLINE, ago, answered, case, kept, refused

from linewright.domain.action import Call
from linewright.domain.decide import decide
from linewright.domain.happenings import HappeningKind
from linewright.domain.journal import Attempt, CallKind, Outcome
from linewright.domain.pin_history import Noted, PinEventKind, Told, acceptance, pin_history
from linewright.domain.pins import Change, ChangeKind, PinBook, PinOrigin, PinState, pin_book

OLD, NEW = kept("old", at=ago(hours=100)), kept("new", at=ago(hours=2))
SENT_OLD: dict[str, Any] = {"pin": OLD.id, "fingerprint": OLD.fingerprint}
SENT_NEW: dict[str, Any] = {"pin": NEW.id, "fingerprint": NEW.fingerprint}
ACCEPTED = answered("register", ago(hours=90), **SENT_OLD)


def kinds(*attempts: Attempt, **more: Any) -> list[str]:
    return [event.kind.value for event in pin_history((OLD, NEW), attempts, **more)]


@pytest.mark.parametrize(
    ("attempt", "kind"),
    [
        (answered("register", NOW, **SENT_OLD), "accepted"),
        (answered("register", NOW, before="unverified", **SENT_OLD), "accepted"),
        (answered("register", NOW, before="online", **SENT_OLD), "taken"),
        (answered("register", NOW, Outcome.IN_DOUBT, **SENT_OLD), "lost"),
        (answered("set_pin", NOW, **SENT_OLD), "set"),
        (answered("set_pin", NOW, before="offline", **SENT_OLD), "set"),
        (refused("register", NOW, 133005, **SENT_OLD), "refused"),
        (refused("register", NOW, 100, 2388092, **SENT_OLD), "refused"),
        (refused("register", NOW, 131031, **SENT_OLD), "doubted"),
        (refused("register", NOW, 133008, **SENT_OLD), "locked"),
    ],
)
def test_what_an_answer_says_of_the_pin_that_was_sent(attempt: Attempt, kind: str) -> None:
    event = pin_history((OLD,), (attempt,))[-1]
    assert (event.kind, event.at, event.pin, event.operation) == (kind, NOW, 1, "op")


@pytest.mark.parametrize(
    "attempt",
    [
        refused("register", NOW, 133016, **SENT_OLD),
        refused("register", NOW, 133004, **SENT_OLD),
        answered("register", NOW, Outcome.UNREACHABLE, **SENT_OLD),
        answered("register", NOW, Outcome.NOT_SENT, **SENT_OLD),
        answered("deregister", NOW),
    ],
)
def test_what_says_nothing_of_a_pin_is_no_event(attempt: Attempt) -> None:
    assert [event.kind for event in pin_history((OLD,), (attempt,))] == [PinEventKind.GIVEN]


def test_pins_are_counted_and_equal_digits_are_the_same_pin() -> None:
    again = kept("old", at=ago(hours=1))
    events = pin_history((OLD, NEW, again), ())
    assert [event.pin for event in events] == [1, 2, 1]


@pytest.mark.parametrize(
    ("origin", "kind"),
    [(PinOrigin.GIVEN, "given"), (PinOrigin.CHOSEN, "given"), (PinOrigin.MADE, "made"), (PinOrigin.SET, "made")],
)
def test_where_a_pin_came_from(origin: PinOrigin, kind: str) -> None:
    assert [event.kind for event in pin_history((kept("one", origin),), ())] == [kind]


def test_an_imported_pin_came_once() -> None:
    note = Noted(at=OLD.at, who="terminal", action="import", pin=OLD.id)
    assert kinds(noted=(note,)) == ["imported", "given"]


def test_a_change_that_a_webhook_told_is_told_once() -> None:
    told, change = Told(at=NOW, kind=HappeningKind.PIN_CHANGED), Change(at=NOW, kind=ChangeKind.CHANGED)
    assert kinds(changes=(change,), told=(told,)).count("changed") == 1
    later = Change(at=NOW + timedelta(seconds=1), kind=ChangeKind.CHANGED)
    assert kinds(changes=(later,), told=(told,)).count("changed") == 2


def test_never_accepted() -> None:
    assert acceptance(pin_history((OLD,), (answered("register", NOW, before="online", **SENT_OLD),))) is None


@pytest.mark.parametrize(
    ("more", "against"),
    [
        ({"changes": (Change(at=NOW, kind=ChangeKind.CHANGED),)}, ["changed"]),
        ({"changes": (Change(at=ago(hours=95), kind=ChangeKind.CHANGED),)}, []),
        ({"told": (Told(at=NOW, kind=HappeningKind.PIN_RESET_REQUESTED),)}, ["reset-asked"]),
        ({"attempts": (refused("register", NOW, 133005, **SENT_OLD),)}, ["refused"]),
        ({"attempts": (refused("register", NOW, 131031, **SENT_OLD),)}, ["doubted"]),
        ({"attempts": (refused("register", NOW, 133005, **SENT_NEW),)}, []),
        ({"attempts": (answered("set_pin", NOW, **SENT_NEW),)}, ["set"]),
        ({"noted": (Noted(at=NOW, who="ada", action="show", pin=OLD.id),)}, []),
        ({"unused_at": NOW}, []),
    ],
)
def test_what_speaks_against_an_accepted_pin_since(more: dict[str, Any], against: list[str]) -> None:
    attempts = (ACCEPTED, *more.pop("attempts", ()))
    found = acceptance(pin_history((OLD, NEW), attempts, **more))
    assert found is not None
    assert found.accepted.at == ACCEPTED.at
    assert [event.kind for event in found.against] == against


# The PIN's retirement


def retired(*later: Attempt, two_step: bool | None = False) -> PinState:
    return pin_book((OLD,), (ACCEPTED, *later), two_step=two_step, unused=True).state


def test_a_pin_that_the_remote_ignores_is_not_used_until_it_minds_one_again() -> None:
    assert retired() is PinState.NOT_USED
    assert retired(two_step=None) is PinState.NOT_USED
    assert retired(two_step=True) is PinState.ACCEPTED
    assert retired(refused("register", NOW, 133005, **SENT_OLD)) is PinState.REFUSED
    assert retired(answered("set_pin", NOW, **SENT_NEW)) is not PinState.NOT_USED


@pytest.mark.parametrize("two_step", [False, None])
def test_nobody_is_asked_for_a_pin_that_is_not_used_and_six_digits_go_out_all_the_same(two_step: bool | None) -> None:
    bare = replace(case(reading=OFFLINE | {"is_pin_enabled": two_step}), pins=PinBook(state=PinState.NOT_USED))
    assert decide(bare) == Call(kind=CallKind.REGISTER, fresh_pin=True)
    known = replace(bare, pins=PinBook(state=PinState.NOT_USED, candidates=(OLD,), pins=(OLD,)))
    assert decide(known) == Call(kind=CallKind.REGISTER, pin=OLD.id)
