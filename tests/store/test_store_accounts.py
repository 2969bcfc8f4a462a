from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from linewright.domain.action import Reason
from linewright.domain.number import Number
from linewright.domain.operation import Goal, Hold, OperationState
from linewright.engine.ports import Rested
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.store.store import Store

TOKEN = Secret("EAAtoken")
MINUTE = timedelta(minutes=1)


def test_an_account_keeps_its_settings_and_opens_its_secrets(store: Store, now: datetime) -> None:
    added = store.accounts.add(
        "acme", "1001", TOKEN, app_secret=Secret("app"), app_id="7", pin_reset="auto", subscribe=False, now=now
    )
    assert store.accounts.get("acme") == added
    assert (added.waba, added.pin_reset, added.subscribe, added.paused) == ("1001", "auto", False, False)
    assert store.accounts.open_token("acme") == TOKEN
    sender = store.webhooks.sender("acme")
    assert sender is not None
    assert sender.app_secret == Secret("app")
    assert store.accounts.app_of("acme") == "7"


def test_the_list_counts_numbers(store: Store, number: Number, now: datetime) -> None:
    store.accounts.add("bare", "1002", TOKEN, now=now)
    lines = [(line.account.name, line.numbers, line.task, line.has_app_secret) for line in store.accounts.all()]
    assert lines == [("acme", 1, None, False), ("bare", 0, None, False)]
    assert store.accounts.line("acme").numbers == 1
    sender = store.webhooks.sender("bare")
    assert sender is not None
    assert sender.app_secret is None


@pytest.mark.parametrize(("name", "waba"), [("acme", "1002"), ("other", "1001")])
def test_a_name_or_waba_is_there_once(store: Store, now: datetime, name: str, waba: str) -> None:
    store.accounts.add("acme", "1001", TOKEN, now=now)
    with pytest.raises(UsageError) as refused:
        store.accounts.add(name, waba, TOKEN, now=now)
    assert refused.value.reason == "account-exists"
    assert len(store.accounts.all()) == 1


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 65, "a\nb", ".", ".."])
def test_a_name_must_be_typable(store: Store, now: datetime, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be an account's name"):
        store.accounts.add(name, "1001", TOKEN, now=now)


@pytest.mark.parametrize("ask", ["get", "line", "open_token", "app_of"])
def test_an_unknown_account_is_told(store: Store, ask: str) -> None:
    with pytest.raises(UsageError) as refused:
        getattr(store.accounts, ask)("nobody")
    assert refused.value.reason == "unknown-account"


def _held(store: Store, number: Number, now: datetime) -> str:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    store.ledger.save_hold("acme", Hold(usage=False, since=now, probe_at=now + 15 * MINUTE, code=190))
    waits = Rested(
        state=OperationState.ASKING, reason=Reason.ACCOUNT_ON_HOLD, message="Held.", wake_at=now + 15 * MINUTE
    )
    store.ledger.rest(operation.id, waits, now, 0)
    return operation.id


def test_a_new_token_probes_at_once_and_wakes(store: Store, number: Number, now: datetime) -> None:
    operation = _held(store, number, now)
    (account,) = store.accounts.update(["acme"], now=now + MINUTE, token=Secret("EAAnew"))
    assert account.hold is not None
    assert (account.hold.probe_at, account.hold.code) == (now + MINUTE, 190)
    assert store.accounts.open_token("acme") == Secret("EAAnew")
    assert store.operations.due(now + MINUTE) == [operation]
    assert store.operations.get(operation).version == 1


def test_an_update_of_several_is_of_all_or_none(store: Store, number: Number, now: datetime) -> None:
    with pytest.raises(UsageError, match="no account named nobody"):
        store.accounts.update(["acme", "nobody"], now=now, pin_reset="auto")
    assert store.accounts.get("acme").pin_reset == "ask"


def test_pause_and_resume(store: Store, number: Number, now: datetime) -> None:
    store.accounts.pause(["acme"], now=now)
    assert store.accounts.get("acme").paused
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    asks = Rested(state=OperationState.ASKING, reason=Reason.ACCOUNT_PAUSED, message="Paused.")
    store.ledger.rest(operation.id, asks, now, 0)
    assert store.operations.due(now + MINUTE) == []
    store.accounts.resume(["acme"], now=now + MINUTE)
    assert not store.accounts.get("acme").paused
    assert store.operations.due(now + MINUTE) == [operation.id]


def test_remove_waits_for_open_operations(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    with pytest.raises(UsageError, match=operation.id) as refused:
        store.accounts.remove("acme", now=now)
    assert refused.value.reason == "operation-open"


def test_a_removed_account_leaves_numbers_and_pins_and_may_come_back(
    store: Store, number: Number, now: datetime
) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now, pin=Secret("246810"))
    store.ledger.rest(operation.id, Rested(state=OperationState.DONE, reason="registered", message=""), now, 0)
    store.accounts.remove("acme", now=now)
    assert store.accounts.all() == []
    with pytest.raises(UsageError):
        store.accounts.open_token("acme")
    assert store.numbers.listing() == ([], None)
    found = store.numbers.find("+15550133005")
    assert store.pins.show(found, now=now, who="test") == Secret("246810")
    with pytest.raises(UsageError) as refused:
        store.operations.open(Goal.REGISTER, found, now=now)
    assert refused.value.reason == "account-removed"
    store.accounts.add("acme", "1001", Secret("EAAagain"), now=now)
    assert store.accounts.open_token("acme") == Secret("EAAagain")
    assert store.operations.open(Goal.REGISTER, found, now=now)[1]


def test_a_usage_limit_of_the_app_leaves_a_dead_token_to_its_person(store: Store, now: datetime) -> None:
    for place, name in enumerate(("one", "two", "three")):
        store.accounts.add(name, str(place), TOKEN, app_id="7", now=now)
    dead = Hold(usage=False, since=now, probe_at=now + 15 * MINUTE, code=190)
    limit = Hold(usage=True, since=now, probe_at=now + 5 * MINUTE, code=4, whole_app=True)
    store.ledger.save_hold("two", dead)
    store.ledger.save_hold("one", limit)
    assert [store.accounts.get(name).hold for name in ("one", "two", "three")] == [limit, dead, limit]


def test_a_release_leaves_what_waits_for_something_else(store: Store, number: Number, now: datetime) -> None:
    operation, _ = store.operations.open(Goal.REGISTER, number, now=now)
    waits = Rested(state=OperationState.WAITING, reason="told-to-wait", message="", wake_at=now + 9 * MINUTE)
    store.ledger.rest(operation.id, waits, now, 0)
    store.ledger.save_hold("acme", Hold(usage=True, since=now, probe_at=now + 5 * MINUTE, code=4))
    store.ledger.save_hold("acme", None)
    assert store.operations.get(operation.id).wake_at == now + 9 * MINUTE
