"""The imports: taken whole, gone through row by row, each row once, and told how they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from linewright.domain.imports import RELEASED, SHOWN, RowGoal, RowState
from linewright.domain.number import Wanted
from linewright.domain.operation import Goal, OperationState
from linewright.domain.pins import Pin, PinOrigin
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.ids import new_id
from linewright.store.import_cancel import cancel
from linewright.store.import_look import latest_attempts
from linewright.store.import_rows import Import, ImportRow, NewRow, new_row, shown_row
from linewright.store.keep import TICK
from linewright.store.operations import Operations, Options
from linewright.store.pin_safe import PinSafe
from linewright.store.pins import append
from linewright.store.rows import Row, number_of
from linewright.store.sealing import Vault, import_key

__all__ = ["Imports"]

AT_ONCE = 500
RACES = 5
LOOK_AGAIN = timedelta(minutes=1)
"""When another operation of a row's phone is open: the next look whether it has ended."""
SOON = timedelta(minutes=1)
_R, _O = t.import_rows, t.operations
_QUEUED = _R.c.state == RowState.QUEUED.value
_UNDER_WAY = _O.c.ended_at.is_(None)
_shown: ColumnElement[str] = case((_R.c.state == RowState.OPEN.value, _O.c.state), else_=_R.c.state)
_TOGETHER = _R.outerjoin(_O, _O.c.id == _R.c.operation)
_WAITING = _R.c.state.in_((RowState.QUEUED.value, RowState.CREATING.value))


