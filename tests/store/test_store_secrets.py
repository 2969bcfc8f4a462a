"""Nothing secret lies in clear in the database, and rotation re-seals everything or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from linewright.domain.action import Ask, Reason
from linewright.domain.number import Number
from linewright.domain.operation import Goal, OperationState, ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinOrigin
from linewright.engine.ports import Rested
from linewright.errors import KeyMismatch, UsageError
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.sealing import holds_secrets, reseal
from linewright.store.store import Store
from linewright.vault import Vault, new_key, rotate_file

TOKEN, APP_SECRET, PIN, CODE = "EAAsecrettoken123", "appsecret456", "975318", "864209"
ASK = Ask(kind=TaskKind.OTP, topic=Topic.CODE, reason=Reason.NEEDS_CODE, question="Which code?", message="")


def fill(store: Store, now: datetime) -> tuple[Number, str, str]:
    """One of each secret; the number, the PIN's id and the reply's."""
    store.accounts.add("acme", "1001", Secret(TOKEN), app_secret=Secret(APP_SECRET), now=now)
    number = store.numbers.upsert("acme", "1", "+15550000001", now=now)
    pin = store.ledger.keep_pin(number.e164, Secret(PIN), PinOrigin.GIVEN, now)
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    store.ledger.rest(operation.id, Rested(state=OperationState.ASKING, reason="", message="", ask=ASK), now, 0)
    task = store.tasks.shown_by(operation.id)
    assert task is not None
    reply = store.tasks.answer(task.id, ReplyKind.VALUE, now=now, value=Secret(f"WhatsApp code {CODE}"))
    return number, pin.id, reply.id


def opened(store: Store, pin: str, reply: str, now: datetime) -> list[object]:
    sender = store.webhooks.sender("acme")
    return [
        store.accounts.open_token("acme"),
        sender and sender.app_secret,
        store.ledger.open_pin(pin),
        store.ledger.open_code(reply, now),
    ]


ALL = [Secret(each) for each in (TOKEN, APP_SECRET, PIN, CODE)]


def dump(store: Store) -> str:
    with store.database.reading() as connection:
        return "\n".join(str(row) for table in t.metadata.sorted_tables for row in connection.execute(select(table)))


def test_no_secret_lies_in_clear(store: Store, now: datetime, tmp_path: Path) -> None:
    assert not holds_secrets(store.database)
    _, pin, reply = fill(store, now)
    assert holds_secrets(store.database)
    assert opened(store, pin, reply, now) == ALL
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (TOKEN, APP_SECRET, PIN, CODE):
        assert secret not in dump(store)
        assert secret.encode() not in files


def test_a_used_code_is_gone_from_the_row(store: Store, now: datetime) -> None:
    _, _, reply = fill(store, now)
    store.ledger.erase_code(reply)
    with store.database.reading() as connection:
        assert connection.execute(select(t.replies.c.code)).scalars().all() == [None]


def test_an_old_code_is_gone_from_the_row_with_the_next_turn(store: Store, now: datetime) -> None:
    number, _, _ = fill(store, now)
    kept = select(t.replies.c.code)
    for minutes, gone in ((14, False), (15, True)):
        store.ledger.adopt_intents(number.e164, now + timedelta(minutes=minutes))
        with store.database.reading() as connection:
            assert (connection.execute(kept).scalar_one() is None) is gone


def test_rotation_seals_everything_anew(store: Store, now: datetime, key: bytes) -> None:
    number, pin, reply = fill(store, now)
    new = Vault(new_key())
    assert reseal(store.database, Vault(key), new) == 5
    after = Store(store.database, new)
    assert opened(after, pin, reply, now) == ALL
    same = after.ledger.keep_pin(number.e164, Secret(PIN), PinOrigin.GIVEN, now)
    known = after.pins.book(number)
    assert {each.fingerprint for each in known.pins} == {same.fingerprint}
    with pytest.raises(KeyMismatch):
        store.ledger.open_pin(pin)


def test_a_process_with_the_old_key_seals_nothing_more(store: Store, now: datetime, key: bytes) -> None:
    number, _, _ = fill(store, now)
    reseal(store.database, Vault(key), Vault(new_key()))
    with pytest.raises(KeyMismatch) as refused:
        store.ledger.keep_pin(number.e164, Secret("135790"), PinOrigin.GIVEN, now)
    assert refused.value.status == 6
    assert "start this process again" in refused.value.fix
    assert len(store.pins.book(number).pins) == 1


def test_a_wrong_key_is_told_and_loses_nothing(store: Store, now: datetime, key: bytes) -> None:
    _, pin, reply = fill(store, now)
    stranger = Store(store.database, Vault(new_key()))
    for attempt in (
        lambda: stranger.accounts.open_token("acme"),
        lambda: stranger.ledger.open_pin(pin),
        lambda: stranger.accounts.update(["acme"], now=now, token=Secret("EAAother")),
        lambda: reseal(store.database, Vault(new_key()), Vault(new_key())),
    ):
        with pytest.raises(KeyMismatch):
            attempt()
    assert opened(store, pin, reply, now) == ALL


def test_a_sealed_value_opens_only_in_its_row(store: Store, now: datetime) -> None:
    _, pin, _ = fill(store, now)
    other = store.ledger.keep_pin("+15550000002", Secret("111333"), PinOrigin.GIVEN, now)
    with store.database.writing() as connection:
        moved = select(t.pins.c.digits).where(t.pins.c.id == pin).scalar_subquery()
        connection.execute(update(t.pins).where(t.pins.c.id == other.id).values(digits=moved))
    with pytest.raises(KeyMismatch) as refused:
        store.ledger.open_pin(other.id)
    assert refused.value.reason == "sealed-damaged"


def test_an_interrupted_rotation_goes_on(store: Store, now: datetime, key: bytes, tmp_path: Path) -> None:
    from linewright.vault import KEY_FILE, open_vault, save_key

    home = tmp_path / "keys"
    save_key(home / KEY_FILE, key)
    _, pin, reply = fill(store, now)

    class Died(Exception):
        pass

    def die(old: Vault, new: Vault) -> int:
        reseal(store.database, old, new)
        raise Died

    with pytest.raises(Died):
        rotate_file(home, die)
    between = open_vault(None, home, may_create=lambda: False)
    assert opened(Store(store.database, between), pin, reply, now) == ALL
    rotate_file(home, lambda old, new: reseal(store.database, old, new))
    after = open_vault(None, home, may_create=lambda: False)
    assert opened(Store(store.database, after), pin, reply, now) == ALL
    assert sorted(path.name for path in home.iterdir()) == [KEY_FILE]


def test_pin_show_leaves_an_audit_event(store: Store, now: datetime) -> None:
    number, pin, _ = fill(store, now)
    assert store.pins.show(number, now=now, who="alex") == Secret(PIN)
    (event,) = store.audit.listing()
    assert (event["at"], event["who"], event["action"], event["subject"]) == (now, "alex", "pin show", number.e164)
    assert event["detail"] == {"pin": pin}
    assert PIN not in dump(store)
    bare = store.numbers.upsert("acme", "2", "+15550000002", now=now)
    with pytest.raises(UsageError) as refused:
        store.pins.show(bare, now=now, who="alex")
    assert refused.value.reason == "no-pin"
    assert len(store.audit.listing()) == 1


def test_the_fingerprint_key_is_not_the_vaults(store: Store, now: datetime) -> None:
    fill(store, now)
    with store.database.reading() as connection:
        kept = {row.key: row.value for row in connection.execute(text("SELECT key, value FROM meta"))}
    assert set(kept) == {"key_id", "fingerprint_key"}
    assert kept["key_id"] == store.vault.key_id
