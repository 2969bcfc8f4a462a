"""What the page asks of the fleet: pages, filters, searches, counts; and the standing that is kept beside a reading."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.domain.number import Number, Standing, reading_of
from linewright.domain.operation import Goal, OperationState
from linewright.domain.standing import judge
from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.fleet import Look
from linewright.store.keep import rejudge
from linewright.store.store import Store

LIVE = {"status": "CONNECTED", "platform_type": "CLOUD_API", "verified_name": "Müller & Söhne"}
DOWN = {"status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE", "code_verification_status": "VERIFIED"}
CONTRADICTORY = {"status": "CONNECTED", "platform_type": "NOT_APPLICABLE"}
FRESH = {"status": "UNVERIFIED", "code_verification_status": "NOT_VERIFIED"}


def read(store: Store, id: str, at: datetime, **said: object) -> None:
    body = {"id": id, **said}
    store.numbers.save_reading(id, reading_of(Answer(call=CallKind.READ, outcome=Outcome.OK, body=body), id, at))


def kept(store: Store, id: str) -> tuple[str, str | None]:
    with store.database.reading() as connection:
        query = select(t.numbers.c.standing, t.numbers.c.standing_reason).where(t.numbers.c.id == id)
        row = connection.execute(query).one()
    return str(row[0]), row[1]


def judged(store: Store, id: str) -> tuple[str, str | None]:
    line = store.numbers.line(id)
    found = judge(line.reading, line.number)
    return found.standing.value, found.reason


@pytest.fixture
def many(store: Store, now: datetime) -> list[str]:
    """Twenty-five numbers in two accounts; the third of each five is online, the rest are down."""
    store.accounts.add("acme", "1001", Secret("EAAtoken"), now=now)
    store.accounts.add("beta", "1002", Secret("EAAother"), now=now)
    ids = [str(900_000 + place) for place in range(25)]
    for place, id in enumerate(ids):
        store.numbers.upsert("beta" if place % 2 else "acme", id, f"+1 555-010-{1000 + place}", now=now)
        read(store, id, now, **(LIVE if place % 5 == 2 else DOWN))
    return ids


def test_the_kept_standing_is_the_judged_one(store: Store, number: Number, now: datetime) -> None:
    story = [FRESH, LIVE, CONTRADICTORY, CONTRADICTORY, DOWN, {"status": "BANNED"}, {"status": "NEVER_HEARD"}, LIVE]
    assert kept(store, number.id) == judged(store, number.id)
    seen = set()
    for step, said in enumerate(story):
        read(store, number.id, now + step * timedelta(minutes=16), **said)
        assert kept(store, number.id) == judged(store, number.id)
        seen.add(kept(store, number.id)[0])
    assert seen == {"unverified", "online", "unknown", "offline", "banned"}


def test_a_late_or_failed_reading_changes_no_standing(store: Store, number: Number, now: datetime) -> None:
    read(store, number.id, now, **LIVE)
    read(store, number.id, now - timedelta(seconds=30), **DOWN)
    failed = Answer(call=CallKind.READ, outcome=Outcome.UNREACHABLE, failure="no route")
    store.numbers.save_reading(number.id, reading_of(failed, number.id, now + timedelta(hours=1)))
    assert kept(store, number.id) == ("online", None) == judged(store, number.id)


def test_an_upgrade_judges_what_was_read_before(store: Store, many: list[str]) -> None:
    before = [kept(store, id) for id in many]
    with store.database.writing() as connection:
        connection.execute(update(t.numbers).values(standing="unknown", standing_reason="unknown-reading", name=""))
        rejudge(connection)
    assert [kept(store, id) for id in many] == before == [judged(store, id) for id in many]


def test_pages_go_on_where_the_last_one_ended(store: Store, many: list[str]) -> None:
    found: list[str] = []
    after: str | None = None
    pages = 0
    while True:
        page, after = store.fleet.page(Look(), after=after, limit=7)
        found += [seen.number.id for seen in page]
        pages += 1
        if after is None:
            break
    assert pages == 4
    assert sorted(found) == sorted(many)
    places = [(store.fleet.one(id).number.account, store.fleet.one(id).number.e164) for id in found]
    assert places == sorted(places)


def test_a_page_that_is_just_full_is_the_last(store: Store, many: list[str]) -> None:
    page, after = store.fleet.page(Look(), limit=25)
    assert (len(page), after) == (25, None)


@pytest.mark.parametrize(
    ("look", "count"),
    [
        (Look(), 25),
        (Look(account="acme"), 13),
        (Look(account="nobody"), 0),
        (Look(standing=Standing.ONLINE), 5),
        (Look(standing=Standing.ONLINE, account="beta"), 2),
        (Look(search="1007"), 1),
        (Look(search="+1 (555) 010-1007"), 1),
        (Look(search="900012"), 1),
        (Look(search="müller"), 5),
        (Look(search="& söhne"), 5),
        (Look(search="100%"), 0),
        (Look(search="_"), 0),
        (Look(search="' OR 1=1 --"), 0),
        (Look(warned=True), 0),
        (Look(state="open"), 0),
    ],
)
def test_what_is_looked_for_is_found(store: Store, many: list[str], look: Look, count: int) -> None:
    assert len(store.fleet.page(look)[0]) == count


def test_counts_are_within_the_account_and_the_search(store: Store, many: list[str]) -> None:
    whole = store.fleet.counts(Look(standing=Standing.ONLINE))
    assert (whole.total, whole.warned) == (25, 0)
    assert whole.standings == {Standing.ONLINE: 5, Standing.OFFLINE: 20}
    assert store.fleet.counts(Look(account="beta")).total == 12
    assert store.fleet.counts(Look(search="1007")).total == 1


def test_forgotten_numbers_and_removed_accounts_are_not_listed(store: Store, many: list[str], now: datetime) -> None:
    store.numbers.forget(many[0], now=now)
    store.accounts.remove("beta", now=now)
    page, _ = store.fleet.page(Look())
    assert len(page) == store.fleet.counts(Look()).total == 12
    assert store.fleet.accounts(10) == ["acme"]
    for gone in (many[0], many[1], "never"):
        with pytest.raises(KeyError):
            store.fleet.one(gone)


def test_an_open_operation_stands_beside_its_number(store: Store, many: list[str], now: datetime) -> None:
    opened, _ = store.operations.open(Goal.REGISTER, store.numbers.get(many[3]), now=now)
    for state in ("open", "running"):
        page, _ = store.fleet.page(Look(state=state))
        assert [(seen.number.id, seen.operation.id if seen.operation else "") for seen in page] == [
            (many[3], opened.id)
        ]
    assert store.fleet.page(Look(state="waiting"))[0] == []
    told, _ = store.fleet.operations(state="open")
    assert [(each.operation.id, each.display) for each in told] == [(opened.id, "+1 555-010-1003")]
    assert store.fleet.states() == {OperationState.RUNNING: 1}


def test_a_warning_comes_with_its_words(store: Store, many: list[str], now: datetime) -> None:
    with store.database.writing() as connection:
        told = {"status": "false", "reason": "expired", "message": "The token expired.", "since": now}
        connection.execute(t.conditions.insert().values(number=many[0], type="TokenValid", **told))
        connection.execute(update(t.numbers).where(t.numbers.c.id == many[0]).values(warning="TokenValid"))
    page, _ = store.fleet.page(Look(warned=True))
    assert [(seen.number.id, seen.warning) for seen in page] == [(many[0], "The token expired.")]
    assert store.fleet.counts(Look()).warned == 1


def test_lists_are_read_by_indexes(store: Store, many: list[str]) -> None:
    """On SQLite, which says how it reads: no list of the page goes through the whole table of numbers."""
    if not store.database.is_sqlite:
        with store.database.reading() as connection:
            names = connection.execute(text("SELECT indexname FROM pg_indexes WHERE tablename = 'numbers'")).scalars()
            assert {"ix_numbers_listed", "ix_numbers_standing", "ix_numbers_warned"} <= set(names)
        return
    for clause, index in (
        ("", "ix_numbers_listed"),
        ("AND standing = 'online'", "ix_numbers_standing"),
        ("AND warning IS NOT NULL", "ix_numbers_warned"),
    ):
        query = f"SELECT id FROM numbers WHERE forgotten_at IS NULL {clause} ORDER BY account, e164, id LIMIT 100"
        with store.database.reading() as connection:
            plan = " ".join(str(row[3]) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
        assert index in plan
        assert "TEMP B-TREE" not in plan
