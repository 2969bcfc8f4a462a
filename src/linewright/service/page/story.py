"""The story of an operation as people read it: what was called and answered, what was asked, how long it waited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from linewright.domain.journal import Attempt
from linewright.explain import explain
from linewright.service.page.words import ANSWERS, CALLS, OUTCOMES, QUESTIONS
from linewright.store.timeline import Moment

__all__ = ["LONGEST", "Item", "explained", "story_of"]

LONGEST = 80
"""Lines of a story that are shown; the earliest are left out."""
LENGTHS = tuple(
    timedelta(**each) for each in ({"minutes": 1}, {"minutes": 10}, {"hours": 1}, {"hours": 8}, {"days": 1})
)
"""A wait is drawn one step longer from each of these on."""
ENDS = {"done": "good", "gave_up": "bad", "cancelled": "still"}
TITLES = {"done": "Done", "gave_up": "Gave up", "cancelled": "Cancelled", "running": "Began"}
SENSES = {"ok": "good", "refused": "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line. `kind` is call, reading, question, reply, wait or state; `until` the end of a wait, or the last of
    several readings that said the same; `length`, 1 to 6, how long a wait is drawn."""

    kind: str
    at: datetime
    title: str
    words: str = ""
    sense: str = ""
    until: datetime | None = None
    times: int = 1
    length: int = 0
    reason: str | None = None
    error: Mapping[str, Any] | None = None
    trace: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def waited(self) -> timedelta | None:
        return self.until - self.at if self.until is not None else None


def story_of(moments: Iterable[Moment], attempts: Iterable[Attempt]) -> list[Item]:
    """The lines in order. `attempts` are the operation's own: their errors are explained where they happened."""
    known = {attempt.id: attempt for attempt in attempts}
    items: list[Item] = []
    for moment in moments:
        _end_wait(items, moment.at)
        item = _item(moment, known)
        if item is None or _repeats(items, item):
            continue
        items.append(item)
    return items


def explained(attempt: Attempt) -> dict[str, Any] | None:
    """What an attempt's error means, in the catalogue's words."""
    error = attempt.error
    if error is None or error.code is None:
        return None
    body: dict[str, Any] = {"message": error.message, "code": error.code, "error_subcode": error.subcode}
    body["error_data"] = {"details": error.details}
    body["error_user_msg"], body["fbtrace_id"] = error.user_message, error.fbtrace_id
    return explain({"error": {key: value for key, value in body.items() if value is not None}})


def _item(moment: Moment, known: Mapping[str, Attempt]) -> Item | None:
    if moment.kind == "state":
        return _state(moment)
    if moment.kind == "reading":
        good = bool(moment.facts.get("good"))
        title, sense = ("Looked", "") if good else ("Could not be read", "warn")
        return Item(kind="reading", at=moment.at, title=title, words=_plain(moment.text), sense=sense)
    if moment.kind == "call":
        attempt = known.get(str(moment.facts.get("attempt")))
        if attempt is not None and attempt.answered_at is not None:
            return None
        title = CALLS.get(str(moment.facts["call"]), str(moment.facts["call"]))
        return Item(kind="call", at=moment.at, title=title, words="sent; no answer yet", sense="warn")
    if moment.kind == "answer":
        return _answer(moment, known)
    if moment.kind == "question":
        kind = str(moment.facts["kind"])
        words = moment.text.partition(": ")[2]
        return Item(kind="question", at=moment.at, title=QUESTIONS.get(kind, kind), words=words, sense="warn")
    answer = ANSWERS.get(str(moment.facts.get("answer")), "Answered")
    also = "The PIN is said to have changed." if moment.text.endswith(")") else ""
    return Item(kind="reply", at=moment.at, title=answer, words=also, sense="busy")


def _state(moment: Moment) -> Item | None:
    state, reason = str(moment.facts["state"]), moment.facts.get("reason")
    words = moment.text.partition(": ")[2]
    if state == "asking":
        return None
    if state == "waiting":
        return Item(kind="wait", at=moment.at, title="Waits", words=words, sense="wait", reason=reason)
    title, sense = TITLES.get(state, state), ENDS.get(state, "busy")
    return Item(kind="state", at=moment.at, title=title, words=words, sense=sense, reason=reason)


def _answer(moment: Moment, known: Mapping[str, Attempt]) -> Item:
    call, outcome = str(moment.facts["call"]), str(moment.facts.get("outcome"))
    attempt = known.get(str(moment.facts.get("attempt")))
    error = explained(attempt) if attempt is not None and outcome != "ok" else None
    return Item(
        kind="call",
        at=moment.at,
        title=CALLS.get(call, call),
        words=OUTCOMES.get(outcome, outcome),
        sense=SENSES.get(outcome, "warn"),
        error=error,
        trace=moment.facts.get("fbtrace_id"),
        facts={"call": call, "outcome": outcome, "id": moment.facts.get("attempt")},
    )


def _end_wait(items: list[Item], at: datetime) -> None:
    """A wait is as long as it was until something happened, whatever was planned."""
    if items and items[-1].kind == "wait" and items[-1].until is None:
        last = items[-1]
        length = 1 + sum(at - last.at >= step for step in LENGTHS)
        items[-1] = replace(last, until=max(at, last.at), length=length)


def _repeats(items: list[Item], item: Item) -> bool:
    """Whether it is a reading, or a wait between two, that says what the one before said: then that one counts it."""
    if item.kind == "wait" and items and items[-1].kind == "wait" and items[-1].reason == item.reason:
        items[-1] = replace(items[-1], until=None, words=item.words)
        return True
    if item.kind != "reading":
        return False
    between = items[-1] if items and items[-1].kind == "wait" else None
    before = items[-2:-1] if between is not None else items[-1:]
    if not before or before[0].kind != "reading" or before[0].words != item.words:
        return False
    del items[-1 if between is None else -2 :]
    items.append(replace(before[0], times=before[0].times + 1, until=item.at))
    return True


def _plain(text: str) -> str:
    """`status CONNECTED, platform_type CLOUD_API` without the names that say nothing to people."""
    return (
        text.replace("code_verification_status ", "code ")
        .replace("platform_type ", "on ")
        .replace("name_status ", "name ")
        .replace("is_pin_enabled True", "two-step on")
        .replace("is_pin_enabled False", "two-step off")
        .removeprefix("status ")
    )
