"""Gathers a case: everything the ledger knows that matters for one operation now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Label, Table, bindparam, select

from linewright.domain.case import Case
from linewright.domain.entries import Catalogue
from linewright.domain.happenings import HappeningKind
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.moving import Moving
from linewright.domain.number import Reading
from linewright.domain.operation import Evidence, Goal, Operation, OperationState
from linewright.domain.pins import Change, ChangeKind, PinBook, pin_book
from linewright.store import tables as t
from linewright.store.copies import COPIED, restored_from
from linewright.store.rows import (
    Row,
    account_of,
    attempt_of,
    number_of,
    operation_of,
    pin_of,
    prefixed,
    reading_from,
    reply_of,
)
from linewright.store.weather import KIND, weather_in

__all__ = [
    "ATTEMPTS_KEPT",
    "READINGS_KEPT",
    "Parts",
    "book_of_phone",
    "gather",
    "gather_number",
    "last_good_of",
    "pins_sent",
    "unused_at",
]

ATTEMPTS_KEPT = 500
READINGS_KEPT = 50
EVIDENCE_COUNTS = timedelta(days=30)


def _any(table: Table) -> Label[bool]:
    """Whether the phone at hand has rows there: mostly it has none, and a query is saved."""
    return select(table.c.e164).where(table.c.e164 == t.numbers.c.e164).exists().label(f"any_{table.name}")


_OF_PHONE = [_any(table) for table in (t.evidence, t.pins, t.pin_changes)]
_WHOLE = (
    select(
        *prefixed(t.operations, "o_"),
        *prefixed(t.numbers, "n_"),
        *prefixed(t.accounts, "a_"),
        *prefixed(t.readings, "r_"),
        *prefixed(t.weather, "w_"),
        *_OF_PHONE,
        COPIED,
        select(t.replies.c.id).where(t.replies.c.operation == t.operations.c.id).exists().label("any_replies"),
    )
    .select_from(
        t.operations.join(t.numbers, t.numbers.c.id == t.operations.c.number)
        .join(t.accounts, t.accounts.c.name == t.operations.c.account)
        .outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good)
        .outerjoin(t.weather, t.weather.c.kind == KIND)
    )
    .where(t.operations.c.id == bindparam("operation"))
)
_NUMBER = (
    select(
        *prefixed(t.numbers, "n_"),
        *prefixed(t.accounts, "a_"),
        *prefixed(t.readings, "r_"),
        *prefixed(t.weather, "w_"),
        *_OF_PHONE,
        COPIED,
    )
    .select_from(
        t.numbers.join(t.accounts, t.accounts.c.name == t.numbers.c.account)
        .outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good)
        .outerjoin(t.weather, t.weather.c.kind == KIND)
    )
    .where(t.numbers.c.id == bindparam("number"))
)
_SOURCE = (
    select(*prefixed(t.numbers, "n_"), *prefixed(t.accounts, "a_"))
    .select_from(t.numbers.join(t.accounts, t.accounts.c.name == t.numbers.c.account))
    .where(t.numbers.c.id == bindparam("number"))
)
_ROOM = (
    select(t.happenings.c.detail)
    .where(t.happenings.c.account == bindparam("account"), t.happenings.c.kind == HappeningKind.CAPABILITY.value)
    .order_by(t.happenings.c.at.desc(), t.happenings.c.seq.desc())
    .limit(1)
)
_READINGS = (
    select(t.readings)
    .where(t.readings.c.operation == bindparam("operation"))
    .order_by(t.readings.c.seq.desc())
    .limit(READINGS_KEPT)
)
_ATTEMPTS = (
    select(t.attempts)
    .where(t.attempts.c.e164 == bindparam("e164"))
    .order_by(t.attempts.c.seq.desc())
    .limit(ATTEMPTS_KEPT)
)
_EARLIER_PINS_SENT = (
    select(t.attempts)
    .where(
        t.attempts.c.e164 == bindparam("e164"),
        t.attempts.c.pin.is_not(None),
        t.attempts.c.seq < bindparam("seq"),
    )
    .order_by(t.attempts.c.seq)
)
_PINS_SENT = (
    select(t.attempts)
    .where(t.attempts.c.e164 == bindparam("e164"), t.attempts.c.pin.is_not(None))
    .order_by(t.attempts.c.seq)
)
_EVIDENCE = (
    select(t.evidence)
    .where(t.evidence.c.e164 == bindparam("e164"), t.evidence.c.at > bindparam("since"))
    .order_by(t.evidence.c.at, t.evidence.c.seq)
)
_REPLIES = select(t.replies).where(t.replies.c.operation == bindparam("operation")).order_by(t.replies.c.seq)
_PINS = select(t.pins).where(t.pins.c.e164 == bindparam("e164")).order_by(t.pins.c.seq)
_CHANGES = select(t.pin_changes).where(t.pin_changes.c.e164 == bindparam("e164"))
_LAST_GOOD = select(t.readings).join(t.numbers, t.numbers.c.last_good == t.readings.c.seq)
_NEXT_GOOD = (
    select(t.readings)
    .where(
        t.readings.c.number == bindparam("number"),
        t.readings.c.at >= bindparam("since"),
        t.readings.c.good,
    )
    .order_by(t.readings.c.at, t.readings.c.seq)
    .limit(2)
)


@dataclass(slots=True)
class Parts:
    """What one turn has read of a phone that nobody else writes to while it is held; None: to be read again.

    What others change meanwhile (a PIN, an answer) moves the operation's version, and everything is read again.
    """

    version: int | None = None
    tokens: dict[str, bytes | None] = field(default_factory=dict)
    """The accounts' tokens, sealed, as they were when the case was gathered."""
    readings: Sequence[Row] | None = None
    attempts: Sequence[Row] | None = None
    pins: Sequence[Row] | None = None
    changes: Sequence[Row] | None = None
    unused: bool | None = None

    def read(self) -> None:
        """A reading is kept."""
        self.readings = self.changes = self.unused = None

    def attempted(self) -> None:
        """An intent or an answer is kept."""
        self.attempts = self.unused = None

    def pin_kept(self) -> None:
        self.pins = None

    def everything(self) -> None:
        self.read()
        self.attempted()
        self.pin_kept()


