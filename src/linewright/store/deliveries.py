"""Alerts, and each one's way to each channel: written with the changes they tell, sent by whoever claims them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, or_, select, update

from linewright.domain.alerts import GATHER, RETRIES, News, body_of, is_urgent, item_of, title_of
from linewright.domain.quiet import quiet_until
from linewright.store import tables as t
from linewright.store.channels import open_channels, quiet_of
from linewright.store.engine import Database
from linewright.store.ids import new_id
from linewright.store.rows import Row

__all__ = ["Deliveries", "Delivery", "Told", "tell"]

KINDS = ("warning", "recovered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert on its way to a channel, claimed until `until`; `tries` counts this one too."""

    id: str
    channel: str
    channel_kind: str
    quiet: dict[str, str] | None
    tries: int
    until: datetime
    alert: str
    at: datetime
    kind: str
    account: str | None
    title: str
    body: str
    items: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert, and how far it is on its way to each channel: rows of `channel`, `state`, `due_at`, `tries`,
    `sent_at`, `error`."""

    alert: Row
    deliveries: list[Row]


_OPEN_CHANNEL = t.channels.c.closed_at.is_(None)
_WAITING = and_(t.deliveries.c.state == "waiting", _OPEN_CHANNEL)
_FROM = t.deliveries.join(t.alerts, t.alerts.c.id == t.deliveries.c.alert).join(
    t.channels, t.channels.c.id == t.deliveries.c.channel
)
_FREE = or_(t.deliveries.c.held_until.is_(None), t.deliveries.c.held_until <= bindparam("now"))
_DUE: Select[Any] = (
    select(
        t.deliveries,
        t.channels.c.kind.label("channel_kind"),
        t.channels.c.quiet,
        t.alerts.c.at,
        t.alerts.c.kind,
        t.alerts.c.account,
        t.alerts.c.title,
        t.alerts.c.body,
        t.alerts.c["items"],
    )
    .select_from(_FROM)
    .where(_WAITING, t.deliveries.c.due_at <= bindparam("now"), _FREE)
    .order_by(t.deliveries.c.due_at, t.deliveries.c.id)
    .limit(bindparam("most"))
)
_CLAIM = (
    update(t.deliveries)
    .where(
        t.deliveries.c.id == bindparam("of"),
        t.deliveries.c.state == "waiting",
        t.deliveries.c.tries == bindparam("seen"),
    )
    .values(held_until=bindparam("until"), tries=t.deliveries.c.tries + 1)
)


class Deliveries:
    """Every method is one transaction. Of several processes that claim, each delivery goes to one; a claim that is not
    finished runs out, and then it is sent again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_at(self) -> datetime | None:
        """When the next one is due or its claim runs out; None when none waits."""
        late = t.deliveries.c.held_until
        when = func.max(t.deliveries.c.due_at, late) if self._database.is_sqlite else func.greatest(
            t.deliveries.c.due_at, late
        )  # fmt: skip
        query = select(func.min(func.coalesce(when, t.deliveries.c.due_at), type_=t.deliveries.c.due_at.type))
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(query.select_from(_FROM).where(_WAITING)).scalar()
        return found

    def claim(self, now: datetime, until: datetime, limit: int) -> list[Delivery]:
        """Those that are due, the longest due first; now nobody else has them before `until`."""
        with self._database.reading() as connection:
            due = connection.execute(_DUE, {"now": now, "most": limit}).mappings().all()
        if not due:
            return []
        with self._database.writing() as connection:
            return [
                _delivery(row, until)
                for row in due
                if connection.execute(_CLAIM, {"of": row["id"], "seen": row["tries"], "until": until}).rowcount
            ]

    def sent(self, delivery: Delivery, now: datetime) -> None:
        self._finish(delivery, state="sent", sent_at=now, error=None)

    def failed(self, delivery: Delivery, now: datetime, error: str, *, for_good: bool = False) -> None:
        """Has it sent again later, or gives it up after the last time, or at once where nothing can be hoped for."""
        if for_good or delivery.tries > len(RETRIES):
            self._finish(delivery, state="gave_up", error=error)
            return
        due = now + RETRIES[delivery.tries - 1]
        later = None if is_urgent(delivery.items) else quiet_until(due, quiet_of(delivery.quiet))
        self._finish(delivery, due_at=later or due, error=error)

    def _finish(self, delivery: Delivery, **values: Any) -> None:
        mine = (
            t.deliveries.c.id == delivery.id,
            t.deliveries.c.state == "waiting",
            t.deliveries.c.tries == delivery.tries,
        )
        with self._database.writing() as connection:
            connection.execute(update(t.deliveries).where(*mine).values(held_until=None, **values))

    def listing(self, *, limit: int = 50, before: str | None = None) -> tuple[list[Told], str | None]:
        """The alerts, the newest first, older than the one with the id `before`; and where the next page begins."""
        query = select(t.alerts).order_by(t.alerts.c.at.desc(), t.alerts.c.id.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            if before is not None:
                at = connection.execute(select(t.alerts.c.at).where(t.alerts.c.id == before)).scalar()
                if at is None:
                    return [], None
                query = query.where(or_(t.alerts.c.at < at, and_(t.alerts.c.at == at, t.alerts.c.id < before)))
            alerts = connection.execute(query).mappings().all()
            found = _of(connection, [row["id"] for row in alerts[:limit]])
        more = alerts[limit - 1]["id"] if len(alerts) > limit else None
        return [Told(row, found[row["id"]]) for row in alerts[:limit]], more

    def counts(self) -> dict[str, int]:
        """How many alerts there are, and how many deliveries in each state."""
        states = select(t.deliveries.c.state, func.count()).group_by(t.deliveries.c.state)
        with self._database.reading() as connection:
            counted: dict[str, int] = {row[0]: row[1] for row in connection.execute(states)}
            return counted | {"alerts": connection.execute(select(func.count()).select_from(t.alerts)).scalar_one()}

    def note(self, kind: str, title: str, body: str, outcomes: Iterable[tuple[str, str | None]], now: datetime) -> str:
        """Keeps what somebody sent out of turn, a test or a link: to each channel's id, and what went wrong there
        (None: nothing). The alert's id."""
        id = new_id("alert")
        with self._database.writing() as connection:
            values = {"id": id, "at": now, "kind": kind, "account": None, "title": title, "body": body, "items": []}
            connection.execute(insert(t.alerts).values(values))
            for channel, error in outcomes:
                state = "sent" if error is None else "gave_up"
                row = _row(id, channel, now) | {"state": state, "tries": 1, "error": error}
                connection.execute(insert(t.deliveries).values(row | {"sent_at": None if error else now}))
        return id

    def prune(self, before: datetime) -> int:
        """Forgets alerts older than `before` that are on their way no more; how many."""
        waits = select(t.deliveries.c.alert).where(t.deliveries.c.state == "waiting")
        old = select(t.alerts.c.id).where(t.alerts.c.at < before, t.alerts.c.id.not_in(waits))
        with self._database.writing() as connection:
            connection.execute(delete(t.deliveries).where(t.deliveries.c.alert.in_(old)))
            return connection.execute(delete(t.alerts).where(t.alerts.c.id.in_(old))).rowcount


def tell(connection: Connection, account: str, now: datetime, news: Sequence[News], footer: str = "") -> int:
    """Writes the alerts of an account's news, one for each kind, and their deliveries, in the caller's transaction;
    what comes shortly after an alert that has not gone out yet joins it. How many news there were."""
    for kind in KINDS:
        items = [item_of(each) for each in news if each.kind == kind]
        if items and not _join(connection, account, now, kind, items, footer):
            _begin(connection, account, now, kind, items, footer)
    return len(news)


def _begin(
    connection: Connection, account: str, now: datetime, kind: str, items: list[dict[str, Any]], footer: str
) -> None:
    values = {"id": new_id("alert"), "at": now, "kind": kind, "account": account}
    connection.execute(insert(t.alerts).values(values | _words(kind, account, items, footer)))
    goes = now + GATHER
    for channel in open_channels(connection):
        later = None if is_urgent(items) else quiet_until(goes, quiet_of(channel.quiet))
        connection.execute(insert(t.deliveries).values(_row(str(values["id"]), channel.id, later or goes)))


def _join(
    connection: Connection, account: str, now: datetime, kind: str, items: list[dict[str, Any]], footer: str
) -> bool:
    """Whether a young alert took these in; one that anybody has begun to send stays as it is."""
    young = t.alerts.c.account == account, t.alerts.c.kind == kind, t.alerts.c.at > now - GATHER, t.alerts.c.at <= now
    query = select(t.alerts).where(*young).order_by(t.alerts.c.at.desc()).limit(1)
    alert = connection.execute(query).mappings().one_or_none()
    if alert is None:
        return False
    mine = t.deliveries.c.alert == alert["id"]
    ways = connection.execute(select(t.deliveries).where(mine).with_for_update()).mappings().all()
    if any(way["tries"] or way["state"] != "waiting" for way in ways):
        return False
    whole = [*alert["items"], *items]
    here = update(t.alerts).where(t.alerts.c.id == alert["id"])
    connection.execute(here.values(_words(kind, account, whole, footer)))
    if is_urgent(items):
        connection.execute(update(t.deliveries).where(mine).values(due_at=alert["at"] + GATHER))
    return True


def _words(kind: str, account: str, items: list[dict[str, Any]], footer: str) -> dict[str, Any]:
    body = "\n\n".join(part for part in (body_of(items), footer) if part)
    return {"title": title_of(kind, account, items), "body": body, "items": items}


def _row(alert: str, channel: str, due_at: datetime) -> dict[str, Any]:
    return {"id": new_id("way"), "alert": alert, "channel": channel, "state": "waiting", "due_at": due_at}


def _of(connection: Connection, alerts: Sequence[str]) -> defaultdict[str, list[Row]]:
    query = (
        select(t.deliveries, t.channels.c.name.label("channel_name"))
        .join(t.channels, t.channels.c.id == t.deliveries.c.channel)
        .where(t.deliveries.c.alert.in_(alerts))
        .order_by(t.channels.c.name)
    )
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["alert"]].append(row)
    return found


def _delivery(row: Row, until: datetime) -> Delivery:
    named = ("id", "channel", "channel_kind", "quiet", "alert", "at", "kind", "account", "title", "body", "items")
    return Delivery(**{name: row[name] for name in named}, tries=row["tries"] + 1, until=until)
