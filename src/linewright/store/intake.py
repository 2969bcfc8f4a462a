"""Works a post of Meta through: what it tells becomes happenings, evidence and stale PINs, in one transaction.

Level-triggered like everything here: a post that is worked through again adds nothing, and what comes late undoes
nothing newer, since each thing goes by the time at which it happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from linewright.domain.against import TELLS
from linewright.domain.entries import Catalogue
from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.journal import CallKind, Outcome
from linewright.domain.pins import ChangeKind
from linewright.domain.webhooks import Told, told
from linewright.store import tables as t
from linewright.store.checks import hasten
from linewright.store.conditions import AT_ONCE, refresh
from linewright.store.engine import Database
from linewright.store.happenings import values_of
from linewright.store.keep import approve_name, change_pin, wake
from linewright.store.rows import Row
from linewright.store.webhooks import put_off

__all__ = ["Worked", "work_through"]

ASKED_AGAIN = 3
"""So often it is looked whether a listing has brought a number that a post named; then it is of the account."""
ONE_FLOOD = timedelta(minutes=1)
"""A number whose every message fails is one piece of evidence in this span, dated by the latest; and an account is
looked at for its posts once in it."""
OUR_OWN = timedelta(minutes=2)
"""A PIN that changed so close to a call of ours that sets one was changed by that call."""
NOT_YET = "A number that it names is not known here yet; the account is listed again."


@dataclass(slots=True)
class Worked:
    """What a post brought. `numbers` are those with news; with `whole`, every number of the account may stand
    differently."""

    account: str
    happened: list[Happening] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    whole: bool = False
    put_off: bool = False


def work_through(database: Database, seq: int, now: datetime, catalogue: Catalogue) -> Worked | None:
    """None when it is done, or at somebody else's hands."""
    with database.writing() as connection:
        event = connection.execute(_event(seq, now)).mappings().one_or_none()
        if event is None:
            return None
        account = event["account"]
        waba = connection.execute(select(t.accounts.c.waba).where(t.accounts.c.name == account)).scalar_one()
        things = told(event["body"], waba, event["received_at"])
        worked = Worked(account)
        unknown = _take(connection, event, things, now, worked)
        if worked.happened:
            connection.execute(insert(t.happenings), [values_of(each) for each in worked.happened])
        _refresh(connection, worked.numbers, now, catalogue)
        if worked.happened or unknown:
            hasten(connection, account, _soon(connection, account, now), anew=worked.whole)
        worked.put_off = bool(unknown)
        connection.execute(
            update(t.webhook_events).where(t.webhook_events.c.seq == seq).values(_end(event, worked, now))
        )
        return worked


def _event(seq: int, now: datetime) -> Any:
    """Locked, so that of two workers one does it."""
    due = or_(t.webhook_events.c.due_at.is_(None), t.webhook_events.c.due_at <= now)
    mine = and_(t.webhook_events.c.seq == seq, t.webhook_events.c.done_at.is_(None), due)
    return select(t.webhook_events).where(mine).with_for_update(skip_locked=True)


def _end(event: Row, worked: Worked, now: datetime) -> dict[str, Any]:
    if worked.put_off:
        return {"tries": event["tries"] + 1, "due_at": put_off(event["tries"], now), "error": NOT_YET}
    return {"done_at": now, "due_at": None, "error": None}


def _take(connection: Connection, event: Row, things: Sequence[Told], now: datetime, worked: Worked) -> list[Told]:
    """Takes over what is told; what is of a number that may yet be listed is given back."""
    known, before = _numbers(connection, event["account"], things), _kept(connection, event["account"], things)
    unknown: list[Told] = []
    for thing in things:
        number = _named(thing, known)
        if number is None and not thing.of_account and event["tries"] < ASKED_AGAIN:
            unknown.append(thing)
            continue
        happening = _happening(thing, number, event, now)
        if _key(happening) in before:
            continue
        if number is not None:
            worked.numbers.add(number["id"])
            followed = _follow(connection, happening, number["e164"], now)
            if followed is None or _key(followed) in before:
                continue
            happening = followed
        before.add(_key(happening))
        worked.happened.append(happening)
        worked.whole = worked.whole or (number is None and thing.kind in TELLS)
    return unknown


def _happening(thing: Told, number: Row | None, event: Row, now: datetime) -> Happening:
    detail = dict(thing.detail)
    if number is None and not thing.of_account:
        detail["phone"] = thing.phone or thing.number
    return Happening(
        account=event["account"],
        number=number["id"] if number is not None else None,
        kind=thing.kind,
        at=thing.at,
        heard_at=now,
        detail=detail,
        event=event["seq"],
    )


# Which number it is


