"""Between the domain's words and the rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Label, RowMapping, Table

from linewright.domain.conditions import Condition, ConditionType, Status
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome, RemoteError
from linewright.domain.number import Number, Reading, Storage, Wanted
from linewright.domain.operation import (
    Account,
    Goal,
    Hold,
    Operation,
    OperationState,
    Reply,
    ReplyKind,
    TaskKind,
    Topic,
)
from linewright.domain.pins import Pin, PinOrigin

__all__ = [
    "CODE_KEPT",
    "Row",
    "account_of",
    "answer_values",
    "attempt_of",
    "attempt_values",
    "condition_of",
    "hold_of",
    "hold_value",
    "number_of",
    "operation_of",
    "pin_of",
    "prefixed",
    "reading_from",
    "reading_values",
    "reply_of",
    "storage_value",
]

CODE_KEPT = timedelta(minutes=15)
"""How long a code is kept when nobody used it."""

Row = RowMapping

_CODES = ("code", "subcode", "type", "is_transient", "fbtrace_id", "http_status")
_TEXTS = ("message", "details", "user_title", "user_message")
_SEEN = (
    "id",
    "display",
    "status",
    "code_verification_status",
    "platform_type",
    "account_mode",
    "name_status",
    "verified_name",
    "last_onboarded_time",
    "is_on_biz_app",
    "is_pin_enabled",
)


def prefixed(table: Table, prefix: str) -> list[Label[Any]]:
    """A table's columns under names of their own, for a join."""
    return [column.label(prefix + column.name) for column in table.c]


# Errors and answers


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "")}


def _codes_of(error: RemoteError | None) -> dict[str, Any] | None:
    """What stays of an error for ever: its codes, its trace id, the wait of a header."""
    if error is None:
        return None
    codes = {name: getattr(error, name) for name in _CODES}
    told = error.told_by_header
    return _said({**codes, "told_by_header_seconds": told.total_seconds() if told is not None else None})


def _texts_of(error: RemoteError | None) -> dict[str, Any]:
    return _said({name: getattr(error, name) for name in _TEXTS}) if error else {}


def _error_from(codes: Mapping[str, Any] | None, texts: Mapping[str, Any]) -> RemoteError | None:
    if codes is None:
        return None
    told = codes.get("told_by_header_seconds")
    kept = {name: codes[name] for name in _CODES if name in codes}
    header = timedelta(seconds=told) if told is not None else None
    return RemoteError(**kept, **{name: texts[name] for name in _TEXTS if name in texts}, told_by_header=header)


def answer_values(answer: Answer, at: datetime) -> dict[str, Any]:
    """The columns of `attempts` that an answer fills."""
    words = _said({"failure": answer.failure, "body": answer.body or None, "error": _texts_of(answer.error) or None})
    return {
        "answered_at": at,
        "outcome": answer.outcome.value,
        "error": _codes_of(answer.error),
        "words": words or None,
        "fbtrace_id": answer.fbtrace_id or (answer.error.fbtrace_id if answer.error else None),
        "http_status": answer.http_status or (answer.error.http_status if answer.error else None),
    }


def attempt_values(attempt: Attempt, e164: str) -> dict[str, Any]:
    """The columns of an intent, or of an attempt that is known whole."""
    return {
        "id": attempt.id,
        "operation": attempt.operation,
        "number": attempt.number,
        "e164": e164,
        "call": attempt.call.value,
        "at": attempt.at,
        "answered_at": attempt.answered_at,
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "error": _codes_of(attempt.error),
        "words": {"error": _texts_of(attempt.error)} if attempt.error else None,
        "fbtrace_id": attempt.fbtrace_id,
        "http_status": attempt.http_status,
        "before": str(attempt.before) if attempt.before else None,
        "pin": attempt.pin,
        "fingerprint": attempt.fingerprint,
        "reply": attempt.reply,
        "method": attempt.method,
    }


