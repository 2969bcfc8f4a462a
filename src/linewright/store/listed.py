"""Pages of numbers with all that is shown of each: a handful of queries for a page, not for a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Label, Select, Table, and_, bindparam, column, func, or_, select, values

from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.number import Number, Reading, Standing
from linewright.domain.operation import Goal, Operation, OperationState
from linewright.domain.pins import Change, ChangeKind, pin_book
from linewright.domain.standing import judge
from linewright.domain.weather import Weather
from linewright.store import tables as t
from linewright.store.columns import Moment
from linewright.store.copies import restored_in
from linewright.store.engine import Database
from linewright.store.gather import ATTEMPTS_KEPT, gather_number
from linewright.store.numbers import NumberLine
from linewright.store.rows import Row, account_of, attempt_of, number_of, pin_of, prefixed, reading_from
from linewright.store.weather import KIND, weather_in

__all__ = ["Listed", "number_page", "one_number"]

_OPEN = and_(t.operations.c.e164 == t.numbers.c.e164, t.operations.c.ended_at.is_(None))


def _any(table: Table) -> Label[bool]:
    return select(table.c.e164).where(table.c.e164 == t.numbers.c.e164).exists().label(f"any_{table.name}")


_OF_ACCOUNT = ("name", "waba", "paused", "pin_reset", "subscribe", "recover", "hold")
_LINES = select(
    *prefixed(t.numbers, "n_"),
    *prefixed(t.readings, "r_"),
    *(t.accounts.c[name].label(f"a_{name}") for name in _OF_ACCOUNT),
    *prefixed(t.weather, "w_"),
    select(t.operations.c.id).where(_OPEN).scalar_subquery().label("operation"),
    *(_any(table) for table in (t.attempts, t.pins, t.pin_changes)),
).select_from(
    t.numbers.join(t.accounts, t.accounts.c.name == t.numbers.c.account)
    .outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good)
    .outerjoin(t.weather, t.weather.c.kind == KIND)
)
_RANKED = select(
    t.attempts, func.row_number().over(partition_by=t.attempts.c.e164, order_by=t.attempts.c.seq.desc()).label("rank")
).where(t.attempts.c.e164.in_(bindparam("phones", expanding=True)))
_NEWEST = _RANKED.subquery()
_ATTEMPTS = select(_NEWEST).where(_NEWEST.c.rank <= ATTEMPTS_KEPT).order_by(_NEWEST.c.seq)


@dataclass(frozen=True, slots=True)
class Listed:
    """A number, and what is known of its phone: its `operation` in the case is a stand-in that ended."""

    line: NumberLine
    case: Case


def number_page(
    database: Database,
    now: datetime,
    catalogue: Catalogue,
    *,
    account: str | None = None,
    standing: Standing | None = None,
    search: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> tuple[list[Listed], str | None]:
    """One page by id, and the cursor of the next (None at the end). `search` is a part of the phone's digits, of the
    id, of the verified name or of the account."""
    query = _LINES.where(t.numbers.c.forgotten_at.is_(None), t.accounts.c.removed_at.is_(None))
    if account is not None:
        query = query.where(t.numbers.c.account == account)
    if standing is not None:
        query = query.where(t.numbers.c.standing == standing.value)
    if search is not None and search.strip():
        query = query.where(_holds(search.strip()))
    if after is not None:
        query = query.where(t.numbers.c.id > after)
    with database.reading() as connection:
        found = connection.execute(query.order_by(t.numbers.c.id).limit(limit + 1)).mappings().all()
        page = _whole(connection, found[:limit], now, catalogue)
    return page, page[-1].line.number.id if len(found) > limit else None


def one_number(database: Database, id: str, now: datetime, catalogue: Catalogue) -> Listed:
    """Raises `KeyError` for an unknown number."""
    with database.reading() as connection:
        found = connection.execute(_ONE, {"number": id}).mappings().all()
        if not found:
            raise KeyError(id)
        return _whole(connection, found, now, catalogue)[0]


_ONE: Select[Any] = _LINES.where(t.numbers.c.id == bindparam("number"))


def _holds(text: str) -> Any:
    digits = "".join(each for each in text if each in "0123456789")
    names = (func.lower(t.numbers.c.name), func.lower(t.numbers.c.account), t.numbers.c.id)
    looks = [each.contains(text.lower(), autoescape=True) for each in names]
    return or_(*looks, t.numbers.c.e164.contains(digits)) if digits else or_(*looks)


def _whole(connection: Connection, rows: Sequence[Row], now: datetime, catalogue: Catalogue) -> list[Listed]:
    """What is known of these numbers, in their order."""
    attempts = _attempts_of(connection, rows)
    numbers = [number_of(row, "n_") for row in rows]
    unused = _unused(connection, attempts)
    pins = _kept(connection, t.pins, rows, t.pins.c.seq)
    changes = _kept(connection, t.pin_changes, rows, t.pin_changes.c.at)
    weather = weather_in(connection, rows[0], now) if rows else None
    restored = restored_in(connection, now)
    found = []
    for row, number in zip(rows, numbers, strict=True):
        mine = attempts[number.e164]
        line = _line(row, number)
        if len(mine) == ATTEMPTS_KEPT:  # what is older counts too, where a PIN was sent with it
            found.append(Listed(line, gather_number(connection, number.id, now, catalogue)))
            continue
        case = _case(row, number, line.reading, mine, weather, now, catalogue)
        book = pin_book(
            [pin_of(each) for each in pins[number.e164]],
            [each for each in mine if each.pin],
            [Change(at=each["at"], kind=ChangeKind(each["kind"])) for each in changes[number.e164]],
            two_step=line.reading.is_pin_enabled if line.reading else None,
            unused=number.e164 in unused,
        )
        found.append(Listed(line, Case(**{**case, "pins": book, "restored": restored})))
    return found


def _line(row: Row, number: Number) -> NumberLine:
    reading = reading_from(row, "r_") if row["r_seq"] is not None else None
    return NumberLine(number=number, reading=reading, judged=judge(reading, number), operation=row["operation"])


def _case(
    row: Row,
    number: Number,
    reading: Reading | None,
    attempts: Sequence[Attempt],
    weather: Weather | None,
    now: datetime,
    catalogue: Catalogue,
) -> dict[str, Any]:
    nothing = Operation(
        id="",
        goal=Goal.REGISTER,
        number=number.id,
        e164=number.e164,
        account=number.account,
        opened_at=now,
        state=OperationState.DONE,
        ended_at=now,
    )
    return {
        "now": now,
        "catalogue": catalogue,
        "operation": nothing,
        "number": number,
        "account": account_of(row, "a_"),
        "reading": reading,
        "last_good": reading,
        "attempts": tuple(attempts),
        "weather": weather,
    }


def _phones(rows: Sequence[Row], table: Table) -> list[str]:
    return sorted({row["n_e164"] for row in rows if row[f"any_{table.name}"]})


def _attempts_of(connection: Connection, rows: Sequence[Row]) -> defaultdict[str, list[Attempt]]:
    """The newest of each phone, oldest first."""
    found: defaultdict[str, list[Attempt]] = defaultdict(list)
    phones = _phones(rows, t.attempts)
    if phones:
        for row in connection.execute(_ATTEMPTS, {"phones": phones}).mappings():
            found[row["e164"]].append(attempt_of(row))
    return found


def _kept(connection: Connection, table: Table, rows: Sequence[Row], order: Any) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    phones = _phones(rows, table)
    if phones:
        for row in connection.execute(select(table).where(table.c.e164.in_(phones)).order_by(order)).mappings():
            found[row["e164"]].append(row)
    return found


def _unused(connection: Connection, attempts: dict[str, list[Attempt]]) -> set[str]:
    """The phones whose two good readings after the last ok register both showed the PIN off (DESIGN 5.5)."""
    last = {
        phone: found
        for phone, tried in attempts.items()
        if (found := next((a for a in reversed(tried) if a.call is CallKind.REGISTER and a.ok and a.pin), None))
    }
    if not last:
        return set()
    rows = [(phone, attempt.number, attempt.ended_at) for phone, attempt in last.items()]
    columns = (column("phone", t.attempts.c.e164.type), column("number", t.readings.c.number.type))
    asked = values(*columns, column("since", Moment()), name="asked").data(rows).cte("asked")
    first_two = (
        select(t.readings.c.seq)
        .where(t.readings.c.number == asked.c.number, t.readings.c.at >= asked.c.since, t.readings.c.good)
        .order_by(t.readings.c.at, t.readings.c.seq)
        .limit(2)
        .correlate(asked)
    )
    joined = asked.join(t.readings, t.readings.c.seq.in_(first_two))
    query = select(asked.c.phone, t.readings).select_from(joined)
    off: defaultdict[str, int] = defaultdict(int)
    for row in connection.execute(query).mappings():
        off[row["phone"]] += reading_from(row).is_pin_enabled is False
    return {phone for phone, count in off.items() if count == 2}
