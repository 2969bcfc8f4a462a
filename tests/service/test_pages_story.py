"""The story of an operation: what repeats is counted, waits are as long as they were, what was refused is explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from linewright.domain.journal import Attempt, CallKind, Outcome, RemoteError
from linewright.service.page.story import story_of
from linewright.service.page.words import coded
from linewright.store.timeline import Moment

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def reading(minutes: float, text: str = "status PENDING, is_pin_enabled False") -> Moment:
    return Moment(at=at(minutes), kind="reading", text=text, facts={"good": True})


def waiting(minutes: float, reason: str = "settling") -> Moment:
    facts = {"state": "waiting", "reason": reason, "wake_at": None}
    return Moment(at=at(minutes), kind="state", text=f"waiting ({reason}): Looks again: soon.", facts=facts)


def test_readings_that_say_the_same_are_counted_and_their_waits_with_them() -> None:
    moments = [each for n in range(5) for each in (reading(10 * n), waiting(10 * n))]
    first, last = story_of(moments, [])
    assert (first.kind, first.times, first.until) == ("reading", 5, at(40))
    assert first.words == "PENDING, two-step off"
    assert (last.kind, last.until, last.words) == ("wait", None, "Looks again: soon.")


def test_a_reading_that_says_something_else_begins_anew() -> None:
    found = story_of([reading(0), waiting(0), reading(5, "status CONNECTED")], [])
    assert [item.kind for item in found] == ["reading", "wait", "reading"]
    assert found[1].waited == timedelta(minutes=5)


def test_the_longer_a_wait_was_the_longer_it_is_drawn() -> None:
    lengths = []
    for minutes in (0.5, 5, 30, 120, 600, 4_320):
        wait, _ = story_of([waiting(0), reading(minutes)], [])
        lengths.append(wait.length)
    assert lengths == [1, 2, 3, 4, 5, 6]


def test_a_clock_set_back_makes_no_wait_shorter_than_nothing() -> None:
    wait, _ = story_of([waiting(5), reading(0)], [])
    assert wait.waited == timedelta(0)


def test_a_refused_call_is_explained_where_it_happened() -> None:
    error = RemoteError(code=133005, message="(#133005) PIN Mismatch", fbtrace_id="AbC")
    attempt = Attempt(
        id="att-1",
        operation="op-1",
        number="1",
        call=CallKind.REGISTER,
        at=at(0),
        answered_at=at(0.1),
        outcome=Outcome.REFUSED,
        error=error,
        fbtrace_id="AbC",
    )
    named = {"attempt": "att-1", "call": "register"}
    moments = [
        Moment(at=at(0), kind="call", text="register is sent", facts=named),
        Moment(at=at(0.1), kind="answer", text="…", facts={**named, "outcome": "refused", "fbtrace_id": "AbC"}),
    ]
    (item,) = story_of(moments, [attempt])
    assert (item.title, item.words, item.sense, item.trace) == ("Register", "refused", "bad", "AbC")
    assert item.error is not None
    assert (item.error["code"], item.error["known"]) == (133005, True)


def test_a_call_without_an_answer_says_so() -> None:
    (item,) = story_of([Moment(at=at(0), kind="call", text="", facts={"attempt": "a", "call": "register"})], [])
    assert (item.title, item.words) == ("Register", "sent; no answer yet")


def test_words_of_others_are_escaped_and_commands_stand_out() -> None:
    assert (
        coded("<b> `linewright sync` & `<i>`") == "&lt;b&gt; <code>linewright sync</code> &amp; <code>&lt;i&gt;</code>"
    )
    asks = "linewright register +1555 asks for the code."
    assert coded(asks) == "<code>linewright register +1555</code> asks for the code."
    assert coded("`linewright register +1555`") == "<code>linewright register +1555</code>"
