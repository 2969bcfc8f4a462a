"""What the fleet check keeps, on both databases: claims, pages, conditions, and the history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from linewright.catalogue import loader
from linewright.domain.conditions import AccountFacts, ConditionType, Status
from linewright.domain.number import Reading, Standing, Wanted
from linewright.domain.operation import Goal
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.fleet import Look
from linewright.store.history import thin
from linewright.store.store import Store

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CATALOGUE = loader.load()


@pytest.fixture(autouse=True)
def shop(store: Store) -> None:
    store.accounts.add("shop", "1001", Secret("EAAtoken"), now=NOW)


def body(id: int = 1, status: str | None = "CONNECTED", **said: Any) -> dict[str, Any]:
    """A row of a listing."""
    here = {"id": str(id), "display_phone_number": f"+1 555-020-{id:04d}", "platform_type": "CLOUD_API", **said}
    return here | ({"status": status} if status else {})


def down(id: int = 1) -> dict[str, Any]:
    return body(id, "DISCONNECTED", platform_type="NOT_APPLICABLE")


def count(database: Database, **where: Any) -> int:
    query = select(func.count()).select_from(t.readings)
    with database.reading() as connection:
        return int(
            connection.execute(query.where(*(t.readings.c[name] == is_ for name, is_ in where.items()))).scalar_one()
        )


# Claims


def test_a_due_account_is_claimed_once(store: Store) -> None:
    (check,) = store.checks.claim(NOW, NOW + HOUR, 10)
    assert (check.account, check.failures, check.grown, check.facts) == ("shop", 0, False, AccountFacts())
    assert store.checks.claim(NOW, NOW + HOUR, 10) == []
    assert store.checks.next_at() == NOW + HOUR
    (again,) = store.checks.claim(NOW + HOUR, NOW + 2 * HOUR, 10)
    assert not store.checks.finish(check, NOW)
    assert store.checks.finish(again, NOW + DAY, facts=AccountFacts(listed_at=NOW, subscribed=True), failures=0)
    assert store.checks.next_at() == NOW + DAY
    assert store.checks.facts("shop") == AccountFacts(listed_at=NOW, subscribed=True)


def test_of_many_that_claim_each_account_goes_to_one(store: Store) -> None:
    for place in range(30):
        store.accounts.add(f"a{place}", f"20{place}", Secret("EAAtoken"), now=NOW)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: store.checks.claim(NOW, NOW + HOUR, 10), range(12)))
    claimed = [check.account for some in found for check in some]
    assert len(claimed) == len(set(claimed))
    while some := store.checks.claim(NOW, NOW + HOUR, 10):
        claimed += [check.account for check in some]
    assert sorted(claimed) == sorted({"shop", *(f"a{place}" for place in range(30))})


def test_a_claim_lasts_as_long_as_it_is_prolonged(store: Store) -> None:
    (check,) = store.checks.claim(NOW, NOW + MINUTE, 1)
    longer = store.checks.prolong(check, NOW + HOUR)
    assert longer is not None
    assert store.checks.claim(NOW + 2 * MINUTE, NOW + HOUR, 1) == []
    assert store.checks.prolong(check, NOW + DAY) is None
    taken = store.checks.take("shop", NOW, NOW + 2 * HOUR)
    assert not store.checks.finish(longer, NOW)
    assert store.checks.finish(taken, NOW + DAY)


def test_a_new_token_is_tried_at_once_and_knows_nothing(store: Store) -> None:
    (check,) = store.checks.claim(NOW, NOW + MINUTE, 1)
    known = AccountFacts(listed_at=NOW, token_valid=True, token_expires_at=NOW + DAY, token_lacks=("one",))
    store.checks.finish(check, NOW + HOUR, facts=known, daily_at=NOW)
    assert store.checks.facts("shop") == known
    store.checks.soon(["shop"], NOW)
    (again,) = store.checks.claim(NOW, NOW + MINUTE, 1)
    assert (again.facts, again.looked_at) == (known, NOW)
    store.checks.soon(["shop"], NOW, new_token=True)
    (fresh,) = store.checks.claim(NOW, NOW + MINUTE, 1)
    assert (fresh.facts, fresh.looked_at) == (AccountFacts(), None)


def test_removed_accounts_are_not_looked_at(store: Store) -> None:
    store.checks.claim(NOW, NOW + MINUTE, 1)
    store.accounts.remove("shop", now=NOW)
    assert store.checks.next_at() is None
    assert store.checks.claim(NOW + HOUR, NOW + DAY, 1) == []


# Pages


def test_a_page_names_what_is_new_and_what_leaves_doubt(store: Store) -> None:
    rows = [
        body(1),
        body(2, None),
        body(3, platform_type="NOT_APPLICABLE"),
        {"id": "4"},
        {"display_phone_number": "+1"},
    ]
    told = store.numbers.keep_page("shop", rows, at=NOW)
    assert told.numbers == ("1", "2", "3")
    assert told.doubtful == ("2", "3")
    assert told.changed == ("1", "2", "3")
    assert store.numbers.standings("shop") == {
        "1": Standing.ONLINE,
        "2": Standing.UNKNOWN,
        "3": Standing.UNKNOWN,
    }
    again = store.numbers.keep_page("shop", [body(1), down(2)], at=NOW + MINUTE)
    assert (again.doubtful, again.changed) == ((), ("2",))
    assert store.numbers.line("2").judged.standing is Standing.OFFLINE
    assert store.numbers.get("1").seen_online_at == NOW


def test_a_late_page_overwrites_nothing_newer(store: Store) -> None:
    """A page that was asked for before a reading was made tells of an older moment, whenever it is answered."""
    store.numbers.keep_page("shop", [body(1), body(2)], at=NOW)
    newer = Reading(at=NOW + MINUTE, good=True, id="1", status="DISCONNECTED", platform_type="NOT_APPLICABLE")
    store.numbers.save_reading("1", newer)
    late = store.numbers.keep_page("shop", [body(1), down(2)], at=NOW + MINUTE / 2)
    assert late.changed == ("2",)
    assert store.numbers.line("1").judged.standing is Standing.OFFLINE
    assert store.numbers.line("1").reading == newer
    assert store.numbers.line("2").judged.standing is Standing.OFFLINE
    store.numbers.keep_page("shop", [body(1)], at=NOW + 2 * MINUTE)
    assert store.numbers.line("1").judged.standing is Standing.ONLINE


def test_a_changed_standing_wakes_the_operation(store: Store) -> None:
    store.numbers.keep_page("shop", [down(1)], at=NOW)
    operation, _ = store.operations.open(Goal.REGISTER, store.numbers.get("1"), now=NOW)
    version = store.operations.get(operation.id).version
    store.numbers.keep_page("shop", [down(1)], at=NOW + MINUTE)
    assert store.operations.get(operation.id).version == version
    store.numbers.keep_page("shop", [body(1)], at=NOW + 2 * MINUTE)
    woken = store.operations.get(operation.id)
    assert (woken.version, woken.wake_at) == (version + 1, NOW + 2 * MINUTE)


def test_a_number_that_is_gone_is_kept_as_deleted_until_it_is_seen(store: Store) -> None:
    store.numbers.keep_page("shop", [body(1)], at=NOW)
    assert not store.numbers.keep_absent("1", at=NOW - MINUTE)
    assert store.numbers.line("1").judged.standing is Standing.ONLINE
    assert store.numbers.keep_absent("1", at=NOW + MINUTE)
    assert not store.numbers.keep_absent("1", at=NOW + 2 * MINUTE)
    line = store.numbers.line("1")
    assert (line.judged.standing, line.judged.reason) == (Standing.DELETED, "deleted")
    assert line.number.absent_since == NOW + MINUTE
    assert store.numbers.standings("shop") == {"1": Standing.DELETED}
    store.numbers.keep_page("shop", [body(1)], at=NOW + HOUR)
    assert store.numbers.line("1").judged.standing is Standing.ONLINE


def test_what_is_said_again_is_one_reading_for_some_hours(store: Store, database: Database) -> None:
    for hour in range(13):
        store.numbers.keep_page("shop", [body(1)], at=NOW + hour * HOUR)
    assert count(database) == 3
    assert count(database, repeats=True) == 2
    latest = store.numbers.line("1").reading
    assert latest is not None
    assert latest.at == NOW + 12 * HOUR
    store.numbers.keep_page("shop", [down(1)], at=NOW + 13 * HOUR)
    assert count(database) == 4
    assert count(database, repeats=True) == 2


# Conditions


def said(store: Store, type_: ConditionType, id: str = "1") -> tuple[Status, str, datetime]:
    condition = next(each for each in store.conditions.of(id) if each.type is type_)
    return condition.status, condition.reason, condition.since


def test_conditions_are_kept_with_the_moment_they_began(store: Store) -> None:
    store.numbers.keep_page("shop", [body(1)], at=NOW)
    assert store.conditions.of("1") == ()
    store.conditions.refresh("shop", NOW, CATALOGUE)
    assert said(store, ConditionType.REGISTERED) == (Status.TRUE, "online", NOW)
    store.numbers.keep_page("shop", [body(1, "RESTRICTED")], at=NOW + MINUTE)
    store.conditions.refresh("shop", NOW + MINUTE, CATALOGUE)
    assert said(store, ConditionType.REGISTERED) == (Status.TRUE, "restricted", NOW)
    assert said(store, ConditionType.NOT_RESTRICTED) == (Status.FALSE, "restricted", NOW + MINUTE)
    found = store.conditions.look("1", NOW + HOUR, CATALOGUE)
    assert found == store.conditions.of("1")
    assert store.conditions.of_many(["1", "unknown"]) == {"1": found}
    with pytest.raises(KeyError):
        store.conditions.look("unknown", NOW, CATALOGUE)


def test_the_sign_beside_a_number_follows(store: Store) -> None:
    store.numbers.keep_page("shop", [body(1), down(2), down(3)], at=NOW)
    store.numbers.set_wanted("3", Wanted.RELEASED)
    store.conditions.refresh("shop", NOW, CATALOGUE)
    page, _ = store.fleet.page(Look(warned=True))
    assert [seen.number.id for seen in page] == ["2"]
    store.numbers.keep_page("shop", [body(2)], at=NOW + MINUTE)
    store.conditions.refresh("shop", NOW + MINUTE, CATALOGUE, news=["2"])
    assert store.fleet.page(Look(warned=True))[0] == []


def test_two_that_judge_together_keep_one_truth(store: Store) -> None:
    store.numbers.keep_page("shop", [body(id) for id in range(1, 60)], at=NOW)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.conditions.refresh("shop", NOW, CATALOGUE), range(4)))
    found = store.conditions.of_many([str(id) for id in range(1, 60)])
    assert {len(conditions) for conditions in found.values()} == {len(ConditionType)}


# The history


def test_the_history_is_thinned_but_what_told_something_stays(store: Store, database: Database) -> None:
    store.numbers.keep_page("shop", [down(1)], at=NOW)
    operation, _ = store.operations.open(Goal.REGISTER, store.numbers.get("1"), now=NOW)
    store.ledger.save_reading(operation.id, Reading(at=NOW + MINUTE, good=True, id="1", status="DISCONNECTED"))
    failed = Reading(at=NOW + 2 * MINUTE, good=False, failure="lost")
    for later in range(3):
        store.numbers.save_reading("1", replace(failed, at=failed.at + later * MINUTE))
    for hour in range(1, 24 * 20, 3):
        store.numbers.keep_page("shop", [body(1) if 100 < hour < 110 else down(1)], at=NOW + hour * HOUR)
    flips = count(database, repeats=False, good=True)
    before, last = count(database), store.numbers.line("1").reading
    gone = thin(database, "shop", NOW + 20 * DAY)
    assert count(database) == before - gone
    assert gone > 40
    assert count(database, repeats=False, good=True) == flips
    assert count(database, operation=operation.id) == 1
    assert count(database, good=False) == 0
    assert store.numbers.line("1").reading == last
    assert thin(database, "shop", NOW + 20 * DAY) == 0
