"""The conditions of the numbers: brought up to date where something is learned, read by lists and pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, insert, or_, select, update

from linewright.domain.against import TELLS
from linewright.domain.conditions import Condition, ConditionType, warning_of
from linewright.domain.entries import Catalogue
from linewright.domain.health import conditions_of
from linewright.store import tables as t
from linewright.store.cases import gather_many
from linewright.store.engine import Database
from linewright.store.rows import Row, condition_of

__all__ = ["Conditions", "Judged", "refresh"]

TIME_TELLS = timedelta(days=8)
"""The longest wait that a refusal may hold a kind of call for, and a day."""
AT_ONCE = 250
"""Numbers brought up to date in one transaction."""
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OF = select(t.conditions).where(t.conditions.c.number.in_(_IDS))
_LISTED = select(t.numbers.c.id).where(t.numbers.c.account == bindparam("account"), t.numbers.c.forgotten_at.is_(None))
_MOVING = _LISTED.where(
    or_(
        *(
            select(table.c.seq).where(table.c.e164 == t.numbers.c.e164, table.c.at > bindparam("since")).exists()
            for table in (t.attempts, t.evidence)
        ),
        select(t.happenings.c.seq)
        .where(
            t.happenings.c.account == t.numbers.c.account,
            t.happenings.c.kind.in_([kind.value for kind in sorted(TELLS)]),
            t.happenings.c.at > bindparam("since"),
        )
        .exists(),
    )
)
"""What was called or heard not long ago: budgets free up, and what was heard or told grows old."""
_SAID = ("status", "reason", "message", "fix", "since")
_CHANGE = (
    update(t.conditions)
    .where(t.conditions.c.number == bindparam("of_number"), t.conditions.c.type == bindparam("of_type"))
    .values({name: bindparam(f"new_{name}") for name in _SAID})
)
_WARN = update(t.numbers).where(t.numbers.c.id == bindparam("this")).values(warning=bindparam("sign"))
_ORDER = {type_.value: place for place, type_ in enumerate(ConditionType)}

Found = dict[str, tuple[Condition, ...]]


class Conditions:
    """What is kept; `refresh` and `look` bring it up to date first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, number: str) -> tuple[Condition, ...]:
        """The conditions of one number as they were last seen, in their order; none of one never looked at."""
        return self.of_many([number]).get(number, ())

    def of_many(self, numbers: Iterable[str]) -> Found:
        """The same for many; numbers never looked at are left out."""
        ids, found = list(numbers), Found()
        with self._database.reading() as connection:
            for some in _in_parts(ids):
                found |= _kept(connection, some)
        return found

    def look(self, number: str, now: datetime, catalogue: Catalogue) -> tuple[Condition, ...]:
        """The conditions of one number now. Raises `KeyError` for an unknown one."""
        return self.look_at([number], now, catalogue)[number]

    def look_at(self, numbers: Iterable[str], now: datetime, catalogue: Catalogue) -> Found:
        """The conditions of these numbers now; what changed is kept, and nothing is written where nothing did."""
        ids, found = list(numbers), Found()
        for some in _in_parts(ids):
            with self._database.reading() as connection:
                judged = _judged(connection, some, now, catalogue)
            if judged.changed:
                with self._database.writing() as connection:
                    judged = refresh(connection, some, now, catalogue)
            found |= judged.found
        return found

    def refresh(self, account: str, now: datetime, catalogue: Catalogue, *, news: Iterable[str] | None = None) -> None:
        """Brings those of an account's numbers up to date: of all, or where `news` names those of which something
        new was told, of these and of those whose conditions time may have changed."""
        query, asked = (_LISTED, {}) if news is None else (_MOVING, {"since": now - TIME_TELLS})
        with self._database.reading() as connection:
            ids = {str(id) for id in connection.execute(query, {"account": account, **asked}).scalars()}
        self.look_at(sorted(ids | set(news or ())), now, catalogue)


@dataclass(slots=True)
class Judged:
    """What many numbers are judged to be, and what of it is not kept yet: new rows, changed rows, changed signs."""

    found: Found
    fresh: list[dict[str, Any]] = field(default_factory=list)
    other: list[dict[str, Any]] = field(default_factory=list)
    signs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.fresh or self.other or self.signs)


def refresh(connection: Connection, numbers: Sequence[str], now: datetime, catalogue: Catalogue) -> Judged:
    """Judges these numbers anew, and writes what changed: their conditions, and what people are warned of."""
    judged = _judged(connection, numbers, now, catalogue, locked=True)
    for statement, rows in ((insert(t.conditions), judged.fresh), (_CHANGE, judged.other), (_WARN, judged.signs)):
        if rows:
            connection.execute(statement, rows)
    return judged


def _judged(
    connection: Connection, numbers: Sequence[str], now: datetime, catalogue: Catalogue, *, locked: bool = False
) -> Judged:
    gathered = gather_many(connection, numbers, now, catalogue, locked=locked)
    earlier, judged = _kept(connection, numbers), Judged({})
    for each in gathered:
        case, id = each.case, each.case.number.id
        judged.found[id] = conditions_of(case, each.facts, earlier.get(id, ()))
        _compare(judged, id, earlier.get(id, ()))
        warning = warning_of(judged.found[id], case.standing, case.number.wanted)
        sign = warning.type.value if warning is not None else None
        if each.warning != sign:
            judged.signs.append({"this": id, "sign": sign})
    return judged


def _compare(judged: Judged, number: str, earlier: Iterable[Condition]) -> None:
    before = {condition.type: condition for condition in earlier}
    for condition in judged.found[number]:
        known, type_ = before.get(condition.type), condition.type.value
        if known is None:
            judged.fresh.append({"number": number, "type": type_, **_values(condition)})
        elif known is not condition and known != condition:
            new = {f"new_{name}": value for name, value in _values(condition).items()}
            judged.other.append({"of_number": number, "of_type": type_, **new})


def _values(condition: Condition) -> dict[str, Any]:
    return {
        "status": condition.status.value,
        "reason": condition.reason,
        "message": condition.message,
        "fix": condition.fix,
        "since": condition.since,
    }


def _kept(connection: Connection, numbers: Sequence[str]) -> Found:
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(_OF, {"ids": list(numbers)}).mappings():
        if row["type"] in _ORDER:
            rows[row["number"]].append(row)
    return {
        number: tuple(condition_of(row) for row in sorted(mine, key=lambda each: _ORDER[each["type"]]))
        for number, mine in rows.items()
    }


def _in_parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
