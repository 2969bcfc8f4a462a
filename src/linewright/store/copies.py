"""A copy of the database, made while others work; and what a home that is put back from one must know.

The copy rests: its accounts are paused, so that nothing is sent before a person says that the home it was made from is
stopped (docs/decisions/0020-shipping.md).
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Label, create_engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from linewright.domain.budget import counts_still
from linewright.domain.case import Restored
from linewright.errors import StoreUnavailable, UsageError
from linewright.store import tables as t
from linewright.store.engine import Database

__all__ = ["COPIED", "Copies", "PutBack", "restored_from", "restored_in"]

KEY = "copied"
COPIED: Label[str | None] = select(t.meta.c.value).where(t.meta.c.key == KEY).scalar_subquery().label("copied")
"""What a case's query reads beside the rest: `restored_from` knows its form."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What this home knows of having been put back from a copy."""

    copied_at: datetime
    restored_at: datetime | None
    """When it was first opened after that."""
    paused_before: tuple[str, ...]
    """The accounts that a person had paused before the copy was made: they need no resuming now."""


class Copies:
    """Makes copies, and keeps that this database came from one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, target: Path, now: datetime) -> int:
        """Copies the whole database as it is at one moment to a new file (mode 0600); its size in bytes.

        Others go on reading and writing meanwhile. Raises `UsageError` where the file is there already or the
        database is not SQLite, `StoreUnavailable` where it cannot be written; then nothing is left behind.
        """
        self._refuse_another_engine(target)
        with _as_new_file(target) as draft:
            with self._database.reading() as connection, closing(sqlite3.connect(draft)) as copy:
                connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]  # SQLite's own
            _finish(draft, now)
            return draft.stat().st_size

    def mark(self, now: datetime) -> None:
        """Takes this database for one that was put back by other means: a snapshot of the disk, a dump."""
        with self._database.writing() as connection:
            _lay_to_rest(connection, now, restored_at=now)

    def taken_up(self, now: datetime) -> PutBack | None:
        """None for a home that was never put back; notes when one that was is first opened."""
        with self._database.reading() as connection:
            known = _read(connection)
        if known is None or known.restored_at is not None:
            return known
        with self._database.writing() as connection:
            known = _read(connection, locked=True)
            if known is not None and known.restored_at is None:
                known = PutBack(known.copied_at, now, known.paused_before)
                _keep(connection, known)
                event = {"at": now, "who": "linewright", "action": "restore", "subject": "home"}
                detail = {"copied_at": known.copied_at.isoformat()}
                connection.execute(insert(t.audit).values(**event, detail=detail))
        return known

    def _refuse_another_engine(self, target: Path) -> None:
        if self._database.is_sqlite:
            return
        url = self._database.engine.url.set(drivername="postgresql", password=None).render_as_string()
        raise UsageError(
            "This home's database is PostgreSQL, whose own tool makes the copy: it can keep what was written up to "
            "any moment, too.",
            fix=f"Run `pg_dump --format=custom --file={target} {url}`. Put back, it is told to Linewright by "
            "`linewright backup --restored` before a worker starts.",
            reason="backup-postgresql",
        )


def restored_in(connection: Connection, now: datetime) -> Restored | None:
    """That this home was put back, as a case knows it."""
    return restored_from(connection.execute(select(COPIED)).scalar(), now)


def restored_from(text: str | None, now: datetime) -> Restored | None:
    """The same from what a query read as `COPIED`; None once it does not matter any more."""
    known = _parsed(text)
    if known is None or known.restored_at is None:
        return None
    restored = Restored(copied_at=known.copied_at, at=known.restored_at)
    return restored if counts_still(restored, now) else None


@contextmanager
def _as_new_file(target: Path) -> Iterator[Path]:
    """A draft beside the target that becomes it at the end, whole; never over another file."""
    draft = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        if target.exists():
            raise FileExistsError
        _refuse_no_folder(target)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            yield draft
            _to_disk(draft)
            _put(draft, target)
            _to_disk(target.parent)
        finally:
            for left in (draft, *(Path(f"{draft}{end}") for end in ("-journal", "-wal", "-shm"))):
                left.unlink(missing_ok=True)
    except FileExistsError:
        raise UsageError(
            f"There is a file {target} already, and a backup never goes over another.",
            fix="Name a new file, with the day in its name for example.",
            reason="backup-exists",
        ) from None
    except (OSError, sqlite3.Error, DBAPIError) as error:
        said = error.strerror if isinstance(error, OSError) else str(getattr(error, "orig", error))
        raise StoreUnavailable(
            f"The backup cannot be written to {target}: {said or type(error).__name__}.",
            fix="Name a file in a folder that can be written and has room. Nothing was left there.",
            reason="backup",
        ) from None


def _refuse_no_folder(target: Path) -> None:
    if not target.parent.is_dir():
        raise UsageError(
            f"The backup cannot be written to {target}: there is no folder {target.parent}.",
            fix="Make that folder, or name a file in one that is there.",
            reason="backup",
        )


def _put(draft: Path, target: Path) -> None:
    """The draft becomes the target. Raises `FileExistsError` for one that came meanwhile."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this disk (exFAT): the name is taken first, then given to the draft
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            draft.replace(target)
        except OSError:
            target.unlink()  # empty, and ours
            raise


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _finish(draft: Path, now: datetime) -> None:
    """Makes the copy one file that rests, and proves that it can be read. Raises `StoreUnavailable`."""
    raw = sqlite3.connect(draft, isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, hide_parameters=True)
    try:
        raw.execute("PRAGMA journal_mode=DELETE").close()
        raw.execute("PRAGMA secure_delete=ON").close()
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _lay_to_rest(connection, now, restored_at=None)
            connection.exec_driver_sql("COMMIT")
        found = raw.execute("PRAGMA quick_check").fetchone()[0]
    finally:
        engine.dispose()
        with suppress(sqlite3.Error):
            raw.close()
    if found != "ok":
        raise StoreUnavailable(
            f"The copy of the database is damaged: {str(found)[:200]}.",
            fix="Keep the backups you have. See that the disk is sound, then run this again.",
            reason="backup",
        )