def attempt_of(row: Row) -> Attempt:
    words = row["words"] or {}
    return Attempt(
        id=row["id"],
        operation=row["operation"],
        number=row["number"],
        call=CallKind(row["call"]),
        at=row["at"],
        answered_at=row["answered_at"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        error=_error_from(row["error"], words.get("error") or {}),
        fbtrace_id=row["fbtrace_id"],
        http_status=row["http_status"],
        before=row["before"],
        pin=row["pin"],
        fingerprint=row["fingerprint"],
        reply=row["reply"],
        method=row["method"],
    )


# Readings


def reading_values(reading: Reading) -> dict[str, Any]:
    """The columns of `readings` but for where it belongs."""
    seen = _said({name: getattr(reading, name) for name in _SEEN})
    facts = {
        **seen,
        **_said({"failure": reading.failure, "error": _codes_of(reading.error)}),
        **({"health_codes": sorted(reading.health_codes)} if reading.health_codes else {}),
    }
    words = _said({"said": dict(reading.said) or None, "error": _texts_of(reading.error) or None})
    return {"at": reading.at, "good": reading.good, "facts": facts, "words": words or None}


def reading_from(row: Row, prefix: str = "") -> Reading:
    facts, words = row[prefix + "facts"], row[prefix + "words"] or {}
    return Reading(
        at=row[prefix + "at"],
        good=row[prefix + "good"],
        **{name: facts[name] for name in _SEEN if name in facts},
        health_codes=frozenset(facts.get("health_codes", ())),
        error=_error_from(facts.get("error"), words.get("error") or {}),
        failure=facts.get("failure", ""),
        said=words.get("said") or {},
    )


# Numbers, accounts, operations


def storage_value(storage: Storage) -> dict[str, Any]:
    settings = dict(storage.settings) if storage.settings is not None else None
    return {"read_at": storage.read_at.isoformat(), "settings": settings, "unreadable": storage.unreadable}


def _storage_of(value: Mapping[str, Any] | None) -> Storage | None:
    if value is None:
        return None
    return Storage(
        read_at=datetime.fromisoformat(value["read_at"]),
        settings=value["settings"],
        unreadable=value["unreadable"],
    )


def number_of(row: Row, prefix: str = "") -> Number:
    return Number(
        id=row[prefix + "id"],
        e164=row[prefix + "e164"],
        account=row[prefix + "account"],
        display=row[prefix + "display"],
        wanted=Wanted(row[prefix + "wanted"]),
        seen_online_at=row[prefix + "seen_online_at"],
        contradictory_since=row[prefix + "contradictory_since"],
        absent_since=row[prefix + "absent_since"],
        name_approved_at=row.get(prefix + "name_approved_at"),
        signed_up_at=row.get(prefix + "signed_up_at"),
        storage=_storage_of(row[prefix + "storage"]),
    )


def hold_value(hold: Hold | None) -> dict[str, Any] | None:
    if hold is None:
        return None
    return {**asdict(hold), "since": hold.since.isoformat(), "probe_at": hold.probe_at.isoformat()}


def hold_of(value: Mapping[str, Any] | None) -> Hold | None:
    if value is None:
        return None
    times = {name: datetime.fromisoformat(value[name]) for name in ("since", "probe_at")}
    return Hold(**{**value, **times})


def account_of(row: Row, prefix: str = "") -> Account:
    return Account(
        name=row[prefix + "name"],
        waba=row[prefix + "waba"],
        paused=row[prefix + "paused"],
        pin_reset=row[prefix + "pin_reset"],
        subscribe=row[prefix + "subscribe"],
        recover=row[prefix + "recover"],
        hold=hold_of(row[prefix + "hold"]),
    )


def operation_of(row: Row, prefix: str = "") -> Operation:
    same = (
        "id number e164 account opened_at reason message next_step ended_at wake_at code_method code_language "
        "use_reserve subscribe ask_first proposed proposed_until release cancel_asked_at source version"
    )
    return Operation(
        **{name: row[prefix + name] for name in same.split()},
        goal=Goal(row[prefix + "goal"]),
        state=OperationState(row[prefix + "state"]),
    )


# People and PINs


def reply_of(row: Row, now: datetime) -> Reply:
    kept = row["code"] is not None and now - row["at"] < CODE_KEPT
    return Reply(
        id=row["id"],
        kind=TaskKind(row["kind"]),
        topic=Topic(row["topic"]),
        answer=ReplyKind(row["answer"]),
        at=row["at"],
        pin=row["pin"],
        has_code=kept,
        pin_changed=row["pin_changed"],
        method=row["method"],
    )


def pin_of(row: Row) -> Pin:
    return Pin(id=row["id"], fingerprint=row["fingerprint"], origin=PinOrigin(row["origin"]), at=row["at"])


_TYPES = {each.value: each for each in ConditionType}
_STATUSES = {each.value: each for each in Status}
"""The same as calling the classes, for rows that come by the hundred thousand."""


def condition_of(row: Row) -> Condition:
    return Condition(
        type=_TYPES[row["type"]],
        status=_STATUSES[row["status"]],
        reason=row["reason"],
        message=row["message"],
        fix=row["fix"],
        since=row["since"],
    )
