"""A copy of the database: whole, private, at rest; and what the home made from it knows."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.databases import Postgres
from tests.support.disks import NoDisk, tiny_disk

from linewright.domain.number import Number
from linewright.domain.pins import PinOrigin
from linewright.errors import StoreUnavailable, UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.copies import Copies, restored_in
from linewright.store.engine import open_store
from linewright.store.store import Store
from linewright.vault import Vault

HOUR = timedelta(hours=1)


@pytest.fixture
def sqlite(tmp_path: Path, key: bytes) -> Iterator[Store]:
    store = opened(tmp_path / "home" / "linewright.db", key)
    yield store
    store.database.close()


@pytest.fixture
def phone(sqlite: Store, now: datetime) -> Number:
    """One number of the account `acme`, on SQLite."""
    sqlite.accounts.add("acme", "1001", Secret("EAAtoken"), now=now)
    return sqlite.numbers.upsert("acme", "106540352242922", "+1 555-013-3005", now=now)


def opened(file: Path, key: bytes) -> Store:
    return Store(open_store(f"sqlite:///{file}"), Vault(key))


def test_it_is_one_private_file_without_leftovers(sqlite: Store, now: datetime, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    size = sqlite.copies.write(folder / "copy.db", now)
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_size == size
    assert stat.S_IMODE((folder / "copy.db").stat().st_mode) == 0o600


def test_it_never_goes_over_another_file(sqlite: Store, now: datetime, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(UsageError, match="already"):
        sqlite.copies.write(target, now)
    assert target.read_text() == "mine"
    assert not list(tmp_path.glob(".copy*"))


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_folder_is_no_new_file(sqlite: Store, now: datetime, name: str) -> None:
    with pytest.raises(UsageError, match="already"):
        sqlite.copies.write(Path(name), now)


def test_a_folder_that_is_not_there(sqlite: Store, now: datetime, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder") as refused:
        sqlite.copies.write(tmp_path / "nowhere" / "copy.db", now)
    assert refused.value.reason == "backup"


def test_a_disk_without_hard_links_will_do(
    sqlite: Store, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As exFAT has none; no such disk can be made here, so the call is refused as it would be there."""

    def refused(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    assert sqlite.copies.write(copy, now) == copy.stat().st_size > 0
    assert [path.name for path in copy.parent.iterdir()] == ["copy.db"]
    with pytest.raises(UsageError, match="already"):
        sqlite.copies.write(copy, now)


@pytest.mark.parametrize("left", [0, 300_000])
def test_a_full_disk_leaves_nothing_behind(sqlite: Store, now: datetime, tmp_path: Path, left: int) -> None:
    try:
        with tiny_disk(tmp_path / "disk", 2_000) as disk:
            disk.fill(leave=left)
            with pytest.raises(StoreUnavailable, match="cannot be written to") as refused:
                sqlite.copies.write(disk.folder / "copy.db", now)
            assert refused.value.reason == "backup"
            assert [path.name for path in disk.folder.iterdir()] == ["filler"]
    except NoDisk:
        pytest.skip("this machine does not let us mount")


def test_it_sees_one_moment_while_others_write(
    sqlite: Store, phone: Number, now: datetime, tmp_path: Path, key: bytes
) -> None:
    """Each transaction below keeps a PIN and notes it: in a copy there are always as many notes as PINs."""
    stop, kept = threading.Event(), threading.Event()

    def write() -> None:
        count = 0
        while not stop.is_set():
            with sqlite.database.writing() as connection:
                row = {"e164": phone.e164, "fingerprint": "f", "origin": "given", "at": now, "digits": b"x" * 9000}
                connection.execute(t.pins.insert().values(id=f"p{count}", **row))
                connection.execute(
                    t.audit.insert().values(at=now, who="w", action="kept", subject=f"p{count}", detail=None)
                )
            count += 1
            kept.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert kept.wait(30)
        for place in range(5):
            sqlite.copies.write(tmp_path / f"{place}.db", now)
    finally:
        stop.set()
        writer.join()
    counts = []
    for place in range(5):
        with closing(sqlite3.connect(tmp_path / f"{place}.db")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
            pins, notes = (
                copy.execute(f"SELECT count(*) FROM {table} {where}").fetchone()[0]
                for table, where in (("pins", ""), ("audit", "WHERE action = 'kept'"))
            )
        assert pins == notes > 0
        counts.append(pins)
    assert counts == sorted(counts)


def test_what_is_in_it_opens_with_the_key(
    sqlite: Store, phone: Number, now: datetime, tmp_path: Path, key: bytes
) -> None:
    pin = sqlite.ledger.keep_pin(phone.e164, Secret("012345"), PinOrigin.GIVEN, now)
    sqlite.copies.write(tmp_path / "copy.db", now)
    copy = opened(tmp_path / "copy.db", key)
    assert copy.ledger.open_pin(pin.id).open_secret() == "012345"
    assert copy.accounts.open_token("acme").open_secret() == "EAAtoken"
    copy.database.close()


def test_the_copy_rests_and_the_original_does_not(
    sqlite: Store, phone: Number, now: datetime, tmp_path: Path, key: bytes
) -> None:
    sqlite.accounts.add("other", "1002", Secret("EAAother"), now=now)
    sqlite.accounts.pause(["other"], now=now)
    sqlite.copies.write(tmp_path / "copy.db", now)
    assert [line.account.paused for line in sqlite.accounts.all()] == [False, True]
    assert sqlite.copies.taken_up(now) is None
    copy = opened(tmp_path / "copy.db", key)
    assert all(line.account.paused for line in copy.accounts.all())
    known = copy.copies.taken_up(now + HOUR)
    assert known is not None
    assert (known.copied_at, known.restored_at, known.paused_before) == (now, now + HOUR, ("other",))
    assert copy.copies.taken_up(now + 2 * HOUR) == known, "only the first opening counts"
    assert [row["action"] for row in copy.audit.listing()] == ["restore"]
    copy.database.close()


def test_a_copy_of_a_copy_begins_anew(sqlite: Store, now: datetime, tmp_path: Path, key: bytes) -> None:
    sqlite.copies.write(tmp_path / "one.db", now)
    one = opened(tmp_path / "one.db", key)
    one.copies.taken_up(now + HOUR)
    one.copies.write(tmp_path / "two.db", now + 2 * HOUR)
    one.database.close()
    two = opened(tmp_path / "two.db", key)
    known = two.copies.taken_up(now + 3 * HOUR)
    assert known is not None
    assert (known.copied_at, known.restored_at) == (now + 2 * HOUR, now + 3 * HOUR)
    two.database.close()


def test_codes_and_sessions_do_not_come_back(sqlite: Store, phone: Number, now: datetime, tmp_path: Path) -> None:
    with sqlite.database.writing() as connection:
        connection.execute(t.users.insert().values(id="u", name="ada", role="admin", password="x", made_at=now))
        connection.execute(t.sessions.insert().values(digest="d", user="u", begun_at=now, seen_at=now, ends_at=now))
        mail = {"id": "m", "inbox": "i", "digest": "d", "e164": phone.e164, "received_at": now, "code": b"sealed"}
        inbox = {"id": "i", "name": "main", "kind": "generic", "made_by": "ada", "made_at": now}
        connection.execute(t.inboxes.insert().values(inbox))
        connection.execute(t.inbox_messages.insert().values(mail))
    sqlite.copies.write(tmp_path / "copy.db", now)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT code FROM inbox_messages").fetchall() == [(None,)]
        assert copy.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
        assert copy.execute("SELECT count(*) FROM users").fetchone() == (1,)
    with sqlite.database.reading() as connection:
        assert connection.execute(select(t.sessions.c.digest)).scalars().all() == ["d"]


def test_a_home_put_back_by_other_means_is_told(store: Store, number: Number, now: datetime) -> None:
    """Both databases: a snapshot of the disk, a dump of PostgreSQL."""
    store.copies.mark(now)
    assert all(line.account.paused for line in store.accounts.all())
    with store.database.reading() as connection:
        restored = restored_in(connection, now + HOUR)
        assert restored is not None
        assert (restored.copied_at, restored.at) == (now, now)
        assert restored_in(connection, now + timedelta(hours=72)) is None


def test_postgresql_is_copied_by_its_own_tool(postgres_server: Postgres, now: datetime, tmp_path: Path) -> None:
    database = open_store(postgres_server.cleaned())
    with pytest.raises(UsageError) as refused:
        Copies(database).write(tmp_path / "copy.dump", now)
    database.close()
    assert refused.value.reason == "backup-postgresql"
    assert "pg_dump --format=custom" in refused.value.fix
    assert "backup --restored" in refused.value.fix
    assert not (tmp_path / "copy.dump").exists()