def _numbers(connection: Connection, account: str, things: Iterable[Told]) -> dict[str, Row]:
    """Those of the account's numbers that are named, by id and by their digits. Of several ids of one phone it is
    the one that the account still has, and that was added last."""
    ids = {thing.number for thing in things if thing.number}
    phones = {"+" + thing.phone for thing in things if thing.phone}
    here = t.numbers.c
    named = or_(here.id.in_(ids), here.e164.in_(phones))
    query = select(here.id, here.e164).where(here.account == account, here.forgotten_at.is_(None), named)
    found: dict[str, Row] = {}
    for row in connection.execute(query.order_by(here.absent_since.is_(None), here.added_at)).mappings():
        found |= {row["id"]: row, row["e164"]: row}
    return found


def _named(thing: Told, known: Mapping[str, Row]) -> Row | None:
    return known.get(thing.number) or (known.get("+" + thing.phone) if thing.phone else None)


# What is known already

_Key = tuple[str, str | None, datetime, str]


def _key(happening: Happening) -> _Key:
    return (happening.kind.value, happening.number, happening.at, json.dumps(dict(happening.detail), sort_keys=True))


def _kept(connection: Connection, account: str, things: Iterable[Told]) -> set[_Key]:
    """What is kept of the moments of which these tell: Meta sends a thing again in another company."""
    moments = {thing.at for thing in things}
    here = t.happenings.c
    query = select(here.kind, here.number, here.at, here.detail).where(here.account == account, here.at.in_(moments))
    rows = connection.execute(query).all()
    return {(row.kind, row.number, row.at, json.dumps(row.detail or {}, sort_keys=True)) for row in rows}


# What follows from it


def _follow(connection: Connection, happening: Happening, e164: str, now: datetime) -> Happening | None:
    """Writes what follows for the phone, and what is to be kept of the happening: nothing of one more message that
    failed as those before it; a PIN that we changed ourselves is no news."""
    if happening.kind is HappeningKind.SEND_REFUSED:
        if not _evidence(connection, e164, happening.detail["code"], happening.at):
            return None
        wake(connection, t.operations.c.e164 == e164, t.operations.c.proposed_until.is_not(None), at=now)
        return happening
    if happening.kind is HappeningKind.PIN_CHANGED and _explained(connection, e164, happening.at):
        return replace(happening, kind=HappeningKind.OTHER, detail={**happening.detail, "explained": True})
    if happening.kind is HappeningKind.PIN_CHANGED:
        change_pin(connection, e164, ChangeKind.CHANGED, happening.at)
        wake(connection, t.operations.c.e164 == e164, at=now)
    if happening.kind is HappeningKind.NAME_APPROVED and happening.number is not None:
        approve_name(connection, happening.number, happening.at)
    return happening


def _evidence(connection: Connection, e164: str, code: int, at: datetime) -> bool:
    """Whether it is a piece of its own."""
    here = t.evidence.c
    same = and_(here.e164 == e164, here.code == code, here.source == "webhook")
    near = and_(same, here.at > at - ONE_FLOOD, here.at < at + ONE_FLOOD)
    query = select(here.seq, here.at).where(near).order_by(here.at.desc()).limit(1)
    kept = connection.execute(query).one_or_none()
    if kept is None:
        connection.execute(insert(t.evidence).values(e164=e164, code=code, at=at, source="webhook"))
        return True
    if kept.at < at:
        connection.execute(update(t.evidence).where(here.seq == kept.seq).values(at=at))
    return False


def _explained(connection: Connection, e164: str, at: datetime) -> bool:
    """Whether a call of ours set the PIN then, or one has proven a PIN since."""
    here = t.attempts.c
    ended = func.coalesce(here.answered_at, here.at)
    taken = here.outcome.in_([Outcome.OK.value, Outcome.IN_DOUBT.value])
    sets = or_(here.call == CallKind.SET_PIN.value, and_(here.call == CallKind.REGISTER.value, here.pin.is_not(None)))
    ours = and_(sets, taken, here.at <= at + OUR_OWN, ended >= at - OUR_OWN)
    proven = and_(
        here.call == CallKind.REGISTER.value,
        here.outcome == Outcome.OK.value,
        here.pin.is_not(None),
        here.before.in_(["offline", "unverified"]),
        here.at > at,
    )
    query = select(here.seq).where(here.e164 == e164, or_(ours, proven)).limit(1)
    return connection.execute(query).scalar() is not None


def _refresh(connection: Connection, numbers: Iterable[str], now: datetime, catalogue: Catalogue) -> None:
    ids = sorted(numbers)
    for start in range(0, len(ids), AT_ONCE):
        refresh(connection, ids[start : start + AT_ONCE], now, catalogue)


def _soon(connection: Connection, account: str, now: datetime) -> datetime:
    """When the account is to be looked at: now, unless a post of the last minute has had it looked at."""
    here = t.webhook_events.c
    query = select(func.max(here.done_at)).where(here.account == account, here.done_at > now - ONE_FLOOD)
    last: datetime | None = connection.execute(query).scalar()
    return now if last is None else max(last + ONE_FLOOD, now)
