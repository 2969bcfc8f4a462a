"""Changes and the alerts that tell them: made of the conditions after each check, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from linewright.domain.alerts import News
from linewright.domain.changes import ACCOUNT_TYPES, account_sights, is_watched, number_sights
from linewright.domain.conditions import Condition, ConditionType, Status
from linewright.domain.holds import PROBE_EVERY
from linewright.domain.number import Standing, Wanted
from linewright.store import tables as t
from linewright.store.change_book import OLDEST_HEARD, TYPES, Book, heard
from linewright.store.deliveries import tell
from linewright.store.engine import Database
from linewright.store.rows import Row, condition_of

__all__ = ["Changes"]

LATEST_HAPPENINGS = 2_000
_LIVING = t.accounts.c.removed_at.is_(None)
_NEWEST = select(func.coalesce(func.max(t.happenings.c.seq), 0)).scalar_subquery()
_RECENT = (
    select(t.happenings.c.account, func.max(t.happenings.c.seq).label("newest"))
    .where(t.happenings.c.seq > _NEWEST - LATEST_HAPPENINGS)
    .group_by(t.happenings.c.account)
    .subquery()
)
_STATES = (
    select(
        t.accounts.c.name,
        t.accounts.c.hold,
        t.checks.c.listed_at,
        t.watched.c.check_at,
        t.watched.c.token_at,
        func.coalesce(_RECENT.c.newest, 0).label("newest"),
        func.coalesce(t.watched.c.happening, 0).label("happening"),
        t.watched.c.looked_at,
    )
    .select_from(
        t.accounts.outerjoin(t.checks, t.checks.c.account == t.accounts.c.name)
        .outerjoin(t.watched, t.watched.c.account == t.accounts.c.name)
        .outerjoin(_RECENT, _RECENT.c.account == t.accounts.c.name)
    )
    .where(_LIVING)
)
_DUE = _STATES.where(
    or_(
        t.checks.c.listed_at.is_distinct_from(t.watched.c.check_at),
        t.accounts.c.hold.is_not(None),
        t.watched.c.token_at.is_not(None),
        func.coalesce(_RECENT.c.newest, 0) > func.coalesce(t.watched.c.happening, 0),
    )
).order_by(t.accounts.c.name)
_LISTED = (
    select(
        t.numbers.c.id,
        t.numbers.c.e164,
        t.numbers.c.display,
        t.numbers.c.wanted,
        t.numbers.c.standing,
        t.numbers.c.absent_since,
        t.readings.c.at.label("read_at"),
    )
    .select_from(t.numbers.outerjoin(t.readings, t.readings.c.seq == t.numbers.c.last_good))
    .where(t.numbers.c.account == bindparam("account"), t.numbers.c.forgotten_at.is_(None))
)
_UNTRUE = select(t.conditions).where(
    t.conditions.c.number.in_(
        select(t.numbers.c.id).where(t.numbers.c.account == bindparam("account"), t.numbers.c.forgotten_at.is_(None))
    ),
    or_(
        t.conditions.c.status != Status.TRUE.value,
        and_(t.conditions.c.type == ConditionType.TOKEN_VALID.value, t.conditions.c.reason == "expires-soon"),
    ),
)
"""What is true warns nobody, but for a token that ends soon."""


@dataclass(frozen=True, slots=True)
class _State:
    """How far an account is: what is there, and what of it was made into changes."""

    listed_at: datetime | None
    token_at: datetime | None
    newest: int
    check_at: datetime | None
    told_token_at: datetime | None
    happening: int
    looked_at: datetime | None

    @property
    def moved(self) -> bool:
        here = (self.listed_at, self.token_at, self.newest)
        return here != (self.check_at, self.told_token_at, self.happening)


@dataclass(frozen=True, slots=True)
class _Number:
    id: str
    display: str
    standing: Standing
    wanted: Wanted
    check: datetime | None
    """When it was last seen, by a reading or by a whole listing that lacks it."""
    conditions: tuple[Condition, ...]

    @property
    def watched(self) -> bool:
        return is_watched(self.standing, self.wanted)


class Changes:
    """Several processes may look at once: an account's row is locked while its changes are made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self) -> list[str]:
        """The accounts of which a check, a look at the token or a happening was not made into changes yet."""
        with self._database.reading() as connection:
            return [row["name"] for row in connection.execute(_DUE).mappings() if _state(row).moved]

    def look(self, account: str, now: datetime, *, footer: str = "") -> int:
        """Moves the changes of an account by what is known now, and writes what is to be told: alerts and their
        deliveries, all or nothing. How many changes were told. `footer` ends each alert's text."""
        with self._database.writing() as connection:
            state = _locked(connection, account, now)
            if state is None or not state.moved:
                return 0
            numbers = _numbers(connection, account, state.listed_at)
            news = _moved(connection, account, numbers, state, now)
            if state.newest != state.happening:
                names = {number.id: number.display for number in numbers if number.watched}
                news += heard(connection, account, names, state.looked_at or now, now)
            _keep_state(connection, account, state, now)
            return tell(connection, account, now, news, footer)

    def forget(self, before: datetime) -> None:
        """What was told of happenings before `before` goes."""
        with self._database.writing() as connection:
            old = t.changes.c.type.contains("@"), t.changes.c.seen_at < before
            connection.execute(delete(t.changes).where(*old))
            gone = select(t.accounts.c.name).where(t.accounts.c.removed_at.is_not(None))
            connection.execute(delete(t.changes).where(t.changes.c.account.in_(gone)))


