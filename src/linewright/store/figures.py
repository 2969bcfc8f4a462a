"""What `/metrics` tells, in a handful of queries by indexes, however many numbers there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, and_, cast, func, literal_column, select

from linewright.domain.budget import AUTOMATIC_LIMIT, WINDOW
from linewright.domain.journal import CallKind, Outcome
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.fleet import Fleet, Look

__all__ = ["FEW_LEFT", "Attempts", "Figures", "Journal", "figures"]

FEW_LEFT = 2
"""A phone with so many automatic registrations left, or fewer, is near the end of its budget."""
UNSPENT = (Outcome.UNREACHABLE.value, Outcome.NOT_SENT.value)
OVERLAP = 100
"""The newest attempts are looked at again: on PostgreSQL one may become visible after a later one."""

Attempts = Mapping[tuple[str, str, int | None], int]
"""By call, outcome and code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The moment's figures. Ages are seen from virtual time; None: there is nothing of the kind."""

    standings: Mapping[str, int]
    warnings: Mapping[str, int]
    operations: Mapping[tuple[str, str], int]
    """Open ones, by state and reason."""
    ended: Mapping[str, int]
    tasks: Mapping[str, tuple[int, datetime]]
    """By kind: how many are open, and since when the oldest."""
    budgets: Mapping[str, int]
    """Phones whose registrations are `low`, `used_up` or `blocked`."""
    next_wake: datetime | None
    next_check: datetime | None
    webhooks: Mapping[str, int]
    deliveries: Mapping[str, int]
    recoveries: int
    workers: int


def figures(database: Database, now: datetime, *, workers: int, next_wake: datetime | None) -> Figures:
    """Raises `StoreUnavailable`."""
    counts = Fleet(database).counts(Look())
    with database.reading() as connection:
        return Figures(
            standings={standing.value: count for standing, count in counts.standings.items()},
            warnings=_by(connection, t.numbers.c.warning, _LISTED),
            operations=_open_operations(connection),
            ended=_by(connection, t.operations.c.state, t.operations.c.state.in_(_ENDED)),
            tasks=_open_tasks(connection),
            budgets=_budgets(connection, now),
            next_wake=next_wake,
            next_check=connection.execute(select(func.min(t.checks.c.next_at))).scalar(),
            webhooks=_by(connection, t.webhook_tallies.c.outcome, count=func.sum(t.webhook_tallies.c.count)),
            deliveries=_by(connection, t.deliveries.c.state),
            recoveries=int(connection.execute(select(func.count(t.recoveries.c.operation))).scalar_one()),
            workers=workers,
        )


_LISTED = and_(
    t.numbers.c.warning.is_not(None),
    t.numbers.c.forgotten_at.is_(None),
    t.numbers.c.account.not_in(select(t.accounts.c.name).where(t.accounts.c.removed_at.is_not(None))),
)
_ENDED = ("done", "gave_up", "cancelled")


def _by(
    connection: Connection, column: ColumnElement[Any], *where: ColumnElement[bool], count: Any = None
) -> dict[str, int]:
    query = select(column, func.count() if count is None else count).where(*where).group_by(column)
    return {str(name): int(found) for name, found in connection.execute(query) if name is not None}


def _open_operations(connection: Connection) -> dict[tuple[str, str], int]:
    columns = (t.operations.c.state, func.coalesce(t.operations.c.reason, ""))
    query = select(*columns, func.count()).where(t.operations.c.ended_at.is_(None)).group_by(*columns)
    return {(state, reason): int(count) for state, reason, count in connection.execute(query)}


def _open_tasks(connection: Connection) -> dict[str, tuple[int, datetime]]:
    # Written out, so that SQLite sees that its indexes of open tasks fit.
    is_open = t.tasks.c.state == literal_column("'open'")
    found: dict[str, tuple[int, datetime]] = {}
    for whose in (t.tasks.c.operation.is_not(None), t.tasks.c.operation.is_(None)):
        query = select(t.tasks.c.kind, func.count(), func.min(t.tasks.c.opened_at)).where(is_open, whose)
        for kind, count, oldest in connection.execute(query.group_by(t.tasks.c.kind)):
            known, since = found.get(kind, (0, oldest))
            found[kind] = known + int(count), min(since, oldest)
    return found


def _budgets(connection: Connection, now: datetime) -> dict[str, int]:
    """A phone that is blocked counts as that alone."""
    register = t.attempts.c.call == literal_column(f"'{CallKind.REGISTER.value}'")
    spent = t.attempts.c.outcome.is_(None) | t.attempts.c.outcome.not_in(UNSPENT)
    used = func.count()
    query = select(t.attempts.c.e164, used).where(register, spent, t.attempts.c.at > now - WINDOW)
    near = query.group_by(t.attempts.c.e164).having(used >= AUTOMATIC_LIMIT - FEW_LEFT)
    blocked = select(t.numbers.c.e164).join(t.conditions, t.conditions.c.number == t.numbers.c.id)
    blocked = blocked.where(t.conditions.c.type == "BudgetFree", t.conditions.c.status == "false")
    blocked = blocked.where(t.conditions.c.status != literal_column("'true'"), t.conditions.c.reason == "blocked")
    shut = set(connection.execute(blocked.where(t.numbers.c.forgotten_at.is_(None))).scalars())
    counts = Counter({"low": 0, "used_up": 0, "blocked": len(shut)})
    for phone, count in connection.execute(near):
        if phone not in shut:
            counts["used_up" if count >= AUTOMATIC_LIMIT else "low"] += 1
    return dict(counts)


@dataclass(slots=True)
class Journal:
    """The sums of all attempts that were ever answered. The first look reads the journal, later ones only what is new
    in it, and what was not answered yet. One thread at a time."""

    _sums: Counter[tuple[str, str, int | None]] = field(default_factory=Counter)
    _seen: int | None = None
    """Everything up to here is in the sums."""
    _newest: int = 0

    def read(self, database: Database) -> Attempts:
        """Raises `StoreUnavailable`."""
        with database.reading() as connection:
            if self._seen is None:
                self._begin(connection)
            query = select(_seq, t.attempts.c.call, t.attempts.c.outcome, _code).where(_seq > self._seen)
            rows = connection.execute(query.order_by(_seq)).all()
        return self._with(rows)

    def _begin(self, connection: Connection) -> None:
        unanswered = select(func.min(_seq)).where(t.attempts.c.outcome.is_(None))
        first = connection.execute(unanswered).scalar()
        last = int(connection.execute(select(func.max(_seq))).scalar() or 0)
        self._seen = max(0, min(last - OVERLAP, last if first is None else first - 1))
        columns = (t.attempts.c.call, t.attempts.c.outcome, _code)
        query = select(*columns, func.count()).where(_seq <= self._seen).group_by(*columns)
        for call, outcome, code, count in connection.execute(query):
            self._sums[call, outcome, code] += int(count)

    def _with(self, rows: Any) -> Attempts:
        """The sums, and the rows after them; those that nothing can come before any more join the sums."""
        settled = self._newest - OVERLAP
        new: Counter[tuple[str, str, int | None]] = Counter()
        for seq, call, outcome, code in rows:
            if outcome is None:
                settled = min(settled, seq - 1)
                continue
            new[call, outcome, code] += 1
            if seq <= settled:
                self._sums[call, outcome, code] += 1
                new[call, outcome, code] -= 1
                self._seen = seq
        self._newest = max(self._newest, rows[-1][0] if rows else 0)
        return self._sums + new


_seq = t.attempts.c.seq
_code = cast(t.attempts.c.error["code"].as_string(), Integer).label("code")