class Imports:
    """Every method is one transaction. An unknown id raises `UsageError` (reason `unknown-import`)."""

    def __init__(self, database: Database, vault: Vault, operations: Operations) -> None:
        self._database = database
        self._vault = vault
        self._safe = PinSafe(database, vault)
        self._operations = operations

    # Taken

    def digest(self, content: bytes) -> str:
        """By which a file is known again."""
        return self._vault.mac(import_key(self._database, self._vault), content)

    def of_file(self, digest: str) -> Import | None:
        """The latest import of a file."""
        query = select(t.imports).where(t.imports.c.digest == digest)
        latest = query.order_by(t.imports.c.ended_at.is_not(None), t.imports.c.made_at.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(latest).mappings().one_or_none()
            return _import(connection, row) if row is not None else None

    def take(
        self, digest: str, name: str, rows: Sequence[NewRow], *, who: str, by_link: bool, now: datetime
    ) -> tuple[Import, bool]:
        """Takes a file whole, its PINs sealed; or joins the open import of the same file. Whether it was taken."""
        pins = self._pins(rows, now)
        made = new_id("imp")
        values = {"id": made, "name": name[:200], "digest": digest, "made_by": who, "made_at": now, "by_link": by_link}
        try:
            with self._database.writing() as connection:
                connection.execute(insert(t.imports).values(**values, rows=len(rows)))
                self._safe.keep_many(connection, list(pins.values()))
                for start in range(0, len(rows), AT_ONCE):
                    some = rows[start : start + AT_ONCE]
                    connection.execute(insert(_R), [new_row(made, row, pins.get(row.line)) for row in some])
                append(connection, now, who, "import", made, {"rows": len(rows), "pins": len(pins)})
                return _get(connection, made), True
        except IntegrityError:
            found = self.of_file(digest)
            if found is None:
                raise
            return found, False

    def _pins(self, rows: Sequence[NewRow], now: datetime) -> dict[int, tuple[Pin, str, Secret]]:
        """The PINs to be kept, by their line: never dated before an attempt of their phone, though the clock was set
        back."""
        given = {row.line: (row.e164, row.pin) for row in rows if row.e164 is not None and row.pin is not None}
        with self._database.reading() as connection:
            latest = latest_attempts(connection, {e164 for e164, _ in given.values()})
        found = {}
        for line, (e164, digits) in given.items():
            at = max(now, latest[e164] + TICK) if e164 in latest else now
            found[line] = self._safe.fresh(e164, digits, PinOrigin.GIVEN, at), e164, digits
        return found

    # Told

    def get(self, id: str) -> Import:
        with self._database.reading() as connection:
            return _get(connection, id)

    def listing(self, *, after: str | None = None, limit: int = 50) -> tuple[list[Import], str | None]:
        """The newest first, and the cursor of the next page (None at the end)."""
        query = select(t.imports).order_by(t.imports.c.made_at.desc(), t.imports.c.id.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            if after is not None:
                last = connection.execute(select(t.imports.c.made_at).where(t.imports.c.id == after)).scalar()
                if last is None:
                    return [], None
                same = and_(t.imports.c.made_at == last, t.imports.c.id < after)
                query = query.where(or_(t.imports.c.made_at < last, same))
            rows = connection.execute(query).mappings().all()
            found = [_import(connection, row) for row in rows[:limit]]
        return found, found[-1].id if len(rows) > limit else None

    def rows(
        self, id: str, *, state: str | None = None, after: int = 0, limit: int = 100
    ) -> tuple[list[ImportRow], int | None]:
        """Its rows by line, those shown in this state only; and the line after which the next page begins."""
        columns = (*_R.c, _shown.label("shown"), *_OF_OPERATION, t.numbers.c.standing)
        whole = _TOGETHER.outerjoin(t.numbers, t.numbers.c.id == _R.c.number)
        query = select(*columns).select_from(whole).where(_R.c.of == id, _R.c.line > after)
        if state is not None:
            query = query.where(_shown == state)
        with self._database.reading() as connection:
            found = [
                shown_row(row) for row in connection.execute(query.order_by(_R.c.line).limit(limit + 1)).mappings()
            ]
        return found[:limit], found[limit - 1].line if len(found) > limit else None

    def due(self, id: str, now: datetime, limit: int) -> list[str]:
        """The operations of an import that have a turn now, for whoever drives it where no worker runs."""
        query = (
            select(_O.c.id).select_from(_TOGETHER).where(_R.c.of == id, _R.c.state == RowState.OPEN.value, _UNDER_WAY)
        )
        due = query.where(_O.c.wake_at <= now).order_by(_O.c.wake_at, _O.c.seq).limit(limit)
        with self._database.reading() as connection:
            return [str(each) for each in connection.execute(due).scalars()]

    def next_at(self, id: str) -> datetime | None:
        """When something of an import comes due next: an operation, or a row that waits."""
        mine = _R.c.of == id
        operations = select(func.min(_O.c.wake_at)).select_from(_TOGETHER).where(mine, _UNDER_WAY)
        rows = select(func.min(_R.c.due_at)).where(mine, _WAITING)
        with self._database.reading() as connection:
            found = [connection.execute(each).scalar() for each in (operations, rows)]
        return min((each for each in found if each is not None), default=None)

    # Gone through

    def any_open(self) -> bool:
        with self._database.reading() as connection:
            return bool(connection.execute(select(exists().where(t.imports.c.ended_at.is_(None)))).scalar())

    def busy(self, now: datetime) -> dict[str, int]:
        """How many operations of each account are at work, or will be in a minute, or stand in line for its pace."""
        soon = or_(_O.c.state == OperationState.RUNNING.value, _O.c.wake_at <= now + SOON)
        paced = and_(_O.c.state == OperationState.WAITING.value, _O.c.reason == "usage-limit")
        query = select(_O.c.account, func.count()).where(_UNDER_WAY, or_(soon, paced)).group_by(_O.c.account)
        with self._database.reading() as connection:
            return {str(account): int(count) for account, count in connection.execute(query)}

    def codes_awaited(self) -> int:
        """How many rows wait for a code that was sent: it does not live long."""
        awaits = (_O.c.state == OperationState.ASKING.value, _O.c.reason == "needs-code", _O.c.ask_first.is_(False))
        query = select(func.count()).select_from(_R.join(_O, _O.c.id == _R.c.operation)).where(_UNDER_WAY, *awaits)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def next_rows(self, now: datetime, each: int, *, made: bool) -> list[tuple[str, int, str]]:
        """The first rows in line of every account, `each` at most: import, line and account. `made`: those whose
        number is there; else those that create theirs."""
        rank = func.row_number().over(partition_by=_R.c.account, order_by=(_R.c.of, _R.c.line)).label("rank")
        known = _R.c.number.is_not(None) if made else _R.c.number.is_(None)
        ready = or_(_R.c.due_at.is_(None), _R.c.due_at <= now)
        found = select(_R.c.of, _R.c.line, _R.c.account, rank).where(_WAITING, _QUEUED, known, ready).subquery()
        query = select(found.c.of, found.c.line, found.c.account).where(found.c.rank <= each)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(found.c.rank, found.c.of, found.c.line)).all()
        return [(str(of), int(line), str(account)) for of, line, account in rows]

    def open_row(self, of: str, line: int, now: datetime) -> bool:
        """Opens a row's operation, or joins its phone's open one of the same goal; a row that asks for none is done.
        Another goal's operation is waited for. False where somebody else has the row."""
        for _ in range(RACES):
            try:
                with self._database.writing() as connection:
                    return self._open_row(connection, of, line, now)
            except IntegrityError:
                continue  # somebody opened an operation of the phone at the same moment
        return False

    def _open_row(self, connection: Connection, of: str, line: int, now: datetime) -> bool:
        here = and_(_R.c.of == of, _R.c.line == line)
        query = select(_R, t.imports.c.by_link).join(t.imports).where(here, _QUEUED, _R.c.number.is_not(None))
        row = connection.execute(query.with_for_update(of=_R, skip_locked=True)).mappings().one_or_none()
        if row is None:
            return False
        connection.execute(update(_R).where(here).values(self._opened(connection, row, now)))
        return True

    def _opened(self, connection: Connection, row: Row, now: datetime) -> dict[str, Any]:
        """What becomes of the row."""
        if row["goal"] == RowGoal.NONE.value:
            reason, what = ("created", "It was made") if row["tries"] else ("known", "It is known here")
            return {"state": RowState.DONE.value, "reason": reason, "message": f"{what}; nothing else was asked."}
        of_number = select(t.numbers).where(t.numbers.c.id == row["number"])
        known = connection.execute(of_number).mappings().one()
        number, goal = number_of(known), Goal(row["goal"])
        if known["forgotten_at"] is not None:
            return _given_up(
                "forgotten", "The number was forgotten here since; `linewright sync`, then import it again."
            )
        if number.wanted is Wanted.RELEASED and goal is Goal.REGISTER:
            return _given_up("released", RELEASED)
        options = Options(
            code_method=row["code_method"], code_language=row["code_language"], ask_first=row["by_link"] or None
        )
        try:
            operation = self._operations.open_for_import(connection, number, goal, options, now=now, pin=row["pin"])
        except UsageError as error:
            if error.reason != "operation-open":
                return _given_up(error.reason, f"{error.message} {error.fix}")
            waits = f"{error.message} This row begins when it has ended."
            return {"reason": error.reason, "message": waits, "due_at": now + LOOK_AGAIN}
        if goal is Goal.REGISTER:
            wanted = {"wanted": Wanted.ONLINE.value}
            connection.execute(update(t.numbers).where(t.numbers.c.id == number.id).values(wanted))
        return {"state": RowState.OPEN.value, "operation": operation, "reason": None, "message": "", "due_at": None}

    def cancel(self, id: str, *, who: str, now: datetime) -> list[str]:
        """Lets go of every row that has not begun, and asks the operations of the others to stop; which they are. What
        is in flight is heard to its end. Raises `UsageError` (reason `import-ended`)."""
        with self._database.writing() as connection:
            if _get(connection, id).ended_at is not None:
                said = f"The import {id} has ended already."
                raise UsageError(said, fix="Nothing is to be cancelled.", reason="import-ended")
            let_go, asked = cancel(connection, id, now)
            append(connection, now, who, "import cancel", id, {"let go": let_go, "asked to stop": len(asked)})
            return asked

    def end_those_over(self, now: datetime) -> int:
        """Ends every import whose rows have all ended; how many."""
        with self._database.reading() as connection:
            still = connection.execute(select(t.imports.c.id).where(t.imports.c.ended_at.is_(None))).scalars().all()
            over = [id for id in still if not connection.execute(select(_goes_on(id))).scalar()]
        for id in over:
            with self._database.writing() as connection:
                values = {"ended_at": now, "counts": _counts(connection, id)}
                connection.execute(
                    update(t.imports).where(t.imports.c.id == id, t.imports.c.ended_at.is_(None)).values(values)
                )
        return len(over)


def _given_up(reason: str, message: str) -> dict[str, Any]:
    return {"state": RowState.GAVE_UP.value, "reason": reason, "message": message, "due_at": None}


_OF_OPERATION = (
    _O.c.reason.label("o_reason"),
    _O.c.message.label("o_message"),
    _O.c.task.label("o_task"),
    _O.c.wake_at.label("o_wake_at"),
)


def _goes_on(id: str) -> ColumnElement[bool]:
    waits = exists().where(_R.c.of == id, _WAITING)
    under_way = exists().where(_R.c.of == id, _R.c.state == RowState.OPEN.value, _O.c.id == _R.c.operation, _UNDER_WAY)
    return or_(waits, under_way)


def _get(connection: Connection, id: str) -> Import:
    row = connection.execute(select(t.imports).where(t.imports.c.id == id)).mappings().one_or_none()
    if row is None:
        raise UsageError(
            f"There is no import {id[:80]}.", fix="See `linewright import --list`.", reason="unknown-import"
        )
    return _import(connection, row)


def _import(connection: Connection, row: Row) -> Import:
    return Import(
        id=row["id"],
        name=row["name"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        by_link=row["by_link"],
        rows=row["rows"],
        ended_at=row["ended_at"],
        counts=row["counts"] if row["counts"] is not None else _counts(connection, row["id"]),
        cancelled_at=row["cancelled_at"],
    )


def _counts(connection: Connection, id: str) -> dict[str, int]:
    query = select(_shown, func.count()).select_from(_TOGETHER).where(_R.c.of == id).group_by(_shown)
    found = {str(state): int(count) for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in SHOWN}
