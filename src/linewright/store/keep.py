"""Small writes that several parts of the store share, each within its caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from linewright.domain.names import newly_approved
from linewright.domain.number import REGISTERED, Reading, Standing
from linewright.domain.operation import OperationState
from linewright.domain.pins import ChangeKind
from linewright.domain.standing import Judged, contradictory_since, judge
from linewright.engine.ports import Waker
from linewright.store import tables as t
from linewright.store.engine import WAKER
from linewright.store.rows import Row, number_of, prefixed, reading_from, reading_values

__all__ = [
    "Seen",
    "after_attempts",
    "approve_name",
    "change_pin",
    "judged_values",
    "keep_reading",
    "note",
    "rejudge",
    "said_off",
    "set_timers",
    "supersedes",
    "wake",
]

TICK = timedelta(microseconds=1)

CLOCK_SET_BACK = timedelta(minutes=5)
"""Readings overtake each other by seconds; what lies further ahead was dated by a clock set back since."""

Seen = tuple[Standing, Standing]
"""A number's standing before and after a reading."""

_NUMBER = select(*prefixed(t.numbers, "n_"), *prefixed(t.readings, "r_")).select_from(
    t.numbers.outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good)
)


def keep_reading(connection: Connection, number: str, operation: str | None, reading: Reading) -> Seen | None:
    """Keeps a reading; a good one updates the number unless a newer one did. None when it changed nothing.

    Raises `KeyError` for an unknown number.
    """
    query = _NUMBER.where(t.numbers.c.id == number).with_for_update(of=t.numbers)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise KeyError(number)
    values = {**reading_values(reading), "number": number, "operation": operation}
    seq = connection.execute(insert(t.readings).values(values).returning(t.readings.c.seq)).scalar_one()
    if not reading.good:
        return None
    if reading.is_pin_enabled is False and not said_off(row):
        change_pin(connection, row["n_e164"], ChangeKind.OFF, reading.at)
    if not supersedes(reading, operation, row):
        return None
    return _update_number(connection, seq, reading, row)


def said_off(row: Row) -> bool:
    """Whether the good reading before said so already: two-step verification was not switched off since."""
    return row["r_seq"] is not None and row["r_facts"].get("is_pin_enabled") is False


def supersedes(reading: Reading, operation: str | None, row: Row) -> bool:
    """Within one operation the later saved one is the newer, whatever the clock did; else the time tells."""
    if row["r_seq"] is None or (operation is not None and row["r_operation"] == operation):
        return True
    ahead: timedelta = row["r_at"] - reading.at
    return ahead <= timedelta(0) or ahead > CLOCK_SET_BACK


def _update_number(connection: Connection, seq: int, reading: Reading, row: Row) -> Seen:
    known = number_of(row, "n_")
    before = judge(reading_from(row, "r_") if row["r_seq"] is not None else None, known)
    there = replace(known, absent_since=None)
    values: dict[str, Any] = {
        "last_good": seq,
        "contradictory_since": contradictory_since(reading, known),
        "absent_since": None,
    }
    if reading.display:
        values["display"] = reading.display
    after = judge(reading, there)
    values |= judged_values(after, reading)
    if known.seen_online_at is None and after.standing in REGISTERED:
        values["seen_online_at"] = reading.at
    if row["r_seq"] is not None and newly_approved(reading_from(row, "r_"), reading):
        values["name_approved_at"] = reading.at
    connection.execute(update(t.numbers).where(t.numbers.c.id == known.id).values(values))
    return before.standing, after.standing


def judged_values(judged: Judged, reading: Reading) -> dict[str, Any]:
    """The judgement beside the reading it was made of: a list of 100,000 numbers is asked by it."""
    return {"standing": judged.standing.value, "standing_reason": judged.reason, "name": reading.verified_name or ""}


def rejudge(connection: Connection) -> None:
    """Brings every number's kept judgement in line with its last good reading; for upgrades."""
    columns = (t.numbers.c[name] for name in ("id", "e164", "account", "display", "wanted", "storage"))
    moments = (t.numbers.c[name] for name in ("seen_online_at", "contradictory_since", "absent_since"))
    query = select(*(each.label(f"n_{each.name}") for each in (*columns, *moments)), *prefixed(t.readings, "r_"))
    joined = query.select_from(t.numbers.join(t.readings, t.readings.c.seq == t.numbers.c.last_good))
    found: list[dict[str, Any]] = []
    for row in connection.execute(joined).mappings():
        reading = reading_from(row, "r_")
        found.append({"this": row["n_id"], **judged_values(judge(reading, number_of(row, "n_")), reading)})
    if found:
        connection.execute(update(t.numbers).where(t.numbers.c.id == bindparam("this")), found)


def after_attempts(connection: Connection, e164: str, now: datetime) -> datetime:
    """The time to journal a person's word under: never before the phone's attempts, though the clock was set
    back since; else an answer would be taken for one to an earlier question."""
    query = select(func.max(t.attempts.c.at), func.max(t.attempts.c.answered_at)).where(t.attempts.c.e164 == e164)
    latest = max((moment for moment in connection.execute(query).one() if moment is not None), default=None)
    return now if latest is None or now > latest else latest + TICK


def change_pin(connection: Connection, e164: str, kind: ChangeKind, at: datetime) -> None:
    """Notes that a phone's PIN is known to have changed; the latest moment of each kind is kept."""
    here = (t.pin_changes.c.e164 == e164, t.pin_changes.c.kind == kind.value)
    kept = connection.execute(select(t.pin_changes.c.at).where(*here)).scalar()
    if kept is None:
        connection.execute(insert(t.pin_changes).values(e164=e164, kind=kind.value, at=at))
    elif kept < at:
        connection.execute(update(t.pin_changes).where(*here).values(at=at))


def approve_name(connection: Connection, number: str, at: datetime) -> None:
    """Notes when a number's new display name was approved; the latest moment is kept, whatever order they come in."""
    known = t.numbers.c.name_approved_at
    here = (t.numbers.c.id == number, or_(known.is_(None), known < at))
    connection.execute(update(t.numbers).where(*here).values(name_approved_at=at))


def note(
    connection: Connection,
    operation: str,
    at: datetime,
    state: OperationState,
    *,
    reason: str | None = None,
    message: str = "",
    wake_at: datetime | None = None,
) -> None:
    """One line of the operation's timeline."""
    connection.execute(
        insert(t.events).values(
            operation=operation, at=at, state=state.value, reason=reason, message=message, wake_at=wake_at
        )
    )


def wake(connection: Connection, *which: Any, at: datetime, **values: Any) -> list[str]:
    """Makes open operations due and moves their version, so that a turn under way looks again; their ids."""
    found = connection.execute(
        update(t.operations)
        .where(t.operations.c.ended_at.is_(None), *which)
        .values(version=t.operations.c.version + 1, wake_at=at, **values)
        .returning(t.operations.c.id)
    )
    woken = [str(each) for each in found.scalars()]
    set_timers(connection, woken, at)
    return woken


def set_timers(connection: Connection, operations: Sequence[str], at: datetime | None) -> None:
    """Tells the queue, where there is one, that `wake_at` of these operations changed; None: no more turns."""
    waker: Waker | None = connection.get_execution_options().get(WAKER)
    if waker is not None and operations:
        waker.wake(connection, operations, at)
