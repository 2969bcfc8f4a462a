"""The people of the page: users, their sessions, and the one-time links by which they come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.digest import digest_of, new_bearer
from linewright.store.engine import Database
from linewright.store.ids import new_id

__all__ = ["INVITED_FOR", "SESSION_LASTS", "Invitation", "Role", "Session", "User", "Users", "operators"]

INVITED_FOR = timedelta(days=2)
SESSION_LASTS = timedelta(days=14)
IDLE_LASTS = timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=5)
"""A session's last use is noted no more often than this."""


class Role(StrEnum):
    """What somebody may do: look, act, or look after the installation; each includes the one before."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


_MAY_ACT = (Role.OPERATOR.value, Role.ADMIN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: str
    name: str
    role: Role
    made_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is logged in; `digest` names the session without opening it."""

    digest: str
    user: User


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`user` is the name of somebody who is here already and gets a new password by it; `digest` names the
    invitation without opening it."""

    digest: str
    role: Role
    made_by: str
    ends_at: datetime
    user: str | None = None


class Users:
    """Every method is one transaction; `now` is real time, whatever the clock of a rehearsal says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[User]:
        """Everybody, closed ones too, by name."""
        with self._database.reading() as connection:
            return [_user(row) for row in connection.execute(select(t.users).order_by(t.users.c.name))]

    def any(self) -> bool:
        """Whether somebody can log in."""
        with self._database.reading() as connection:
            query = select(func.count()).select_from(t.users).where(t.users.c.closed_at.is_(None))
            return connection.execute(query).scalar_one() > 0

    def operators(self) -> int:
        """How many may act."""
        with self._database.reading() as connection:
            return operators(connection)

    def password_of(self, name: str) -> tuple[User, str] | None:
        """The user of that name who may log in, and the hash of the password."""
        query = select(t.users).where(t.users.c.name == _plain(name), t.users.c.closed_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return (_user(row), str(row.password)) if row is not None else None

    # Invitations

    def invite(self, role: Role, by: str, now: datetime) -> Secret:
        """A one-time bearer that makes its finder a user of this role, for two days."""
        return self._invite({"role": role.value, "made_by": by}, now)

    def invite_again(self, id: str, by: str, now: datetime) -> Secret:
        """A one-time bearer that gives a user a new password, for two days; the old one works until then."""
        with self._database.reading() as connection:
            user = _known(connection, id)
        return self._invite({"role": user.role.value, "made_by": by, "user": id}, now)

    def _invite(self, values: dict[str, str], now: datetime) -> Secret:
        bearer = new_bearer("lwi")
        values = {**values, "digest": digest_of(bearer)}
        with self._database.writing() as connection:
            connection.execute(insert(t.invitations).values(**values, made_at=now, ends_at=now + INVITED_FOR))
        return bearer

    def invitations(self, now: datetime) -> list[Invitation]:
        """Those that can still be used, the newest first."""
        query = _invited().where(t.invitations.c.used_at.is_(None), t.invitations.c.ends_at > now)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(t.invitations.c.ends_at.desc(), t.invitations.c.digest)).all()
        return [_invitation_of(row) for row in rows]

    def invitation(self, bearer: Secret, now: datetime) -> Invitation | None:
        """What a bearer invites to, while it is unused and in time."""
        with self._database.reading() as connection:
            return _invitation(connection, bearer, now)

    def withdraw(self, now: datetime, *, by: str | None = None, digest: str | None = None) -> None:
        """Takes back the invitations that nobody has used: one, or all that somebody made."""
        unused: list[ColumnElement[bool]] = [t.invitations.c.used_at.is_(None)]
        unused += [t.invitations.c.made_by == by] if by is not None else []
        unused += [t.invitations.c.digest == digest] if digest is not None else []
        with self._database.writing() as connection:
            connection.execute(update(t.invitations).where(*unused).values(used_at=now))

    def accept(self, bearer: Secret, name: str, password: str, now: datetime) -> User:
        """Makes the user that an invitation is for, or gives them their new password; `password` is a hash.
        Raises `UsageError`: reason `invitation` when it is used up or too old, `user-name` for a name that is
        taken."""
        try:
            with self._database.writing() as connection:
                invited = _claimed(connection, bearer, now)
                if invited.user is not None:
                    return self._renewed(connection, invited.user, password)
                user = User(id=new_id("user"), name=_plain(name), role=invited.role, made_at=now)
                values = {"id": user.id, "name": user.name, "role": user.role.value, "password": password}
                connection.execute(insert(t.users).values(**values, made_at=now))
                return user
        except IntegrityError:
            raise UsageError(
                "Somebody of this name is here already.", fix="Choose another name.", reason="user-name"
            ) from None

    def _renewed(self, connection: Connection, name: str, password: str) -> User:
        row = connection.execute(select(t.users).where(t.users.c.name == name).with_for_update()).one()
        if row.closed_at is not None:
            raise _used_up()
        connection.execute(update(t.users).where(t.users.c.id == row.id).values(password=password))
        connection.execute(delete(t.sessions).where(t.sessions.c.user == row.id))
        _withdrawn(connection, t.invitations.c.user == row.id)
        return _user(row)

    # Changes

    def change(self, id: str, *, role: Role | None = None, password: str | None = None) -> User:
        """A new role or password hash; either ends the user's sessions. A new password takes back the links for
        another one, a lower role also the invitations that they made. Raises `UsageError` (reason `last-admin`)
        for what would leave nobody to look after the installation."""
        with self._database.writing() as connection:
            user = _locked(connection, id)
            if role is not None and role is not Role.ADMIN:
                _keep_an_admin(connection, user)
            given = {"role": role.value if role else None, "password": password}
            values = {name: value for name, value in given.items() if value is not None}
            if values:
                connection.execute(update(t.users).where(t.users.c.id == id).values(values))
                connection.execute(delete(t.sessions).where(t.sessions.c.user == id))
            if password is not None:
                _withdrawn(connection, t.invitations.c.user == id)
            ranks = list(Role)
            if role is not None and ranks.index(role) < ranks.index(user.role):
                _withdrawn(connection, _of(user))
            return _locked(connection, id)

    def close(self, id: str, now: datetime) -> User:
        """Somebody who may not come in any more, nor whom they invited and who has not come yet; the name stays
        taken, the audit stays readable."""
        with self._database.writing() as connection:
            user = _locked(connection, id)
            _keep_an_admin(connection, user)
            _withdrawn(connection, _of(user))
            connection.execute(update(t.users).where(t.users.c.id == id).values(closed_at=now))
            connection.execute(delete(t.sessions).where(t.sessions.c.user == id))
            return _locked(connection, id)

    # Sessions

    def begin(self, user: str, now: datetime) -> Secret:
        """A new session of a user, and the only time that its bearer is told."""
        bearer = new_bearer("lws")
        values = {"digest": digest_of(bearer), "user": user, "begun_at": now, "seen_at": now}
        with self._database.writing() as connection:
            connection.execute(insert(t.sessions).values(**values, ends_at=now + SESSION_LASTS))
            old = t.sessions.c.seen_at < now - IDLE_LASTS
            connection.execute(delete(t.sessions).where((t.sessions.c.ends_at <= now) | old))
        return bearer

    def session(self, bearer: Secret, now: datetime) -> Session | None:
        """Who holds this bearer, unless the session ended, was unused for a day, or the user was closed."""
        digest = digest_of(bearer)
        query = (
            select(t.users, t.sessions.c.seen_at)
            .join(t.sessions, t.sessions.c.user == t.users.c.id)
            .where(
                t.sessions.c.digest == digest,
                t.sessions.c.ends_at > now,
                t.sessions.c.seen_at > now - IDLE_LASTS,
                t.users.c.closed_at.is_(None),
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if now - row.seen_at > SEEN_EVERY:
            with self._database.writing() as connection:
                connection.execute(update(t.sessions).where(t.sessions.c.digest == digest).values(seen_at=now))
        return Session(digest=digest, user=_user(row))

    def end(self, digest: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(t.sessions).where(t.sessions.c.digest == digest))


def _plain(name: str) -> str:
    """Two people are not told apart by capitals or blanks."""
    return " ".join(name.split()).casefold()


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(id=row.id, name=row.name, role=Role(row.role), made_at=row.made_at, closed_at=row.closed_at)


def _invited() -> Select[tuple[Any, ...]]:
    """Invitations with the name of whom they are for, where that is somebody who is here."""
    ours = t.invitations.outerjoin(t.users, t.users.c.id == t.invitations.c.user)
    return select(t.invitations, t.users.c.name.label("named")).select_from(ours)


def _invitation_of(row: Row[tuple[Any, ...]]) -> Invitation:
    return Invitation(digest=row.digest, role=Role(row.role), made_by=row.made_by, ends_at=row.ends_at, user=row.named)


def _invitation(connection: Connection, bearer: Secret, now: datetime) -> Invitation | None:
    good = t.invitations.c.used_at.is_(None), t.invitations.c.ends_at > now
    row = connection.execute(_invited().where(t.invitations.c.digest == digest_of(bearer), *good)).one_or_none()
    return _invitation_of(row) if row is not None else None


def _claimed(connection: Connection, bearer: Secret, now: datetime) -> Invitation:
    """The invitation, used up by whoever was first."""
    invited = _invitation(connection, bearer, now)
    unused = t.invitations.c.digest == digest_of(bearer), t.invitations.c.used_at.is_(None)
    claimed = connection.execute(update(t.invitations).where(*unused).values(used_at=now))
    if invited is None or not claimed.rowcount:
        raise _used_up()
    return invited


def _of(user: User) -> ColumnElement[bool]:
    """The invitations that somebody made, and those for a new password of theirs."""
    return or_(t.invitations.c.made_by == user.name, t.invitations.c.user == user.id)


def _withdrawn(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(delete(t.invitations).where(t.invitations.c.used_at.is_(None), which))


def _used_up() -> UsageError:
    return UsageError(
        "This invitation was used already, or is too old.", fix="Ask an admin for a new one.", reason="invitation"
    )


def _locked(connection: Connection, id: str) -> User:
    return _known(connection, id, lock=True)


def _known(connection: Connection, id: str, *, lock: bool = False) -> User:
    query = select(t.users).where(t.users.c.id == id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise UsageError("There is no such user.", fix="See the list of users in the settings.", reason="unknown-user")
    return _user(row)


def _keep_an_admin(connection: Connection, user: User) -> None:
    """All admins are locked: of two who are changed at the same moment, one stays."""
    query = select(t.users.c.id).where(t.users.c.role == Role.ADMIN.value, t.users.c.closed_at.is_(None))
    admins = connection.execute(query.order_by(t.users.c.id).with_for_update()).scalars().all()
    if list(admins) == [user.id]:
        raise UsageError(
            "This is the only admin: nobody could look after the installation.",
            fix="Make somebody else an admin first.",
            reason="last-admin",
        )


def operators(connection: Connection) -> int:
    """How many people may act, by role."""
    query = select(func.count()).select_from(t.users).where(t.users.c.closed_at.is_(None), t.users.c.role.in_(_MAY_ACT))
    return int(connection.execute(query).scalar_one())
