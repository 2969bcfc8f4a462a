"""Keeps what a page of a listing told: a hundred numbers in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from linewright.domain.fleet import SAID_AGAIN_EVERY, leaves_doubt
from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.domain.names import newly_approved
from linewright.domain.number import REGISTERED, Number, Reading, reading_of
from linewright.domain.pins import ChangeKind
from linewright.domain.standing import contradictory_since, judge
from linewright.store import tables as t
from linewright.store.keep import change_pin, judged_values, said_off, supersedes, wake
from linewright.store.rows import Row, number_of, prefixed, reading_from, reading_values

__all__ = ["Told", "add_number", "digits_of", "e164_of", "keep_absent", "keep_page"]

AT_ONCE = 500
"""Numbers in one statement."""
_KNOWN = (
    select(*prefixed(t.numbers, "n_"), *prefixed(t.readings, "r_"))
    .select_from(t.numbers.outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good))
    .where(t.numbers.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(t.numbers.c.id)
    .with_for_update(of=t.numbers)
)
_OPEN = (
    select(t.operations.c.id)
    .where(t.operations.c.number.in_(bindparam("ids", expanding=True)), t.operations.c.ended_at.is_(None))
    .order_by(t.operations.c.seq)
    .with_for_update()
)
_COLUMNS = (
    "account", "e164", "display", "forgotten_at", "seen_online_at", "contradictory_since", "absent_since",
    "last_good", "standing", "standing_reason", "name", "name_approved_at",
)  # fmt: skip
"""What a page may change of a number."""
_CHANGE = (
    update(t.numbers)
    .where(t.numbers.c.id == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS})
)
_MOVE = (
    update(t.readings)
    .where(t.readings.c.seq == bindparam("this"))
    .values(at=bindparam("latest"), since=bindparam("first"))
)


@dataclass(frozen=True, slots=True)
class Told:
    """The numbers that a page named; those of them whose row must be read again by itself; and those of which it
    told something new."""

    numbers: tuple[str, ...]
    doubtful: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(slots=True)
class _Line:
    """One number on its way: what is known of it, what the page says, what becomes of its row."""

    id: str
    row: Row | None
    before: dict[str, Any]
    after: dict[str, Any]
    reading: Reading
    counts: bool = False
    """Whether it is newer than what is known."""
    doubtful: bool = False


def e164_of(display: str) -> str:
    """`+` and the digits of an international form, as the remote displays it."""
    return "+" + digits_of(display)


def add_number(connection: Connection, account: str, id: str, display: str, now: datetime) -> None:
    """Adds a number, or brings its account and display up to date; one that was forgotten is listed again."""
    values = {"account": account, "e164": e164_of(display), "display": display, "forgotten_at": None}
    if not connection.execute(update(t.numbers).where(t.numbers.c.id == id).values(values)).rowcount:
        connection.execute(insert(t.numbers).values(id=id, added_at=now, **values))


def digits_of(text: str) -> str:
    return "".join(each for each in text if each in "0123456789")


def keep_page(connection: Connection, account: str, bodies: Iterable[Mapping[str, Any]], at: datetime) -> Told:
    """Takes over the numbers of a listing's page, each a body as the remote said it; one with `status` is kept as a
    reading. `at` is when the page was asked for: what was read since is newer, and stays.

    Locks the operations that it may wake before the numbers, as whoever lets one rest does.
    """
    found = {str(body.get("id", "")): body for body in bodies if digits_of(str(body.get("display_phone_number", "")))}
    found.pop("", None)
    ids, doubtful, changed = sorted(found), list[str](), list[str]()
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        for line in _keep(connection, account, {id: found[id] for id in some}, at):
            if line.doubtful:
                doubtful.append(line.id)
            if line.row is None or line.after != line.before:
                changed.append(line.id)
    return Told(tuple(found), tuple(doubtful), tuple(changed))


def _keep(connection: Connection, account: str, bodies: Mapping[str, Mapping[str, Any]], at: datetime) -> list[_Line]:
    ids = list(bodies)
    connection.execute(_OPEN, {"ids": ids}).all()
    known = {row["n_id"]: row for row in connection.execute(_KNOWN, {"ids": ids}).mappings()}
    added = [id for id in ids if id not in known]
    if added:
        connection.execute(insert(t.numbers), [_new(account, id, bodies[id], at) for id in added])
    lines = [_line(account, id, bodies[id], known.get(id), at) for id in ids]
    for line in lines:
        _read(line)
    _keep_readings(connection, lines)
    for line in lines:
        if line.reading.good and line.reading.is_pin_enabled is False and not (line.row and said_off(line.row)):
            change_pin(connection, line.after["e164"], ChangeKind.OFF, at)
    changed = [line for line in lines if line.after != line.before]
    if changed:
        connection.execute(_CHANGE, [{"this": line.id, **_named(line.after)} for line in changed])
    moved = [line.id for line in changed if line.row and line.after["standing"] != line.before["standing"]]
    if moved:
        wake(connection, t.operations.c.number.in_(moved), at=at)
    return lines


def _new(account: str, id: str, body: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    display = str(body["display_phone_number"])
    return {"id": id, "account": account, "e164": e164_of(display), "display": display, "added_at": at}


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def _line(account: str, id: str, body: Mapping[str, Any], row: Row | None, at: datetime) -> _Line:
    display = str(body["display_phone_number"])
    here = {"account": account, "e164": e164_of(display), "display": display, "forgotten_at": None}
    if row is None:
        unread = {"standing": "unknown", "standing_reason": "unknown-reading", "name": ""}
        before = dict.fromkeys(_COLUMNS) | here | unread
    else:
        before = {name: row[f"n_{name}"] for name in _COLUMNS}
    reading = reading_of(Answer(call=CallKind.READ, outcome=Outcome.OK, body=dict(body)), id, at)
    return _Line(id, row, before, before | here, reading)


def _number(line: _Line) -> Number:
    if line.row is not None:
        return replace(number_of(line.row, "n_"), absent_since=None)
    return Number(id=line.id, e164=line.after["e164"], account=line.after["account"])


def _read(line: _Line) -> None:
    """Judges the row's reading."""
    reading, known = line.reading, _number(line)
    line.counts = reading.good and (line.row is None or supersedes(reading, None, line.row))
    judged = judge(reading, known)
    if line.counts:
        line.after |= judged_values(judged, reading)
        line.after["contradictory_since"] = contradictory_since(reading, known)
        line.after["absent_since"] = None
        if known.seen_online_at is None and judged.standing in REGISTERED:
            line.after["seen_online_at"] = reading.at
        if line.row and line.row["r_seq"] is not None and newly_approved(reading_from(line.row, "r_"), reading):
            line.after["name_approved_at"] = reading.at
    line.doubtful = leaves_doubt(reading, judged)


