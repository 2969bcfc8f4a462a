"""Cases built by hand, for the tables of the domain: one phone, one operation, times as seconds ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from linewright.catalogue import loader
from linewright.domain.case import Case
from linewright.domain.journal import Attempt, CallKind, Outcome, RemoteError
from linewright.domain.number import Number, Reading
from linewright.domain.operation import Account, Goal, Operation, Reply, ReplyKind, TaskKind, Topic
from linewright.domain.pins import Change, Pin, PinOrigin, pin_book

__all__ = ["NOW", "OFFLINE", "ago", "answered", "case", "kept", "refused", "said"]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CATALOGUE = loader.load()
OFFLINE = {"status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE", "code_verification_status": "VERIFIED"}
ONLINE = {"status": "CONNECTED", "platform_type": "CLOUD_API", "code_verification_status": "VERIFIED"}


def ago(seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(seconds=seconds, minutes=minutes, hours=hours)


def answered(call: str, at: datetime, outcome: Outcome = Outcome.OK, **fields: Any) -> Attempt:
    base: dict[str, Any] = {"before": "offline", "operation": "op", "fbtrace_id": "T1"}
    name = f"{call}-{at.isoformat()}"
    return Attempt(id=name, number="1", call=CallKind(call), at=at, answered_at=at, outcome=outcome, **base | fields)


def refused(call: str, at: datetime, code: int, subcode: int | None = None, text: str = "", **fields: Any) -> Attempt:
    error = RemoteError(code=code, subcode=subcode, message=text or "refused")
    return answered(call, at, Outcome.REFUSED, error=error, **fields)


def kept(name: str = "right", origin: PinOrigin = PinOrigin.GIVEN, at: datetime | None = None) -> Pin:
    return Pin(id=f"pin-{name}", fingerprint=f"digits-{name}", origin=origin, at=at or ago(hours=200))


def said(topic: Topic, answer: ReplyKind, at: datetime, **fields: Any) -> Reply:
    kind = {Topic.CODE: TaskKind.OTP, Topic.PIN: TaskKind.PIN, Topic.LOCKED: TaskKind.PIN}.get(topic, TaskKind.FIX)
    return Reply(id=f"reply-{at.isoformat()}", kind=kind, topic=topic, answer=answer, at=at, **fields)


def case(
    *attempts: Attempt,
    goal: Goal = Goal.REGISTER,
    pins: tuple[Pin, ...] = (),
    changes: tuple[Change, ...] = (),
    reading: dict[str, Any] | None = None,
    replies: tuple[Reply, ...] = (),
    pin_reset: str = "ask",
    now: datetime = NOW,
    **fields: Any,
) -> Case:
    """A case in a turn that has just read the number; everything not said is as for a fresh operation."""
    seen = Reading(at=now, good=True, id="1", is_on_biz_app=False, **(OFFLINE if reading is None else reading))
    opened = Operation(
        id="op", goal=goal, number="1", e164="+15550100001", account="shop", opened_at=ago(hours=300), subscribe=False
    )
    operation = replace(opened, **fields.pop("operation", {}))
    return Case(
        now=now,
        catalogue=CATALOGUE,
        operation=operation,
        number=fields.pop("number", Number(id="1", e164="+15550100001", account="shop", seen_online_at=ago(hours=400))),
        account=Account(name="shop", waba="7", pin_reset=pin_reset),
        reading=seen,
        last_good=seen,
        readings=(seen,),
        attempts=attempts,
        replies=replies,
        pins=pin_book(pins, [a for a in attempts if a.pin], changes, two_step=seen.is_pin_enabled),
        read_this_turn=True,
        fresh=True,
        **fields,
    )
