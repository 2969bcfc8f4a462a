"""The registers that Linewright opens by itself: who may need one, what is known of it, and that it is opened once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, func, insert, or_, select, union
from sqlalchemy.exc import IntegrityError

from linewright.domain.conditions import ConditionType
from linewright.domain.entries import Catalogue
from linewright.domain.number import Standing, Wanted
from linewright.domain.operation import Goal, OperationState
from linewright.domain.recovery import HEARD_FOR, ONE_A, Leave, Lost, Open, Verdict, held_back, recover
from linewright.store import tables as t
from linewright.store.cases import Gathered, gather_many
from linewright.store.engine import Database
from linewright.store.happenings import happening_of
from linewright.store.keep import wake
from linewright.store.operations import Operations, Options

__all__ = ["WHO", "Candidate", "Recoveries"]

WHO = "linewright"
"""Who did it, in the audit."""
LOOKS_BACK = timedelta(days=90)
"""What was told of an account longer ago no longer counts."""
AT_ONCE = 250

_ids: BindParameter[Any] = bindparam("ids", expanding=True)
_phone = t.operations.c.e164
_is_open = t.operations.c.ended_at.is_(None)
_numbers = t.numbers.join(t.accounts, t.accounts.c.name == t.numbers.c.account)
_looked_after = (
    t.accounts.c.recover,
    t.accounts.c.removed_at.is_(None),
    t.numbers.c.wanted == Wanted.ONLINE.value,
    t.numbers.c.forgotten_at.is_(None),
    ~select(t.operations.c.seq).where(_phone == t.numbers.c.e164, _is_open).exists(),
)
_lately = (t.evidence.c.source == "webhook", t.evidence.c.at > bindparam("since", type_=t.evidence.c.at.type))
_LOST: Select[Any] = select(t.numbers.c.id).select_from(_numbers)
_CANDIDATES = union(
    _LOST.where(*_looked_after, t.numbers.c.standing == Standing.OFFLINE.value),
    _LOST.where(*_looked_after, t.numbers.c.e164.in_(select(t.evidence.c.e164).where(*_lately))),
)
"""Two walks along an index: of what reads offline, and of what was heard lately."""
_MARK = (
    select(t.numbers.c.id, t.readings.c.at, func.max(t.evidence.c.seq).label("heard"))
    .select_from(
        t.numbers.outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good).outerjoin(
            t.evidence, t.evidence.c.e164 == t.numbers.c.e164
        )
    )
    .where(t.numbers.c.id.in_(_ids))
    .group_by(t.numbers.c.id, t.readings.c.at)
)
_SHOWN = select(t.conditions.c.number, t.conditions.c.since).where(
    t.conditions.c.type == ConditionType.REGISTERED.value, t.conditions.c.number.in_(_ids)
)
_HAPPENED = (
    select(t.happenings)
    .where(
        t.happenings.c.account == bindparam("account"),
        t.happenings.c.at > bindparam("since", type_=t.happenings.c.at.type),
        or_(t.happenings.c.number.is_(None), t.happenings.c.number == bindparam("number")),
    )
    .order_by(t.happenings.c.at, t.happenings.c.seq)
)
_RECOVERED = (
    select(t.recoveries.c.at)
    .join(t.numbers, t.numbers.c.id == t.recoveries.c.number)
    .where(t.numbers.c.e164 == bindparam("e164"), t.recoveries.c.at > bindparam("since", type_=t.recoveries.c.at.type))
)
_OPEN_OF = select(t.operations.c.id).where(_phone == bindparam("e164"), _is_open)
_ELSEWHERE = select(t.numbers.c.id).where(
    t.numbers.c.e164 == bindparam("e164"),
    t.numbers.c.id != bindparam("number"),
    t.numbers.c.forgotten_at.is_(None),
    or_(
        t.numbers.c.standing.in_([Standing.ONLINE.value, Standing.RESTRICTED.value]),
        t.numbers.c.wanted == Wanted.ONLINE.value,
    ),
)
_LEFT = select(func.max(t.operations.c.ended_at, type_=t.operations.c.ended_at.type)).where(
    _phone == bindparam("e164"),
    t.operations.c.goal == Goal.REGISTER.value,
    or_(t.operations.c.state == OperationState.CANCELLED.value, t.operations.c.reason == "declined"),
)
_OWN = (
    select(t.operations.c.id, t.operations.c.number, t.operations.c.account, t.operations.c.opened_at)
    .join(t.recoveries, t.recoveries.c.operation == t.operations.c.id)
    .where(_is_open, or_(t.operations.c.proposed.is_(None), t.operations.c.proposed_until.is_not(None)))
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number that may have to be brought back. `mark` tells when it was read well last, and what was heard last:
    it differs when something new is known."""

    number: str
    mark: tuple[datetime | None, int | None]