def _lay_to_rest(connection: Connection, now: datetime, *, restored_at: datetime | None) -> None:
    """What must not come back to life by itself: calls, sessions, and codes that are old by then."""
    paused = connection.execute(select(t.accounts.c.name).where(t.accounts.c.paused).order_by(t.accounts.c.name))
    _keep(connection, PutBack(now, restored_at, tuple(paused.scalars())))
    connection.execute(update(t.accounts).where(t.accounts.c.removed_at.is_(None)).values(paused=True))
    for codes in (t.replies, t.inbox_messages):
        connection.execute(update(codes).where(codes.c.code.is_not(None)).values(code=None))
    for table in (t.sessions, t.leases, t.workers):
        connection.execute(delete(table))


def _read(connection: Connection, *, locked: bool = False) -> PutBack | None:
    query = select(t.meta.c.value).where(t.meta.c.key == KEY)
    return _parsed(connection.execute(query.with_for_update() if locked else query).scalar())


def _parsed(text: str | None) -> PutBack | None:
    if text is None:
        return None
    found: dict[str, Any] = json.loads(text)
    restored_at = found["restored_at"]
    return PutBack(
        datetime.fromisoformat(found["copied_at"]),
        datetime.fromisoformat(restored_at) if restored_at else None,
        tuple(found["paused_before"]),
    )


def _keep(connection: Connection, known: PutBack) -> None:
    value = {
        "copied_at": known.copied_at.isoformat(),
        "restored_at": known.restored_at.isoformat() if known.restored_at else None,
        "paused_before": list(known.paused_before),
    }
    text = json.dumps(value)
    if not connection.execute(update(t.meta).where(t.meta.c.key == KEY).values(value=text)).rowcount:
        connection.execute(insert(t.meta).values(key=KEY, value=text))
