"""The weather in the store: one row for the installation, changed in the transactions of intents and answers.

Its row is locked before any other of the transaction but the lease's, and before the operations that it wakes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from linewright.domain.action import Reason
from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.operation import OperationState
from linewright.domain.weather import (
    Weather,
    after_answer,
    claimed,
    freed_at,
    is_shared,
    may_register_at,
    postponed,
    words,
)
from linewright.engine.ports import Overtaken
from linewright.store import tables as t
from linewright.store.keep import set_timers
from linewright.store.rows import Row

__all__ = ["KIND", "claim_probe", "hear", "weather_in"]

KIND = "registration"
COUNTED = 1000
"""Those that wait are counted so far; the message names no more."""
UNSPENT = (Outcome.UNREACHABLE.value, Outcome.NOT_SENT.value)
_HERE = select(t.weather).where(t.weather.c.kind == KIND)
_OPEN = t.operations.c.ended_at.is_(None)
_WAITS = _OPEN & (t.operations.c.reason == Reason.SERVER_DOWN.value)
_FIELDS = [column.name for column in t.weather.c if column.name != "kind"]


def weather_in(connection: Connection, row: Row, now: datetime) -> Weather | None:
    """The latest outage as a joined row holds it under `w_`, and how many operations rest for it while it is
    shared; None when there was none."""
    if row["w_kind"] is None:
        return None
    weather = _weather(row, "w_")
    return _counted(connection, weather) if is_shared(weather, now) else weather


def _counted(connection: Connection, weather: Weather) -> Weather:
    some = select(t.operations.c.id).where(_WAITS).limit(COUNTED).subquery()
    return replace(weather, waiting=connection.execute(select(func.count()).select_from(some)).scalar_one())


def claim_probe(connection: Connection, attempt: Attempt, e164: str) -> None:
    """Makes the phone of a registration about to be sent the probe of a shared outage. Raises `Overtaken` when it
    is not its turn any more."""
    if attempt.call is not CallKind.REGISTER or not is_shared(_read(connection), attempt.at):
        return
    weather = _read(connection, lock=True)
    if weather is None or not is_shared(weather, attempt.at):
        return
    if may_register_at(weather, e164, _spent_on(connection, weather, e164)) > attempt.at:
        raise Overtaken
    _write(connection, claimed(weather, e164, attempt.at))


def _spent_on(connection: Connection, weather: Weather, e164: str) -> int:
    """See `domain.weather.spent_on`."""
    query = select(func.count()).where(
        t.attempts.c.e164 == e164,
        t.attempts.c.call == CallKind.REGISTER.value,
        or_(t.attempts.c.outcome.is_(None), t.attempts.c.outcome.not_in(UNSPENT)),
        func.coalesce(t.attempts.c.answered_at, t.attempts.c.at) >= weather.since,
    )
    return connection.execute(query).scalar_one()


def hear(connection: Connection, attempt: str, answer: Answer, at: datetime) -> None:
    """What an answer says of the weather; its end wakes all that waited, a refusal of the probe puts them off."""
    if answer.call is not CallKind.REGISTER:
        return
    query = select(t.attempts.c.e164, t.attempts.c.call).where(t.attempts.c.id == attempt)
    made = connection.execute(query).one_or_none()
    if made is None or made.call != CallKind.REGISTER.value:
        return
    known = _read(connection)
    if after_answer(known, made.e164, answer, at) == known:
        return
    before, after = _change(connection, made.e164, answer, at)
    if after is None or before is None or not is_shared(before, at):
        return
    if after.ended_at is not None:
        _free(connection, at)
    elif is_shared(after, at):
        _put_off(connection, before, after, at)


def _change(connection: Connection, phone: str, answer: Answer, at: datetime) -> tuple[Weather | None, Weather | None]:
    """The weather before and after, its row locked; of two that make the row together, the second changes it."""
    before = _read(connection, lock=True)
    after = after_answer(before, phone, answer, at)
    if before is None and after is not None:
        try:
            with connection.begin_nested():
                connection.execute(insert(t.weather).values(kind=KIND, **_values(after)))
        except IntegrityError:
            return _change(connection, phone, answer, at)
    elif after is not None and after != before:
        _write(connection, after)
    return before, after


def _free(connection: Connection, at: datetime) -> None:
    """Wakes what waited, one after the other; a turn under way that never rested looks again too."""
    never = t.operations.c.state == OperationState.RUNNING.value
    query = select(t.operations.c.id, t.operations.c.reason, t.operations.c.wake_at).where(_OPEN, or_(never, _WAITS))
    found = connection.execute(query.order_by(t.operations.c.seq).with_for_update()).all()
    for_it = [row for row in found if row.reason == Reason.SERVER_DOWN.value]
    times = {row.id: freed_at(place, len(for_it), at) for place, row in enumerate(for_it)}
    woken = {row.id: row.wake_at if row.wake_at and row.wake_at <= at else times[row.id] for row in for_it}
    if found:
        connection.execute(
            update(t.operations)
            .where(t.operations.c.id == bindparam("one"))
            .values(wake_at=bindparam("at"), version=t.operations.c.version + 1),
            [{"one": row.id, "at": woken.get(row.id, row.wake_at)} for row in found],
        )
    _set_timers(connection, woken)


def _put_off(connection: Connection, before: Weather, after: Weather, at: datetime) -> None:
    """Nobody wakes for a rung that was just spent; what people are told follows."""
    query = select(t.operations.c.id, t.operations.c.wake_at).where(
        _WAITS, t.operations.c.state == OperationState.WAITING.value, t.operations.c.wake_at > at
    )
    found = connection.execute(query.order_by(t.operations.c.seq).with_for_update()).all()
    later = {row.id: moment for row in found if (moment := postponed(row.wake_at, before, after, at)) is not None}
    if later:
        message = words(_counted(connection, after))
        connection.execute(
            update(t.operations)
            .where(t.operations.c.id == bindparam("one"))
            .values(wake_at=bindparam("at"), message=message),
            [{"one": operation, "at": moment} for operation, moment in later.items()],
        )
    _set_timers(connection, later)


def _set_timers(connection: Connection, times: dict[str, datetime]) -> None:
    alike: defaultdict[datetime, list[str]] = defaultdict(list)
    for operation, moment in times.items():
        alike[moment].append(operation)
    for moment, operations in alike.items():
        set_timers(connection, operations, moment)


def _read(connection: Connection, *, lock: bool = False) -> Weather | None:
    query = _HERE.with_for_update() if lock else _HERE
    row = connection.execute(query).mappings().one_or_none()
    return _weather(row, "") if row is not None else None


def _weather(row: Row, prefix: str) -> Weather:
    return Weather(**{name: row[prefix + name] for name in _FIELDS})


def _values(weather: Weather) -> dict[str, object]:
    return {name: getattr(weather, name) for name in _FIELDS}


def _write(connection: Connection, weather: Weather) -> None:
    connection.execute(update(t.weather).where(t.weather.c.kind == KIND).values(_values(weather)))
