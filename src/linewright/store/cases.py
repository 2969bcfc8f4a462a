"""Gathers the cases of many numbers at once, without operations: what their conditions are judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from linewright.domain.against import TELLS, told_against
from linewright.domain.case import Case
from linewright.domain.conditions import AccountFacts
from linewright.domain.entries import Catalogue
from linewright.domain.happenings import Happening
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.number import Number, Reading
from linewright.domain.operation import Evidence, Goal, Operation, OperationState
from linewright.domain.pins import Change, ChangeKind, PinBook, pin_book
from linewright.store import tables as t
from linewright.store.copies import restored_in
from linewright.store.facts_of import facts_from
from linewright.store.gather import EVIDENCE_COUNTS, book_of_phone
from linewright.store.happenings import happening_of
from linewright.store.rows import Row, account_of, attempt_of, number_of, pin_of, prefixed, reading_from
from linewright.store.weather import KIND, weather_in

__all__ = ["Gathered", "gather_many"]

_PHONES: BindParameter[Any] = bindparam("phones", expanding=True)
_WHOLE = (
    select(
        *prefixed(t.numbers, "n_"),
        *prefixed(t.accounts, "a_"),
        *prefixed(t.readings, "r_"),
        *prefixed(t.weather, "w_"),
        t.checks.c.facts.label("c_facts"),
        t.checks.c.listed_at.label("c_listed_at"),
    )
    .select_from(
        t.numbers.join(t.accounts, t.accounts.c.name == t.numbers.c.account)
        .outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good)
        .outerjoin(t.weather, t.weather.c.kind == KIND)
        .outerjoin(t.checks, t.checks.c.account == t.numbers.c.account)
    )
    .where(t.numbers.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(t.numbers.c.id)
)
_ATTEMPTS = select(t.attempts).where(t.attempts.c.e164.in_(_PHONES)).order_by(t.attempts.c.seq)
_EVIDENCE = (
    select(t.evidence)
    .where(t.evidence.c.e164.in_(_PHONES), t.evidence.c.at > bindparam("since"))
    .order_by(t.evidence.c.at, t.evidence.c.seq)
)
_TOLD = (
    select(t.happenings)
    .where(
        t.happenings.c.account.in_(bindparam("accounts", expanding=True)),
        t.happenings.c.kind.in_([kind.value for kind in sorted(TELLS)]),
    )
    .order_by(t.happenings.c.at, t.happenings.c.seq)
)
"""What was told against these accounts: few, and for ever, since nobody says how long a ban lasts."""
_PINS = select(t.pins).where(t.pins.c.e164.in_(_PHONES)).order_by(t.pins.c.seq)
_CHANGES = select(t.pin_changes).where(t.pin_changes.c.e164.in_(_PHONES))


@dataclass(frozen=True, slots=True)
class Gathered:
    """A number's case, what the fleet check knows of its account, and the warning that is kept beside it."""

    case: Case
    facts: AccountFacts
    warning: str | None


def gather_many(
    connection: Connection, numbers: Sequence[str], now: datetime, catalogue: Catalogue, *, locked: bool = False
) -> list[Gathered]:
    """The cases of these numbers, by id, as `gather.gather_number` gathers one; unknown numbers are left out.

    `locked` keeps the numbers' rows to the end of the transaction.
    """
    query = _WHOLE.with_for_update(of=t.numbers) if locked else _WHOLE
    rows = connection.execute(query, {"ids": list(numbers)}).mappings().all()
    phones = sorted({row["n_e164"] for row in rows})
    attempts = _by_phone(connection, _ATTEMPTS, phones)
    evidence = _by_phone(connection, _EVIDENCE, phones, since=now - EVIDENCE_COUNTS)
    restored = restored_in(connection, now)
    told = _told(connection, {row["n_account"] for row in rows})
    pins, changes = _by_phone(connection, _PINS, phones), _by_phone(connection, _CHANGES, phones)
    found = []
    for row in rows:
        number, e164 = number_of(row, "n_"), row["n_e164"]
        last_good = reading_from(row, "r_") if row["r_seq"] is not None else None
        sent = tuple(attempt_of(each) for each in attempts[e164])
        case = Case(
            now=now,
            catalogue=catalogue,
            operation=_nothing(number, now),
            number=number,
            account=account_of(row, "a_"),
            reading=last_good,
            last_good=last_good,
            attempts=sent,
            evidence=tuple(Evidence(code=e["code"], at=e["at"], source=e["source"]) for e in evidence[e164]),
            pins=_book(connection, e164, pins[e164], sent, changes[e164], last_good),
            weather=weather_in(connection, row, now) if sent else None,
            restored=restored,
        )
        against = told_against(told[number.account], number.id, last_good, now)
        found.append(Gathered(case, replace(facts_from(row, "c_"), against=against), row["n_warning"]))
    return found


def _told(connection: Connection, accounts: Iterable[str]) -> defaultdict[str, list[Happening]]:
    found: defaultdict[str, list[Happening]] = defaultdict(list)
    for row in connection.execute(_TOLD, {"accounts": sorted(accounts)}).mappings():
        found[row["account"]].append(happening_of(row))
    return found


def _by_phone(
    connection: Connection, query: Select[Any], phones: Sequence[str], **more: Any
) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    if phones:
        for row in connection.execute(query, {"phones": phones, **more}).mappings():
            found[row["e164"]].append(row)
    return found


def _book(
    connection: Connection,
    e164: str,
    pins: Iterable[Row],
    attempts: Sequence[Attempt],
    changes: Iterable[Row],
    last_good: Reading | None,
) -> PinBook:
    """Whether a PIN went out of use is told by two readings that showed it off: looked for where the last did."""
    off = last_good is not None and last_good.is_pin_enabled is False
    if off and any(a.call is CallKind.REGISTER and a.ok and a.pin for a in attempts):
        return book_of_phone(connection, e164, last_good)
    return pin_book(
        [pin_of(row) for row in pins],
        [attempt for attempt in attempts if attempt.pin],
        [Change(at=row["at"], kind=ChangeKind(row["kind"])) for row in changes],
        two_step=last_good.is_pin_enabled if last_good else None,
    )


def _nothing(number: Number, now: datetime) -> Operation:
    return Operation(
        id="",
        goal=Goal.REGISTER,
        number=number.id,
        e164=number.e164,
        account=number.account,
        opened_at=now,
        state=OperationState.DONE,
        ended_at=now,
    )