class Recoveries:
    """Every method is one transaction, or one for each number. Numbers are looked at again and again: what was
    opened shows in the operation that is open, so that of several processes one opens it."""

    def __init__(self, database: Database, operations: Operations) -> None:
        self._database = database
        self._operations = operations

    def candidates(self, now: datetime) -> list[Candidate]:
        """The numbers wanted online, in accounts that are switched on, without an open operation, that read offline
        or of which something was heard in the last 24 h."""
        with self._database.reading() as connection:
            ids = sorted(str(id) for id in connection.execute(_CANDIDATES, {"since": now - HEARD_FOR}).scalars())
            rows = [row for some in _in_parts(ids) for row in connection.execute(_MARK, {"ids": some})]
        return [Candidate(row.id, (row.at, row.heard)) for row in rows]

    def judge(self, numbers: Sequence[str], now: datetime, catalogue: Catalogue) -> dict[str, Verdict]:
        """What recovery would do about these numbers now; nothing is written."""
        found: dict[str, Verdict] = {}
        with self._database.reading() as connection:
            for some in _in_parts(numbers):
                found |= {each.case.number.id: recover(each) for each in _lost(connection, some, now, catalogue)}
        return found

    def open(self, number: str, now: datetime, catalogue: Catalogue) -> str | None:
        """Judges a number once more, with its row locked, and opens its register with its line in `recoveries` and in
        the audit, all or nothing; the operation's id. None where nothing is to be opened, or another was faster."""
        try:
            with self._database.writing() as connection:
                lost = _lost(connection, [number], now, catalogue, locked=True)
                verdict = recover(lost[0]) if lost else Leave("unknown-number")
                return self._open(connection, lost[0], verdict) if isinstance(verdict, Open) else None
        except IntegrityError:
            return None

    def _open(self, connection: Connection, lost: Lost, verdict: Open) -> str:
        number, now = lost.case.number, lost.case.now
        asks = verdict.ask is not None
        options = Options(
            proposed=f"{verdict.why} {verdict.ask}" if asks else None,
            proposed_until=verdict.until,
            subscribe=None if lost.case.account.subscribe else False,
        )
        said = f"Linewright opened this by itself{', and asks first' if asks else ''}. {verdict.why}"
        operation = self._operations.open_by_itself(
            connection, number, options, now=now, because=verdict.because, said=said
        )
        kept = {"number": number.id, "account": number.account, "at": now, "operation": operation}
        connection.execute(insert(t.recoveries).values(**kept, reason=verdict.why))
        detail = {"operation": operation, "why": verdict.why, "asks": asks, "because": verdict.because}
        audited = {"at": now, "who": WHO, "action": "recover", "subject": number.e164, "detail": detail}
        connection.execute(insert(t.audit).values(audited))
        return operation

    def call_off(self, number: str, now: datetime) -> None:
        """Asks the open register that was opened by itself for this number to stop."""
        own = select(t.recoveries.c.operation).where(t.recoveries.c.number == number)
        with self._database.writing() as connection:
            wake(connection, t.operations.c.id.in_(own), at=now, cancel_asked_at=now)

    def hold_back(self, now: datetime) -> list[str]:
        """Where the account or number was taken away after one was opened, a person is asked before it goes on; the
        operations held back."""
        with self._database.reading() as connection:
            own = connection.execute(_OWN).all()
            asked = {"since": now - LOOKS_BACK}
            found = {row.id: _happened(connection, row.account, row.number, **asked) for row in own}
        held: list[str] = []
        for row in own:
            news = [each for each in found[row.id] if each.heard_at >= row.opened_at]
            why = held_back(news)
            if why is not None:
                with self._database.writing() as connection:
                    here = t.operations.c.id == row.id
                    held += wake(connection, here, at=now, proposed=why, proposed_until=None)
        return held


def _lost(
    connection: Connection, numbers: Sequence[str], now: datetime, catalogue: Catalogue, *, locked: bool = False
) -> list[Lost]:
    gathered = gather_many(connection, numbers, now, catalogue, locked=locked)
    shown = {row.number: row.since for row in connection.execute(_SHOWN, {"ids": list(numbers)})}
    return [_one(connection, each, now, shown.get(each.case.number.id)) for each in gathered]


def _one(connection: Connection, gathered: Gathered, now: datetime, shown_since: datetime | None) -> Lost:
    case = gathered.case
    number, phone = case.number, {"e164": case.number.e164}
    return Lost(
        case=case,
        shown_since=shown_since,
        happened=_happened(connection, number.account, number.id, since=now - LOOKS_BACK),
        recovered=list(connection.execute(_RECOVERED, {**phone, "since": now - ONE_A}).scalars()),
        is_open=connection.execute(_OPEN_OF, phone).first() is not None,
        elsewhere=connection.execute(_ELSEWHERE, {**phone, "number": number.id}).first() is not None,
        left_at=connection.execute(_LEFT, phone).scalar(),
    )


def _happened(connection: Connection, account: str, number: str, *, since: datetime) -> list[Any]:
    asked = {"account": account, "number": number, "since": since}
    return [happening_of(row) for row in connection.execute(_HAPPENED, asked).mappings()]


def _in_parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