def gather(
    connection: Connection, operation: str, now: datetime, catalogue: Catalogue, parts: Parts | None = None
) -> Case:
    """The case but the flags of a turn; what `parts` knows is not read again. Raises `KeyError` for an unknown
    operation.

    The operation is read first: an answer that comes meanwhile moves its version, and the rest is refused.
    """
    parts = parts if parts is not None else Parts()
    whole = connection.execute(_WHOLE, {"operation": operation}).mappings().one_or_none()
    if whole is None:
        raise KeyError(operation)
    number, parts.tokens = number_of(whole, "n_"), {whole["a_name"]: whole["a_token"]}
    last_good = reading_from(whole, "r_") if whole["r_seq"] is not None else None
    if parts.version != whole["o_version"]:
        parts.version = whole["o_version"]
        parts.everything()
    if parts.readings is None:
        parts.readings = connection.execute(_READINGS, {"operation": operation}).mappings().all()[::-1]
    if parts.attempts is None:
        parts.attempts = _attempt_rows(connection, number.e164)
    source, mine = whole["o_source"], parts.readings
    if source is not None:
        mine = [row for row in mine if row["number"] == number.id]
    readings = tuple(reading_from(row) for row in mine)
    attempts = tuple(attempt_of(row) for row in parts.attempts)
    asked = {"operation": operation}
    replies = connection.execute(_REPLIES, asked).mappings().all() if whole["any_replies"] else ()
    return Case(
        now=now,
        catalogue=catalogue,
        operation=operation_of(whole, "o_"),
        number=number,
        account=account_of(whole, "a_"),
        reading=readings[-1] if readings else last_good,
        last_good=last_good,
        readings=readings,
        attempts=attempts,
        evidence=_evidence(connection, number.e164, now) if whole["any_evidence"] else (),
        replies=tuple(reply_of(row, now) for row in replies),
        pins=_book(
            connection,
            number.e164,
            [*_earlier(connection, number.e164, parts.attempts), *attempts],
            last_good,
            whole,
            parts,
        ),
        weather=weather_in(connection, whole, now),
        moving=_moving(connection, whole, parts) if source is not None else None,
        restored=restored_from(whole["copied"], now),
    )


def _moving(connection: Connection, whole: Row, parts: Parts) -> Moving | None:
    """The side that a migration takes the line from; what the remote told last of the destination's room."""
    source = connection.execute(_SOURCE, {"number": whole["o_source"]}).mappings().one()
    number = number_of(source, "n_")
    ours = not number.elsewhere and source["a_removed_at"] is None
    if ours:
        parts.tokens[source["a_name"]] = source["a_token"]
    rows = [row for row in parts.readings or () if row["number"] == number.id]
    told = connection.execute(_ROOM, {"account": whole["o_account"]}).scalar()
    limit = (told or {}).get("max_phone_numbers_per_waba")
    return Moving(
        source=number,
        account=account_of(source, "a_") if ours else None,
        created=whole["o_number"] not in (whole["o_source"], whole["o_e164"]),
        readings=tuple(reading_from(row) for row in rows),
        number_limit=limit if isinstance(limit, int) else None,
    )