def _keep_readings(connection: Connection, lines: Sequence[_Line]) -> None:
    """New rows for what is new; what was said before only moves its time for some hours."""
    fresh: list[tuple[_Line, dict[str, Any]]] = []
    moves: list[dict[str, Any]] = []
    for line in lines:
        if not line.reading.good:
            continue
        values, row = reading_values(line.reading), line.row
        same = row is not None and row["r_seq"] is not None and _says_the_same(values, row)
        if row is not None and same and line.counts and _still_one(row, line.reading.at):
            moves.append({"this": row["r_seq"], "latest": line.reading.at, "first": row["r_since"] or row["r_at"]})
        else:
            fresh.append((line, {**values, "number": line.id, "operation": None, "repeats": same}))
    if moves:
        connection.execute(_MOVE, moves)
    if fresh:
        added = insert(t.readings).returning(t.readings.c.seq, sort_by_parameter_order=True)
        kept = connection.execute(added, [values for _, values in fresh]).scalars().all()
        for (line, _), seq in zip(fresh, kept, strict=True):
            if line.counts:
                line.after["last_good"] = seq


def _says_the_same(values: Mapping[str, Any], row: Row) -> bool:
    return bool(values["facts"] == row["r_facts"] and values["words"] == row["r_words"])


def _still_one(row: Row, at: datetime) -> bool:
    """Whether a reading joins the one before it; one that belongs to an operation stands alone."""
    first: datetime = row["r_since"] or row["r_at"]
    return row["r_operation"] is None and row["r_at"] <= at < first + SAID_AGAIN_EVERY


def keep_absent(connection: Connection, number: str, at: datetime) -> bool:
    """Notes that a number is gone from its account: a whole listing lacked it, and its own read, asked for at `at`,
    said that there is none. Whether that was news; a reading made since stays. Wakes its operation."""
    connection.execute(_OPEN, {"ids": [number]}).all()
    row = connection.execute(_KNOWN, {"ids": [number]}).mappings().one_or_none()
    if row is None or row["n_absent_since"] is not None or (row["r_seq"] is not None and row["r_at"] > at):
        return False
    judged = judge(None, replace(number_of(row, "n_"), absent_since=at))
    values = {"absent_since": at, "standing": judged.standing.value, "standing_reason": judged.reason}
    connection.execute(update(t.numbers).where(t.numbers.c.id == number).values(values))
    wake(connection, t.operations.c.number == number, at=at)
    return True
