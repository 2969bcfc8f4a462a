"""What the link's page says: one operation in words for the owner of the number, who knows nothing of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from linewright.domain.operation import ReplyKind, TaskKind
from linewright.explain import explain
from linewright.store.tasks import Task

__all__ = ["OVER", "Shown", "Stage", "over_words", "shown"]

Shape = Mapping[str, Any]


class Stage(StrEnum):
    """What the person may do now."""

    READY = "ready"
    """Say that a code may be sent."""
    CODE = "code"
    PIN = "pin"
    CHANGE = "change"
    """Say that something is changed."""
    WORKING = "working"
    DONE = "done"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One view. `lead` says what is asked and why, `news` what has happened; `until` is when the code or wait ends."""

    stage: Stage
    title: str
    lead: str
    news: str = ""
    wrong: bool = False
    """Whether the news is that the last answer was not right."""
    task: str = ""
    until: str | None = None
    may_reset: bool = False
    """Whether a new PIN may be set through the API on the person's word."""

    @property
    def over(self) -> bool:
        return self.stage in (Stage.DONE, Stage.ENDED)

    @property
    def mark(self) -> str:
        """Changes with what is shown, so that a page which looks again is drawn anew only then."""
        parts = (self.stage, self.title, self.lead, self.news, self.task, self.until or "")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


CODES = "133006"
WRONG_CODE = 136025
PIN_NEEDED = (
    "Your number is protected by a six-digit PIN, the two-step verification of WhatsApp. Please tell us the PIN."
)
OVER = {
    "answered": ("This link has done its work", "Everything that was asked through it is settled."),
    "withdrawn": ("There is a newer link", "Another link was made in place of this one. Please open that one."),
    "too-many-tries": (
        "This link is closed",
        "Too many codes were not right. Please ask whoever sent you the link for a new one.",
    ),
    "expired": ("This link is too old", "It was good for seven days. Please ask whoever sent it for a new one."),
}
"""Title and words of a link that opens nothing, by its reason."""


def shown(operation: Shape, task: Task | None) -> Shown:
    """`operation` is the shape of DESIGN 8, `task` the open question that it shows."""
    if operation["ended_at"]:
        return _ended(operation)
    if task is None or operation["state"] != "asking" or task.operation is None:
        return _working(operation, ours=task is not None)
    if task.kind is TaskKind.OTP:
        return _code(operation, task)
    if task.kind is TaskKind.PIN:
        return _pin(operation, task)
    if task.kind is TaskKind.FIX:
        return _change(operation, task)
    return _working(operation, ours=True)


def over_words(reason: str) -> tuple[str, str]:
    return OVER.get(reason, OVER["expired"])


def _ended(operation: Shape) -> Shown:
    if operation["state"] != "done":
        return Shown(
            stage=Stage.ENDED,
            title="We could not finish this",
            lead="The people who look after your number know about it. There is nothing more to do here.",
        )
    titles = {"register": "Your number is online", "verify": "Your number is verified"}
    title = titles.get(operation["goal"], "This is done")
    return Shown(stage=Stage.DONE, title=title, lead="Thank you. There is nothing more to do; you can close this page.")


def _code(operation: Shape, task: Task) -> Shown:
    lead = _owners(CODES)
    last = _last(operation)
    wrong = last is not None and last["call"] == "verify_code" and last["outcome"] == "refused"
    if ReplyKind.VALUE not in task.answers:
        return Shown(
            stage=Stage.READY, title="A code for your number", lead=lead, news=_news(operation, wrong), task=task.id
        )
    return Shown(
        stage=Stage.CODE,
        title="Type in the code",
        lead=lead,
        news=_news(operation, wrong),
        wrong=wrong,
        task=task.id,
        until=operation["task"]["expires_at"],
    )


def _news(operation: Shape, wrong: bool) -> str:
    last = _last(operation)
    if not any(attempt["call"] == "request_code" for attempt in operation["attempts"]):
        return ""
    if last is not None and last["call"] == "request_code" and last["outcome"] == "refused":
        return _owners_of(last)
    if wrong and last is not None and last["code"] == WRONG_CODE:
        return _owners_of(last)
    return str(operation["message"])


def _pin(operation: Shape, task: Task) -> Shown:
    last = _last(operation)
    refused = last is not None and last["call"] == "register" and last["outcome"] == "refused" and last["code"]
    return Shown(
        stage=Stage.PIN,
        title="The PIN of your number",
        lead=_owners_of(last) if refused and last is not None else PIN_NEEDED,
        news="Please look it up before you type it: a few wrong ones lock the number for hours.",
        task=task.id,
        may_reset=ReplyKind.APPROVE in task.answers,
    )


def _change(operation: Shape, task: Task) -> Shown:
    last = _last(operation)
    named = last is not None and last["outcome"] == "refused" and last["code"] is not None
    return Shown(
        stage=Stage.CHANGE,
        title="Something must be changed first",
        lead=_owners_of(last) if named and last is not None else task.question,
        news=task.question if named else "",
        task=task.id,
    )


def _working(operation: Shape, *, ours: bool) -> Shown:
    last = _last(operation)
    lead = "There is nothing for you to do now. This page keeps itself up to date; you can also close it and come back."
    news = ""
    if ours:
        news = "The people who look after your number have to decide something first."
    elif last is not None and last["outcome"] == "refused" and last["code"] is not None:
        news = _owners_of(last)
    elif any(attempt["call"] == "verify_code" and attempt["outcome"] == "ok" for attempt in operation["attempts"]):
        news = "Thank you, the code was right."
    waits = operation["state"] == "waiting"
    return Shown(
        stage=Stage.WORKING,
        title="We are connecting your number",
        lead=lead,
        news=news,
        until=operation["wake_at"] if waits else None,
    )


def _last(operation: Shape) -> Shape | None:
    """The latest call that says something about the number itself."""
    told = [attempt for attempt in operation["attempts"] if attempt["call"] != "subscribe"]
    return told[-1] if told else None


def _owners_of(attempt: Shape) -> str:
    code = attempt["code"]
    return _owners(f"{code}/{attempt['subcode']}" if attempt["subcode"] is not None else str(code))


def _owners(code: str) -> str:
    """The catalogue's words for the owner of the number."""
    known = explain(code)
    return str(
        known["owner"] or "WhatsApp did not take the last step. The people who look after your number see to it."
    )
