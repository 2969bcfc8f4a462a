"""The changes of one account as they are kept: moved by what is seen, and noted for what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from linewright.domain.against import SENDING
from linewright.domain.alerts import EVENTS, News
from linewright.domain.changes import Change, Seen, step
from linewright.domain.conditions import ConditionType
from linewright.domain.happenings import HappeningKind
from linewright.store import tables as t
from linewright.store.rows import Row

__all__ = ["OLDEST_HEARD", "TYPES", "Book", "heard"]

OFFLINE = "offline"
HEARD_BACK = timedelta(minutes=10)
"""Happenings are looked through from so long before the last look on: of two that are kept at once, the one with
the higher number may show first."""
BANS = frozenset({HappeningKind.ACCOUNT_DISABLED, HappeningKind.ACCOUNT_REINSTATED})
"""Of one number these show in its next reading, which is told; of a whole account they are told as they are."""
TAKEN = frozenset({HappeningKind.PARTNER_REMOVED, HappeningKind.ACCOUNT_OFFBOARDED})
"""The owner took the number away: that it is offline then is the same news, whichever is known first."""
TAKEN_WITHIN = timedelta(hours=24)
OLDEST_HEARD = timedelta(days=8)
"""Meta repeats a webhook for seven days."""
TYPES = [type_.value for type_ in ConditionType]


class Book:
    """The changes of one account: read once, written once."""

    def __init__(self, connection: Connection, account: str, now: datetime) -> None:
        query = select(t.changes).where(t.changes.c.account == account, t.changes.c.type.in_(TYPES))
        self._known = {(row["subject"], row["type"]): _change(row) for row in connection.execute(query).mappings()}
        self._connection, self._account, self._now = connection, account, now
        self._fresh: list[dict[str, Any]] = []
        self._other: list[dict[str, Any]] = []
        self._gone: list[dict[str, Any]] = []
        self.news: list[News] = []

    def see(
        self, subject: str, type_: ConditionType, seen: Seen | None, check: datetime | None, *, display: str,
        number: str | None,
    ) -> None:  # fmt: skip
        key = (subject, type_.value)
        known = self._known.get(key)
        if seen is None or check is None or (known is None and seen.reason is None):
            return
        change, tells = step(known, seen, check=check, now=self._now)
        named = {"of_subject": subject, "of_type": type_.value}
        if change.at_rest:
            self._gone.append(named)
        elif known is None:
            self._fresh.append({"subject": subject, "type": type_.value, "account": self._account, **_values(change)})
        elif change != known:
            self._other.append(named | {f"new_{name}": value for name, value in _values(change).items()})
        if tells and not (change.told == OFFLINE and self._was_taken(subject)):
            over = known.told if known is not None and change.told is None else None
            self.news.append(
                News(
                    kind="warning" if change.told else "recovered",
                    account=self._account,
                    number=number,
                    display=display,
                    type=type_.value,
                    reason=change.told or over or "",
                    message=seen.message,
                    fix=seen.fix,
                    urgent=seen.at_once,
                )
            )

    def _was_taken(self, subject: str) -> bool:
        """Whether people know already that its owner took the number away."""
        kind = or_(*(t.changes.c.type.like(f"{each.value}@%") for each in TAKEN))
        told = and_(t.changes.c.subject == subject, kind, t.changes.c.seen_since > self._now - TAKEN_WITHIN)
        return self._connection.execute(select(t.changes.c.type).where(told).limit(1)).first() is not None

    def close(self, subjects: Iterable[str]) -> None:
        """Writes what moved. Of numbers that nobody looks after any more the story ends in silence."""
        kept = set(subjects)
        self._gone += [{"of_subject": s, "of_type": type_} for s, type_ in self._known if s not in kept]
        here = t.changes.c.subject == bindparam("of_subject"), t.changes.c.type == bindparam("of_type")
        changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _VALUES}
        for statement, rows in (
            (insert(t.changes), self._fresh),
            (update(t.changes).where(*here).values(changed), self._other),
            (delete(t.changes).where(*here), self._gone),
        ):
            if rows:
                self._connection.execute(statement, rows)


_VALUES = ("told", "told_at", "seen", "seen_since", "seen_count", "seen_at")


def _change(row: Row) -> Change:
    return Change(
        told=row["told"],
        told_at=row["told_at"],
        seen=row["seen"],
        since=row["seen_since"],
        count=row["seen_count"],
        check=row["seen_at"],
    )


def _values(change: Change) -> dict[str, Any]:
    said = (change.told, change.told_at, change.seen, change.since, change.count, change.check)
    return dict(zip(_VALUES, said, strict=True))


# What is heard


def heard(connection: Connection, account: str, names: Mapping[str, str], since: datetime, now: datetime) -> list[News]:
    """What webhooks told since `since` that is told as it is: each once, however often and in whatever order it came.
    `names` are the numbers that are looked after, with what they are shown as; of others nothing is told."""
    query = (
        select(t.happenings)
        .where(
            t.happenings.c.account == account,
            t.happenings.c.at >= now - OLDEST_HEARD,
            t.happenings.c.heard_at >= since - HEARD_BACK,
            t.happenings.c.kind.in_([kind.value for kind in EVENTS]),
        )
        .order_by(t.happenings.c.at, t.happenings.c.seq)
    )
    news: list[News] = []
    for row in connection.execute(query).mappings():
        number = row["number"]
        silent = (number is not None and number not in names) or _shows(connection, row)
        if not _first_time(connection, account, row, now) or silent:
            continue
        event = EVENTS[HappeningKind(row["kind"])]
        news.append(
            News(
                kind=event.kind,
                account=account,
                number=number,
                display=names.get(number, account),
                type=row["kind"],
                reason=row["kind"],
                message=event.message,
                fix=event.fix,
                urgent=event.urgent,
            )
        )
    return news


def _shows(connection: Connection, row: Row) -> bool:
    """Whether the conditions of the numbers that it is of tell it, or have told it."""
    kind = HappeningKind(row["kind"])
    if kind is HappeningKind.ACCOUNT_RESTRICTED:
        return (row["detail"] or {}).get("type", "") in SENDING
    if row["number"] is None:
        return False
    if kind in BANS:
        return True
    here = t.changes.c
    offline = and_(here.subject == row["number"], here.type == ConditionType.REGISTERED.value, here.told == OFFLINE)
    query = select(here.type).where(offline, here.told_at >= row["at"])
    return kind in TAKEN and connection.execute(query).first() is not None


def _first_time(connection: Connection, account: str, row: Row, now: datetime) -> bool:
    """Notes that this was told. The same kind at the same moment by Meta's clock is the same happening."""
    fresh = insert_sqlite if connection.dialect.name == "sqlite" else insert_pg
    at: datetime = row["at"]
    values = {
        "subject": row["number"] or f"account:{account}",
        "type": f"{row['kind']}@{at.isoformat()}",
        "account": account,
        "told": row["kind"],
        "told_at": now,
        "seen": row["kind"],
        "seen_since": at,
        "seen_count": 1,
        "seen_at": now,
    }
    written = fresh(t.changes).values(values).on_conflict_do_nothing().returning(t.changes.c.subject)
    return connection.execute(written).first() is not None