def gather_number(connection: Connection, number: str, now: datetime, catalogue: Catalogue) -> Case:
    """What is known of a number without an operation; its `operation` is a stand-in that ended."""
    whole = connection.execute(_NUMBER, {"number": number}).mappings().one_or_none()
    if whole is None:
        raise KeyError(number)
    known = number_of(whole, "n_")
    last_good = reading_from(whole, "r_") if whole["r_seq"] is not None else None
    rows = _attempt_rows(connection, known.e164)
    attempts = tuple(attempt_of(row) for row in rows)
    nothing = Operation(
        id="",
        goal=Goal.REGISTER,
        number=number,
        e164=known.e164,
        account=known.account,
        opened_at=now,
        state=OperationState.DONE,
        ended_at=now,
    )
    return Case(
        now=now,
        catalogue=catalogue,
        operation=nothing,
        number=known,
        account=account_of(whole, "a_"),
        reading=last_good,
        last_good=last_good,
        attempts=attempts,
        evidence=_evidence(connection, known.e164, now) if whole["any_evidence"] else (),
        pins=_book(connection, known.e164, [*_earlier(connection, known.e164, rows), *attempts], last_good, whole),
        weather=weather_in(connection, whole, now),
        restored=restored_from(whole["copied"], now),
    )


def _attempt_rows(connection: Connection, e164: str) -> Sequence[Row]:
    """The newest of the phone, oldest first."""
    return connection.execute(_ATTEMPTS, {"e164": e164}).mappings().all()[::-1]


def _earlier(connection: Connection, e164: str, rows: Sequence[Row]) -> list[Attempt]:
    """What was sent with a PIN before the newest attempts: a refused PIN is never forgotten."""
    if len(rows) < ATTEMPTS_KEPT:
        return []
    found = connection.execute(_EARLIER_PINS_SENT, {"e164": e164, "seq": rows[0]["seq"]})
    return [attempt_of(row) for row in found.mappings()]


def _evidence(connection: Connection, e164: str, now: datetime) -> tuple[Evidence, ...]:
    found = connection.execute(_EVIDENCE, {"e164": e164, "since": now - EVIDENCE_COUNTS}).mappings()
    return tuple(Evidence(code=row["code"], at=row["at"], source=row["source"]) for row in found)


def last_good_of(connection: Connection, number: str) -> Reading | None:
    """The good reading that a number's standing is computed from."""
    row = connection.execute(_LAST_GOOD.where(t.numbers.c.id == number)).mappings().one_or_none()
    return reading_from(row) if row is not None else None


def book_of_phone(connection: Connection, e164: str, last_good: Reading | None) -> PinBook:
    """What is known of a phone's PINs, outside a case."""
    rows = _attempt_rows(connection, e164)
    return _book(connection, e164, [*_earlier(connection, e164, rows), *map(attempt_of, rows)], last_good)


def _book(
    connection: Connection,
    e164: str,
    attempts: Sequence[Attempt],
    last_good: Reading | None,
    known: Row | None = None,
    parts: Parts | None = None,
) -> PinBook:
    """`pin_book` of a phone's kept PINs, its attempts, and its changes; `known` tells which there are none of."""
    here, parts = {"e164": e164}, parts if parts is not None else Parts()
    if parts.pins is None:
        parts.pins = connection.execute(_PINS, here).mappings().all() if known is None or known["any_pins"] else ()
    if parts.changes is None:
        some = known is None or known["any_pin_changes"]
        parts.changes = connection.execute(_CHANGES, here).mappings().all() if some else ()
    if parts.unused is None:
        parts.unused = _unused(connection, attempts)
    return pin_book(
        [pin_of(row) for row in parts.pins],
        [attempt for attempt in attempts if attempt.pin],
        [Change(at=row["at"], kind=ChangeKind(row["kind"])) for row in parts.changes],
        two_step=last_good.is_pin_enabled if last_good else None,
        unused=parts.unused,
    )


def _unused(connection: Connection, attempts: Sequence[Attempt]) -> bool:
    return unused_at(connection, attempts) is not None


def unused_at(connection: Connection, attempts: Sequence[Attempt]) -> datetime | None:
    """The second of the two good readings after the last ok register, where both showed the PIN off (DESIGN 5.5)."""
    last = next((a for a in reversed(attempts) if a.call is CallKind.REGISTER and a.ok and a.pin), None)
    if last is None:
        return None
    found = connection.execute(_NEXT_GOOD, {"number": last.number, "since": last.ended_at}).mappings().all()
    whole = len(found) == 2 and all(reading_from(row).is_pin_enabled is False for row in found)
    return found[1]["at"] if whole else None


def pins_sent(connection: Connection, e164: str) -> list[Attempt]:
    """Every attempt of a phone that carried a PIN, oldest first."""
    found = connection.execute(_PINS_SENT, {"e164": e164})
    return [attempt_of(row) for row in found.mappings()]