def _locked(connection: Connection, account: str, now: datetime) -> _State | None:
    """Whoever has the row looks; the others wait, and find nothing left. None for an account that was removed."""
    fresh = insert_sqlite if connection.dialect.name == "sqlite" else insert_pg
    living = select(t.accounts.c.name, literal(now - OLDEST_HEARD, t.watched.c.looked_at.type)).where(
        t.accounts.c.name == account, _LIVING
    )
    wanted = fresh(t.watched).from_select(["account", "looked_at"], living)
    connection.execute(wanted.on_conflict_do_nothing())
    here = select(t.watched.c.account).where(t.watched.c.account == account).with_for_update()
    connection.execute(here)
    row = connection.execute(_STATES.where(t.accounts.c.name == account)).mappings().one_or_none()
    return _state(row) if row is not None else None


def _state(row: Row) -> _State:
    hold = row["hold"]
    dead = hold is not None and not hold["usage"]
    return _State(
        listed_at=row["listed_at"],
        token_at=datetime.fromisoformat(hold["probe_at"]) - PROBE_EVERY if dead else None,
        newest=max(row["newest"], row["happening"]),
        check_at=row["check_at"],
        told_token_at=row["token_at"],
        happening=row["happening"],
        looked_at=row["looked_at"],
    )


def _keep_state(connection: Connection, account: str, state: _State, now: datetime) -> None:
    values = {"check_at": state.listed_at, "token_at": state.token_at, "happening": state.newest, "looked_at": now}
    connection.execute(update(t.watched).where(t.watched.c.account == account).values(values))


def _numbers(connection: Connection, account: str, listed_at: datetime | None) -> list[_Number]:
    untrue: defaultdict[str, list[Condition]] = defaultdict(list)
    for row in connection.execute(_UNTRUE, {"account": account}).mappings():
        if row["type"] in TYPES:
            untrue[row["number"]].append(condition_of(row))
    return [
        _Number(
            id=row["id"],
            display=row["display"] or row["e164"],
            standing=Standing(row["standing"]),
            wanted=Wanted(row["wanted"]),
            check=listed_at if row["absent_since"] is not None else row["read_at"],
            conditions=tuple(untrue[row["id"]]),
        )
        for row in connection.execute(_LISTED, {"account": account}).mappings()
    ]


# What is seen


def _moved(
    connection: Connection, account: str, numbers: Sequence[_Number], state: _State, now: datetime
) -> list[News]:
    """Moves every change of the account one step; what is to be told of it."""
    book = Book(connection, account, now)
    watched = [number for number in numbers if number.watched]
    for number in watched:
        sights = number_sights(number.conditions, number.standing, number.wanted)
        for type_, seen in sights.items():
            book.see(number.id, type_, seen, number.check, display=number.display, number=number.id)
    shared = account_sights((each.conditions, each.standing, each.wanted) for each in watched)
    for type_ in ACCOUNT_TYPES:
        token = type_ is ConditionType.TOKEN_VALID and state.token_at is not None
        check = state.token_at if token else state.listed_at
        book.see(f"account:{account}", type_, shared[type_], check, display=account, number=None)
    book.close({number.id for number in watched} | {f"account:{account}"})
    return book.news
